/* SPDX-License-Identifier: GPL-2.0-or-later */
/** sink.h - a disk that is written to: a block device, a regular file, or a recorder that
 * tests look into. What is read through it is what the medium holds, not what a cache
 * remembers. */
#ifndef MODEL_SINK_H
#define MODEL_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

enum {
	SINK_ALIGN_BYTES = 4096, /* of buffers: enough for O_DIRECT everywhere */
};

struct sink;

/** What a kind of sink can do. Offsets and lengths are multiples of its sector, buffers are
 * aligned to SINK_ALIGN_BYTES, and all lies inside. */
struct sink_ops {
	/* Read from the medium. Errors: ERROR_SYSTEM. */
	int (*read)(struct sink *sink, uint64_t offset, void *buffer, size_t length,
		    struct error *err);
	/* Write; it may stay in the device's cache until the next flush. Errors: ERROR_SYSTEM. */
	int (*write)(struct sink *sink, uint64_t offset, const void *buffer,
		     size_t length, struct error *err);
	/* Make zeros in a cheaper way. Returns 1 when there is none (any more), and the zeros
	 * are to be written. Errors: ERROR_SYSTEM. */
	int (*zero)(struct sink *sink, uint64_t offset, size_t length, struct error *err);
	/* Begin a read that is asked for later; NULL: there is nothing to be gained. Whether
	 * there is room for one more is the sink's to say. */
	void (*ahead)(struct sink *sink, uint64_t offset, void *buffer, size_t length);
	/* Wait for what was begun, and drop it; goes with `ahead`. */
	void (*forget)(struct sink *sink);
	/* All that was written reaches stable storage. Errors: ERROR_SYSTEM. */
	int (*flush)(struct sink *sink, struct error *err);
	/* Give everything back. */
	void (*close)(struct sink *sink);
};

/** A disk. The first member of what implements it. */
struct sink {
	const struct sink_ops *ops;
	uint64_t size_bytes;
	unsigned sector_bytes; /* logical sector: 512 or 4096 */
	const char *
		caveat; /* what reads cannot promise, as "no O_DIRECT here"; NULL: nothing */
	uint64_t read_bytes, written_bytes, zeroed_bytes, flushes; /* so far */
};

/** Read exactly @length bytes from the medium.
 *
 * @buffer: aligned to SINK_ALIGN_BYTES
 * Errors:  ERROR_INPUT when they do not lie inside or are no whole sectors; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sink_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
			struct error *err);

/** Say which read comes later, so that the disk is at work while the caller is: a hint, which many
 * sinks do not heed. Reads that were begun are asked for in the order in which they were begun,
 * with the same place and buffer; nothing is written there before. Until then, or until
 * sink_forget, the buffer is the sink's. */
void sink_ahead(struct sink *sink, uint64_t offset, void *buffer, size_t length);

/** Wait for the reads that were begun and are not asked for any more. */
void sink_forget(struct sink *sink);

/** Write exactly @length bytes; zeros in the cheapest way that the disk has.
 *
 * @buffer: aligned to SINK_ALIGN_BYTES
 * Errors:  ERROR_INPUT when they do not lie inside or are no whole sectors; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sink_write(struct sink *sink, uint64_t offset, const void *buffer,
			 size_t length, struct error *err);

/** Bring all that was written to stable storage. Errors: ERROR_SYSTEM. Returns: 0 or -1 */
nodiscard int sink_flush(struct sink *sink, struct error *err);

/** A buffer for sinks; out of memory ends the program.
 *
 * Returns: @length bytes, aligned and zeroed, which the caller frees
 */
void *sink_buffer(size_t length) __attribute__((returns_nonnull));

/** Whether all bytes are zero. @bytes: aligned to 8 bytes */
int sink_is_zero(const void *bytes, size_t length);

/** See a sink as blocks, at any place and length. @sink stays the caller's and must outlive
 * them.
 *
 * Returns: blocks that the caller closes
 */
struct blocks *sink_open_blocks(struct sink *sink);

/** Close; NULL is harmless. */
void sink_close(struct sink *sink);

#endif
