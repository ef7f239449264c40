/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_place.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/undo.h"
#include "flow/overlay_used.h"

enum {
	PLAN_ROOM_BYTES = 1024 * 1024, /* of the plan in the log, beside its edits */
	KEEP_ROOM_BYTES = 96,	       /* of a line of what is kept, in the plan */
	SPARE_PIECES = 64,	       /* pieces that are no whole chunks */
	ALIGN_BYTES = 1024 * 1024,
};

/* What a log has to hold. */
struct need {
	const struct overlay_request *request;
	struct plan *plan;
	uint64_t image_bytes;
	struct usage kept; /* whole chunks, of the whole disk; none for until-boot */
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* How much the log takes if nothing compresses, and if it lies from @log_start to @log_end of
 * the disk: what is written over once, and of what is kept the rest beside the log. */
static uint64_t room_needed(const struct need *need, uint64_t log_start, uint64_t log_end)
{
	const uint64_t image = need->image_bytes, disk = need->plan->disk.size_bytes;
	const uint64_t bytes = image +
			       usage_bytes_in(&need->kept, image, log_start - image) +
			       usage_bytes_in(&need->kept, log_end, disk - log_end);

	return round_up(
		undo_room_for(bytes, bytes / need->plan->chunk_bytes + SPARE_PIECES,
			      PLAN_ROOM_BYTES + need->kept.count * KEEP_ROOM_BYTES),
		ALIGN_BYTES);
}

/* Where the smallest area begins that holds what it must: a larger one begins earlier, and
 * has less to keep. Returns: 0 when none that begins at @least or later is large enough */
static uint64_t find_start(const struct need *need, uint64_t least, uint64_t end)
{
	uint64_t low = least / ALIGN_BYTES, high = end / ALIGN_BYTES, middle;

	if (end <= least || end - least < room_needed(need, least, end))
		return 0;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (end - middle * ALIGN_BYTES >=
		    room_needed(need, middle * ALIGN_BYTES, end))
			low = middle;
		else
			high = middle;
	}
	return low * ALIGN_BYTES;
}

static void refuse_room(const struct need *need, uint64_t least, uint64_t end)
{
	const bool is_full = need->plan->scope == SCOPE_FULL;
	const uint64_t image = need->image_bytes;
	const uint64_t wanted = room_needed(need, image, end > image ? end : image);

	plan_add_check(need->plan, "undo-room", CHECK_REFUSED,
		       "the undo log may need %llu MiB behind the image, and there are "
		       "%llu; put it elsewhere by --undo FILE|DEV, or %s",
		       (unsigned long long)(wanted >> 20),
		       (unsigned long long)(end > least ? (end - least) >> 20 : 0),
		       is_full ? "keep less by --scope until-boot"
			       : "go without a way back by --scope none");
}

static void refuse_used(const struct need *need, uint64_t start)
{
	const bool is_full = need->plan->scope == SCOPE_FULL;

	plan_add_check(
		need->plan, "undo-room", CHECK_REFUSED,
		"the last %llu MiB of the disk, which the undo log may need, are in "
		"use, or not known to be free: put it elsewhere by --undo FILE|DEV, "
		"shrink what lies there%s",
		(unsigned long long)((need->plan->disk.size_bytes - start) >> 20),
		is_full ? ", or keep less by --scope until-boot" : "");
}

static void place_in_tail(const struct need *need, const struct usage *busy)
{
	struct plan *plan = need->plan;
	const uint64_t end = undo_tail_end(plan->disk.size_bytes);
	const uint64_t least = round_up(need->image_bytes, ALIGN_BYTES);
	const uint64_t start = find_start(need, least, end);

	plan->undo = UNDO_TAIL;
	if (start == 0) {
		refuse_room(need, least, end);
		return;
	}
	if (!usage_is_free(busy, start, end - start)) {
		refuse_used(need, start);
		return;
	}
	plan->undo_offset = plan->partition_offset = start;
	plan->undo_bytes = plan->partition_bytes = end - start;
	plan_add_check(plan, "undo-room", CHECK_GOOD,
		       "%llu MiB in the disk's tail, which the old system does not use",
		       (unsigned long long)((end - start) >> 20));
}

static int place_outside(const struct need *need, struct error *err)
{
	const char *path = need->request->undo;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct plan *plan = need->plan;
	const uint64_t disk = plan->disk.size_bytes;
	const uint64_t wanted = room_needed(need, disk, disk);
	struct stat there = {0};
	uint64_t size = 0;

	plan->undo_path = str_copy(path);
	if (fd < 0 || fstat(fd, &there) != 0 || S_ISREG(there.st_mode)) {
		plan->undo = UNDO_FILE;
		plan->undo_bytes = wanted;
		plan_add_check(plan, "undo-room", CHECK_GOOD,
			       "the file may grow to %llu MiB",
			       (unsigned long long)(wanted >> 20));
		return 0;
	}
	plan->undo = UNDO_DEVICE;
	if (!S_ISBLK(there.st_mode) || ioctl(fd, BLKGETSIZE64, &size) != 0)
		return error_set(
			err, ERROR_USAGE,
			"--undo takes a file or a block device, and '%s' is none", path);
	plan->undo_bytes = size / UNDO_BLOCK_BYTES * UNDO_BLOCK_BYTES;
	plan_add_check(plan, "undo-room",
		       plan->undo_bytes >= wanted ? CHECK_GOOD : CHECK_REFUSED,
		       "the log may need %llu MiB, and '%s' has %llu",
		       (unsigned long long)(wanted >> 20), path,
		       (unsigned long long)(size >> 20));
	return 0;
}

/* What is kept, but for the log's own area. */
static void add_keeps(const struct need *need)
{
	struct plan *plan = need->plan;
	const bool is_tail = plan->undo == UNDO_TAIL;
	const uint64_t log_start = is_tail ? plan->undo_offset : plan->disk.size_bytes;
	const uint64_t log_end =
		is_tail ? plan->undo_offset + plan->undo_bytes : plan->disk.size_bytes;
	const struct usage_run *run;
	uint64_t end, start;
	size_t i;

	for (i = 0; i < need->kept.count; i++) {
		run = &need->kept.runs[i];
		end = run->offset + run->length;
		if (run->offset < log_start)
			plan_add_keep(plan, run->offset,
				      (end < log_start ? end : log_start) - run->offset);
		start = run->offset > log_end ? run->offset : log_end;
		if (start < end)
			plan_add_keep(plan, start, end - start);
	}
}

static int place(struct need *need, const struct usage *busy, struct error *err)
{
	if (need->request->undo == NULL)
		place_in_tail(need, busy);
	else if (place_outside(need, err) != 0)
		return -1;
	if (plan_refusal(need->plan) == NULL)
		add_keeps(need);
	return 0;
}

int overlay_place_log(const struct overlay_request *request, struct blocks *old,
		      const struct layout *layout, uint64_t image_bytes,
		      struct plan *plan, struct error *err)
{
	struct need need = {.request = request, .plan = plan, .image_bytes = image_bytes};
	struct usage_run whole = {0, plan->disk.size_bytes};
	struct overlay_used used = {0};
	int result = 0;

	if (plan->scope == SCOPE_NONE)
		return 0;
	if (plan->scope == SCOPE_FULL || request->undo == NULL)
		result = overlay_used_read(old, layout, plan->chunk_bytes, &used, err);
	if (plan->scope == SCOPE_FULL)
		need.kept = used.chunks;
	else if (plan->scope == SCOPE_ALL)
		need.kept = (struct usage){&whole, 1};
	if (result == 0)
		result = place(&need, &used.busy, err);
	overlay_used_clear(&used);
	return result;
}
