/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_place.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/undo.h"
#include "guest/usage.h"

enum {
	PLAN_ROOM_BYTES = 1024 * 1024, /* of the plan in the log, beside its edits */
	ALIGN_BYTES = 1024 * 1024,
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* How much the log takes if nothing compresses. */
static uint64_t room_needed(const struct plan *plan, uint64_t image_bytes,
			    uint64_t kept_bytes)
{
	const uint64_t bytes = image_bytes + kept_bytes;

	return round_up(
		undo_room_for(bytes, bytes / plan->chunk_bytes + 64, PLAN_ROOM_BYTES),
		ALIGN_BYTES);
}

/* Whether the old system keeps nothing in a range: no partition lies there, or it is free in
 * a file system that was closed in order. */
static int is_free(struct blocks *old, const struct layout *layout, uint64_t offset,
		   uint64_t length, struct error *err)
{
	size_t i;

	if (layout->kind == LAYOUT_NONE && layout->content_count > 0)
		return 0;
	for (i = 0; i < layout->partition_count; i++) {
		const struct layout_partition *part = &layout->partitions[i];
		uint64_t start = part->start_bytes > offset ? part->start_bytes : offset;
		uint64_t end = part->start_bytes + part->inside_bytes;
		struct usage usage = {0};
		struct blocks *blocks;
		int known, free_there;

		if (end > offset + length)
			end = offset + length;
		if (start >= end || part->role == ROLE_EXTENDED ||
		    part->role == ROLE_PROTECTIVE)
			continue;
		if (blocks_open_part(old, part->start_bytes, part->inside_bytes, &blocks,
				     err) != 0)
			return -1;
		known = usage_read(blocks, &usage, err);
		free_there =
			known == 1 &&
			usage_is_free(&usage, start - part->start_bytes, end - start);
		usage_clear(&usage);
		blocks_close(blocks);
		if (known < 0)
			return -1;
		if (!free_there)
			return 0;
	}
	return 1;
}

static int place_in_tail(struct blocks *old, const struct layout *layout,
			 uint64_t image_bytes, struct plan *plan, struct error *err)
{
	const uint64_t end = undo_tail_end(plan->disk.size_bytes);
	const uint64_t need = room_needed(plan, image_bytes, 0);
	const uint64_t least = round_up(image_bytes, ALIGN_BYTES);
	int is_unused;

	plan->undo = UNDO_TAIL;
	if (end < least || end - least < need) {
		plan_add_check(
			plan, "undo-room", CHECK_REFUSED,
			"the undo log may need %llu MiB behind the image, and there are "
			"%llu; put it elsewhere by --undo FILE|DEV, or go without a way "
			"back by --scope none",
			(unsigned long long)(need >> 20),
			(unsigned long long)(end > least ? (end - least) >> 20 : 0));
		return 0;
	}
	is_unused = is_free(old, layout, end - need, need, err);
	if (is_unused < 0)
		return -1;
	if (is_unused == 0) {
		plan_add_check(
			plan, "undo-room", CHECK_REFUSED,
			"the last %llu MiB of the disk are in use, or not known to be "
			"free: put the undo log elsewhere by --undo FILE|DEV",
			(unsigned long long)((plan->disk.size_bytes - end + need) >> 20));
		return 0;
	}
	plan->undo_offset = plan->partition_offset = end - need;
	plan->undo_bytes = plan->partition_bytes = need;
	plan_add_check(plan, "undo-room", CHECK_GOOD,
		       "%llu MiB in the disk's tail, which the old system does not use",
		       (unsigned long long)(need >> 20));
	return 0;
}

static int place_outside(const char *path, uint64_t need, struct plan *plan,
			 struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat there = {0};
	uint64_t size = 0;

	plan->undo_path = str_copy(path);
	if (fd < 0 || fstat(fd, &there) != 0 || S_ISREG(there.st_mode)) {
		plan->undo = UNDO_FILE;
		plan->undo_bytes = need;
		plan_add_check(plan, "undo-room", CHECK_GOOD,
			       "the file may grow to %llu MiB",
			       (unsigned long long)(need >> 20));
		return 0;
	}
	plan->undo = UNDO_DEVICE;
	if (!S_ISBLK(there.st_mode) || ioctl(fd, BLKGETSIZE64, &size) != 0)
		return error_set(
			err, ERROR_USAGE,
			"--undo takes a file or a block device, and '%s' is none", path);
	plan->undo_bytes = size / UNDO_BLOCK_BYTES * UNDO_BLOCK_BYTES;
	plan_add_check(
		plan, "undo-room", plan->undo_bytes >= need ? CHECK_GOOD : CHECK_REFUSED,
		"the log may need %llu MiB, and '%s' has %llu",
		(unsigned long long)(need >> 20), path, (unsigned long long)(size >> 20));
	return 0;
}

int overlay_place_log(const struct overlay_request *request, struct blocks *old,
		      const struct layout *layout, uint64_t image_bytes,
		      struct plan *plan, struct error *err)
{
	const bool keeps_more = plan->scope == SCOPE_FULL || plan->scope == SCOPE_ALL;
	const uint64_t kept = keeps_more ? plan->disk.size_bytes : 0;

	if (plan->scope == SCOPE_NONE && request->undo != NULL)
		return error_set(err, ERROR_USAGE,
				 "--scope none keeps no log: leave --undo out");
	if (plan->scope == SCOPE_NONE)
		return 0;
	if (request->undo != NULL)
		return place_outside(request->undo, room_needed(plan, image_bytes, kept),
				     plan, err);
	if (keeps_more)
		return error_set(
			err, ERROR_USAGE,
			"--scope %s needs --undo FILE|DEV: the log takes what the disk "
			"holds",
			plan_scope_names[plan->scope]);
	return place_in_tail(old, layout, image_bytes, plan, err);
}

/* Whole chunks in which anything is used. */
static void keep_run(struct plan *plan, uint64_t offset, uint64_t length)
{
	const uint32_t chunk = plan->chunk_bytes;
	const struct plan_keep *last =
		plan->keep_count > 0 ? &plan->keeps[plan->keep_count - 1] : NULL;
	uint64_t start = offset / chunk * chunk;
	uint64_t end = round_up(offset + length, chunk);

	if (end > plan->disk.size_bytes)
		end = plan->disk.size_bytes;
	if (last != NULL && start < last->offset + last->length)
		start = last->offset + last->length;
	if (start < end)
		plan_add_keep(plan, start, end - start);
}

static int by_start(const void *a, const void *b)
{
	const struct layout_partition *const *one = a, *const *other = b;

	return (*one)->start_bytes < (*other)->start_bytes
		       ? -1
		       : (*one)->start_bytes > (*other)->start_bytes;
}

static int keep_partition(struct blocks *old, const struct layout_partition *part,
			  struct plan *plan, struct error *err)
{
	struct usage usage = {0};
	struct blocks *blocks;
	int known;
	size_t i;

	if (blocks_open_part(old, part->start_bytes, part->inside_bytes, &blocks, err) !=
	    0)
		return -1;
	known = usage_read(blocks, &usage, err);
	blocks_close(blocks);
	if (known < 0)
		return -1;
	if (known == 0)
		keep_run(plan, part->start_bytes, part->inside_bytes);
	for (i = 0; i < usage.count; i++)
		keep_run(plan, part->start_bytes + usage.runs[i].offset,
			 usage.runs[i].length);
	usage_clear(&usage);
	return 0;
}

int overlay_place_keeps(struct blocks *old, const struct layout *layout,
			struct plan *plan, struct error *err)
{
	autofree const struct layout_partition **parts = NULL;
	size_t i, count = 0;
	uint64_t at = 0;

	if (plan->scope != SCOPE_FULL && plan->scope != SCOPE_ALL)
		return 0;
	if (plan->scope == SCOPE_ALL) {
		plan_add_keep(plan, 0, plan->disk.size_bytes);
		return 0;
	}
	parts = mem_zero(layout->partition_count + 1, sizeof(*parts));
	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].role != ROLE_EXTENDED &&
		    layout->partitions[i].inside_bytes > 0)
			parts[count++] = &layout->partitions[i];
	qsort(parts, count, sizeof(*parts), by_start);
	for (i = 0; i < count; i++) {
		if (parts[i]->start_bytes > at)
			keep_run(plan, at, parts[i]->start_bytes - at);
		if (keep_partition(old, parts[i], plan, err) != 0)
			return -1;
		if (parts[i]->start_bytes + parts[i]->inside_bytes > at)
			at = parts[i]->start_bytes + parts[i]->inside_bytes;
	}
	keep_run(plan, at, plan->disk.size_bytes - at);
	return 0;
}
