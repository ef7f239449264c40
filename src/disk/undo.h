/* SPDX-License-Identifier: GPL-2.0-or-later */
/** undo.h - the undo log: what stood on a disk before an overlay wrote over it, written ahead
 * of each change. Its format is in doc/undo-log.md. */
#ifndef DISK_UNDO_H
#define DISK_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "model/plan.h"
#include "model/sink.h"

enum {
	UNDO_BLOCK_BYTES = 4096, /* frames begin at multiples of it */
	UNDO_SHA_BYTES = 32,
	UNDO_PLAN_MOST_BYTES = 64 * 1024 * 1024,
};

/** How far an overlay is. */
enum undo_state {
	UNDO_WRITING,  /* the log is there; the body may be written in part */
	UNDO_BODY,     /* the body is written and was read back */
	UNDO_COMPLETE, /* the boot ranges too: the new system is there */
	UNDO_ROLLING_BACK,
	UNDO_ROLLED_BACK,
	UNDO_STATE_COUNT
};

/** Names of the states: "writing", "body", "complete", "rolling-back", "rolled-back". */
extern const char *const undo_state_names[UNDO_STATE_COUNT];

/** What the log's first block says. */
struct undo_header {
	char plan_id[PLAN_ID_TEXT];
	uint64_t disk_bytes; /* of the disk that was overlaid */
	uint32_t sector_bytes, chunk_bytes;
	enum plan_scope scope;
	enum plan_undo place;
	uint64_t area_offset, area_bytes;	    /* on the sink that holds the log */
	uint64_t partition_offset, partition_bytes; /* the moult partition; 0: none */
	int64_t created_s;
};

/** Bytes of the disk that were saved. */
struct undo_record {
	uint64_t offset, length; /* on the disk */
	unsigned char old_sha[UNDO_SHA_BYTES];
	bool is_kept; /* saved for scope full or all; the overlay does not change it */
	uint64_t log_offset; /* where its bytes lie, on the sink of the log */
	uint64_t stored_bytes;
	uint32_t codec;
};

/** What a piece of the disk holds once the overlay is complete. */
struct undo_digest {
	uint64_t offset, length;
	unsigned char sha[UNDO_SHA_BYTES];
};

struct undo;

/** Bytes as the log keeps them: compressed, with their digests. Start zeroed. */
struct undo_packed {
	unsigned char *block; /* room for a frame's header, then the stored bytes */
	size_t block_bytes;
	uint64_t length, stored_bytes;
	uint32_t codec;
	unsigned char sha[UNDO_SHA_BYTES], stored_sha[UNDO_SHA_BYTES];
};

/** What packs, one after the other. */
struct undo_packer;

/** Begin. Returns: a packer that the caller closes */
struct undo_packer *undo_packer_open(void);

/** Give the memory back; NULL is harmless. */
void undo_packer_close(struct undo_packer *packer);

/** Pack bytes; no log is needed, so that a thread of its own can do it.
 *
 * @bytes:  aligned to 8 bytes
 * @out:    zeroed or packed before, whose memory is used again; cleared by undo_packed_clear
 */
void undo_pack(struct undo_packer *packer, const void *bytes, size_t length,
	       struct undo_packed *out);

/** Give the memory back; it is zeroed. */
void undo_packed_clear(struct undo_packed *packed);

/** Begin a new log; an old one in its place is gone. It is on stable storage on return.
 *
 * @sink:   stays the caller's and must outlive the log
 * @header: area_offset and area_bytes tell the place; whole blocks
 * @plan:   the plan as JSON, kept in the log
 * @out:    the caller closes it
 * Errors:  ERROR_REFUSED when the area is too small; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_create(struct sink *sink, const struct undo_header *header,
			  const char *plan, struct undo **out, struct error *err);

/** Look for a log in a disk's tail: the place is told by the size of the disk.
 *
 * @out_offset, @out_bytes: its area
 * Errors:  ERROR_SYSTEM
 * Returns: 1 when there is one, 0 when not, or -1
 */
nodiscard int undo_find_tail(struct sink *sink, uint64_t *out_offset, uint64_t *out_bytes,
			     struct error *err);

/** Look for a log that fills a file or a device from its beginning.
 *
 * @out_offset, @out_bytes: its area
 * Errors:  ERROR_SYSTEM
 * Returns: 1 when there is one, 0 when not, or -1
 */
nodiscard int undo_find_start(struct sink *sink, uint64_t *out_offset,
			      uint64_t *out_bytes, struct error *err);

/** Read a log: its frames up to the first that is not whole.
 *
 * @out:    the caller closes it
 * Errors:  ERROR_INPUT when it is damaged or newer than us; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_open(struct sink *sink, uint64_t area_offset, uint64_t area_bytes,
			struct undo **out, struct error *err);

/** What the first block says. */
const struct undo_header *undo_header_of(const struct undo *undo);

/** The last state that was told. */
enum undo_state undo_state_of(const struct undo *undo);

/** The plan as JSON; "" when the log was cut before it. */
const char *undo_plan_of(const struct undo *undo);

/** The records that undo_saved finds, by their offsets; of the same offset the one that was
 * saved first comes first, and it is the true one.
 *
 * @number: less than undo_record_count
 */
const struct undo_record *undo_record_at(const struct undo *undo, size_t number);

/** How many there are. */
size_t undo_record_count(const struct undo *undo);

/** The digests of what the overlay makes, in the order of the log; none before UNDO_BODY. */
const struct undo_digest *undo_digests(const struct undo *undo, size_t *out_count);

/** How many old bytes are saved. */
uint64_t undo_saved_bytes(const struct undo *undo);

/** How many bytes of the log's area are in use, and how many there are. */
void undo_room(const struct undo *undo, uint64_t *out_used, uint64_t *out_all);

/** Whether a piece was saved before the log was opened, or before undo_index.
 *
 * Returns: its record, or NULL
 */
const struct undo_record *undo_saved(const struct undo *undo, uint64_t offset,
				     uint64_t length);

/** Let undo_saved find what was added since the log was opened. */
void undo_index(struct undo *undo);

/** Save bytes of the disk. They are safe after the next undo_sync.
 *
 * @is_kept: the overlay does not change them
 * Errors:  ERROR_REFUSED when the log is full: nothing was added; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_add(struct undo *undo, uint64_t offset, const void *bytes,
		       size_t length, bool is_kept, struct error *err);

/** The same with bytes that were packed before.
 *
 * @packed: its frame's header is written
 * Errors:  as undo_add
 * Returns: 0 or -1
 */
nodiscard int undo_add_packed(struct undo *undo, uint64_t offset,
			      struct undo_packed *packed, bool is_kept,
			      struct error *err);

/** Add the digests of what is there now; safe after the next undo_sync.
 *
 * Errors:  as undo_add
 * Returns: 0 or -1
 */
nodiscard int undo_add_digests(struct undo *undo, const struct undo_digest *digests,
			       size_t count, struct error *err);

/** Tell a state; it and all before it are on stable storage on return.
 *
 * Errors:  as undo_add
 * Returns: 0 or -1
 */
nodiscard int undo_set_state(struct undo *undo, enum undo_state state, struct error *err);

/** All that was added reaches stable storage. Errors: ERROR_SYSTEM. Returns: 0 or -1 */
nodiscard int undo_sync(struct undo *undo, struct error *err);

/** Read the bytes of a record, and check them.
 *
 * @buffer: record->length bytes
 * Errors:  ERROR_INPUT when they are not what was saved; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_load(struct undo *undo, const struct undo_record *record, void *buffer,
			struct error *err);

/** Forget a log for good: its first and last block become zeros.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int undo_wipe(struct sink *sink, uint64_t area_offset, uint64_t area_bytes,
			struct error *err);

/** Where the area of a log in the tail of a disk ends. Returns: 0 when the disk is too small */
uint64_t undo_tail_end(uint64_t disk_bytes);

/** How much room a log needs at most to save so many bytes in so many pieces. */
uint64_t undo_room_for(uint64_t bytes, uint64_t pieces, size_t plan_bytes);

/** Give the memory back; NULL is harmless. What was not synced may be lost. */
void undo_close(struct undo *undo);

#endif
