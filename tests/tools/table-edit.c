/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table-edit plan IMAGE DISK SECTOR [MOULT-START MOULT-BYTES] - write an image over a file or device as its plan
 * says: the ranges with the edits over them, and nothing else. table-edit release DISK SECTOR MOULT-START
 * MOULT-BYTES - take the moult partition out again. Prints the ranges and edits; the plan's shape is checked. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/layout.h"
#include "disk/table_edit.h"

/* e3f1c2d4-0000-4000-8000-0123456789ab */
static const unsigned char moult_id[16] = {0xd4, 0xc2, 0xf1, 0xe3, 0x00, 0x00,
					   0x00, 0x40, 0x80, 0x00, 0x01, 0x23,
					   0x45, 0x67, 0x89, 0xab};

struct file {
	struct blocks blocks;
	int fd;
};

static int file_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	const struct file *file = (struct file *)blocks;

	if (pread(file->fd, buffer, length, (off_t)offset) != (ssize_t)length)
		return error_sys(err, "read");
	return 0;
}

static void file_close(struct blocks *blocks)
{
	(void)blocks;
}

static const struct blocks_ops file_ops = {.read = file_read, .close = file_close};

static void open_file(const char *path, int mode, struct file *out)
{
	const int fd = open(path, mode | O_CLOEXEC);
	const off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size < 0) {
		perror(path);
		exit(1);
	}
	*out = (struct file){
		.blocks = {.ops = &file_ops, .size_bytes = (uint64_t)size, .fd = -1},
		.fd = fd};
}

static void write_range(const struct plan *plan, const struct plan_range *range,
			struct blocks *source, const struct file *disk)
{
	static unsigned char buffer[65536];
	uint64_t at = range->offset, left = range->length;
	struct error err = {0};

	for (; left > 0; at += sizeof(buffer)) {
		const size_t length =
			left < sizeof(buffer) ? (size_t)left : sizeof(buffer);
		size_t inside = 0;

		memset(buffer, 0, sizeof(buffer));
		if (at < source->size_bytes)
			inside = source->size_bytes - at < length
					 ? (size_t)(source->size_bytes - at)
					 : length;
		if (inside > 0 && blocks_read(source, at, buffer, inside, &err) != 0)
			exit(1);
		plan_lay_edits(plan, at, buffer, length);
		if (pwrite(disk->fd, buffer, length, (off_t)at) != (ssize_t)length)
			exit(1);
		left -= length;
	}
}

static int obey(const struct plan *plan, struct blocks *source, const struct file *disk,
		struct error *err)
{
	size_t i;

	if (plan_check_shape(plan, err) != 0)
		return -1;
	for (i = 0; i < plan->range_count; i++) {
		const struct plan_range *range = &plan->ranges[i];

		write_range(plan, range, source, disk);
		printf("%s %" PRIu64 " %" PRIu64 " %s\n", plan_phase_names[range->phase],
		       range->offset, range->length, range->what);
	}
	for (i = 0; i < plan->edit_count; i++)
		printf("edit %" PRIu64 " %zu %s\n", plan->edits[i].offset,
		       plan->edits[i].length, plan->edits[i].reason);
	return 0;
}

static int make(int is_release, struct file *image, struct file *disk, struct plan *plan,
		struct error *err)
{
	struct layout layout = {0};
	int result;

	if (disk_read_layout(&image->blocks, DISK_TABLE, &layout, err) != 0)
		return -1;
	if (is_release) {
		result = table_plan_release(&image->blocks, &layout, plan, err);
	} else {
		result = table_plan_edits(&image->blocks, &layout, moult_id, plan, err);
		if (result == 0)
			result = table_plan_ranges(&image->blocks, &layout, plan, err);
	}
	layout_clear(&layout);
	return result == 0 ? obey(plan, &image->blocks, disk, err) : -1;
}

static uint64_t number(char **argv, int argc, int at)
{
	return at < argc ? strtoull(argv[at], NULL, 10) : 0;
}

int main(int argc, char **argv)
{
	const int is_release = argc > 1 && strcmp(argv[1], "release") == 0;
	const int rest = is_release ? 3 : 4;
	struct plan plan = {.chunk_bytes = PLAN_CHUNK_BYTES, .scope = SCOPE_NONE};
	struct file image, disk;
	struct error err = {0};
	char line[512];
	int status = 0;

	if (argc <= rest)
		return 2;
	open_file(argv[2], O_RDONLY, &image);
	open_file(argv[rest - 1], O_RDWR, &disk);
	plan.disk.size_bytes = disk.blocks.size_bytes;
	plan.disk.sector_bytes = (unsigned)number(argv, argc, rest);
	image.blocks.sector_bytes = is_release ? plan.disk.sector_bytes : 0;
	plan.partition_offset = number(argv, argc, rest + 1);
	plan.partition_bytes = number(argv, argc, rest + 2);
	if (plan.partition_bytes > 0) {
		plan.scope = SCOPE_FULL;
		plan.undo = UNDO_TAIL;
		plan.undo_offset = plan.partition_offset;
		plan.undo_bytes = plan.partition_bytes;
	}
	if (make(is_release, &image, &disk, &plan, &err) != 0) {
		fprintf(stderr, "table-edit: %s\n", error_text(&err, line, sizeof(line)));
		status = (int)err.kind;
	}
	plan_clear(&plan);
	return status;
}
