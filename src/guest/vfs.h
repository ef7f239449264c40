/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs.h - the files of a guest, whatever they lie on: the one way into it. Paths begin at
 * the guest's "/"; symbolic links, absolute and climbing, are resolved inside, across its
 * mounts. Nothing of a guest is executed, and nothing leads to a file of the host. */
#ifndef GUEST_VFS_H
#define GUEST_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "model/blocks.h"

struct vfs;

enum vfs_kind {
	VFS_OTHER, /* a device, FIFO or socket: never opened */
	VFS_FILE,
	VFS_FOLDER,
	VFS_LINK,
};

/** What stands in an inode. */
struct vfs_stat {
	enum vfs_kind kind;
	uint32_t mode; /* type and permission bits as in stat(2) */
	uint32_t uid, gid;
	uint64_t size_bytes;
	int64_t mtime_s;
};

/** A name in a folder. */
struct vfs_entry {
	const char *name; /* valid during the call; may hold any byte but '/' and NUL */
	enum vfs_kind kind;
};

/** Called for each entry but "." and "..". Returns: 0 to go on, else the walk ends with 0. */
typedef int vfs_visit(const struct vfs_entry *entry, void *data);

/** Called with a file's bytes, piece by piece. Returns: 0 to go on, 1 to end well, -1 with
 * @err set. */
typedef int vfs_take(const void *bytes, size_t length, void *data, struct error *err);

/** Open the file system that lies in @blocks, by its content; @blocks stays the caller's and
 * must outlive it. What needs a kernel mount and cannot have it is ERROR_PARTIAL.
 *
 * @out:    the caller closes it
 * Errors:  ERROR_INPUT (no file system that is known, or a damaged one), ERROR_PARTIAL,
 *          ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int vfs_open(struct blocks *blocks, struct vfs **out, struct error *err);

/** Open a folder of the host as if it were a guest's root: for trees in tests, and for what
 * the kernel has mounted.
 *
 * @root_fd: taken over on success
 * Errors:   ERROR_SYSTEM, ERROR_INPUT when it is no folder
 * Returns:  0 or -1
 */
nodiscard int vfs_open_folder(int root_fd, struct vfs **out, struct error *err);

/** Put @other where @path of @vfs is, as a mount does.
 *
 * @path:   a folder
 * @other:  taken over on success
 * Errors:  as vfs_stat; ENOTDIR when it is no folder
 * Returns: 0 or -1
 */
nodiscard int vfs_attach(struct vfs *vfs, const char *path, struct vfs *other,
			 struct error *err);

/** Look at a path.
 *
 * @follow: whether a symbolic link at its end is followed
 * Errors:  ERROR_SYSTEM with `os` set (ENOENT, ENOTDIR, ELOOP ...); ERROR_INPUT when damaged
 * Returns: 0 or -1
 */
nodiscard int vfs_stat(struct vfs *vfs, const char *path, bool follow,
		       struct vfs_stat *out, struct error *err);

/** Whether a path leads to a file, folder or device; errors count as no. */
bool vfs_exists(struct vfs *vfs, const char *path);

/** Read a regular file, whole.
 *
 * @most:   bytes; a longer file is ERROR_INPUT, before any of it is read
 * @out:    the bytes are added; untouched on failure
 * Errors:  as vfs_stat; ERROR_INPUT when it is no regular file
 * Returns: 0 or -1
 */
nodiscard int vfs_read(struct vfs *vfs, const char *path, size_t most, struct str *out,
		       struct error *err);

/** Read a regular file piece by piece, in order, in pieces of at most 1 MiB. A sparse file may
 * say that it is larger than any disk: @take ends what takes too long.
 *
 * Errors:  as vfs_stat; ERROR_INPUT when it is no regular file; those of @take
 * Returns: 0 or -1
 */
nodiscard int vfs_stream(struct vfs *vfs, const char *path, vfs_take *take, void *data,
			 struct error *err);

/** Read the target of a symbolic link; it is added to @out.
 *
 * Errors:  as vfs_stat; EINVAL when it is no link
 * Returns: 0 or -1
 */
nodiscard int vfs_readlink(struct vfs *vfs, const char *path, struct str *out,
			   struct error *err);

/** Walk the names of a folder, in the order of bytes.
 *
 * Errors:  as vfs_stat; ENOTDIR when it is no folder
 * Returns: 0 or -1
 */
nodiscard int vfs_list(struct vfs *vfs, const char *path, vfs_visit *visit, void *data,
		       struct error *err);

/** The names of a folder that end in @suffix, in the order of bytes.
 *
 * @out:    NULL-terminated list; the caller frees each and the list. An absent folder gives
 * an empty one
 * Errors:  as vfs_stat
 * Returns: 0 or -1
 */
nodiscard int vfs_names(struct vfs *vfs, const char *path, const char *suffix,
			char ***out, struct error *err);

/** What it lies on: "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "folder". */
const char *vfs_type(const struct vfs *vfs);

/** What a reader of it should know, such as "its journal was not replayed: ..."; what is
 * attached is not asked.
 *
 * Returns: one line that lives as long as @vfs; NULL: nothing
 */
const char *vfs_warning(const struct vfs *vfs);

/** Close it and what is attached to it; NULL is harmless. */
void vfs_close(struct vfs *vfs);

#endif
