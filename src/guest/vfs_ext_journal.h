/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_ext_journal.h - the journal of ext3 and ext4 as it lies on the disk: what its reader and its
 * writer share. Numbers are big endian.
 * Format: Documentation/filesystems/ext4/journal.rst of Linux. */
#ifndef GUEST_VFS_EXT_JOURNAL_H
#define GUEST_VFS_EXT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/vfs_ext.h"

#define JOURNAL_MAGIC 0xc03b3998u

enum {
	JOURNAL_BLOCK_DESCRIPTOR = 1,
	JOURNAL_BLOCK_COMMIT = 2,
	JOURNAL_BLOCK_SUPER_1 = 3,
	JOURNAL_BLOCK_SUPER_2 = 4,
	JOURNAL_BLOCK_REVOKE = 5,

	JOURNAL_INCOMPAT_64BIT = 2,
	JOURNAL_INCOMPAT_CSUM_V2 = 8,
	JOURNAL_INCOMPAT_CSUM_V3 = 16,
	JOURNAL_INCOMPAT_FAST_COMMIT = 32,
	JOURNAL_INCOMPAT_KNOWN =
		63, /* beside these: revoked blocks, asynchronous commits */

	JOURNAL_TAG_ESCAPED = 1,
	JOURNAL_TAG_SAME_UUID = 2,
	JOURNAL_TAG_LAST = 8,

	JOURNAL_HEAD_BYTES = 12,
	JOURNAL_UUID_BYTES = 16,
	JOURNAL_REVOKE_HEAD_BYTES = 16,
	JOURNAL_CHECKSUM_BYTES = 4,
	JOURNAL_COMMIT_CHECKSUM_AT = 16,
	JOURNAL_COMMIT_TIME_AT = 48,
	JOURNAL_SUPER_BYTES = 1024,
	JOURNAL_SUPER_NUMBER_AT = 0x18,
	JOURNAL_SUPER_START_AT = 0x1c,
	JOURNAL_SUPER_UUID_AT = 0x30,
	JOURNAL_SUPER_CHECKSUM_AT = 0xfc,
	JOURNAL_TAG_BYTES_MOST = 16,
};

/** A block that a transaction writes, or revokes. */
struct ext_record {
	uint64_t block;	 /* of the file system */
	uint64_t source; /* where its content lies */
	uint32_t number; /* of the transaction */
	bool is_escaped;
};

/** Blocks in the order of the log. */
struct ext_records {
	struct ext_record *rows;
	size_t count;
};

/** A journal, and how far it was read. */
struct ext_journal {
	struct ext *ext;
	struct ext_map map;
	char *buffer;	 /* a block; after ext_journal_open the superblock's */
	char *data;	 /* a second one */
	unsigned bytes;	 /* of a block */
	uint32_t first;	 /* block of the log */
	uint32_t end;	 /* the block behind its last one */
	uint32_t number; /* of the transaction that is expected */
	uint32_t start;	 /* the block where it begins; 0: the journal is empty */
	uint32_t incompat;
	uint32_t seed; /* of checksums */
	bool has_checksums;
	uint32_t wrong; /* a block whose checksum is wrong, of a transaction that may be
			   unfinished; 0: none */
	struct ext_records written, revoked;
};

/** Open a journal and read its superblock.
 *
 * @journal:  its `ext` is set, all else zero; ext_journal_close gives it back, also on failure
 * @out_fast: how many blocks behind `end` are for fast commits
 * Errors:    ERROR_INPUT with the reason why it cannot be read
 * Returns:   0 or -1
 */
nodiscard int ext_journal_open(struct ext_journal *journal, uint32_t *out_fast,
			       struct error *err);

/** Where a block of the journal lies in the file system.
 *
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int ext_journal_find(struct ext_journal *journal, uint64_t block, uint64_t *out,
			       struct error *err);

/** How long the tag of a block in a descriptor is, bytes. */
size_t ext_journal_tag_bytes(const struct ext_journal *journal);

/** The checksum of a block whose own field, at @at, counts as 0. */
uint32_t ext_journal_checksum_without(uint32_t seed, const char *bytes, size_t length,
				      size_t at);

/** The checksum of a block of data, as it lies in the log, for its tag. */
uint32_t ext_journal_checksum_data(const struct ext_journal *journal, const char *bytes);

/** Give a journal back. */
void ext_journal_close(struct ext_journal *journal);

#endif
