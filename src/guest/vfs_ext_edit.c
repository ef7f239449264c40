/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_edit.c - edits of ext2, ext3 and ext4, done by libext2fs to blocks in memory: names, new
 * inodes, inodes that go away. What is found is found by our own reading code. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_ext_write.h"

/* The label of a new file is that of its folder. */
static const char label_name[] = "security.selinux";

/* How often a folder is made longer for one name: a tree of hashes that is full stays full. */
enum { EXPANDS_MOST = 2 };

/* Where a name is to be, or is. */
struct name {
	uint64_t folder;
	const char *name;
};

/* Finds the folder that a path lies in. */
static int find_folder(struct ext_writer *writer, const char *path, struct name *out,
		       struct error *err)
{
	struct str autostr folder = STR_EMPTY;
	const char *slash = strrchr(path, '/');
	uint64_t number = EXT2_ROOT_INO;
	char *rest, *part;

	str_add_bytes(&folder, path, (size_t)(slash - path));
	rest = folder.bytes;
	while (rest != NULL && (part = strsep(&rest, "/")) != NULL)
		if (part[0] != '\0' &&
		    ext_folder_find(&writer->ext->vfs, number, part, &number, err) != 0)
			return -1;
	*out = (struct name){.folder = number, .name = slash + 1};
	return 0;
}

/* A folder that names can be changed in. */
static int check_folder(struct ext_writer *writer, uint64_t number, struct error *err)
{
	struct ext2_inode_large inode;

	if (ext_write_inode_read(writer, number, &inode, err) != 0)
		return -1;
	if ((inode.i_flags & EXT4_CASEFOLD_FL) != 0)
		return error_set(err, ERROR_REFUSED,
				 "its folder takes names in any case, which only the "
				 "kernel can write");
	return 0;
}

static int touch_folder(struct ext_writer *writer, uint64_t number, struct error *err)
{
	struct ext2_inode_large inode;

	ext_folder_clear(writer->ext);
	return ext_write_inode_read(writer, number, &inode, err) != 0
		       ? -1
		       : ext_write_inode(writer, number, &inode, NULL, err);
}

static int add_name(struct ext_writer *writer, const struct name *where, ext2_ino_t inode,
		    int type, struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	const ext2_ino_t folder = (ext2_ino_t)where->folder;
	errcode_t code;
	int tries = 0;

	do {
		code = ext2fs_link(fs, folder, where->name, inode, type);
		if (code != EXT2_ET_DIR_NO_SPACE || tries++ == EXPANDS_MOST)
			break;
		code = ext2fs_expand_dir(fs, folder);
	} while (code == 0);
	if (code != 0)
		return ext_write_fail(writer, code, "add a name to a folder", err);
	return touch_folder(writer, where->folder, err);
}

static errcode_t open_attributes(ext2_filsys fs, uint64_t inode,
				 struct ext2_xattr_handle **out)
{
	const errcode_t code = ext2fs_xattrs_open(fs, (ext2_ino_t)inode, out);

	return code == 0 ? ext2fs_xattrs_read(*out) : code;
}

/* @out: ext2fs_free_mem gives it back. Returns EXT2_ET_EA_KEY_NOT_FOUND when there is none. */
static errcode_t get_label(ext2_filsys fs, uint64_t inode, void **out, size_t *out_length)
{
	struct ext2_xattr_handle *handle = NULL;
	errcode_t code = open_attributes(fs, inode, &handle);

	if (code == 0)
		code = ext2fs_xattr_get(handle, label_name, out, out_length);
	if (handle != NULL)
		(void)ext2fs_xattrs_close(&handle);
	return code;
}

static errcode_t set_label(ext2_filsys fs, uint64_t inode, const void *value,
			   size_t length)
{
	struct ext2_xattr_handle *handle = NULL;
	errcode_t code = open_attributes(fs, inode, &handle);

	if (code == 0)
		code = ext2fs_xattr_set(handle, label_name, value, length);
	if (handle != NULL)
		(void)ext2fs_xattrs_close(&handle);
	return code;
}

static int copy_label(struct ext_writer *writer, uint64_t folder, uint64_t inode,
		      struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	void *value = NULL;
	size_t length = 0;
	errcode_t code;

	if (!ext2fs_has_feature_xattr(fs->super))
		return 0;
	code = get_label(fs, folder, &value, &length);
	if (code == EXT2_ET_EA_KEY_NOT_FOUND)
		return 0;
	if (code != 0)
		return ext_write_fail(writer, code, "read its folder's label", err);
	code = set_label(fs, inode, value, length);
	(void)ext2fs_free_mem(&value);
	return code == 0 ? 0 : ext_write_fail(writer, code, "set its label", err);
}

/* Takes an inode that nobody has. */
static int take_inode(struct ext_writer *writer, uint64_t folder, uint32_t mode,
		      ext2_ino_t *out, struct error *err)
{
	const errcode_t code = ext2fs_new_inode(writer->ext->fs, (ext2_ino_t)folder,
						(int)mode, NULL, out);

	return code == 0 ? 0 : ext_write_fail(writer, code, "find a free inode", err);
}

static int make_file(struct ext_writer *writer, const struct name *where,
		     const struct edit_change *change, struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	struct ext2_inode_large inode = {.i_mode = S_IFREG, .i_links_count = 1};
	ext2_extent_handle_t extents = NULL;
	ext2_ino_t number = 0;
	errcode_t code = 0;

	if (take_inode(writer, where->folder, S_IFREG, &number, err) != 0)
		return -1;
	if (ext2fs_has_feature_extents(fs->super)) {
		code = ext2fs_extent_open2(fs, number, EXT2_INODE(&inode), &extents);
		if (code == 0)
			ext2fs_extent_free(extents);
	}
	if (code == 0)
		code = ext2fs_write_new_inode(fs, number, EXT2_INODE(&inode));
	if (code != 0)
		return ext_write_fail(writer, code, "make an inode", err);
	ext2fs_inode_alloc_stats2(fs, number, +1, 0);
	if (copy_label(writer, where->folder, number, err) != 0 ||
	    ext_write_content(writer, number, change, err) != 0 ||
	    ext_inode_read(writer->ext, number, &inode, err) != 0 ||
	    ext_write_inode(writer, number, &inode, &change->owner, err) != 0)
		return -1;
	return add_name(writer, where, number, EXT2_FT_REG_FILE, err);
}

static int make_link(struct ext_writer *writer, const struct name *where,
		     const struct edit_change *change, struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	struct ext2_inode_large inode;
	ext2_ino_t number = 0;
	errcode_t code;

	if (take_inode(writer, where->folder, S_IFLNK | 0777, &number, err) != 0)
		return -1;
	code = ext2fs_symlink(fs, (ext2_ino_t)where->folder, number, NULL,
			      change->bytes.bytes);
	if (code != 0)
		return ext_write_fail(writer, code, "make a link", err);
	if (copy_label(writer, where->folder, number, err) != 0 ||
	    ext_inode_read(writer->ext, number, &inode, err) != 0 ||
	    ext_write_inode(writer, number, &inode, &change->owner, err) != 0)
		return -1;
	return add_name(writer, where, number, EXT2_FT_SYMLINK, err);
}

static int make_folder(struct ext_writer *writer, const struct name *where,
		       const struct edit_change *change, struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	const ext2_ino_t folder = (ext2_ino_t)where->folder;
	struct ext2_inode_large inode;
	uint64_t number;
	errcode_t code;
	int tries = 0;

	do {
		code = ext2fs_mkdir(fs, folder, 0, where->name);
		if (code != EXT2_ET_DIR_NO_SPACE || tries++ == EXPANDS_MOST)
			break;
		code = ext2fs_expand_dir(fs, folder);
	} while (code == 0);
	if (code != 0)
		return ext_write_fail(writer, code, "make a folder", err);
	if (touch_folder(writer, where->folder, err) != 0 ||
	    ext_folder_find(&writer->ext->vfs, where->folder, where->name, &number,
			    err) != 0 ||
	    copy_label(writer, where->folder, number, err) != 0 ||
	    ext_inode_read(writer->ext, number, &inode, err) != 0)
		return -1;
	return ext_write_inode(writer, number, &inode, &change->owner, err);
}

/* Gives back what an inode without name has. */
static errcode_t free_inode(ext2_filsys fs, ext2_ino_t number,
			    struct ext2_inode_large *inode)
{
	errcode_t code;

	inode->i_dtime = inode->i_ctime;
	code = ext2fs_write_inode_full(fs, number, EXT2_INODE(inode), sizeof(*inode));
	if (code == 0)
		code = ext2fs_free_ext_attr(fs, number, inode);
	if (code == 0 && ext2fs_inode_has_valid_blocks2(fs, EXT2_INODE(inode)))
		code = ext2fs_punch(fs, number, EXT2_INODE(inode), NULL, 0, ~0ULL);
	if (code == 0)
		ext2fs_inode_alloc_stats2(fs, number, -1, 0);
	return code;
}

static int drop(struct ext_writer *writer, const struct name *where, struct error *err)
{
	ext2_filsys fs = writer->ext->fs;
	struct ext2_inode_large inode;
	uint64_t number;
	errcode_t code;

	if (ext_folder_find(&writer->ext->vfs, where->folder, where->name, &number,
			    err) != 0 ||
	    ext_write_inode_read(writer, number, &inode, err) != 0)
		return -1;
	code = ext2fs_unlink(fs, (ext2_ino_t)where->folder, where->name,
			     (ext2_ino_t)number, 0);
	if (code != 0)
		return ext_write_fail(writer, code, "remove a name", err);
	inode.i_links_count--;
	if (ext_write_inode(writer, number, &inode, NULL, err) != 0)
		return -1;
	if (inode.i_links_count == 0) {
		code = free_inode(fs, (ext2_ino_t)number, &inode);
		if (code != 0)
			return ext_write_fail(writer, code, "give a file's blocks back",
					      err);
	}
	return touch_folder(writer, where->folder, err);
}

/* Changes a file where it is. */
static int rewrite(struct ext_writer *writer, const struct name *where,
		   const struct edit_change *change, struct error *err)
{
	struct ext2_inode_large inode;
	uint64_t number;

	if (ext_folder_find(&writer->ext->vfs, where->folder, where->name, &number,
			    err) != 0 ||
	    ext_write_inode_read(writer, number, &inode, err) != 0 ||
	    ext_write_content(writer, number, change, err) != 0 ||
	    ext_inode_read(writer->ext, number, &inode, err) != 0)
		return -1;
	return ext_write_inode(writer, number, &inode,
			       change->has_owner ? &change->owner : NULL, err);
}

static int do_change(struct ext_writer *writer, const struct name *where,
		     const struct edit_change *change, struct error *err)
{
	if (change->kind != EDIT_REMOVE && edit_change_is_new(change) &&
	    check_folder(writer, where->folder, err) != 0)
		return -1;
	if (change->drops_old && (check_folder(writer, where->folder, err) != 0 ||
				  drop(writer, where, err) != 0))
		return -1;
	switch (change->kind) {
	case EDIT_PUT:
	case EDIT_APPEND:
		return edit_change_is_new(change) ? make_file(writer, where, change, err)
						  : rewrite(writer, where, change, err);
	case EDIT_LINK:
		return make_link(writer, where, change, err);
	case EDIT_FOLDER:
		return make_folder(writer, where, change, err);
	case EDIT_REMOVE:
		break;
	}
	return 0;
}

int ext_write_change(struct ext_writer *writer, const struct edit_change *change,
		     struct error *err)
{
	struct name where;

	writer->ext->view.error.kind = ERROR_NONE;
	if (find_folder(writer, change->path, &where, err) == 0 &&
	    do_change(writer, &where, change, err) == 0)
		return 0;
	return error_frame(err, "'%s'", change->path);
}
