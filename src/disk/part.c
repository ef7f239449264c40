/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/part.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"

enum { MIB = 1024 * 1024 };

struct layout_partition *part_add(struct layout_partition **list, size_t *count)
{
	*list = mem_grow(*list, *count, sizeof(**list));
	(*list)[*count] = (struct layout_partition){.type_name = "unknown"};
	return &(*list)[(*count)++];
}

static uint64_t alignment_of(uint64_t start_bytes)
{
	uint64_t align = 512;

	while (align < MIB && start_bytes % (2 * align) == 0)
		align *= 2;
	return align;
}

void part_place(const struct layout *layout, struct layout_partition *part,
		uint64_t start_lba, uint64_t sectors)
{
	uint64_t left;

	part->start_lba = start_lba;
	part->sectors = sectors;
	part->start_bytes = bytes_times(start_lba, layout->sector_bytes);
	part->size_bytes = bytes_times(sectors, layout->sector_bytes);
	part->align_bytes = alignment_of(part->start_bytes);
	if (part->start_bytes >= layout->size_bytes)
		return;
	left = layout->size_bytes - part->start_bytes;
	part->inside_bytes = part->size_bytes < left ? part->size_bytes : left;
}

/* A range that is taken; `part` is NULL for the table's own. */
struct range {
	uint64_t start, end;
	const struct layout_partition *part;
	bool is_logical;
};

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->end < right->end ? -1 : left->end > right->end;
}

static struct range range_of(uint64_t start, uint64_t size)
{
	uint64_t end;

	if (__builtin_add_overflow(start, size, &end))
		end = UINT64_MAX;
	return (struct range){.start = start, .end = end};
}

/* Sorted ranges of all partitions that are no extended ones. Returns: how many; the caller
 * frees the list. */
static size_t sorted_ranges(const struct layout *layout, size_t spare, struct range **out)
{
	struct range *list =
		mem_zero(2 * layout->partition_count + spare + 1, sizeof(*list));
	const struct layout_partition *part;
	size_t i, count = 0;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (part->role == ROLE_EXTENDED || part->sectors == 0)
			continue;
		list[count] = range_of(part->start_bytes, part->size_bytes);
		list[count].part = part;
		list[count++].is_logical = part->is_logical;
	}
	qsort(list, count, sizeof(*list), compare_ranges);
	*out = list;
	return count;
}

/* Each partition is compared with the one before it that ends last: that is enough to name
 * every partition that lies over another one. */
static void check_overlaps(struct layout *layout)
{
	autofree struct range *list = NULL;
	const size_t count = sorted_ranges(layout, 0, &list);
	const struct range *last = list;
	size_t i;

	for (i = 1; i < count; i++) {
		if (list[i].start < last->end)
			layout_add_fault(
				layout, FAULT_OVERLAP,
				"partitions %u and %u overlap from byte %" PRIu64 " on",
				last->part->number, list[i].part->number, list[i].start);
		if (list[i].end > last->end)
			last = &list[i];
	}
}

static const struct layout_partition *find_extended(const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].role == ROLE_EXTENDED)
			return &layout->partitions[i];
	return NULL;
}

/* Primary ones may not lie in the extended one, logical ones must. */
static void check_extended(struct layout *layout)
{
	const struct layout_partition *extended = find_extended(layout), *part;
	struct range outer, inner;
	size_t i;

	if (extended == NULL)
		return;
	outer = range_of(extended->start_bytes, extended->size_bytes);
	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		inner = range_of(part->start_bytes, part->size_bytes);
		if (part->is_logical &&
		    (inner.start < outer.start || inner.end > outer.end))
			layout_add_fault(layout, FAULT_OUTSIDE_USABLE,
					 "partition %u is logical and lies outside the "
					 "extended partition %u",
					 part->number, extended->number);
		if (!part->is_logical && part->role != ROLE_EXTENDED &&
		    inner.start < outer.end && outer.start < inner.end)
			layout_add_fault(layout, FAULT_OVERLAP,
					 "partition %u and the extended partition %u "
					 "overlap",
					 part->number, extended->number);
	}
}

static void check_end(struct layout *layout, const struct layout_partition *part)
{
	if (part->inside_bytes == part->size_bytes && part->inside_bytes > 0)
		return;
	if (part->size_bytes == 0)
		return; /* told where its table was read */
	if (part->inside_bytes == 0)
		layout_add_fault(layout, FAULT_BEYOND_END,
				 "partition %u begins at sector %" PRIu64
				 ", beyond the end of the disk (%" PRIu64 " sectors)",
				 part->number, part->start_lba,
				 layout->size_bytes / layout->sector_bytes);
	else
		layout_add_fault(layout, FAULT_BEYOND_END,
				 "partition %u ends %" PRIu64
				 " bytes beyond the end of the disk",
				 part->number, part->size_bytes - part->inside_bytes);
}

void part_check(struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		check_end(layout, &layout->partitions[i]);
	check_overlaps(layout);
	check_extended(layout);
}

static size_t add_table_ranges(const struct layout *layout, struct range *list,
			       size_t count)
{
	const struct layout_partition *part;
	size_t i;

	list[count++] = range_of(0, layout->table_head_bytes);
	if (layout->table_tail_bytes > 0)
		list[count++] = range_of(layout->table_tail_start_bytes,
					 layout->table_tail_bytes);
	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (!part->is_logical)
			continue;
		list[count] = range_of(bytes_times(part->ebr_lba, layout->sector_bytes),
				       layout->sector_bytes);
		list[count++].is_logical = true;
	}
	return count;
}

static void add_free(struct layout *layout, uint64_t start, uint64_t end, bool is_logical)
{
	const uint64_t first = start + (MIB - start % MIB) % MIB, last = end - end % MIB;
	struct layout_free *row;

	if (start >= end)
		return;
	layout->free = mem_grow(layout->free, layout->free_count, sizeof(*layout->free));
	row = &layout->free[layout->free_count++];
	*row = (struct layout_free){
		.start_bytes = start,
		.size_bytes = end - start,
		.aligned_bytes = last > first ? last - first : 0,
		.is_logical = is_logical,
	};
}

/* A free range is cut where the extended partition begins and ends. */
static void add_free_cut(struct layout *layout, const struct layout_partition *extended,
			 uint64_t start, uint64_t end)
{
	struct range outer = {.start = UINT64_MAX, .end = UINT64_MAX};
	uint64_t first, last;

	if (end > layout->size_bytes)
		end = layout->size_bytes;
	if (extended != NULL)
		outer = range_of(extended->start_bytes, extended->size_bytes);
	first = outer.start < end ? outer.start : end;
	first = first > start ? first : start;
	last = outer.end < end ? outer.end : end;
	last = last > first ? last : first;
	add_free(layout, start, first, false);
	add_free(layout, first, last, true);
	add_free(layout, last, end, false);
}

void part_find_free(struct layout *layout)
{
	const struct layout_partition *extended = find_extended(layout);
	autofree struct range *list = NULL;
	size_t i, count = sorted_ranges(layout, 2, &list);
	uint64_t next = 0;

	if (layout->kind == LAYOUT_NONE)
		return;
	count = add_table_ranges(layout, list, count);
	qsort(list, count, sizeof(*list), compare_ranges);
	for (i = 0; i < count; i++) {
		if (list[i].start > next)
			add_free_cut(layout, extended, next, list[i].start);
		if (list[i].end > next)
			next = list[i].end;
	}
	if (next < layout->size_bytes)
		add_free_cut(layout, extended, next, layout->size_bytes);
}
