/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_back.h - what stands behind vfs.h: the ops table of a kind of file system, and the
 * walk that all kinds share. Nodes are numbers whose meaning a back end knows alone. */
#ifndef GUEST_VFS_BACK_H
#define GUEST_VFS_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "guest/vfs.h"

struct edit_changes;
struct edit_writer;

/** The names of a folder, gathered so that they can be sorted. */
struct vfs_names {
	struct str bytes; /* the names, each with its NUL */
	struct vfs_name {
		size_t at; /* where in `bytes` */
		enum vfs_kind kind;
		uint64_t node; /* what a back end wants to keep; 0: nothing */
	} * rows;
	size_t count;
};

#define VFS_NAMES_EMPTY ((struct vfs_names){.bytes = STR_EMPTY, .rows = NULL, .count = 0})

/** What a back end can do. Errors of finding and reading are ERROR_SYSTEM with `os` set, what
 * is damaged is ERROR_INPUT; messages need not name the path. */
struct vfs_ops {
	/* Find a name (never "." or "..", at most 255 bytes) in a folder; @out is given back
	 * by put. */
	int (*find)(struct vfs *vfs, uint64_t folder, const char *name, uint64_t *out,
		    struct error *err);
	int (*stat)(struct vfs *vfs, uint64_t node, struct vfs_stat *out,
		    struct error *err);
	/* Add the target of a link. */
	int (*readlink)(struct vfs *vfs, uint64_t node, struct str *out,
			struct error *err);
	/* Add the names of a folder, in any order, by vfs_names_add. */
	int (*list)(struct vfs *vfs, uint64_t folder, struct vfs_names *out,
		    struct error *err);
	/* Give a regular file's bytes to @take; 0 when it has ended well. */
	int (*stream)(struct vfs *vfs, uint64_t file, vfs_take *take, void *data,
		      struct error *err);
	/* Give a node back; NULL: nothing to do. The root is never given back. */
	void (*put)(struct vfs *vfs, uint64_t node);
	/* Give everything back, @vfs too. */
	void (*close)(struct vfs *vfs);
};

/** An open file system: the first member of what a back end keeps. */
struct vfs {
	const struct vfs_ops *ops;
	const char *type;
	uint64_t root;	    /* its node */
	struct str warning; /* what a reader of it should know; empty: nothing */
	struct vfs_mount {
		char *path; /* in this file system, without links; "" is its root */
		struct vfs *other; /* owned */
	} * mounts;
	size_t mount_count;
	struct str device; /* that it is mounted from; empty: none */
	bool is_device_writable;
	struct blocks *blocks; /* where it lies; NULL: a folder */
	char *subvolume; /* of a btrfs that is mounted; NULL: the default one; owned */
	/* Work out what changes bring about, for edit.h; NULL: it is only read. Nothing is
	 * written; @changes live as long as the writer. */
	int (*prepare)(struct vfs *vfs, const struct edit_changes *changes,
		       struct edit_writer **out, struct error *err);
};

enum {
	VFS_NAME_MOST = 255,
	VFS_TARGET_MOST = 4096,	   /* of a link, bytes */
	VFS_PIECE_BYTES = 1 << 20, /* the most that is given to a vfs_take at once */
};

/** Where a walk stands: a folder that was entered, or what was looked for. */
struct vfs_place {
	struct vfs *fs;
	uint64_t node;
	struct vfs_stat stat;
	char *name;
	bool is_root; /* of fs */
};

/** A walk through a vfs, its mounts and links: the places from the root to where it ended. */
struct vfs_walk {
	struct vfs *vfs;
	struct vfs_place *places;
	size_t count;
	unsigned links;	 /* followed so far */
	struct str rest; /* what is still to be taken */
	size_t next;	 /* offset in it */
};

/** Walk to @path.
 *
 * @follow: whether a link at the end is followed
 * @walk:   filled also on failure: vfs_walk_end gives it back
 * Errors:  those of vfs_stat, with the path in the trail
 * Returns: the place, which lives as long as the walk, or NULL
 */
const struct vfs_place *vfs_walk_to(struct vfs *vfs, const char *path, bool follow,
				    struct vfs_walk *walk, struct error *err);

/** The path of where a walk stands, in the file system that it stands in, without links: it is
 * added to @out, "" for the root, else "/a/b". */
void vfs_walk_path(const struct vfs_walk *walk, struct str *out);

/** Give a walk back. */
void vfs_walk_end(struct vfs_walk *walk);

#define VFS_WALK_NONE                                                                    \
	((struct vfs_walk){                                                              \
		.vfs = NULL, .places = NULL, .count = 0, .links = 0, .rest = STR_EMPTY})
#define autowalk __attribute__((cleanup(vfs_walk_end)))

/** The kind of a mode of stat(2). */
enum vfs_kind vfs_kind_of(uint32_t mode);

/** Add a name; "." and ".." are left out.
 *
 * @length: bytes; @name needs no NUL
 * @node:   what the back end wants to find in the row again
 * Errors:  ERROR_INPUT for a name that no folder can have, and for too many names
 * Returns: 0 or -1
 */
nodiscard int vfs_names_add(struct vfs_names *names, const char *name, size_t length,
			    enum vfs_kind kind, uint64_t node, struct error *err);

/** Sort by bytes. */
void vfs_names_sort(struct vfs_names *names);

/** Find a name in sorted ones. Returns: the row, or NULL */
const struct vfs_name *vfs_names_find(const struct vfs_names *names, const char *name);

/** Give the memory back. */
void vfs_names_clear(struct vfs_names *names);

#define autonames __attribute__((cleanup(vfs_names_clear)))

#endif
