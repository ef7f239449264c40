/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/overlay_pieces.h"

#include <stdlib.h>

#include "base/str.h"

struct cutter {
	struct pieces *pieces;
	enum plan_phase phase;
	size_t range;
};

void pieces_cut(uint64_t offset, uint64_t length, uint32_t chunk_bytes,
		void (*take)(void *data, uint64_t offset, size_t length), void *data)
{
	uint64_t part;

	while (length > 0) {
		part = chunk_bytes - offset % chunk_bytes;
		if (part > length)
			part = length;
		take(data, offset, (size_t)part);
		offset += part;
		length -= part;
	}
}

static void take_piece(void *data, uint64_t offset, size_t length)
{
	const struct cutter *cutter = data;
	struct pieces *pieces = cutter->pieces;

	pieces->list = mem_grow(pieces->list, pieces->count, sizeof(pieces->list[0]));
	pieces->list[pieces->count++] = (struct piece){
		.offset = offset,
		.length = length,
		.phase = cutter->phase,
		.range = cutter->range,
	};
	if (cutter->phase == PHASE_BODY)
		pieces->body_bytes += length;
	else
		pieces->boot_bytes += length;
}

static int by_offset(const void *a, const void *b)
{
	const struct piece *one = a, *other = b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

void pieces_make(const struct plan *plan, struct pieces *out)
{
	struct cutter cutter = {.pieces = out};
	size_t i;

	for (i = 0; i < plan->range_count; i++) {
		cutter.phase = plan->ranges[i].phase;
		cutter.range = i;
		pieces_cut(plan->ranges[i].offset, plan->ranges[i].length,
			   plan->chunk_bytes, take_piece, &cutter);
	}
	if (out->count > 1)
		qsort(out->list, out->count, sizeof(out->list[0]), by_offset);
}

static int by_order(const void *a, const void *b)
{
	const struct piece *const *one = a, *const *other = b;

	if ((*one)->range != (*other)->range)
		return (*one)->range < (*other)->range ? -1 : 1;
	return by_offset(*one, *other);
}

struct piece **pieces_boot(struct pieces *pieces, size_t *out_count)
{
	struct piece **list = mem_zero(pieces->count + 1, sizeof(struct piece *));
	size_t i, count = 0;

	for (i = 0; i < pieces->count; i++)
		if (pieces->list[i].phase == PHASE_BOOT)
			list[count++] = &pieces->list[i];
	qsort(list, count, sizeof(struct piece *), by_order);
	*out_count = count;
	return list;
}

void pieces_clear(struct pieces *pieces)
{
	free(pieces->list);
	*pieces = (struct pieces){0};
}
