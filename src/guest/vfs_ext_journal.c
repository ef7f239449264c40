/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_journal.c - a journal that was not replayed, read as a replay would read it: the result
 * is not written anywhere, it is a list of blocks whose newer content lies in the journal. So it
 * works for an ordinary user, without room and without e2fsck, on whatever the image is.
 * Format: Documentation/filesystems/ext4/journal.rst of Linux. */
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/vfs_ext.h"
#include "guest/vfs_ext_journal.h"

enum {
	FAST_TAG_HEAD = 10,
	FAST_BLOCKS = 256, /* where the superblock does not tell */

	BLOCKS_MOST = 4 << 20, /* 16 GiB of 4 KiB; mke2fs makes 1 GiB at most */
	RECORDS_MOST = 4 << 20,
};

static uint32_t be32(const char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static uint32_t checksum(uint32_t seed, const char *bytes, size_t length)
{
	return ext2fs_crc32c_le(seed, (const unsigned char *)bytes, length);
}

/* The checksum of a block whose own field, at @at, counts as 0. */
uint32_t ext_journal_checksum_without(uint32_t seed, const char *bytes, size_t length,
				      size_t at)
{
	static const char zeros[JOURNAL_CHECKSUM_BYTES];
	uint32_t value = checksum(seed, bytes, at);

	value = checksum(value, zeros, sizeof(zeros));
	return checksum(value, bytes + at + JOURNAL_CHECKSUM_BYTES,
			length - at - JOURNAL_CHECKSUM_BYTES);
}

static int damaged(const char *what, uint64_t block, struct error *err)
{
	return error_set(err, ERROR_INPUT, "its block %" PRIu64 " is damaged (%s)", block,
			 what);
}

/* Where a block of the journal lies in the file system. */
int ext_journal_find(struct ext_journal *journal, uint64_t block, uint64_t *out,
		     struct error *err)
{
	struct ext_run run;

	if (ext_map_find(&journal->map, block, &run, err) != 0)
		return -1;
	if (run.is_hole)
		return damaged("it is missing", block, err);
	*out = run.block;
	return 0;
}

static int read_block(struct ext_journal *journal, uint64_t block, char *buffer,
		      struct error *err)
{
	uint64_t source = 0;

	if (ext_journal_find(journal, block, &source, err) != 0)
		return -1;
	return ext_view_read(&journal->ext->view, source * journal->bytes, buffer,
			     journal->bytes, err);
}

static int add_record(struct ext_records *records, const struct ext_record *record,
		      struct error *err)
{
	if (records->count == RECORDS_MOST)
		return error_set(err, ERROR_INPUT, "it holds more than %d blocks",
				 RECORDS_MOST);
	records->rows = mem_grow(records->rows, records->count, sizeof(*records->rows));
	records->rows[records->count++] = *record;
	return 0;
}

/* The block of the log behind @block: it goes round. */
static uint32_t after(const struct ext_journal *journal, uint32_t block)
{
	return block + 1 >= journal->end ? journal->first : block + 1;
}

static bool tail_is_right(const struct ext_journal *journal)
{
	const size_t at = journal->bytes - JOURNAL_CHECKSUM_BYTES;

	return !journal->has_checksums ||
	       ext_journal_checksum_without(journal->seed, journal->buffer,
					    journal->bytes,
					    at) == be32(journal->buffer + at);
}

uint32_t ext_journal_checksum_data(const struct ext_journal *journal, const char *bytes)
{
	const uint32_t number = htobe32(journal->number);
	uint32_t value;

	value = checksum(journal->seed, (const char *)&number, sizeof(number));
	value = checksum(value, bytes, journal->bytes);
	return (journal->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0 ? value
								   : value & 0xffff;
}

/* A block that a descriptor tells of. */
struct tag {
	uint64_t block;
	uint32_t flags;
	uint32_t checksum;
};

size_t ext_journal_tag_bytes(const struct ext_journal *journal)
{
	size_t bytes = 8;

	if ((journal->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0)
		return JOURNAL_TAG_BYTES_MOST;
	if ((journal->incompat & JOURNAL_INCOMPAT_CSUM_V2) != 0)
		bytes += 2;
	return (journal->incompat & JOURNAL_INCOMPAT_64BIT) != 0 ? bytes + 4 : bytes;
}

static struct tag read_tag(const struct ext_journal *journal, const char *bytes)
{
	struct tag tag = {.block = be32(bytes)};
	const uint32_t word = be32(bytes + 4);
	uint64_t high = 0;

	if ((journal->incompat & JOURNAL_INCOMPAT_64BIT) != 0)
		high = be32(bytes + 8);
	tag.block |= high << 32;
	if ((journal->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0) {
		tag.flags = word;
		tag.checksum = be32(bytes + 12);
	} else {
		tag.flags = word & 0xffff;
		tag.checksum = word >> 16;
	}
	return tag;
}

static int check_data(struct ext_journal *journal, const struct tag *tag, uint32_t block,
		      struct error *err)
{
	if (!journal->has_checksums)
		return 0;
	if (read_block(journal, block, journal->data, err) != 0)
		return -1;
	if (ext_journal_checksum_data(journal, journal->data) != tag->checksum)
		journal->wrong = block;
	return 0;
}

static int take_tag(struct ext_journal *journal, const struct tag *tag, uint32_t block,
		    struct error *err)
{
	struct ext_record record = {.block = tag->block,
				    .number = journal->number,
				    .is_escaped =
					    (tag->flags & JOURNAL_TAG_ESCAPED) != 0};

	if (tag->block >= ext2fs_blocks_count(journal->ext->fs->super))
		return damaged("it is for a block outside", block, err);
	if (ext_journal_find(journal, block, &record.source, err) != 0 ||
	    check_data(journal, tag, block, err) != 0)
		return -1;
	return add_record(&journal->written, &record, err);
}

/* Reads the descriptor that lies in the buffer. @block: its place; becomes that of the last block
 * that it tells of. */
static int read_descriptor(struct ext_journal *journal, uint32_t *block, unsigned *steps,
			   struct error *err)
{
	const size_t size = ext_journal_tag_bytes(journal);
	const size_t end =
		journal->bytes - (journal->has_checksums ? JOURNAL_CHECKSUM_BYTES : 0);
	size_t at = JOURNAL_HEAD_BYTES;
	struct tag tag = {0};

	if (!tail_is_right(journal))
		return damaged("wrong checksum", *block, err);
	while ((tag.flags & JOURNAL_TAG_LAST) == 0 && at + size <= end) {
		tag = read_tag(journal, journal->buffer + at);
		*block = after(journal, *block);
		(*steps)++;
		if (take_tag(journal, &tag, *block, err) != 0)
			return -1;
		at += size;
		if ((tag.flags & JOURNAL_TAG_SAME_UUID) == 0)
			at += JOURNAL_UUID_BYTES;
	}
	return 0;
}

static int read_revoke(struct ext_journal *journal, uint32_t block, struct error *err)
{
	const size_t size = (journal->incompat & JOURNAL_INCOMPAT_64BIT) != 0 ? 8 : 4;
	const size_t end = be32(journal->buffer + JOURNAL_HEAD_BYTES);
	struct ext_record record = {.number = journal->number};
	size_t at;

	if (!tail_is_right(journal))
		return damaged("wrong checksum", block, err);
	if (end > journal->bytes)
		return damaged("too many revoked blocks", block, err);
	for (at = JOURNAL_REVOKE_HEAD_BYTES; at + size <= end; at += size) {
		record.block = be32(journal->buffer + at);
		if (size == 8)
			record.block =
				record.block << 32 | be32(journal->buffer + at + 4);
		if (add_record(&journal->revoked, &record, err) != 0)
			return -1;
	}
	return 0;
}

static bool commit_is_right(const struct ext_journal *journal)
{
	return !journal->has_checksums ||
	       ext_journal_checksum_without(journal->seed, journal->buffer,
					    journal->bytes, JOURNAL_COMMIT_CHECKSUM_AT) ==
		       be32(journal->buffer + JOURNAL_COMMIT_CHECKSUM_AT);
}

/* Reads one transaction from @block on; @block becomes the one behind it.
 * Returns 1 when it is whole, 0 at the end of the log, -1 when it is damaged. */
static int read_transaction(struct ext_journal *journal, uint32_t *block, unsigned *steps,
			    struct error *err)
{
	uint32_t type;

	for (; *steps < journal->end - journal->first; (*steps)++) {
		if (read_block(journal, *block, journal->buffer, err) != 0)
			return -1;
		type = be32(journal->buffer + 4);
		if (be32(journal->buffer) != JOURNAL_MAGIC ||
		    be32(journal->buffer + 8) != journal->number)
			return 0;
		if (type == JOURNAL_BLOCK_DESCRIPTOR &&
		    read_descriptor(journal, block, steps, err) != 0)
			return -1;
		if (type == JOURNAL_BLOCK_REVOKE &&
		    read_revoke(journal, *block, err) != 0)
			return -1;
		if (type != JOURNAL_BLOCK_DESCRIPTOR && type != JOURNAL_BLOCK_REVOKE &&
		    type != JOURNAL_BLOCK_COMMIT)
			return 0;
		if (type == JOURNAL_BLOCK_COMMIT && !commit_is_right(journal))
			journal->wrong = *block;
		if (type == JOURNAL_BLOCK_COMMIT && journal->wrong != 0)
			return damaged("wrong checksum", journal->wrong, err);
		*block = after(journal, *block);
		if (type == JOURNAL_BLOCK_COMMIT)
			return 1;
	}
	return 0;
}

/* Reads all whole transactions. What an unfinished one says counts for nothing: it is what a
 * crash leaves, and its data may be missing. */
static int read_log(struct ext_journal *journal, struct error *err)
{
	struct error why = {0};
	uint32_t block = journal->start;
	size_t written, revoked;
	unsigned steps = 0;
	int result;

	do {
		written = journal->written.count;
		revoked = journal->revoked.count;
		result = read_transaction(journal, &block, &steps, &why);
		if (result == 1) {
			journal->number++;
			steps++;
		}
	} while (result == 1);
	journal->written.count = written;
	journal->revoked.count = revoked;
	if (result < 0 && err != NULL)
		*err = why;
	return result;
}

static int by_block(const void *left, const void *right)
{
	const struct ext_record *first = left, *second = right;

	if (first->block != second->block)
		return first->block < second->block ? -1 : 1;
	/* transactions are numbered round; within one the later place in the list wins, which
	 * a descriptor never needs: it tells a block once */
	if (first->number == second->number)
		return 0;
	return (int32_t)(first->number - second->number) < 0 ? -1 : 1;
}

/* Whether a transaction as late as the record's, or a later one, revoked its block. */
static bool is_revoked(const struct ext_records *revoked, const struct ext_record *record)
{
	size_t low = 0, high = revoked->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_block(&revoked->rows[middle], record) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < revoked->count && revoked->rows[low].block == record->block;
}

/* Makes patches of the last record of each block. */
static void set_patches(struct ext_journal *journal)
{
	struct ext_view *view = &journal->ext->view;
	const struct ext_records *written = &journal->written;
	struct ext_patch *patches;
	size_t i, count = 0;

	if (written->count > 0)
		qsort(written->rows, written->count, sizeof(*written->rows), by_block);
	if (journal->revoked.count > 0)
		qsort(journal->revoked.rows, journal->revoked.count,
		      sizeof(*journal->revoked.rows), by_block);
	patches = mem_zero(written->count, sizeof(*patches));
	for (i = 0; i < written->count; i++) {
		const struct ext_record *row = &written->rows[i];

		if (i + 1 < written->count && row[1].block == row->block)
			continue;
		if (is_revoked(&journal->revoked, row))
			continue;
		patches[count++] = (struct ext_patch){.block = row->block,
						      .source = row->source,
						      .is_escaped = row->is_escaped};
	}
	free(view->patches);
	view->patches = patches;
	view->patch_count = count;
	view->block_bytes = journal->bytes;
}

/* Changes that are kept in the form of fast commits are not understood here. */
static int check_fast_commits(struct ext_journal *journal, uint32_t blocks,
			      struct error *err)
{
	uint16_t tag;
	uint32_t number;

	if ((journal->incompat & JOURNAL_INCOMPAT_FAST_COMMIT) == 0)
		return 0;
	if (read_block(journal, journal->end, journal->buffer, err) != 0)
		return -1;
	memcpy(&tag, journal->buffer, sizeof(tag));
	memcpy(&number, journal->buffer + 8, sizeof(number));
	if (blocks > 0 && le16toh(tag) == FAST_TAG_HEAD &&
	    le32toh(number) == journal->number)
		return error_set(err, ERROR_INPUT,
				 "it ends in fast commits, which only e2fsck and the "
				 "kernel replay");
	return 0;
}

static int check_features(struct ext_journal *journal, const char *super,
			  struct error *err)
{
	const uint32_t type = be32(super + 4), incompat = be32(super + 0x28);

	if (be32(super) != JOURNAL_MAGIC ||
	    (type != JOURNAL_BLOCK_SUPER_1 && type != JOURNAL_BLOCK_SUPER_2))
		return damaged("no superblock of a journal", 0, err);
	if (type == JOURNAL_BLOCK_SUPER_1)
		return 0;
	if ((incompat & ~(uint32_t)JOURNAL_INCOMPAT_KNOWN) != 0)
		return error_set(err, ERROR_INPUT, "it has features 0x%" PRIx32,
				 incompat & ~(uint32_t)JOURNAL_INCOMPAT_KNOWN);
	journal->incompat = incompat;
	journal->has_checksums =
		(incompat & (JOURNAL_INCOMPAT_CSUM_V2 | JOURNAL_INCOMPAT_CSUM_V3)) != 0;
	if (journal->has_checksums &&
	    ext_journal_checksum_without(~0u, super, JOURNAL_SUPER_BYTES,
					 JOURNAL_SUPER_CHECKSUM_AT) !=
		    be32(super + JOURNAL_SUPER_CHECKSUM_AT))
		return damaged("wrong checksum", 0, err);
	journal->seed = checksum(~0u, super + 0x30, JOURNAL_UUID_BYTES);
	return 0;
}

/* Reads the superblock. @out_fast: how many blocks at the end are for fast commits. */
static int read_super(struct ext_journal *journal, uint32_t *out_fast, struct error *err)
{
	const uint64_t blocks = EXT2_I_SIZE(&journal->map.inode) / journal->bytes;
	const char *super = journal->buffer;
	uint32_t fast = 0;

	if (blocks < 2 || blocks > BLOCKS_MOST)
		return error_set(err, ERROR_INPUT, "it has %" PRIu64 " blocks", blocks);
	if (read_block(journal, 0, journal->buffer, err) != 0 ||
	    check_features(journal, super, err) != 0)
		return -1;
	journal->end = be32(super + 0x10);
	journal->first = be32(super + 0x14);
	journal->number = be32(super + 0x18);
	journal->start = be32(super + 0x1c);
	if ((journal->incompat & JOURNAL_INCOMPAT_FAST_COMMIT) != 0) {
		fast = be32(super + 0x54);
		fast = fast != 0 ? fast : FAST_BLOCKS;
	}
	if (be32(super + 0x0c) != journal->bytes || journal->end > blocks ||
	    journal->end <= fast)
		return damaged("sizes", 0, err);
	journal->end -= fast;
	if (journal->first == 0 || journal->first >= journal->end ||
	    journal->start >= journal->end ||
	    (journal->start != 0 && journal->start < journal->first))
		return damaged("places", 0, err);
	*out_fast = fast;
	return 0;
}

static int open_journal(struct ext_journal *journal, struct error *err)
{
	struct ext *ext = journal->ext;
	const uint32_t number = ext->fs->super->s_journal_inum;
	struct ext2_inode_large inode = {0};
	errcode_t code;

	if (number == 0)
		return error_set(err, ERROR_INPUT, "it lies on another device");
	ext->view.error.kind = ERROR_NONE;
	code = ext2fs_read_inode(ext->fs, number, EXT2_INODE(&inode));
	if (code != 0)
		return ext_fail(&ext->view, code, "read its inode", err);
	if ((inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL)) != 0)
		return error_set(err, ERROR_INPUT, "its inode is damaged");
	journal->bytes = ext->fs->blocksize;
	journal->buffer = mem_zero(1, journal->bytes);
	journal->data = mem_zero(1, journal->bytes);
	return ext_map_open(ext, number, &inode, &journal->map, err);
}

void ext_journal_close(struct ext_journal *journal)
{
	ext_map_close(&journal->map);
	free(journal->buffer);
	free(journal->data);
	free(journal->written.rows);
	free(journal->revoked.rows);
}

int ext_journal_open(struct ext_journal *journal, uint32_t *out_fast, struct error *err)
{
	return open_journal(journal, err) == 0 ? read_super(journal, out_fast, err) : -1;
}

int ext_journal_replay(struct ext *ext, struct error *err)
{
	struct ext_journal journal = {.ext = ext};
	uint32_t fast = 0;
	int result;

	result = ext_journal_open(&journal, &fast, err);
	if (result == 0 && journal.start != 0)
		result = read_log(&journal, err);
	if (result == 0)
		result = check_fast_commits(&journal, fast, err);
	if (result == 0) {
		set_patches(&journal);
		ext->next_transaction = journal.number;
	}
	ext_journal_close(&journal);
	return result;
}
