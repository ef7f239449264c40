/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_used.h"

/* While it is found out. */
struct finder {
	struct blocks *old;
	uint32_t chunk_bytes;
	struct usage parts; /* where partitions lie */
	struct overlay_used *out;
};

static int add_part(struct finder *finder, uint64_t start, uint64_t length,
		    struct error *err)
{
	struct usage *busy = &finder->out->busy;
	struct usage usage = {0};
	struct blocks *blocks;
	int known;
	size_t i;

	if (blocks_open_part(finder->old, start, length, &blocks, err) != 0)
		return -1;
	known = usage_read(blocks, &usage, err);
	blocks_close(blocks);
	if (known < 0)
		return -1;
	usage_add(&finder->parts, start, length);
	if (known == 0)
		usage_add(busy, start, length);
	for (i = 0; i < usage.count; i++)
		usage_add(busy, start + usage.runs[i].offset, usage.runs[i].length);
	usage_clear(&usage);
	return 0;
}

static int add_parts(struct finder *finder, const struct layout *layout,
		     struct error *err)
{
	const struct layout_partition *part;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (part->role != ROLE_EXTENDED && part->role != ROLE_PROTECTIVE &&
		    part->inside_bytes > 0 &&
		    add_part(finder, part->start_bytes, part->inside_bytes, err) != 0)
			return -1;
	}
	return 0;
}

/* A disk without table: one file system, or what nobody knows the shape of. */
static int add_whole(struct finder *finder, const struct layout *layout,
		     struct error *err)
{
	if (layout->content_count == 1)
		return add_part(finder, 0, finder->old->size_bytes, err);
	usage_add(&finder->out->busy, 0, finder->old->size_bytes);
	return 0;
}

static void add_chunks(struct finder *finder, uint64_t offset, uint64_t length)
{
	const uint64_t chunk = finder->chunk_bytes, size = finder->old->size_bytes;
	const uint64_t start = offset / chunk * chunk;
	const uint64_t end = (offset + length + chunk - 1) / chunk * chunk;

	if (length > 0)
		usage_add(&finder->out->chunks, start, (end < size ? end : size) - start);
}

/* What of a gap lies in an extended partition: its chain of tables is there. */
static void add_chain(struct finder *finder, const struct layout *layout,
		      uint64_t gap_start, uint64_t gap_end)
{
	const struct layout_partition *part;
	uint64_t start, end;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		start = part->start_bytes > gap_start ? part->start_bytes : gap_start;
		end = part->start_bytes + part->inside_bytes;
		if (end > gap_end)
			end = gap_end;
		if (part->role == ROLE_EXTENDED && start < end)
			usage_add(&finder->out->busy, start, end - start);
	}
}

static void add_gaps(struct finder *finder, const struct layout *layout)
{
	const struct usage *parts = &finder->parts;
	uint64_t at = 0, end;
	size_t i;

	for (i = 0; i <= parts->count; i++) {
		end = i < parts->count ? parts->runs[i].offset : finder->old->size_bytes;
		add_chunks(finder, at, end - at);
		add_chain(finder, layout, at, end);
		if (i < parts->count)
			at = end + parts->runs[i].length;
	}
}

int overlay_used_read(struct blocks *old, const struct layout *layout,
		      uint32_t chunk_bytes, struct overlay_used *out, struct error *err)
{
	struct finder finder = {.old = old, .chunk_bytes = chunk_bytes, .out = out};
	struct usage *busy = &out->busy;
	int result;
	size_t i;

	if (layout->kind == LAYOUT_NONE && layout->content_count > 0)
		result = add_whole(&finder, layout, err);
	else
		result = add_parts(&finder, layout, err);
	usage_join(&finder.parts);
	if (result == 0)
		add_gaps(&finder, layout);
	usage_clear(&finder.parts);
	usage_join(busy);
	for (i = 0; i < busy->count; i++)
		add_chunks(&finder, busy->runs[i].offset, busy->runs[i].length);
	usage_join(&out->chunks);
	return result;
}

void overlay_used_clear(struct overlay_used *used)
{
	usage_clear(&used->busy);
	usage_clear(&used->chunks);
}
