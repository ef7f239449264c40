/* SPDX-License-Identifier: GPL-2.0-or-later */
/** undo_format.h - the bytes of the undo log: doc/undo-log.md tells them for people. */
#ifndef DISK_UNDO_FORMAT_H
#define DISK_UNDO_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "disk/undo.h"

enum {
	UNDO_ID_BYTES = 16,
	UNDO_FRAME_BYTES = 256, /* of a frame's header; its bytes follow */
	UNDO_DIGEST_BYTES = 48,
};

/** What a frame holds. */
enum undo_frame_type {
	FRAME_PLAN = 1,
	FRAME_OLD = 2,	   /* bytes of the disk, which the overlay changes */
	FRAME_KEPT = 3,	   /* bytes of the disk, which it does not */
	FRAME_DIGESTS = 4, /* undo_digest after undo_digest */
	FRAME_STATE = 5,
};

/** How the bytes of a frame are stored. */
enum undo_codec { CODEC_RAW, CODEC_ZSTD, CODEC_ZEROS };

/** A frame's header. */
struct undo_frame {
	uint32_t type;
	uint32_t epoch; /* which session wrote it */
	uint64_t sequence;
	unsigned char log_id[UNDO_ID_BYTES];
	uint32_t codec;
	uint32_t value;		 /* FRAME_STATE: the state */
	uint64_t offset, length; /* of the disk, or of what is stored once expanded */
	uint64_t stored_bytes;
	unsigned char sha[UNDO_SHA_BYTES];	  /* of the expanded bytes */
	unsigned char stored_sha[UNDO_SHA_BYTES]; /* of the stored ones */
};

/** Write the first block. */
void undo_put_header(const struct undo_header *header,
		     const unsigned char log_id[UNDO_ID_BYTES],
		     unsigned char out[UNDO_BLOCK_BYTES]);

/** Read the first block.
 *
 * Errors:  ERROR_INPUT: it is none, damaged, or of a later version
 * Returns: 0 or -1
 */
nodiscard int undo_get_header(const unsigned char block[UNDO_BLOCK_BYTES],
			      struct undo_header *out,
			      unsigned char out_log_id[UNDO_ID_BYTES], struct error *err);

/** Write a frame's header. */
void undo_put_frame(const struct undo_frame *frame, unsigned char out[UNDO_FRAME_BYTES]);

/** Read a frame's header. Returns: whether it is whole and can be one */
bool undo_get_frame(const unsigned char bytes[UNDO_FRAME_BYTES], struct undo_frame *out);

/** Write one digest of FRAME_DIGESTS. */
void undo_put_digest(const struct undo_digest *digest,
		     unsigned char out[UNDO_DIGEST_BYTES]);

/** Read one. */
void undo_get_digest(const unsigned char bytes[UNDO_DIGEST_BYTES],
		     struct undo_digest *out);

/** Bytes that a frame with so much stored takes in the log. */
uint64_t undo_frame_room(uint64_t stored_bytes);

#endif
