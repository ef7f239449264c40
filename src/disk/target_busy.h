/* SPDX-License-Identifier: GPL-2.0-or-later */
/** target_busy.h - other programs that have a disk open, or have locked it. */
#ifndef DISK_TARGET_BUSY_H
#define DISK_TARGET_BUSY_H

#include "disk/target.h"

/** Ask the kernel whether a disk of this machine can be had alone, and add who is in the way.
 *
 * @root_fd: the folder that is "/"
 * @fd:     the disk, opened for reading; its lock is tried, and let go when it is closed
 * @target: uses are added; what uses it in ways that are known should stand there
 * Source:  open(2) for O_EXCL on devices; flock(2), F_GETLK; proc(5)
 */
void target_read_busy(int root_fd, int fd, struct target *target);

#endif
