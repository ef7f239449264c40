/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout-show [--copy] [--sector N] [--holes] FILE - the layout of a raw file as JSON, for the
 * comparison with other tools. --copy: hide the descriptor, as a qcow2 does; --holes: tell holes */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/layout.h"

struct file {
	struct blocks blocks;
	int fd;
};

static int file_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	const struct file *file = (struct file *)blocks;
	char *next = buffer;

	while (length > 0) {
		const ssize_t got = pread(file->fd, next, length, (off_t)offset);

		if (got <= 0)
			return error_sys(err, "read");
		next += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

static int file_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		       struct error *err)
{
	const struct file *file = (struct file *)blocks;
	const off_t data = lseek(file->fd, (off_t)offset, SEEK_DATA);
	off_t end;

	(void)err;
	out->is_hole = (data < 0 && errno == ENXIO) || data > (off_t)offset;
	if (out->is_hole) {
		end = data < 0 ? (off_t)blocks->size_bytes : data;
	} else {
		end = lseek(file->fd, (off_t)offset, SEEK_HOLE);
		end = end > (off_t)offset ? end : (off_t)blocks->size_bytes;
	}
	out->length_bytes = (uint64_t)end - offset;
	return 0;
}

static void file_close(struct blocks *blocks)
{
	(void)blocks;
}

static const struct blocks_ops plain_ops = {.read = file_read, .close = file_close};
static const struct blocks_ops hole_ops = {
	.read = file_read, .extent = file_extent, .close = file_close};

static void text(const char *name, const char *value)
{
	if (value == NULL) {
		printf("\"%s\":null", name);
		return;
	}
	printf("\"%s\":\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			printf("\\%c", *value);
		else if ((unsigned char)*value < ' ')
			printf("\\u%04x", (unsigned char)*value);
		else
			putchar(*value);
	}
	putchar('"');
}

static void number(const char *name, uint64_t value)
{
	printf("\"%s\":%" PRIu64 ",", name, value);
}

static void flag(const char *name, bool value)
{
	printf("\"%s\":%s,", name, value ? "true" : "false");
}

static void show_contents(const struct layout_content *list, size_t count)
{
	printf("\"contents\":[");
	for (size_t i = 0; i < count; i++) {
		printf("%s{", i > 0 ? "," : "");
		number("block", list[i].block_bytes);
		number("magic", list[i].magic_bytes);
		number("size", list[i].size_bytes);
		if (list[i].is_used_known)
			number("used", list[i].used_bytes);
		flag("damaged", list[i].is_damaged);
		text("usage", list[i].usage), putchar(',');
		text("version", list[i].version), putchar(',');
		text("uuid", list[i].uuid), putchar(',');
		text("uuid_sub", list[i].uuid_sub), putchar(',');
		text("label", list[i].label), putchar(',');
		text("type", list[i].type), putchar('}');
	}
	putchar(']');
}

static void show_core(const char *name, const struct layout_core *core)
{
	if (core == NULL) {
		printf("\"%s\":null", name);
		return;
	}
	printf("\"%s\":{", name);
	number("start", core->start_bytes);
	number("size", core->size_bytes);
	number("partition", core->partition);
	number("memdisk", core->memdisk_bytes);
	number("modules", core->module_count);
	text("prefix", core->prefix), putchar(',');
	text("config", core->config), putchar(',');
	text("problem", core->problem), putchar('}');
}

static void show_boot(const struct layout_boot *boot)
{
	printf("\"boot\":{");
	number("next_lba", boot->next_lba);
	text("kind", layout_boot_names[boot->kind]), putchar(',');
	show_core("core", boot->core);
	putchar('}');
}

static void show_partitions(const char *name, const struct layout_partition *list,
			    size_t count)
{
	printf("\"%s\":[", name);
	for (size_t i = 0; i < count; i++) {
		printf("%s{", i > 0 ? ",\n" : "");
		number("number", list[i].number);
		number("start", list[i].start_lba);
		number("sectors", list[i].sectors);
		number("start_bytes", list[i].start_bytes);
		number("size_bytes", list[i].size_bytes);
		number("inside", list[i].inside_bytes);
		number("align", list[i].align_bytes);
		number("ebr", list[i].ebr_lba);
		number("attributes", list[i].attributes);
		flag("active", list[i].is_active);
		flag("logical", list[i].is_logical);
		if (list[i].type_guid[0] != '\0')
			text("type", list[i].type_guid), putchar(',');
		else
			printf("\"type\":\"%x\",", list[i].mbr_type);
		text("type_name", list[i].type_name), putchar(',');
		text("uuid", list[i].uuid), putchar(',');
		text("name", list[i].name), putchar(',');
		text("role", layout_role_names[list[i].role]), putchar(',');
		show_boot(&list[i].boot), putchar(',');
		show_contents(list[i].contents, list[i].content_count);
		putchar('}');
	}
	putchar(']');
}

static void show_rest(const struct layout *layout)
{
	printf("\"free\":[");
	for (size_t i = 0; i < layout->free_count; i++)
		printf("%s{\"start\":%" PRIu64 ",\"size\":%" PRIu64
		       ",\"aligned\":%" PRIu64 ",\"logical\":%s}",
		       i > 0 ? "," : "", layout->free[i].start_bytes,
		       layout->free[i].size_bytes, layout->free[i].aligned_bytes,
		       layout->free[i].is_logical ? "true" : "false");
	printf("],\n\"stale\":[");
	for (size_t i = 0; i < layout->stale_count; i++) {
		printf("%s{", i > 0 ? "," : "");
		number("magic", layout->stale[i].magic_bytes);
		number("origin", layout->stale[i].origin_bytes);
		number("partition", layout->stale[i].partition);
		text("uuid", layout->stale[i].uuid), putchar(',');
		text("type", layout->stale[i].type), putchar('}');
	}
	printf("],\n\"faults\":[");
	for (size_t i = 0; i < layout->fault_count; i++) {
		printf("%s{", i > 0 ? ",\n" : "");
		text("code", layout_faults[layout->faults[i].code].name), putchar(',');
		text("text", layout->faults[i].text), putchar('}');
	}
	printf("],\n");
	number("faults_left_out", layout->fault_left_out);
}

static void show(const struct layout *layout, const struct blocks *blocks)
{
	printf("{");
	number("size", layout->size_bytes);
	number("sector", layout->sector_bytes);
	text("sector_source", layout->sector_source), putchar(',');
	text("kind", layout_kind_names[layout->kind]), putchar(',');
	text("id", layout->id), putchar(',');
	number("first_usable", layout->first_usable_lba);
	number("last_usable", layout->last_usable_lba);
	number("worst", layout_worst(layout));
	show_boot(&layout->boot), printf(",\n");
	show_core("bios_boot", layout->bios_boot), printf(",\n");
	show_partitions("partitions", layout->partitions, layout->partition_count);
	printf(",\n");
	show_partitions("mbr", layout->mbr, layout->mbr_count), printf(",\n");
	show_contents(layout->contents, layout->content_count), printf(",\n");
	show_rest(layout);
	number("read_calls", blocks->read_calls);
	printf("\"read_bytes\":%" PRIu64 "}\n", blocks->read_bytes);
}

static int open_file(const char *path, struct file *file)
{
	struct stat info;
	int sector = 0;

	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &info) != 0)
		return -1;
	file->blocks.size_bytes = (uint64_t)info.st_size;
	if (S_ISBLK(info.st_mode)) {
		if (ioctl(file->fd, BLKGETSIZE64, &file->blocks.size_bytes) != 0 ||
		    ioctl(file->fd, BLKSSZGET, &sector) != 0)
			return -1;
		file->blocks.sector_bytes = (unsigned)sector;
	}
	file->blocks.fd = file->fd;
	return 0;
}

int main(int argc, char **argv)
{
	struct file file = {.blocks.ops = &plain_ops};
	struct layout layout = {0};
	struct error err = {0};
	char line[512];
	unsigned sector = 0;
	bool is_copy = false;
	int i;

	for (i = 1; i < argc - 1; i++) {
		if (strcmp(argv[i], "--copy") == 0)
			is_copy = true;
		else if (strcmp(argv[i], "--holes") == 0)
			file.blocks.ops = &hole_ops;
		else if (strcmp(argv[i], "--sector") == 0)
			sector = (unsigned)atoi(argv[++i]);
	}
	if (argc < 2 || open_file(argv[argc - 1], &file) != 0) {
		perror("layout-show");
		return 1;
	}
	if (sector != 0)
		file.blocks.sector_bytes = sector;
	if (is_copy)
		file.blocks.fd = -1;
	if (disk_read_layout(&file.blocks, DISK_ALL, &layout, &err) != 0) {
		fprintf(stderr, "layout-show: %s\n",
			error_text(&err, line, sizeof(line)));
		return (int)err.kind;
	}
	show(&layout, &file.blocks);
	layout_clear(&layout);
	(void)close(file.fd);
	return 0;
}
