/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_unseen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/layout.h"
#include "flow/inspect_guest.h"
#include "flow/overlay_check.h"
#include "sys/signals.h"

enum { END_BYTES = 1024 * 1024 };

/* The two ends of an image: byte N of the last MiB lies at N modulo its length. */
struct ends {
	struct blocks blocks;
	unsigned char *first, *last;
};

/* The part of [start, end) that lies in [offset, offset + length). */
static bool cut(uint64_t offset, size_t length, uint64_t *start, uint64_t *end)
{
	if (*start < offset)
		*start = offset;
	if (*end > offset + length)
		*end = offset + length;
	return *start < *end;
}

static int ends_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	const struct ends *ends = (struct ends *)blocks;
	const uint64_t size = blocks->size_bytes;
	uint64_t at, start = 0, end = END_BYTES;
	unsigned char *bytes = buffer;

	(void)err;
	memset(buffer, 0, length);
	if (cut(offset, length, &start, &end))
		memcpy(bytes + (start - offset), ends->first + start,
		       (size_t)(end - start));
	start = size > END_BYTES ? size - END_BYTES : 0;
	end = size;
	if (cut(offset, length, &start, &end))
		for (at = start; at < end; at++)
			bytes[at - offset] = ends->last[at % END_BYTES];
	return 0;
}

static void ends_close(struct blocks *blocks)
{
	struct ends *ends = (struct ends *)blocks;

	free(ends->first);
	free(ends->last);
	free(ends);
}

static const struct blocks_ops ends_ops = {.read = ends_read, .close = ends_close};

/* Take what comes at the end of what came so far. @bytes: NULL: zeros */
static void ends_take(struct ends *ends, const unsigned char *bytes, uint64_t length)
{
	uint64_t at = ends->blocks.size_bytes;
	const uint64_t end = at + length;
	size_t part;

	if (at < END_BYTES && bytes != NULL) {
		part = length < END_BYTES - at ? (size_t)length
					       : (size_t)(END_BYTES - at);
		memcpy(ends->first + at, bytes, part);
	}
	if (length > END_BYTES) {
		bytes = bytes != NULL ? bytes + (length - END_BYTES) : NULL;
		at = end - END_BYTES;
	}
	while (at < end) {
		part = END_BYTES - (size_t)(at % END_BYTES);
		if (part > end - at)
			part = (size_t)(end - at);
		if (bytes != NULL)
			memcpy(ends->last + at % END_BYTES, bytes, part);
		else
			memset(ends->last + at % END_BYTES, 0, part);
		bytes = bytes != NULL ? bytes + part : NULL;
		at += part;
	}
	ends->blocks.size_bytes = end;
}

static int read_ends(struct stream *stream, struct ends *ends, struct error *err)
{
	autofree unsigned char *buffer = mem_zero(1, END_BYTES);
	struct stream_piece piece;

	do {
		if (stream_next(stream, buffer, END_BYTES, &piece, err) != 0)
			return -1;
		ends_take(ends, piece.is_hole ? NULL : buffer, piece.length_bytes);
	} while (piece.length_bytes > 0);
	return 0;
}

int overlay_peek(const char *name, const struct image_options *options,
		 struct blocks **out, uint64_t *out_published_bytes, struct error *err)
{
	struct image *image;
	struct ends *ends;
	int result;

	if (image_open_stream(name, options, &image, err) != 0)
		return -1;
	ends = mem_zero(1, sizeof(*ends));
	ends->blocks.ops = &ends_ops;
	ends->blocks.fd = -1;
	ends->first = mem_zero(1, END_BYTES);
	ends->last = mem_zero(1, END_BYTES);
	result = read_ends(image->stream, ends, err);
	if (result == 0) {
		*out = &ends->blocks;
		*out_published_bytes = image->published_bytes;
	} else {
		ends_close(&ends->blocks);
	}
	image_close(image);
	return result;
}

static bool waives(const struct plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->check_count; i++)
		if (plan->checks[i].verdict == CHECK_WAIVED &&
		    strcmp(plan->checks[i].name, name) == 0)
			return true;
	return false;
}

bool overlay_is_unseen(const struct plan *plan)
{
	return waives(plan, "unseen");
}

bool overlay_is_judged(const struct plan *plan)
{
	return overlay_is_unseen(plan) || !waives(plan, "no-boot-path");
}

/* The disk as it will be once the boot ranges are there too. */
struct written {
	struct blocks blocks;
	struct blocks *disk, *boot;
	const struct plan *plan;
	int fd; /* the disk once more, for the kernel's readers; -1: they take a copy */
};

static int written_read(struct blocks *blocks, uint64_t offset, void *buffer,
			size_t length, struct error *err)
{
	const struct written *written = (struct written *)blocks;
	const struct plan *plan = written->plan;
	const struct plan_range *range;
	uint64_t start, end;
	size_t i;

	if (blocks_read(written->disk, offset, buffer, length, err) != 0)
		return -1;
	for (i = 0; i < plan->range_count; i++) {
		range = &plan->ranges[i];
		start = range->offset;
		end = range->offset + range->length;
		if (range->phase == PHASE_BOOT && cut(offset, length, &start, &end) &&
		    blocks_read(written->boot, start,
				(unsigned char *)buffer + (start - offset),
				(size_t)(end - start), err) != 0)
			return -1;
	}
	plan_lay_edits(plan, offset, buffer, length);
	return 0;
}

static bool has_edit(const struct plan *plan, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < plan->edit_count; i++)
		if (plan->edits[i].offset < end &&
		    plan->edits[i].offset + plan->edits[i].length > start)
			return true;
	return false;
}

/* Only of the boot ranges is it known where they have holes. */
static int written_extent(struct blocks *blocks, uint64_t offset,
			  struct blocks_extent *out, struct error *err)
{
	const struct written *written = (struct written *)blocks;
	const struct plan *plan = written->plan;
	struct blocks_extent extent = {blocks->size_bytes - offset, false};
	const struct plan_range *range;
	uint64_t left;
	size_t i;

	for (i = 0; i < plan->range_count; i++) {
		range = &plan->ranges[i];
		if (range->phase != PHASE_BOOT || range->offset + range->length <= offset)
			continue;
		if (range->offset > offset) {
			if (extent.length_bytes > range->offset - offset)
				extent.length_bytes = range->offset - offset;
			continue;
		}
		left = range->offset + range->length - offset;
		if (blocks_extent_at(written->boot, offset, &extent, err) != 0)
			return -1;
		if (extent.length_bytes > left)
			extent.length_bytes = left;
		extent.is_hole = extent.is_hole &&
				 !has_edit(plan, offset, offset + extent.length_bytes);
		break;
	}
	*out = extent;
	return 0;
}

/* What lies in the body alone stands on the disk. */
static int written_descriptor(struct blocks *blocks, uint64_t offset, uint64_t length,
			      uint64_t *out_offset)
{
	const struct written *written = (struct written *)blocks;
	const struct plan *plan = written->plan;
	size_t i;

	for (i = 0; i < plan->range_count; i++)
		if (plan->ranges[i].phase == PHASE_BOOT &&
		    plan->ranges[i].offset < offset + length &&
		    plan->ranges[i].offset + plan->ranges[i].length > offset)
			return -1;
	*out_offset = offset;
	return written->fd;
}

static void written_close(struct blocks *blocks)
{
	own_close(&((struct written *)blocks)->fd);
	free(blocks);
}

static const struct blocks_ops written_ops = {
	.read = written_read,
	.extent = written_extent,
	.descriptor = written_descriptor,
	.close = written_close,
};

/* The first refusal that the plan does not waive. */
static int tell_refusal(const struct plan *plan, const struct plan *judged,
			struct error *err)
{
	size_t i;

	for (i = 0; i < judged->check_count; i++)
		if (judged->checks[i].verdict == CHECK_REFUSED &&
		    !waives(plan, judged->checks[i].name)) {
			(void)error_set(err, ERROR_REFUSED, "%s: %s",
					judged->checks[i].name, judged->checks[i].text);
			return overlay_is_unseen(plan)
				       ? -1
				       : error_frame(err,
						     "what was written is not what was "
						     "planned");
		}
	return 0;
}

static struct blocks *open_written(const struct plan *plan, struct blocks *disk,
				   struct blocks *boot)
{
	struct written *written = mem_zero(1, sizeof(*written));

	*written = (struct written){.disk = disk, .boot = boot, .plan = plan};
	written->blocks.ops = &written_ops;
	written->blocks.size_bytes = plan->disk.size_bytes;
	written->blocks.sector_bytes = plan->disk.sector_bytes;
	written->blocks.fd = -1;
	written->fd = open(plan->disk.path, O_RDONLY | O_CLOEXEC);
	return &written->blocks;
}

/* The checks of what is there now. */
static void judge(const struct plan *plan, struct blocks *written,
		  struct inspection *inspection, struct plan *out)
{
	bool waived[MISMATCH_COUNT];
	unsigned i;

	for (i = 0; i < MISMATCH_COUNT; i++)
		waived[i] = waives(plan, prediction_mismatch_names[i]);
	inspection->name = str_copy(plan->image.name);
	flow_inspect_guest(written, false, inspection);
	overlay_check_system(inspection, &plan->platform, waived, out);
}

int overlay_judge_written(const struct plan *plan, struct blocks *disk,
			  struct blocks *boot, struct error *err)
{
	struct blocks *written = open_written(plan, disk, boot);
	struct inspection inspection = {0};
	struct plan judged = {0};
	int result = disk_read_layout(written, DISK_ALL, &inspection.layout, err);

	if (result == 0) {
		judge(plan, written, &inspection, &judged);
		result = sys_signals_came() != 0
				 ? error_set(err, ERROR_INTERRUPTED, "interrupted")
				 : tell_refusal(plan, &judged, err);
	}
	plan_clear(&judged);
	inspection_clear(&inspection);
	blocks_close(written);
	return result;
}
