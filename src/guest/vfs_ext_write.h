/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_ext_write.h - the writing side of ext2, ext3 and ext4: libext2fs writes to blocks in memory,
 * and what became of them is brought to the disk by one transaction of the file system's own
 * journal. */
#ifndef GUEST_VFS_EXT_WRITE_H
#define GUEST_VFS_EXT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/edit_back.h"
#include "guest/vfs_ext.h"

/** A block that was written. */
struct ext_changed {
	uint64_t block;
	char *bytes; /* as it is now */
	char *old;   /* as it was, the journal's newer content on top */
};

/** Blocks that were written, in memory. */
struct ext_changes {
	unsigned block_bytes;
	struct ext_changed
		*rows; /* in the order of their first write, until they are sorted */
	size_t count;
	size_t *slots; /* row + 1 by a block's hash; 0: free */
	size_t slot_count;
};

/** Write bytes to memory.
 *
 * @view:   has changes
 * Errors:  ERROR_REFUSED when it becomes more than EDIT_BYTES_MOST; those of reading
 * Returns: 0 or -1
 */
nodiscard int ext_changes_write(struct ext_view *view, uint64_t offset, const void *bytes,
				size_t length, struct error *err);

/** Put what was written over what was read. */
void ext_changes_apply(const struct ext_changes *changes, uint64_t offset, void *buffer,
		       size_t length);

/** Leave out what is as it was, and sort the rest by block. Nothing can be written then. */
void ext_changes_settle(struct ext_changes *changes);

/** The row of a block after ext_changes_settle, or NULL. */
struct ext_changed *ext_changes_find(const struct ext_changes *changes, uint64_t block);

/** Give the memory back; @changes too. NULL is harmless. */
void ext_changes_free(struct ext_changes *changes);

/** Read what lies beneath the changes.
 *
 * Errors:  those of the blocks
 * Returns: 0 or -1
 */
nodiscard int ext_view_read_below(struct ext_view *view, uint64_t offset, void *buffer,
				  size_t length, struct error *err);

/** A file system that is written to in memory. */
struct ext_writer {
	struct edit_writer writer;
	struct ext *ext; /* of its own, with changes in its view */
	int64_t time_s;
	bool is_dirty;	     /* its journal was not replayed, the view does it */
	bool has_journal;    /* with room for a transaction of all changes */
	struct ext_log *log; /* how that transaction lies; NULL: has_journal is not set */
};

/** Do one change.
 *
 * Errors:  ERROR_REFUSED with the reason; ERROR_SYSTEM with ENOSPC; those of reading
 * Returns: 0 or -1
 */
nodiscard int ext_write_change(struct ext_writer *writer,
			       const struct edit_change *change, struct error *err);

/** Read a whole inode that can be changed: nothing forbids it.
 *
 * Errors:  ERROR_REFUSED with the reason; as ext_inode_read
 * Returns: 0 or -1
 */
nodiscard int ext_write_inode_read(struct ext_writer *writer, uint64_t number,
				   struct ext2_inode_large *out, struct error *err);

/** Write an inode with new times, and with an owner when that is not NULL.
 *
 * Errors:  as ext_write_change
 * Returns: 0 or -1
 */
nodiscard int ext_write_inode(struct ext_writer *writer, uint64_t number,
			      struct ext2_inode_large *inode,
			      const struct edit_owner *owner, struct error *err);

/** Give a regular file its content, or add to it.
 *
 * Errors:  as ext_write_change
 * Returns: 0 or -1
 */
nodiscard int ext_write_content(struct ext_writer *writer, uint64_t number,
				const struct edit_change *change, struct error *err);

/** Set an error from libext2fs's code; a full file system is ENOSPC. Returns: -1 always */
int ext_write_fail(struct ext_writer *writer, errcode_t code, const char *what,
		   struct error *err);

/** Find out how a transaction of all changes would lie in the journal; `has_journal` tells whether
 * there is room. The changes were settled.
 *
 * Errors:  ERROR_INPUT when a dirty file system has a journal that cannot be read
 * Returns: 0 or -1
 */
nodiscard int ext_log_plan(struct ext_writer *writer, struct error *err);

/** Bring the changes to the disk through the journal. @is_back: the old bytes again
 *
 * Errors:  ERROR_SYSTEM when the old set stands; ERROR_WRITTEN when the new one does, and the
 *          journal has it
 * Returns: 0 or -1
 */
nodiscard int ext_log_commit(struct ext_writer *writer, bool is_back, struct error *err);

/** The journal's superblock as an empty journal has it. @out: a block; Returns: its block of the
 * file system */
uint64_t ext_log_empty_super(const struct ext_writer *writer, char *out);

/** The block of the superblock as it is when all is done. @out: a block */
void ext_log_final_super(const struct ext_writer *writer, char *out);

/** The block that holds the superblock. */
uint64_t ext_log_super_block(const struct ext_writer *writer);

/** Give the memory of a plan back. */
void ext_log_clear(struct ext_writer *writer);

/** The `prepare` of ext2, ext3 and ext4.
 *
 * Errors:  as edit_prepare
 * Returns: 0 or -1
 */
int ext_prepare(struct vfs *vfs, const struct edit_changes *changes,
		struct edit_writer **out, struct error *err);

#endif
