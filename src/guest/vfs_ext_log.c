/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_log.c - changed blocks on their way to the disk, as one transaction of the file system's
 * own journal. In which order, each step flushed before the next one:
 *
 *	1. a journal that was not replayed: its blocks to their places, then it is empty
 *	2. the superblock says that the journal is to be replayed; it is empty: nothing happens
 *	3. the transaction into the log, which nobody looks at yet
 *	4. the journal's superblock: the log begins here. One sector: the old set before it, the
 *	   new one after it
 *	5. the blocks to their places; a replay would write the same
 *	6. the journal is empty again
 *	7. the superblock says that nothing is to be replayed
 *
 * All blocks, those of files too, go through the log, so no order among them matters. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/vfs_ext_journal.h"
#include "guest/vfs_ext_write.h"

enum { STAGE_BYTES = 1 << 20, SUPER_AT = 1024 };

/* Where a transaction lies, and what is written beside its blocks. */
struct ext_log {
	struct ext_journal journal;
	uint64_t super_place; /* the journal's superblock: a block of the file system */
	char *super;	      /* its content */
	char *fs_super;	      /* the block with the file system's, edits included */
	uint64_t *places;     /* the log's blocks, in their order */
	size_t count;
};

/* Blocks that lie behind each other, written together. */
struct stage {
	const struct edit_target *target;
	unsigned unit;
	char *buffer;
	uint64_t first; /* block */
	size_t used;	/* bytes */
};

static int stage_write(struct stage *stage, struct error *err)
{
	const size_t length = stage->used;

	stage->used = 0;
	return length == 0
		       ? 0
		       : sink_write(stage->target->sink,
				    stage->target->offset + stage->first * stage->unit,
				    stage->buffer, length, err);
}

static int stage_add(struct stage *stage, uint64_t block, const char *bytes,
		     struct error *err)
{
	if ((block != stage->first + stage->used / stage->unit ||
	     stage->used + stage->unit > STAGE_BYTES) &&
	    stage_write(stage, err) != 0)
		return -1;
	if (stage->used == 0)
		stage->first = block;
	memcpy(stage->buffer + stage->used, bytes, stage->unit);
	stage->used += stage->unit;
	return 0;
}

static int stage_flush(struct stage *stage, struct error *err)
{
	return stage_write(stage, err) != 0 ? -1 : sink_flush(stage->target->sink, err);
}

static int write_one(struct stage *stage, uint64_t block, const char *bytes,
		     struct error *err)
{
	return stage_add(stage, block, bytes, err) != 0 ? -1 : stage_flush(stage, err);
}

static void put32(char *bytes, uint32_t value)
{
	value = htobe32(value);
	memcpy(bytes, &value, sizeof(value));
}

static void put16(char *bytes, uint16_t value)
{
	value = htobe16(value);
	memcpy(bytes, &value, sizeof(value));
}

uint64_t ext_log_super_block(const struct ext_writer *writer)
{
	return SUPER_AT / writer->ext->fs->blocksize;
}

/* Sets or clears the mark that the journal is to be replayed. @block: that holds the superblock */
static void mark(const struct ext_writer *writer, char *block, bool needs_recovery)
{
	const ext2_filsys fs = writer->ext->fs;
	struct ext2_super_block super;

	memcpy(&super, block + SUPER_AT % fs->blocksize, sizeof(super));
	if (needs_recovery)
		ext2fs_set_feature_journal_needs_recovery(&super);
	else
		ext2fs_clear_feature_journal_needs_recovery(&super);
	(void)ext2fs_superblock_csum_set(fs, &super);
	memcpy(block + SUPER_AT % fs->blocksize, &super, sizeof(super));
}

void ext_log_final_super(const struct ext_writer *writer, char *out)
{
	memcpy(out, writer->log->fs_super, writer->ext->fs->blocksize);
	mark(writer, out, false);
}

/* Sets where the journal's log begins; 0: it is empty. */
static void set_start(struct ext_log *log, uint32_t start)
{
	put32(log->super + JOURNAL_SUPER_NUMBER_AT, log->journal.number);
	put32(log->super + JOURNAL_SUPER_START_AT, start);
	if (log->journal.has_checksums)
		put32(log->super + JOURNAL_SUPER_CHECKSUM_AT,
		      ext_journal_checksum_without(~0u, log->super, JOURNAL_SUPER_BYTES,
						   JOURNAL_SUPER_CHECKSUM_AT));
}

uint64_t ext_log_empty_super(const struct ext_writer *writer, char *out)
{
	set_start(writer->log, 0);
	memcpy(out, writer->log->super, writer->ext->fs->blocksize);
	return writer->log->super_place;
}

/* How many blocks a descriptor tells of. */
static size_t tags_most(const struct ext_journal *journal)
{
	return (journal->bytes - JOURNAL_HEAD_BYTES - JOURNAL_UUID_BYTES -
		JOURNAL_CHECKSUM_BYTES) /
	       ext_journal_tag_bytes(journal);
}

/* Whether all changes fit, and can be told of. */
static bool fits(const struct ext_log *log, const struct ext_changes *changes,
		 size_t *out_count)
{
	const struct ext_journal *journal = &log->journal;
	const size_t most = tags_most(journal), rows = changes->count;
	const size_t count = rows + (rows + most - 1) / most + 1;

	*out_count = count;
	if (rows > 0 && changes->rows[rows - 1].block > UINT32_MAX &&
	    (journal->incompat & JOURNAL_INCOMPAT_64BIT) == 0)
		return false;
	return count <= journal->end - journal->first;
}

static int find_places(struct ext_writer *writer, size_t count, struct error *err)
{
	struct ext_log *log = writer->log;
	size_t i;

	log->places = mem_zero(count, sizeof(log->places[0]));
	for (i = 0; i < count; i++)
		if (ext_journal_find(&log->journal, log->journal.first + i,
				     &log->places[i], err) != 0)
			return -1;
	log->count = count;
	return 0;
}

static int open_log(struct ext_writer *writer, struct error *err)
{
	struct ext_log *log = writer->log;
	uint32_t fast = 0;

	log->journal.ext = writer->ext;
	if (ext_journal_open(&log->journal, &fast, err) != 0 ||
	    ext_journal_find(&log->journal, 0, &log->super_place, err) != 0)
		return error_frame(err, "its journal");
	if (!writer->is_dirty && log->journal.start != 0)
		return error_set(
			err, ERROR_REFUSED,
			"its journal is not empty, but is said to be: run e2fsck "
			"first");
	/* as the kernel, leave a number out: what a crash left of it cannot count then */
	if (writer->is_dirty)
		log->journal.number = writer->ext->next_transaction + 1;
	log->super = mem_zero(1, log->journal.bytes);
	memcpy(log->super, log->journal.buffer, log->journal.bytes);
	return 0;
}

int ext_log_plan(struct ext_writer *writer, struct error *err)
{
	const ext2_filsys fs = writer->ext->fs;
	struct ext_view *view = &writer->ext->view;
	size_t count;

	writer->log = mem_zero(1, sizeof(*writer->log));
	writer->log->fs_super = mem_zero(1, fs->blocksize);
	if (ext_view_read(view, ext_log_super_block(writer) * fs->blocksize,
			  writer->log->fs_super, fs->blocksize, err) != 0)
		return -1;
	if (!ext2fs_has_feature_journal(fs->super) || fs->super->s_journal_inum == 0)
		return 0;
	if (open_log(writer, err) != 0)
		return -1;
	if (!fits(writer->log, view->changes, &count))
		return 0;
	if (find_places(writer, count, err) != 0)
		return -1;
	writer->has_journal = true;
	return 0;
}

void ext_log_clear(struct ext_writer *writer)
{
	struct ext_log *log = writer->log;

	if (log == NULL)
		return;
	ext_journal_close(&log->journal);
	free(log->super);
	free(log->fs_super);
	free(log->places);
	free(log);
	writer->log = NULL;
}

/* A block as the log has it; @out_is_escaped: whether it began like a block of the journal. */
static void make_data(const struct ext_writer *writer, const struct ext_changed *row,
		      bool is_back, char *out, bool *out_is_escaped)
{
	char magic[4];

	memcpy(out, is_back ? row->old : row->bytes, writer->ext->fs->blocksize);
	/* a replay that is cut off must begin again */
	if (row->block == ext_log_super_block(writer))
		mark(writer, out, true);
	put32(magic, JOURNAL_MAGIC);
	*out_is_escaped = memcmp(out, magic, sizeof(magic)) == 0;
	if (*out_is_escaped)
		memset(out, 0, sizeof(magic));
}

static void put_head(const struct ext_log *log, char *block, uint32_t type)
{
	memset(block, 0, log->journal.bytes);
	put32(block, JOURNAL_MAGIC);
	put32(block + 4, type);
	put32(block + 8, log->journal.number);
}

static void put_tag(const struct ext_journal *journal, uint64_t block, uint32_t flags,
		    uint32_t checksum, char *tag)
{
	put32(tag, (uint32_t)block);
	if ((journal->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0) {
		put32(tag + 4, flags);
		put32(tag + 8, (uint32_t)(block >> 32));
		put32(tag + 12, checksum);
		return;
	}
	put16(tag + 4, (uint16_t)checksum);
	put16(tag + 6, (uint16_t)flags);
	if ((journal->incompat & JOURNAL_INCOMPAT_64BIT) != 0)
		put32(tag + 8, (uint32_t)(block >> 32));
}

/* Makes the descriptor of some rows. @data: a block of room */
static void make_descriptor(const struct ext_writer *writer,
			    const struct ext_changed *rows, size_t count, bool is_back,
			    char *data, char *out)
{
	const struct ext_log *log = writer->log;
	const struct ext_journal *journal = &log->journal;
	const size_t tail = journal->bytes - JOURNAL_CHECKSUM_BYTES;
	size_t at = JOURNAL_HEAD_BYTES, i;
	uint32_t flags, sum;
	bool is_escaped;

	put_head(log, out, JOURNAL_BLOCK_DESCRIPTOR);
	for (i = 0; i < count; i++) {
		make_data(writer, &rows[i], is_back, data, &is_escaped);
		flags = is_escaped ? JOURNAL_TAG_ESCAPED : 0u;
		flags |= i > 0 ? JOURNAL_TAG_SAME_UUID : 0u;
		flags |= i == count - 1 ? JOURNAL_TAG_LAST : 0u;
		sum = journal->has_checksums ? ext_journal_checksum_data(journal, data)
					     : 0;
		put_tag(journal, rows[i].block, flags, sum, out + at);
		at += ext_journal_tag_bytes(journal);
		if (i > 0)
			continue;
		memcpy(out + at, log->super + JOURNAL_SUPER_UUID_AT, JOURNAL_UUID_BYTES);
		at += JOURNAL_UUID_BYTES;
	}
	if (journal->has_checksums)
		put32(out + tail, ext_journal_checksum_without(journal->seed, out,
							       journal->bytes, tail));
}

static void make_commit(const struct ext_writer *writer, char *out)
{
	const struct ext_journal *journal = &writer->log->journal;

	put_head(writer->log, out, JOURNAL_BLOCK_COMMIT);
	put32(out + JOURNAL_COMMIT_TIME_AT, (uint32_t)((uint64_t)writer->time_s >> 32));
	put32(out + JOURNAL_COMMIT_TIME_AT + 4, (uint32_t)writer->time_s);
	if (journal->has_checksums)
		put32(out + JOURNAL_COMMIT_CHECKSUM_AT,
		      ext_journal_checksum_without(journal->seed, out, journal->bytes,
						   JOURNAL_COMMIT_CHECKSUM_AT));
}

/* Step 3. */
static int write_log(struct ext_writer *writer, struct stage *stage, bool is_back,
		     struct error *err)
{
	const struct ext_changes *changes = writer->ext->view.changes;
	const struct ext_log *log = writer->log;
	const size_t most = tags_most(&log->journal);
	autofree char *block = mem_zero(1, stage->unit);
	autofree char *data = mem_zero(1, stage->unit);
	size_t i, count, place = 0;
	bool is_escaped;

	for (i = 0; i < changes->count; i++) {
		if (i % most == 0) {
			count = changes->count - i < most ? changes->count - i : most;
			make_descriptor(writer, &changes->rows[i], count, is_back, data,
					block);
			if (stage_add(stage, log->places[place++], block, err) != 0)
				return -1;
		}
		make_data(writer, &changes->rows[i], is_back, data, &is_escaped);
		if (stage_add(stage, log->places[place++], data, err) != 0)
			return -1;
	}
	make_commit(writer, block);
	if (stage_add(stage, log->places[place], block, err) != 0)
		return -1;
	return stage_flush(stage, err);
}

/* Steps 5. */
static int write_home(struct ext_writer *writer, struct stage *stage, bool is_back,
		      struct error *err)
{
	const struct ext_changes *changes = writer->ext->view.changes;
	autofree char *block = mem_zero(1, stage->unit);
	const struct ext_changed *row;
	size_t i;

	for (i = 0; i < changes->count; i++) {
		row = &changes->rows[i];
		memcpy(block, is_back ? row->old : row->bytes, stage->unit);
		if (row->block == ext_log_super_block(writer))
			mark(writer, block, true);
		if (stage_add(stage, row->block, block, err) != 0)
			return -1;
	}
	return stage_flush(stage, err);
}

/* Steps 4 and 6. */
static int write_start(struct ext_writer *writer, struct stage *stage, uint32_t start,
		       struct error *err)
{
	struct ext_log *log = writer->log;

	set_start(log, start);
	return write_one(stage, log->super_place, log->super, err);
}

/* Step 1: nothing that the edits changed is read here, their old bytes are at hand. */
static int write_replay(struct ext_writer *writer, struct stage *stage, struct error *err)
{
	struct ext_view *view = &writer->ext->view;
	autofree char *block = mem_zero(1, stage->unit);
	const struct ext_patch *patch;
	size_t i;

	for (i = 0; i < view->patch_count; i++) {
		patch = &view->patches[i];
		if (ext_view_read_below(view, patch->block * stage->unit, block,
					stage->unit, err) != 0)
			return -1;
		if (patch->block == ext_log_super_block(writer))
			mark(writer, block, true);
		if (stage_add(stage, patch->block, block, err) != 0)
			return -1;
	}
	if (stage_flush(stage, err) != 0 || write_start(writer, stage, 0, err) != 0)
		return -1;
	writer->is_dirty = false;
	return 0;
}

/* Steps 2 and 7. @is_old: the superblock as it was before the edits */
static int write_mark(struct ext_writer *writer, struct stage *stage, bool is_old,
		      bool needs_recovery, struct error *err)
{
	const uint64_t place = ext_log_super_block(writer);
	const struct ext_changed *row =
		ext_changes_find(writer->ext->view.changes, place);
	autofree char *block = mem_zero(1, stage->unit);

	memcpy(block, is_old && row != NULL ? row->old : writer->log->fs_super,
	       stage->unit);
	mark(writer, block, needs_recovery);
	return write_one(stage, place, block, err);
}

/* Steps 1 to 3: the old set stands whatever happens. */
static int begin(struct ext_writer *writer, struct stage *stage, bool is_back,
		 struct error *err)
{
	if (writer->is_dirty && write_replay(writer, stage, err) != 0)
		return -1;
	if (write_mark(writer, stage, !is_back, true, err) != 0 ||
	    write_log(writer, stage, is_back, err) != 0) {
		stage->used = 0;
		(void)write_mark(writer, stage, !is_back, false, NULL);
		return -1;
	}
	return 0;
}

/* Steps 4 to 7. */
static int finish(struct ext_writer *writer, struct stage *stage, bool is_back,
		  struct error *err)
{
	struct ext_journal *journal = &writer->log->journal;

	if (write_start(writer, stage, journal->first, err) != 0 ||
	    write_home(writer, stage, is_back, err) != 0)
		return -1;
	journal->number++;
	if (write_start(writer, stage, 0, err) != 0)
		return -1;
	return write_mark(writer, stage, is_back, false, err);
}

int ext_log_commit(struct ext_writer *writer, bool is_back, struct error *err)
{
	autofree char *buffer = sink_buffer(STAGE_BYTES);
	struct stage stage = {.target = &writer->writer.target,
			      .unit = writer->ext->fs->blocksize,
			      .buffer = buffer};
	struct error why = {0};
	char text[512];

	if (writer->ext->view.changes->count == 0 && !writer->is_dirty)
		return 0;
	if (begin(writer, &stage, is_back, err) != 0)
		return -1;
	if (finish(writer, &stage, is_back, &why) == 0)
		return 0;
	return error_set(err, ERROR_WRITTEN,
			 "%.160s; its journal decides: after the next mount, or "
			 "e2fsck, all of the edits are there or none",
			 error_text(&why, text, sizeof(text)));
}
