/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_future.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "disk/layout.h"

struct future {
	struct blocks blocks;
	struct blocks *image, *old;
	const struct plan *plan;
};

static int future_read(struct blocks *blocks, uint64_t offset, void *buffer,
		       size_t length, struct error *err)
{
	const struct future *future = (struct future *)blocks;
	const uint64_t size = future->image->size_bytes;
	size_t part = 0;

	if (offset < size) {
		part = length < size - offset ? length : (size_t)(size - offset);
		if (blocks_read(future->image, offset, buffer, part, err) != 0)
			return -1;
	}
	if (part < length &&
	    blocks_read(future->old, offset + part, (unsigned char *)buffer + part,
			length - part, err) != 0)
		return -1;
	plan_lay_edits(future->plan, offset, buffer, length);
	return 0;
}

static int future_extent(struct blocks *blocks, uint64_t offset,
			 struct blocks_extent *out, struct error *err)
{
	const struct future *future = (struct future *)blocks;

	if (offset >= future->image->size_bytes) {
		*out = (struct blocks_extent){blocks->size_bytes - offset, false};
		return 0;
	}
	if (blocks_extent_at(future->image, offset, out, err) != 0)
		return -1;
	if (future->plan->edit_count > 0)
		out->is_hole = false;
	return 0;
}

static void future_close(struct blocks *blocks)
{
	free(blocks);
}

static const struct blocks_ops future_ops = {
	.read = future_read,
	.extent = future_extent,
	.close = future_close,
};

struct blocks *overlay_future(struct blocks *image, struct blocks *old,
			      const struct plan *plan)
{
	struct future *future = mem_zero(1, sizeof(*future));

	future->blocks.ops = &future_ops;
	future->blocks.size_bytes = plan->disk.size_bytes;
	future->blocks.sector_bytes = plan->disk.sector_bytes;
	future->blocks.fd = -1;
	future->image = image;
	future->old = old;
	future->plan = plan;
	return &future->blocks;
}

/* The sector of a signature, unless it is written anyway or is the log's. */
static void add_wipe(const struct layout_stale *stale, uint64_t image_bytes,
		     struct plan *plan)
{
	const unsigned sector = plan->disk.sector_bytes;
	const uint64_t start = stale->magic_bytes / sector * sector;
	char what[64] = "stale ";
	size_t i;

	if (start < image_bytes ||
	    (plan->partition_bytes > 0 && start >= plan->partition_offset &&
	     start < plan->partition_offset + plan->partition_bytes))
		return;
	for (i = 0; i < plan->range_count; i++)
		if (start + sector > plan->ranges[i].offset &&
		    start < plan->ranges[i].offset + plan->ranges[i].length)
			return;
	strncat(what, stale->type, sizeof(what) - strlen(what) - 1);
	plan_add_range(plan, PHASE_BODY, start, sector, what);
}

int overlay_add_wipes(struct blocks *image, struct blocks *old, uint64_t image_bytes,
		      struct plan *plan, struct error *err)
{
	struct blocks *future = overlay_future(image, old, plan);
	struct layout layout = {0};
	size_t i;
	int result;

	result = disk_read_layout(future, DISK_CONTENTS | DISK_STALE, &layout, err);
	for (i = 0; result == 0 && i < layout.stale_count; i++)
		add_wipe(&layout.stale[i], image_bytes, plan);
	layout_clear(&layout);
	blocks_close(future);
	return result;
}
