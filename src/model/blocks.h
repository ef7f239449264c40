/* SPDX-License-Identifier: GPL-2.0-or-later */
/** blocks.h - read access at any place to something that is like a disk: a raw file, a
 * block device, a qcow2, one partition of these. Only read: what writes is a sink. */
#ifndef MODEL_BLOCKS_H
#define MODEL_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct blocks;

/** A run of bytes that are all data or all zeros by construction. */
struct blocks_extent {
	uint64_t length_bytes; /* from the offset that was asked for; at least 1 */
	bool is_hole;	       /* reads as zeros, and takes no room in the source */
};

/** What a kind of blocks can do. */
struct blocks_ops {
	/* Read exactly @length bytes, which lie inside. Errors: ERROR_SYSTEM, ERROR_INPUT. */
	int (*read)(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		    struct error *err);
	/* What lies at @offset, which is inside; NULL: all is data. */
	int (*extent)(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		      struct error *err);
	/* Where these bytes lie in a descriptor as they are, for blocks whose own fd is -1.
	 * Returns: it, which the caller does not close; -1: in none. NULL: nowhere. */
	int (*descriptor)(struct blocks *blocks, uint64_t offset, uint64_t length,
			  uint64_t *out_offset);
	/* Give everything back. */
	void (*close)(struct blocks *blocks);
};

/** Something that can be read at any place. The first member of what implements it. */
struct blocks {
	const struct blocks_ops *ops;
	uint64_t size_bytes;
	unsigned
		sector_bytes; /* logical sector of a device; 0: not known, as for a file */
	int fd; /* where byte N of this lies at byte fd_offset + N of a descriptor; -1: nowhere */
	uint64_t fd_offset;
	uint64_t read_bytes; /* how much was read through it so far */
	uint64_t read_calls;
};

/** Read exactly @length bytes at @offset.
 *
 * Errors:  ERROR_INPUT when they do not lie inside; those of the source
 * Returns: 0 or -1
 */
nodiscard int blocks_read(struct blocks *blocks, uint64_t offset, void *buffer,
			  size_t length, struct error *err);

/** Ask whether data or a hole begins at @offset, and for how long; cut at the end.
 *
 * Errors:  ERROR_INPUT when @offset is outside; those of the source
 * Returns: 0 or -1
 */
nodiscard int blocks_extent_at(struct blocks *blocks, uint64_t offset,
			       struct blocks_extent *out, struct error *err);

/** Open a part of blocks as blocks, such as a partition. @whole stays the caller's and must
 * outlive the part; what is read is counted in both.
 *
 * @out:    the caller closes it
 * Errors:  ERROR_INPUT when it does not lie inside
 * Returns: 0 or -1
 */
nodiscard int blocks_open_part(struct blocks *whole, uint64_t offset, uint64_t size_bytes,
			       struct blocks **out, struct error *err);

/** Close; NULL is harmless. */
void blocks_close(struct blocks *blocks);

#endif
