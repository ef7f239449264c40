/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_ext.h - ext2, ext3 and ext4 by libext2fs without mounting: what its files share. The
 * library reads superblock, descriptors, inodes, extents and checksums; every loop over what a
 * guest wrote is ours, so that each has an end. */
#ifndef GUEST_VFS_EXT_H
#define GUEST_VFS_EXT_H

#include <ext2fs/ext2fs.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/vfs_back.h"
#include "model/blocks.h"

struct ext_changes;

enum { EXT_LINE_BYTES = 16384, EXT_LINES = 128, EXT_INDEXES = 16 };

/** A block of the file system whose newer content lies in the journal. */
struct ext_patch {
	uint64_t block;	 /* of the file system */
	uint64_t source; /* the block that holds the content */
	bool is_escaped; /* it begins with the journal's own magic, which was taken out */
};

/** What libext2fs reads through: the blocks, with what the journal says on top. */
struct ext_view {
	struct blocks *blocks;
	unsigned block_bytes;	   /* of the patches */
	struct ext_patch *patches; /* by block, each block once */
	size_t patch_count;
	struct {
		uint64_t number; /* line N holds the bytes from N * EXT_LINE_BYTES */
		char *bytes;	 /* NULL: nothing */
	} lines[EXT_LINES];
	struct ext_changes
		*changes;   /* what was written, in memory; NULL: nothing can be */
	struct error error; /* of the last read or write that failed */
};

/** An open ext2, ext3 or ext4. */
struct ext {
	struct vfs vfs;
	ext2_filsys fs;
	struct ext_view view;
	struct ext_index {
		uint32_t inode; /* 0: free */
		struct vfs_names names;
		uint64_t used; /* the larger, the later */
	} indexes[EXT_INDEXES];
	uint64_t uses;
	uint32_t
		next_transaction; /* of a journal that was replayed: the number behind it */
};

/** A file's way from its own blocks to those of the file system. */
struct ext_map {
	struct ext *ext;
	uint32_t number;	      /* of the inode */
	struct ext2_inode inode;      /* a copy: libext2fs keeps a pointer to it */
	ext2_extent_handle_t extents; /* NULL: a block map */
	char *scratch;
};

/** Blocks of a file that lie side by side, or are missing side by side. */
struct ext_run {
	uint64_t block; /* of the file system */
	uint64_t count; /* at least 1 */
	bool is_hole;
};

/** Read bytes; what the journal holds is newer.
 *
 * Errors:  those of the blocks
 * Returns: 0 or -1
 */
nodiscard int ext_view_read(struct ext_view *view, uint64_t offset, void *buffer,
			    size_t length, struct error *err);

/** Give the view's memory back; its changes are the caller's. */
void ext_view_clear(struct ext_view *view);

/** Open a file system by libext2fs through a view.
 *
 * @flags:  EXT2_FLAG_... beside those that are always set
 * Returns: libext2fs's code; 0: @out is to be freed by ext2fs_free
 */
errcode_t ext_view_open(struct ext_view *view, int flags, ext2_filsys *out);

/** Set an error from libext2fs's code: its own reason when a read failed, else ERROR_INPUT.
 *
 * Returns: -1 always
 */
int ext_fail(struct ext_view *view, errcode_t code, const char *what, struct error *err);

/** Read an inode that is in use.
 *
 * Errors:  ERROR_INPUT, and those of the blocks
 * Returns: 0 or -1
 */
nodiscard int ext_inode_read(struct ext *ext, uint64_t number,
			     struct ext2_inode_large *out, struct error *err);

/** Read the content that lies in the inode itself (EXT4_INLINE_DATA_FL); it is added to @out.
 *
 * Errors:  as ext_inode_read
 * Returns: 0 or -1
 */
nodiscard int ext_inode_read_inline(struct ext *ext, uint64_t number, struct str *out,
				    struct error *err);

/** Begin to map a file that has blocks.
 *
 * @out:    given back by ext_map_close
 * Errors:  as ext_inode_read
 * Returns: 0 or -1
 */
nodiscard int ext_map_open(struct ext *ext, uint64_t number,
			   const struct ext2_inode_large *inode, struct ext_map *out,
			   struct error *err);

/** Find where a block of the file lies.
 *
 * Errors:  as ext_inode_read
 * Returns: 0 or -1
 */
nodiscard int ext_map_find(struct ext_map *map, uint64_t block, struct ext_run *out,
			   struct error *err);

/** Give a map back; a zeroed one is harmless. */
void ext_map_close(struct ext_map *map);

#define autoextmap __attribute__((cleanup(ext_map_close)))

/** Add the names of a folder, with their inodes as nodes.
 *
 * Errors:  as ext_inode_read
 * Returns: 0 or -1
 */
nodiscard int ext_folder_read(struct ext *ext, uint64_t number, struct vfs_names *out,
			      struct error *err);

/** Find a name in a folder: the back end's op. A folder that is found must say that it lies
 * there: so folders make a tree, whatever the image holds.
 *
 * Errors:  as ext_inode_read; ENOENT
 * Returns: 0 or -1
 */
nodiscard int ext_folder_find(struct vfs *vfs, uint64_t folder, const char *name,
			      uint64_t *out, struct error *err);

/** Give the names back that were kept. */
void ext_folder_clear(struct ext *ext);

/** Read the journal and set the patches of the view to what a replay would write. Nothing is
 * written: the view is private to us.
 *
 * @ext:    its file system says that it needs recovery
 * Errors:  ERROR_INPUT with the reason why it cannot be replayed: then there is no patch
 * Returns: 0 or -1
 */
nodiscard int ext_journal_replay(struct ext *ext, struct error *err);

#endif
