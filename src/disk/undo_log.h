/* SPDX-License-Identifier: GPL-2.0-or-later */
/** undo_log.h - an open undo log, for the files that make it up. */
#ifndef DISK_UNDO_LOG_H
#define DISK_UNDO_LOG_H

#include "disk/undo.h"
#include "disk/undo_format.h"

/** Where a piece of the disk is in the list of records, which may move. */
struct undo_entry {
	uint64_t offset;
	size_t number;
};

/** An open log. */
struct undo {
	struct sink *sink;
	struct undo_header header;
	unsigned char log_id[UNDO_ID_BYTES];
	enum undo_state state;
	uint32_t epoch;
	uint64_t sequence; /* of the next frame */
	uint64_t next;	   /* where it begins, from the area's start */
	char *plan;
	struct undo_record *records;
	size_t record_count;
	struct undo_entry *index; /* of those that undo_open found, by offset */
	size_t index_count;
	struct undo_digest *digests;
	size_t digest_count;
	unsigned char *block; /* a frame while it is read */
	size_t block_bytes;
	struct undo_packer *packer;
	struct undo_packed packed; /* a frame while it is written */
};

/** Keep bytes as they are, which are not of the disk. */
void undo_store(const void *bytes, size_t length, struct undo_packed *out);

/** Make room for a frame in undo->block. */
void undo_reserve(struct undo *undo, size_t bytes);

/** Read all whole frames.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_scan(struct undo *undo, struct error *err);

/** Remember a record. */
void undo_keep_record(struct undo *undo, const struct undo_frame *frame,
		      uint64_t log_offset);

/** Expand what a frame stores. @out: @length bytes
 *
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int undo_expand(uint32_t codec, const void *stored, size_t stored_bytes,
			  void *out, size_t length, struct error *err);

#endif
