/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_pieces.h - a plan cut into pieces, each at most a chunk and none across a chunk's
 * border: what is saved, written and read back at a time. */
#ifndef FLOW_OVERLAY_PIECES_H
#define FLOW_OVERLAY_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk/undo.h"
#include "model/plan.h"

/** A piece of a range. */
struct piece {
	uint64_t offset;
	size_t length;
	enum plan_phase phase;
	size_t range;			   /* number of the range in the plan */
	unsigned char sha[UNDO_SHA_BYTES]; /* of what is to stand there */
	bool is_changed;		   /* it was written in this session */
};

/** What is to stand where a piece is. */
struct chunk {
	unsigned char *bytes; /* a sink's buffer, as long as the plan's chunks */
	bool is_zero;	      /* all are zeros, and `bytes` may hold anything */
};

/** Pieces; start zeroed. */
struct pieces {
	struct piece *list; /* ascending offsets */
	size_t count;
	uint64_t body_bytes, boot_bytes;
};

/** Cut the ranges of a plan whose shape was checked. @out: cleared by pieces_clear */
void pieces_make(const struct plan *plan, struct pieces *out);

/** The pieces of the boot ranges, in the order of the plan.
 *
 * Returns: @out_count pointers into @pieces, which the caller frees
 */
struct piece **pieces_boot(struct pieces *pieces, size_t *out_count);

/** Cut one range; called with each cut. */
void pieces_cut(uint64_t offset, uint64_t length, uint32_t chunk_bytes,
		void (*take)(void *data, uint64_t offset, size_t length), void *data);

/** Give the memory back. */
void pieces_clear(struct pieces *pieces);

#endif
