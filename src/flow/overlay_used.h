/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_used.h - what of the old disk is in use: where no undo log may lie, and what the scope full
 * keeps. */
#ifndef FLOW_OVERLAY_USED_H
#define FLOW_OVERLAY_USED_H

#include "base/error.h"
#include "guest/usage.h"
#include "model/blocks.h"
#include "model/layout.h"

/** What is in use; start zeroed. */
struct overlay_used {
	/* Bytes of partitions, but those that a file system which was closed in order says
	 * are free; and what an extended partition has beside its logical ones. */
	struct usage busy;
	/* Whole chunks in which anything is busy, or where no partition lies: loaders lie there,
	 * and nobody says what is free. */
	struct usage chunks;
};

/** Find out. Without table the whole disk counts as one partition when something is on it.
 *
 * @old:    the disk as it is
 * @layout: of @old, with its contents
 * @out:    the caller clears it, also on failure
 * Errors:  those of the disk
 * Returns: 0 or -1
 */
nodiscard int overlay_used_read(struct blocks *old, const struct layout *layout,
				uint32_t chunk_bytes, struct overlay_used *out,
				struct error *err);

/** Give the memory back. */
void overlay_used_clear(struct overlay_used *used);

#endif
