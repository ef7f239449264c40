/* SPDX-License-Identifier: GPL-2.0-or-later */
/** edit.h - a set of edits of a guest's files: gathered in memory, seen by who reads through the
 * set, and brought to the disk all at once or not at all.
 *
 * Paths begin at the guest's "/", links in them are resolved inside the guest, across its mounts.
 * A file that is there keeps its inode's owner, mode, attributes, label and hard links; only its
 * content, size and times change. A new one belongs to root; where the folder that it comes into
 * has an SELinux label, it takes that one, as a policy without a rule of its own does. Default ACLs
 * of a folder are not applied. By another of its hard links a file shows an edit after the commit
 * only. Nothing of the guest that is no regular file, folder or link is ever opened or removed.
 *
 * What reaches the disk, and what a kill in the middle of it leaves:
 *
 *	ext2/3/4 with a journal   one transaction of that journal: the old set or the new one, after
 *	                          the replay by the kernel or e2fsck, which the next mount does
 *	ext without one, FAT      in an image file: a list of the changes beside it first, which
 *	                          edit_recover brings to its end; on a device only when the target
 *	                          says `may_tear`
 *	xfs, btrfs, a folder      file by file, each old or new
 *
 * A set that reaches over several file systems is undone as a whole when a part of it fails; a
 * kill between two of them leaves the first one new and the second one old. */
#ifndef GUEST_EDIT_H
#define GUEST_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/vfs.h"
#include "model/sink.h"

struct edits;

enum { EDIT_BYTES_MOST = 256 << 20 /* of a set, and of the blocks that it changes */ };

/** Whose a file is, and who may do what with it. */
struct edit_owner {
	uint32_t mode; /* the 12 permission bits */
	uint32_t uid, gid;
};

/** Where a file system lies on a disk that may be written to. */
struct edit_target {
	struct sink *sink; /* the caller's; it outlives the set */
	uint64_t offset;   /* byte of the sink where the file system begins */
	const char *
		beside; /* a file for a list of changes ("IMAGE.moult-edits"); NULL: none */
	bool may_tear; /* where a kill could damage it, it is written all the same */
};

/** Called with bytes that the disk shall hold, each place once. @offset: from the beginning of the
 * file system. Returns: 0, or -1 with @err set */
typedef int edit_visit(uint64_t offset, const void *bytes, size_t length, void *data,
		       struct error *err);

/** Begin a set. All that is attached to @vfs must be attached before.
 *
 * @vfs:    stays the caller's, outlives the set, and is only good for vfs_close after a commit
 * @time_s: seconds since 1970 for what is changed
 * Returns: a set that edit_end gives back
 */
struct edits *edit_begin(struct vfs *vfs, int64_t time_s)
	__attribute__((returns_nonnull));

/** The guest's files as the set makes them. Returns: what lives as long as the set */
struct vfs *edit_vfs(struct edits *edits);

/** The same of one file system alone.
 *
 * @vfs:    that the set was begun on, or one that is attached to it
 * Returns: it, NULL when it is none of the set
 */
struct vfs *edit_vfs_of(const struct edits *edits, const struct vfs *vfs);

/** Give a regular file this content; what is not there is made, with its folders (root, 0755).
 *
 * @owner:  NULL: as it was; a new file is root's then, with mode 0644
 * Errors:  ERROR_REFUSED when it is no regular file, leads nowhere, or the set grows too large;
 *          those of vfs_stat
 * Returns: 0 or -1
 */
nodiscard int edit_put(struct edits *edits, const char *path, const void *bytes,
		       size_t length, const struct edit_owner *owner, struct error *err);

/** Add bytes to the end of a regular file that is there.
 *
 * Errors:  as edit_put
 * Returns: 0 or -1
 */
nodiscard int edit_append(struct edits *edits, const char *path, const void *bytes,
			  size_t length, struct error *err);

/** Remove a regular file or a link; a link at the end is not followed.
 *
 * Errors:  ERROR_REFUSED for anything else; those of vfs_stat
 * Returns: 0 or -1
 */
nodiscard int edit_remove(struct edits *edits, const char *path, struct error *err);

/** Make a symbolic link, in the place of a regular file or a link where one is there; folders as
 * in edit_put.
 *
 * Errors:  ERROR_REFUSED when something else is there; those of vfs_stat
 * Returns: 0 or -1
 */
nodiscard int edit_link(struct edits *edits, const char *path, const char *target,
			struct error *err);

/** Make a folder, and those above it; one that is there stays as it is.
 *
 * @owner:  NULL: root's, with mode 0755
 * Errors:  ERROR_REFUSED when something else is there; those of vfs_stat
 * Returns: 0 or -1
 */
nodiscard int edit_make_folder(struct edits *edits, const char *path,
			       const struct edit_owner *owner, struct error *err);

/** How many paths the set changes; 0: a commit would write nothing. */
size_t edit_count(const struct edits *edits);

/** How many edits changed something so far: one that finds all as it asks is none. */
size_t edit_steps(const struct edits *edits);

/** How many file systems the set changes. */
size_t edit_spread(const struct edits *edits);

/** Say where a file system of the set may be written to.
 *
 * @vfs:    that the set was begun on, or one that is attached to it
 * @target: copied; `beside` must outlive the set
 */
void edit_aim(struct edits *edits, const struct vfs *vfs,
	      const struct edit_target *target);

/** As edit_aim for all that lies in these blocks: the subvolumes of a btrfs share them. */
void edit_aim_blocks(struct edits *edits, const struct blocks *blocks,
		     const struct edit_target *target);

/** Work out what the edits change on the disks. Nothing is written; no edit can follow.
 *
 * Errors:  ERROR_REFUSED for what cannot be done right, with the reason; ERROR_SYSTEM with
 *          ENOSPC when blocks or inodes are missing; ERROR_PARTIAL without a needed program,
 *          or right; those of the blocks
 * Returns: 0 or -1
 */
nodiscard int edit_prepare(struct edits *edits, struct error *err);

/** Ask for the bytes that a prepared set changes, a replay of the journal included.
 *
 * @vfs:    as in edit_aim
 * Errors:  ERROR_REFUSED when it is a file system that only the kernel writes; those of @visit
 * Returns: 0 or -1
 */
nodiscard int edit_ranges(struct edits *edits, const struct vfs *vfs, edit_visit *visit,
			  void *data, struct error *err);

/** The same of what lies in these blocks.
 *
 * Errors:  as edit_ranges
 * Returns: 0 or -1
 */
nodiscard int edit_ranges_blocks(struct edits *edits, const struct blocks *blocks,
				 edit_visit *visit, void *data, struct error *err);

/** Whether edit_ranges tells all that a prepared set changes. */
bool edit_has_ranges(const struct edits *edits);

/** Bring bytes to a disk by a list beside it, as edit_commit does where there is no journal: all of
 * them or none, whatever file systems they belong to.
 *
 * @target: `offset` is added to each place
 * @ranges: gives the bytes to @visit, whole sectors, no place twice; called once with @data
 * Errors:  as edit_commit; those of @ranges
 * Returns: 0 or -1
 */
nodiscard int edit_write_ranges(const struct edit_target *target,
				int (*ranges)(void *data, edit_visit *visit,
					      void *visit_data, struct error *err),
				void *data, struct error *err);

/** Bring the set to the disks; it is prepared when it is not yet.
 *
 * Errors:  as edit_prepare, then nothing was written; ERROR_SYSTEM: all was undone;
 *          ERROR_WRITTEN: what was written stayed, the text says what comes next
 * Returns: 0 or -1
 */
nodiscard int edit_commit(struct edits *edits, struct error *err);

/** Finish what a killed edit_commit left beside an image.
 *
 * @beside: as in the target; a file that is not there is nothing to do
 * @sink:   the whole image
 * @out_was_there: NULL is allowed
 * Errors:  ERROR_INPUT when it is no such list; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int edit_recover(const char *beside, struct sink *sink, bool *out_was_there,
			   struct error *err);

/** Give a set back; what was not committed is forgotten. NULL is harmless. */
void edit_end(struct edits *edits);

#endif
