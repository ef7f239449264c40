/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_mount.h - what is needed to let the kernel, or a program, read a file system for us: a
 * file that holds it, a loop device on that, and a mount that nobody else sees. */
#ifndef GUEST_VFS_MOUNT_H
#define GUEST_VFS_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

enum { LOOP_PATH_BYTES = 32 };

/** Copy blocks into a new sparse file without name, in $TMPDIR or /var/tmp.
 *
 * @most:   bytes of data (holes do not count) that are copied at most
 * Errors:  ERROR_PARTIAL when there is too much data or no room for it; ERROR_SYSTEM, and
 *          those of the blocks
 * Returns: a descriptor, at its beginning, or -1
 */
nodiscard int vfs_copy_blocks(struct blocks *blocks, uint64_t most, struct error *err);

/** Make a loop device over a part of a file. It goes away by itself when nobody has it open and
 * nothing on it is mounted.
 *
 * @fd:     of the file, or of a block device; it need not stay open
 * @offset, @size_bytes: the part; cut to whole sectors of 512 bytes
 * @out_path: the device
 * Errors:  ERROR_PARTIAL without the right or without loop devices, ERROR_SYSTEM
 * Source:  loop(4); LOOP_CONFIGURE is of Linux 5.8, before it there is LOOP_SET_FD
 * Returns: a descriptor of the device, or -1
 */
nodiscard int vfs_loop_open(int fd, uint64_t offset, uint64_t size_bytes,
			    bool is_writable, char out_path[LOOP_PATH_BYTES],
			    struct error *err);

/** Who may write to what is mounted. */
enum vfs_mount_mode {
	VFS_MOUNT_READ,	  /* nobody: the device stays as it is */
	VFS_MOUNT_REPLAY, /* the kernel, to replay its log; not we */
	VFS_MOUNT_WRITE,
};

/** Mount a device without giving the mount a place: nodev, noexec, nosuid.
 *
 * @type:    "xfs"
 * @options: "KEY" or "KEY=VALUE" each, NULL at the end
 * Errors:   ERROR_PARTIAL without the right or the driver; else ERROR_SYSTEM with `os` set
 * Source:   fsopen(2) of Linux 5.2; before it, mount(2) in a mount namespace of a child
 * Returns:  a descriptor (O_PATH) of the root folder, whose life is that of the mount, or -1
 */
nodiscard int vfs_mount_open(const char *device, const char *type,
			     const char *const *options, enum vfs_mount_mode mode,
			     struct error *err);

#endif
