/* SPDX-License-Identifier: GPL-2.0-or-later */
/** sink_open.h - the disks of this machine as sinks: block devices and regular files. */
#ifndef DISK_SINK_OPEN_H
#define DISK_SINK_OPEN_H

#include <stdbool.h>

#include "base/error.h"
#include "model/sink.h"

/** How a disk is opened. */
enum sink_mode {
	SINK_READ,   /* not held, so that a disk in use can be looked at */
	SINK_ALONE,  /* to be written over: nobody else may use it */
	SINK_SHARED, /* to be written beside its users, who must not need those bytes */
};

/** Open a block device or a regular file as a sink. Reads come from the medium (O_DIRECT); where
 * the file system has no such thing, its cache is dropped before each read, and the sink's caveat
 * says so.
 *
 * SINK_ALONE: O_EXCL on a device keeps mounts, swap, dm and md away. What is opened for writing
 * is locked, too: flock(LOCK_EX) keeps udev and a second moult away.
 *
 * @may_be_file: whether a regular file is taken too; its sectors have 512 bytes
 * @out:    the caller closes it; untouched on failure
 * Errors:  ERROR_REFUSED when it is neither, has no sectors or no whole number of them, is
 *          read-only, or is held by another program; ERROR_SYSTEM
 * Source:  open(2), flock(2), BLKGETSIZE64, BLKSSZGET; https://systemd.io/BLOCK_DEVICE_LOCKING
 * Returns: 0 or -1
 */
nodiscard int sink_open_disk(const char *path, bool may_be_file, enum sink_mode mode,
			     struct sink **out, struct error *err);

#endif
