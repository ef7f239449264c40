/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_write.h - bring pieces to the disk: compare, save to the log, flush the log, write.
 * Nothing is overwritten whose old bytes are not on stable storage. The disk and the log are
 * touched by the caller's thread alone, in the order in which pieces are given; a second thread
 * compares, hashes and compresses, some pieces behind what is read. So a call tells the error of
 * an earlier piece, and the first error is always that of the earliest piece. */
#ifndef FLOW_OVERLAY_WRITE_H
#define FLOW_OVERLAY_WRITE_H

#include <stdbool.h>

#include "flow/overlay.h"
#include "flow/overlay_pieces.h"

enum {
	WRITER_BATCH = 16, /* pieces that one flush of the log covers */
	WRITER_ASIDE = 4,  /* pieces that were read, and are being compared or hashed */
	WRITER_AHEAD = 2,  /* pieces whose reading was begun */
};

struct aside;

/** What is to be done with a piece of the disk that was read. */
enum writer_verb {
	WRITER_PUT,    /* compare with the chunk, which is to stand there */
	WRITER_DIGEST, /* nothing was read: only the digest of the chunk is wanted */
	WRITER_CHECK,  /* the digest is to be that of the piece */
	WRITER_KEEP,   /* save */
};

/** A piece that is in the second thread, or comes out of it. */
struct writer_job {
	enum writer_verb verb;
	struct piece *piece; /* NULL for WRITER_KEEP */
	uint64_t offset;
	size_t length;
	struct chunk chunk;
	unsigned char *old;				 /* what stands there */
	bool may_save, is_sha_wanted, is_known, is_kept; /* what is asked for */
	bool is_equal, has_sha;				 /* what was found */
	unsigned char sha[UNDO_SHA_BYTES];
	struct undo_packed packed;
};

/** A piece whose reading was begun. */
struct writer_ahead {
	uint64_t offset;
	size_t length;
	unsigned char *bytes;
};

/** What writes; start zeroed, with writer_begin. */
struct writer {
	struct sink *disk;
	struct undo *log; /* NULL: scope none */
	bool is_body_known,
		is_boot_known; /* an earlier session had completed these: where no
					      record stands, the old bytes were the new ones */
	bool has_begun;	       /* a byte of the disk was written, now or earlier */
	struct overlay_outcome *outcome;
	struct piece *held[WRITER_BATCH]; /* of the next batch */
	struct chunk chunks[WRITER_BATCH];
	unsigned count;
	struct aside *aside;
	struct writer_job jobs[WRITER_ASIDE];
	unsigned next_job;
	struct writer_ahead ahead[WRITER_AHEAD]; /* a ring */
	unsigned next_ahead, ahead_count;
	unsigned char *zeros;
	struct undo_packer *packer; /* of the second thread */
};

/** Begin.
 *
 * @chunk_bytes: the longest piece
 * Errors:  ERROR_SYSTEM; writer_end is to be called all the same
 * Returns: 0 or -1
 */
nodiscard int writer_begin(struct writer *writer, uint32_t chunk_bytes,
			   struct error *err);

/** Say which piece of the disk is read later: those that are named come in this order, whatever
 * needs no reading between them. Beyond WRITER_AHEAD it does nothing.
 *
 * Returns: whether there is room for one more
 */
bool writer_expect(struct writer *writer, uint64_t offset, size_t length);

/** Take a piece: it is written with its batch, unless it stands there already. The digest of a
 * piece of the body is set where it is needed.
 *
 * @chunk:  what is to stand there; its buffer is exchanged for another one
 * Errors:  those of the sinks; ERROR_REFUSED when the log is full
 * Returns: 0 or -1
 */
nodiscard int writer_put(struct writer *writer, struct piece *piece, struct chunk *chunk,
			 struct error *err);

/** Set the digest of a piece, which is written later. @chunk, Errors, Returns: as writer_put */
nodiscard int writer_digest(struct writer *writer, struct piece *piece,
			    struct chunk *chunk, struct error *err);

/** Save bytes of the disk that are in no piece, or in one that may be written later.
 *
 * @is_kept: the overlay does not change them
 * Errors:  those of the sinks; ERROR_REFUSED when the log is full
 * Returns: 0 or -1
 */
nodiscard int writer_keep(struct writer *writer, uint64_t offset, size_t length,
			  bool is_kept, struct error *err);

/** Read a piece back from the medium; writer_settle tells how it ended.
 *
 * Errors:  ERROR_VERIFY when it is not what was written; those of the sink
 * Returns: 0 or -1
 */
nodiscard int writer_check(struct writer *writer, struct piece *piece, struct error *err);

/** Bring to an end what was given.
 *
 * Errors:  those of all that was given
 * Returns: 0 or -1
 */
nodiscard int writer_settle(struct writer *writer, struct error *err);

/** Bring to an end what was given, and write what is held.
 *
 * Errors:  those of writer_settle and of the sinks
 * Returns: 0 or -1
 */
nodiscard int writer_send(struct writer *writer, struct error *err);

/** Something else failed, which comes behind all that was given: an error of that counts first.
 *
 * @err:    replaced when there is one
 * Returns: -1
 */
int writer_fail(struct writer *writer, struct error *err);

/** Give the memory back; what was given is dropped. */
void writer_end(struct writer *writer);

#endif
