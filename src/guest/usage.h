/* SPDX-License-Identifier: GPL-2.0-or-later */
/** usage.h - which bytes of a file system are in use. Trusted only where the file system says
 * that it was closed in order. */
#ifndef GUEST_USAGE_H
#define GUEST_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

/** A run of bytes in use. */
struct usage_run {
	uint64_t offset, length; /* from the beginning of the file system */
};

/** All of them, ascending; start zeroed. */
struct usage {
	struct usage_run *runs;
	size_t count;
};

/** Read what an ext2, ext3, ext4 or xfs says is free.
 *
 * @part:   what the file system lies in; what is behind its end counts as used
 * @out:    the caller clears it; untouched unless 1 is returned
 * Errors:  those of the blocks
 * Source:  libext2fs; "XFS Algorithms and Data Structures", 3rd edition
 * Returns: 1; 0 when it is no such file system, was not closed in order, or what it says cannot
 *          be trusted: then all is in use; -1
 */
nodiscard int usage_read(struct blocks *part, struct usage *out, struct error *err);

/** Add a run behind all others; one that meets the last is joined to it, an empty one left
 * out. */
void usage_add(struct usage *usage, uint64_t offset, uint64_t length);

/** Bring runs that were added in any order into order, and join those that meet. */
void usage_join(struct usage *usage);

/** Whether no byte of a range is in use. */
int usage_is_free(const struct usage *usage, uint64_t offset, uint64_t length);

/** How many bytes of a range are in use. */
uint64_t usage_bytes_in(const struct usage *usage, uint64_t offset, uint64_t length);

/** Give the memory back. */
void usage_clear(struct usage *usage);

#endif
