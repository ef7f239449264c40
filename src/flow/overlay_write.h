/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_write.h - bring pieces to the disk: compare, save to the log, flush the log, write.
 * Nothing is overwritten whose old bytes are not on stable storage. */
#ifndef FLOW_OVERLAY_WRITE_H
#define FLOW_OVERLAY_WRITE_H

#include <stdbool.h>

#include "flow/overlay.h"
#include "flow/overlay_pieces.h"

enum { WRITER_BATCH = 16 };

/** What writes; start with writer_begin. */
struct writer {
	struct sink *disk;
	struct undo *log; /* NULL: scope none */
	bool is_body_known,
		is_boot_known; /* an earlier session had completed these: where no
					      record stands, the old bytes were the new ones */
	bool has_begun;	       /* a byte of the disk was written, now or earlier */
	struct overlay_outcome *outcome;
	struct piece *held[WRITER_BATCH];
	unsigned char *bytes[WRITER_BATCH];
	unsigned count;
	unsigned char *old;
};

/** Begin. @chunk_bytes: the longest piece */
void writer_begin(struct writer *writer, uint32_t chunk_bytes);

/** Take a piece whose sha is set: it is written with its batch, unless it stands there already.
 *
 * @bytes:  piece->length, what is to stand there
 * Errors:  those of the sinks; ERROR_REFUSED when the log is full
 * Returns: 0 or -1
 */
nodiscard int writer_put(struct writer *writer, struct piece *piece, const void *bytes,
			 struct error *err);

/** Write what is held.
 *
 * Errors:  those of the sinks
 * Returns: 0 or -1
 */
nodiscard int writer_send(struct writer *writer, struct error *err);

/** Read a piece back from the medium.
 *
 * Errors:  ERROR_VERIFY when it is not what was written; those of the sink
 * Returns: 0 or -1
 */
nodiscard int writer_check(struct writer *writer, const struct piece *piece,
			   struct error *err);

/** Give the memory back. */
void writer_end(struct writer *writer);

#endif
