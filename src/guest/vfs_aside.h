/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_aside.h - loop devices and mounts for a process that may not make them itself. A process
 * that was started before reads nothing of an image: it makes loop devices of descriptors that it
 * is given, and mounts those alone. */
#ifndef GUEST_VFS_ASIDE_H
#define GUEST_VFS_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/vfs_mount.h"

/** Start that process: from now on vfs_loop_open and vfs_mount_open ask it, here and in processes
 * that are made after it.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int vfs_aside_begin(struct error *err);

/** End it. What it has mounted lives on in its descriptors. */
void vfs_aside_end(void);

/** Whether there is one. */
bool vfs_aside_is_there(void);

/** vfs_loop_open by it. Errors, Returns: as there */
nodiscard int vfs_aside_loop(int fd, uint64_t offset, uint64_t size_bytes,
			     bool is_writable, char out_path[LOOP_PATH_BYTES],
			     struct error *err);

/** vfs_mount_open by it, of a device that vfs_aside_loop made; never VFS_MOUNT_WRITE. Errors,
 * Returns: as there; and ERROR_PARTIAL for options that are too long */
nodiscard int vfs_aside_mount(const char *device, const char *type,
			      const char *const *options, enum vfs_mount_mode mode,
			      struct error *err);

#endif
