/* SPDX-License-Identifier: GPL-2.0-or-later */
/** target_scan.h - which devices and mounts lie on a disk, whatever is between: partitions,
 * dm, md, loop devices over files, btrfs over several devices, overlays. */
#ifndef DISK_TARGET_SCAN_H
#define DISK_TARGET_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "disk/target.h"
#include "disk/target_system.h"

/** What was found; begins with what the target is itself. */
struct target_scan {
	int root_fd;
	char *file; /* that the target is, or that a loop device is made of which it is */
	dev_t *devices;
	size_t device_count;
	struct system_mounts mounts; /* is_on_target is set where they are */
	struct target_use *uses;     /* in the order of finding */
	size_t use_count;
};

/** Follow all that lies on a disk. @out: the caller clears it */
void target_scan(int root_fd, const struct target *target, struct target_scan *out);

/** Whether a device lies on the disk, or is it. */
bool target_scan_has(const struct target_scan *scan, dev_t device);

/** The file that a loop device is made of.
 *
 * @name:   as the kernel calls the device
 * Returns: a text that the caller frees; NULL when it is no loop device in use
 */
char *target_loop_file(int root_fd, const char *name);

/** Whether a mount needs no disk: it lies in memory, as do all layers and files below it.
 *
 * @mount:  NULL is no mount, and not in memory
 */
bool target_is_in_memory(int root_fd, const struct system_mounts *mounts,
			 const struct system_mount *mount);

/** Add a use. @uses, @count: of an array that grows; @on, @name: taken over */
void target_add_use(struct target_use **uses, size_t *count, enum target_use_kind kind,
		    char *on, char *name);

/** Give the memory back. */
void target_scan_clear(struct target_scan *scan);

#endif
