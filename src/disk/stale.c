/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/stale.h"

#include <string.h>

#include "base/str.h"
#include "disk/signature.h"

/* Free ranges and partitions that are looked into; larger tables are hostile ones. */
enum { RANGES_MOST = 64 };

static bool is_kept(const struct layout *layout, const struct signature_hit *hit)
{
	size_t i;

	for (i = 0; i < layout->stale_count; i++)
		if (layout->stale[i].magic_bytes == hit->magic_bytes)
			return true;
	return false;
}

/* The table's own headers are none. */
static bool is_of_table(const struct layout *layout, const struct signature_hit *hit)
{
	const uint64_t at = hit->magic_bytes;

	if (strcmp(hit->type, "gpt") != 0 || layout->kind == LAYOUT_NONE)
		return false;
	return at < layout->table_head_bytes ||
	       (at >= layout->table_tail_start_bytes &&
		at - layout->table_tail_start_bytes < layout->table_tail_bytes);
}

static bool has_content(const struct layout_content *list, size_t count,
			const struct signature_hit *hit)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(list[i].type, hit->type) == 0 &&
		    (!hit->row->is_mirror ||
		     (list[i].uuid != NULL && strcmp(list[i].uuid, hit->uuid) == 0)))
			return true;
	return false;
}

/* Whether the signature is part of what is there now: in @origin, in the partition that it lies
 * in, or on the disk without table. */
static bool is_present(const struct layout *layout, const struct layout_partition *origin,
		       const struct signature_hit *hit)
{
	const struct layout_partition *part =
		origin != NULL ? origin : layout_partition_at(layout, hit->magic_bytes);

	if (part != NULL)
		return has_content(part->contents, part->content_count, hit);
	return layout->kind == LAYOUT_NONE &&
	       has_content(layout->contents, layout->content_count, hit);
}

static void add_stale(struct layout *layout, const struct signature_range *range,
		      const struct signature_hit *hit)
{
	const struct layout_partition *part =
		layout_partition_at(layout, hit->magic_bytes);
	struct layout_stale *stale;

	layout->stale =
		mem_grow(layout->stale, layout->stale_count, sizeof(*layout->stale));
	stale = &layout->stale[layout->stale_count++];
	*stale = (struct layout_stale){
		.type = hit->type,
		.magic_bytes = hit->magic_bytes,
		.origin_bytes = range->start_bytes,
		.partition = part != NULL ? part->number : 0,
		.uuid = hit->uuid[0] != '\0' ? str_copy(hit->uuid) : NULL,
	};
}

static bool is_stale(const struct layout *layout, const struct layout_partition *origin,
		     const struct signature_hit *hit)
{
	return !is_kept(layout, hit) && !is_of_table(layout, hit) &&
	       !is_present(layout, origin, hit);
}

/* @origin: the partition that begins there, for mirrors; NULL: none */
static int look(struct blocks *blocks, struct layout *layout,
		const struct signature_range *range,
		const struct layout_partition *origin, struct error *err)
{
	const struct signature *row;
	struct signature_hit hit;
	int result;

	for (row = signature_all; row->type != NULL; row++) {
		if (origin != NULL && !row->is_mirror)
			continue;
		result = signature_find(blocks, row, range, &hit, err);
		if (result < 0)
			return -1;
		if (result > 0 && is_stale(layout, origin, &hit))
			add_stale(layout, range, &hit);
	}
	return 0;
}

/* The disk itself, and the first sectors that partitioning tools choose: 63 since DOS, 2048
 * today. */
static int look_at_start(struct blocks *blocks, struct layout *layout, struct error *err)
{
	static const uint64_t starts[] = {0, UINT64_C(63) * 512, UINT64_C(2048) * 512};
	struct signature_range range;
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (starts[i] >= layout->size_bytes ||
		    (i > 0 && layout_partition_at(layout, starts[i]) != NULL))
			continue;
		range.start_bytes = starts[i];
		range.size_bytes = layout->size_bytes - starts[i];
		if (look(blocks, layout, &range, NULL, err) != 0)
			return -1;
	}
	return 0;
}

static int look_at_free(struct blocks *blocks, struct layout *layout, struct error *err)
{
	struct signature_range range;
	size_t i;

	for (i = 0; i < layout->free_count && i < RANGES_MOST; i++) {
		range.start_bytes = layout->free[i].start_bytes;
		range.size_bytes = layout->free[i].size_bytes;
		if (look(blocks, layout, &range, NULL, err) != 0)
			return -1;
	}
	return 0;
}

static int look_at_partitions(struct blocks *blocks, struct layout *layout,
			      struct error *err)
{
	const struct layout_partition *part;
	struct signature_range range;
	size_t i;

	for (i = 0; i < layout->partition_count && i < RANGES_MOST; i++) {
		part = &layout->partitions[i];
		if (part->role == ROLE_EXTENDED || part->inside_bytes == 0)
			continue;
		range.start_bytes = part->start_bytes;
		range.size_bytes = part->inside_bytes;
		if (look(blocks, layout, &range, part, err) != 0)
			return -1;
	}
	return 0;
}

int stale_find(struct blocks *blocks, struct layout *layout, struct error *err)
{
	if (look_at_partitions(blocks, layout, err) != 0 ||
	    look_at_start(blocks, layout, err) != 0)
		return -1;
	return look_at_free(blocks, layout, err);
}
