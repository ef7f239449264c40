/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_formats.h - the file systems that vfs_open knows: a row for each. */
#ifndef GUEST_VFS_FORMATS_H
#define GUEST_VFS_FORMATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "guest/vfs.h"
#include "model/blocks.h"

/** A kind of file system. */
struct vfs_format {
	const char *name; /* for messages */
	/* Whether the first bytes (some 66 KiB, less where there are less) are its. */
	bool (*is_it)(const unsigned char *start, size_t length);
	int (*open)(struct blocks *blocks, struct vfs **out, struct error *err);
};

extern const struct vfs_format vfs_format_btrfs;
extern const struct vfs_format vfs_format_ext;
extern const struct vfs_format vfs_format_fat;
extern const struct vfs_format vfs_format_xfs;

#endif
