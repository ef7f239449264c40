/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_content.c - inodes that are changed: their content, times and owner. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_ext_write.h"

enum { WRITE_BYTES = 1 << 20, EPOCH_SHIFT = 32, EPOCH_MASK = 3 };

/* What cannot be changed, or not by us, and why. */
static const struct {
	uint32_t flags;
	const char *why;
} locks[] = {
	{EXT2_IMMUTABLE_FL, "it is immutable (chattr +i)"},
	{EXT2_APPEND_FL, "it may only grow (chattr +a)"},
	{EXT4_ENCRYPT_FL, "it is encrypted"},
	{EXT4_VERITY_FL, "it is sealed by fs-verity"},
	{EXT2_COMPRBLK_FL, "it is compressed"},
	{EXT4_EA_INODE_FL, "it is an attribute of another file"},
};

int ext_write_fail(struct ext_writer *writer, errcode_t code, const char *what,
		   struct error *err)
{
	struct ext_view *view = &writer->ext->view;

	if (view->error.kind == ERROR_NONE &&
	    (code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL)) {
		errno = ENOSPC;
		return error_sys(err, "%s: no free %s", what,
				 code == EXT2_ET_BLOCK_ALLOC_FAIL ? "blocks" : "inodes");
	}
	if (view->error.kind == ERROR_NONE && code == EXT2_ET_DIR_NO_SPACE)
		return error_set(err, ERROR_REFUSED,
				 "%s: the index of the folder is full", what);
	return ext_fail(view, code, what, err);
}

int ext_write_inode_read(struct ext_writer *writer, uint64_t number,
			 struct ext2_inode_large *out, struct error *err)
{
	struct ext2_inode_large inode;
	size_t i;

	if (ext_inode_read(writer->ext, number, &inode, err) != 0)
		return -1;
	for (i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		if ((inode.i_flags & locks[i].flags) != 0)
			return error_set(err, ERROR_REFUSED, "%s", locks[i].why);
	if (inode.i_dtime != 0)
		return error_set(err, ERROR_REFUSED,
				 "the kernel was still shortening it: let e2fsck finish "
				 "that first");
	*out = inode;
	return 0;
}

/* Sets times of 34 bits where there is room for them; they have no nanoseconds. The low half
 * counts with a sign. */
static void set_times(const struct ext_writer *writer, struct ext2_inode_large *inode)
{
	const uint32_t low = (uint32_t)writer->time_s;
	const uint32_t more =
		(uint32_t)((writer->time_s - (int32_t)low) >> EPOCH_SHIFT) & EPOCH_MASK;

	inode->i_mtime = low;
	inode->i_ctime = low;
	if (EXT2_INODE_SIZE(writer->ext->fs->super) <= EXT2_GOOD_OLD_INODE_SIZE)
		return;
	if (inode_includes(EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize,
			   i_mtime_extra))
		inode->i_mtime_extra = more;
	if (inode_includes(EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize,
			   i_ctime_extra))
		inode->i_ctime_extra = more;
}

int ext_write_inode(struct ext_writer *writer, uint64_t number,
		    struct ext2_inode_large *inode, const struct edit_owner *owner,
		    struct error *err)
{
	errcode_t code;

	set_times(writer, inode);
	if (owner != NULL) {
		inode->i_mode = (uint16_t)((inode->i_mode & S_IFMT) | owner->mode);
		inode->i_uid = (uint16_t)owner->uid;
		inode->i_gid = (uint16_t)owner->gid;
		ext2fs_set_i_uid_high(*inode, (uint16_t)(owner->uid >> 16));
		ext2fs_set_i_gid_high(*inode, (uint16_t)(owner->gid >> 16));
	}
	code = ext2fs_write_inode_full(writer->ext->fs, (ext2_ino_t)number,
				       EXT2_INODE(inode), sizeof(*inode));
	return code == 0 ? 0 : ext_write_fail(writer, code, "write an inode", err);
}

/* Moves content that lies in the inode out of it: libext2fs writes such a file in one piece only,
 * however long it is. @out: what it was */
static int leave_inode(struct ext_writer *writer, uint64_t number, struct str *out,
		       struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	struct ext2_xattr_handle *handle = NULL;
	ext2_extent_handle_t extents = NULL;
	struct ext2_inode_large inode;
	errcode_t code;

	if (ext_inode_read(writer->ext, number, &inode, err) != 0 ||
	    ext_inode_read_inline(writer->ext, number, out, err) != 0)
		return -1;
	if (EXT2_I_SIZE(&inode) < out->length)
		out->length = (size_t)EXT2_I_SIZE(&inode);
	code = ext2fs_xattrs_open(fs, (ext2_ino_t)number, &handle);
	if (code == 0)
		code = ext2fs_xattrs_read(handle);
	if (code == 0)
		code = ext2fs_xattr_remove(handle, "system.data");
	if (handle != NULL)
		(void)ext2fs_xattrs_close(&handle);
	if (code != 0 && code != EXT2_ET_EA_KEY_NOT_FOUND)
		return ext_write_fail(writer, code, "empty an inode", err);
	if (ext_inode_read(writer->ext, number, &inode, err) != 0)
		return -1;
	inode.i_flags &= ~(uint32_t)EXT4_INLINE_DATA_FL;
	memset(inode.i_block, 0, sizeof(inode.i_block));
	inode.i_size = 0;
	inode.i_size_high = 0;
	code = 0;
	if (ext2fs_has_feature_extents(fs->super))
		code = ext2fs_extent_open2(fs, (ext2_ino_t)number, EXT2_INODE(&inode),
					   &extents);
	if (code != 0)
		return ext_write_fail(writer, code, "empty an inode", err);
	if (extents != NULL)
		ext2fs_extent_free(extents);
	return ext_write_inode(writer, number, &inode, NULL, err);
}

static errcode_t write_pieces(ext2_file_t file, const char *bytes, size_t length)
{
	errcode_t code = 0;
	unsigned done;
	size_t piece;

	for (; length > 0 && code == 0; bytes += done, length -= done) {
		piece = length < WRITE_BYTES ? length : WRITE_BYTES;
		code = ext2fs_file_write(file, bytes, (unsigned)piece, &done);
		if (code == 0 && done == 0)
			code = EXT2_ET_SHORT_WRITE;
	}
	return code;
}

/* Writes to an open file. @kept: what stands in front; empty: the file's own content, or none */
static errcode_t write_file(ext2_file_t file, const struct edit_change *change,
			    const struct str *kept)
{
	errcode_t code = 0;

	if (change->kind == EDIT_PUT)
		code = ext2fs_file_set_size2(file, 0);
	if (code == 0 && change->kind == EDIT_APPEND)
		code = ext2fs_file_llseek(file, 0, EXT2_SEEK_END, NULL);
	if (code == 0 && change->kind == EDIT_APPEND)
		code = write_pieces(file, kept->bytes, kept->length);
	if (code == 0)
		code = write_pieces(file, change->bytes.bytes, change->bytes.length);
	return code;
}

int ext_write_content(struct ext_writer *writer, uint64_t number,
		      const struct edit_change *change, struct error *err)
{
	struct str autostr kept = STR_EMPTY;
	struct ext2_inode_large inode;
	errcode_t code, closed;
	ext2_file_t file;

	if (ext_inode_read(writer->ext, number, &inode, err) != 0)
		return -1;
	if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0 &&
	    leave_inode(writer, number, &kept, err) != 0)
		return -1;
	if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0 && change->kind == EDIT_APPEND &&
	    EXT2_I_SIZE(&inode) > kept.length)
		return error_set(err, ERROR_REFUSED,
				 "it says that it is longer than what lies in its inode");
	code = ext2fs_file_open2(writer->ext->fs, (ext2_ino_t)number, NULL,
				 EXT2_FILE_WRITE, &file);
	if (code != 0)
		return ext_write_fail(writer, code, "open it", err);
	code = write_file(file, change, &kept);
	closed = ext2fs_file_close(file);
	if (code == 0)
		code = closed;
	return code == 0 ? 0 : ext_write_fail(writer, code, "write it", err);
}
