/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_kernel_write.h - edits of what only the kernel writes: xfs and btrfs. */
#ifndef GUEST_VFS_KERNEL_WRITE_H
#define GUEST_VFS_KERNEL_WRITE_H

#include "guest/edit_back.h"

/** The `prepare` of a file system that the kernel has mounted. It is mounted for writing by the
 * commit, from the same file or device, and not before.
 *
 * Errors:  ERROR_REFUSED when it lies in nothing that the kernel can write to
 * Returns: 0 or -1
 */
int kernel_prepare(struct vfs *vfs, const struct edit_changes *changes,
		   struct edit_writer **out, struct error *err);

#endif
