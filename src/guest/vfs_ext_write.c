/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_write.c - the edits of an ext2, ext3 or ext4: what may be written at all, the changed
 * blocks, and their way to the disk. */
#include "guest/vfs_ext_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/vfs_formats.h"

/* File systems that libext2fs alone does not keep right, or that nobody should write. */
static const struct {
	size_t at; /* of the word of features in the superblock */
	uint32_t features;
	const char *why;
} refusals[] = {
	{offsetof(struct ext2_super_block, s_feature_incompat), EXT4_FEATURE_INCOMPAT_MMP,
	 "several machines may have it open (feature mmp)"},
	{offsetof(struct ext2_super_block, s_feature_incompat),
	 EXT4_FEATURE_INCOMPAT_EA_INODE, "attributes are files of their own (ea_inode)"},
	{offsetof(struct ext2_super_block, s_feature_incompat),
	 EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "it is a journal"},
	{offsetof(struct ext2_super_block, s_feature_ro_compat),
	 EXT4_FEATURE_RO_COMPAT_QUOTA | EXT4_FEATURE_RO_COMPAT_PROJECT,
	 "it counts what each user has, which only the kernel can do (quota)"},
	{offsetof(struct ext2_super_block, s_feature_ro_compat),
	 EXT4_FEATURE_RO_COMPAT_BIGALLOC, "its blocks come in clusters (bigalloc)"},
	{offsetof(struct ext2_super_block, s_feature_ro_compat),
	 EXT4_FEATURE_RO_COMPAT_READONLY | EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS,
	 "it is made to be read only"},
};

static int check_features(const struct ext2_super_block *super, struct error *err)
{
	uint32_t word;
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		memcpy(&word, (const char *)super + refusals[i].at, sizeof(word));
		if ((word & refusals[i].features) != 0)
			return error_set(err, ERROR_REFUSED, "%s", refusals[i].why);
	}
	if ((super->s_state & EXT2_ERROR_FS) != 0)
		return error_set(err, ERROR_REFUSED,
				 "the kernel found errors in it: run e2fsck first");
	if ((super->s_state & EXT2_VALID_FS) == 0)
		return error_set(err, ERROR_REFUSED,
				 "it was not unmounted: run e2fsck first");
	return 0;
}

/* Opens the file system a second time, with changes on it. */
static int open_again(struct ext *reader, struct ext_writer *writer, struct error *err)
{
	struct vfs *vfs;
	struct ext *ext;
	errcode_t code;

	if (vfs_format_ext.open(reader->view.blocks, &vfs, err) != 0)
		return -1;
	ext = (struct ext *)vfs;
	writer->ext = ext;
	if (vfs_warning(vfs) != NULL)
		return error_set(err, ERROR_REFUSED, "%s", vfs_warning(vfs));
	if (check_features(ext->fs->super, err) != 0)
		return -1;
	writer->is_dirty = ext2fs_has_feature_journal_needs_recovery(ext->fs->super) != 0;
	ext->view.changes = mem_zero(1, sizeof(*ext->view.changes));
	ext->view.changes->block_bytes = ext->fs->blocksize;
	ext2fs_free(ext->fs);
	ext->fs = NULL;
	/* as the kernel, leave the copies of the superblock as they were */
	code = ext_view_open(&ext->view, EXT2_FLAG_RW | EXT2_FLAG_MASTER_SB_ONLY,
			     &ext->fs);
	if (code != 0) {
		ext->fs = NULL;
		return ext_fail(&ext->view, code, "open it for writing", err);
	}
	ext->fs->flags |= EXT2_FLAG_MASTER_SB_ONLY;
	ext->fs->now = (time_t)writer->time_s;
	code = ext2fs_read_bitmaps(ext->fs);
	return code == 0 ? 0 : ext_fail(&ext->view, code, "read its bitmaps", err);
}

static int do_changes(struct ext_writer *writer, const struct edit_changes *changes,
		      struct error *err)
{
	struct ext *ext = writer->ext;
	errcode_t code;
	size_t i;

	for (i = 0; i < changes->count; i++)
		if (ext_write_change(writer, changes->rows[i], err) != 0)
			return -1;
	ext->view.error.kind = ERROR_NONE;
	code = ext2fs_flush(ext->fs);
	if (code != 0)
		return ext_write_fail(writer, code, "finish the edits", err);
	ext_changes_settle(ext->view.changes);
	return ext_log_plan(writer, err);
}

static int visit_bytes(const struct ext_writer *writer, uint64_t block, const char *bytes,
		       edit_visit *visit, void *data, struct error *err)
{
	const unsigned unit = writer->ext->fs->blocksize;

	return visit(block * unit, bytes, unit, data, err);
}

/* Gives the superblock as it is when all is done: nothing is to be replayed then. */
static int visit_super(const struct ext_writer *writer, edit_visit *visit, void *data,
		       struct error *err)
{
	autofree char *block = mem_zero(1, writer->ext->fs->blocksize);

	ext_log_final_super(writer, block);
	return visit_bytes(writer, ext_log_super_block(writer), block, visit, data, err);
}

/* Gives the blocks that a replay of the journal changes, and the emptied journal. */
static int visit_replay(const struct ext_writer *writer, edit_visit *visit, void *data,
			struct error *err)
{
	struct ext_view *view = &writer->ext->view;
	const unsigned unit = writer->ext->fs->blocksize;
	autofree char *block = mem_zero(1, unit);
	uint64_t place;
	size_t i;

	for (i = 0; i < view->patch_count; i++) {
		place = view->patches[i].block;
		if (place == ext_log_super_block(writer) ||
		    ext_changes_find(view->changes, place) != NULL)
			continue;
		if (ext_view_read_below(view, place * unit, block, unit, err) != 0 ||
		    visit_bytes(writer, place, block, visit, data, err) != 0)
			return -1;
	}
	place = ext_log_empty_super(writer, block);
	return visit_bytes(writer, place, block, visit, data, err);
}

static int ext_ranges(struct edit_writer *base, edit_visit *visit, void *data,
		      struct error *err)
{
	const struct ext_writer *writer = (struct ext_writer *)base;
	const struct ext_changes *changes = writer->ext->view.changes;
	const uint64_t super = ext_log_super_block(writer);
	size_t i;

	if (writer->is_dirty && visit_replay(writer, visit, data, err) != 0)
		return -1;
	if ((writer->is_dirty || ext_changes_find(changes, super) != NULL) &&
	    visit_super(writer, visit, data, err) != 0)
		return -1;
	for (i = 0; i < changes->count; i++)
		if (changes->rows[i].block != super &&
		    visit_bytes(writer, changes->rows[i].block, changes->rows[i].bytes,
				visit, data, err) != 0)
			return -1;
	return 0;
}

static int ext_commit(struct edit_writer *base, struct error *err)
{
	struct ext_writer *writer = (struct ext_writer *)base;

	if (edit_target_check(&base->target, writer->ext->fs->blocksize, err) != 0)
		return -1;
	return writer->has_journal ? ext_log_commit(writer, false, err)
				   : edit_ranges_commit(base, err);
}

static int ext_undo(struct edit_writer *base, struct error *err)
{
	struct ext_writer *writer = (struct ext_writer *)base;

	return writer->has_journal ? ext_log_commit(writer, true, err)
				   : edit_ranges_undo(base, err);
}

static void ext_writer_close(struct edit_writer *base)
{
	struct ext_writer *writer = (struct ext_writer *)base;
	struct ext_changes *changes;

	edit_ranges_clear(base);
	ext_log_clear(writer);
	if (writer->ext != NULL) {
		changes = writer->ext->view.changes;
		vfs_close(&writer->ext->vfs);
		ext_changes_free(changes);
	}
	free(writer);
}

static const struct edit_writer_ops writer_ops = {
	.ranges = ext_ranges,
	.commit = ext_commit,
	.undo = ext_undo,
	.close = ext_writer_close,
};

int ext_prepare(struct vfs *vfs, const struct edit_changes *changes,
		struct edit_writer **out, struct error *err)
{
	struct ext_writer *writer = mem_zero(1, sizeof(*writer));

	writer->writer.ops = &writer_ops;
	writer->time_s = changes->time_s;
	if (open_again((struct ext *)vfs, writer, err) != 0 ||
	    do_changes(writer, changes, err) != 0) {
		ext_writer_close(&writer->writer);
		return -1;
	}
	*out = &writer->writer;
	return 0;
}
