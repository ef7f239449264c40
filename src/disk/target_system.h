/* SPDX-License-Identifier: GPL-2.0-or-later */
/** target_system.h - what /proc and /sys of a machine say of block devices and mounts, beneath
 * a root folder. What cannot be read is not there. */
#ifndef DISK_TARGET_SYSTEM_H
#define DISK_TARGET_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A mount, as a line of mountinfo has it. */
struct system_mount {
	dev_t device;
	char *point, *type, *source;
	char *options; /* those of the file system */
	bool is_on_target;
};

struct system_mounts {
	struct system_mount *list; /* in the order of mounting */
	size_t count;
};

/** Read a small text file; white space at its end goes away.
 *
 * @fmt:    its path
 * Returns: a text that the caller frees; NULL when it cannot be read or is empty
 */
char *system_text(int root_fd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Read a number out of a small file. Returns: 0 when there is none */
uint64_t system_number(int root_fd, const char *path);

/** The names in a folder, sorted.
 *
 * @out_count: how many
 * Returns: an array of texts; the caller frees both; NULL when there are none
 */
char **system_names(int root_fd, const char *path, size_t *out_count);

/** Free what system_names gave. */
void system_free_names(char **names, size_t count);

/** Parse "8:1". Returns: 0 when it is no such thing */
dev_t system_parse_device(const char *text);

/** The device that the kernel calls @name. Returns: 0 when there is none */
dev_t system_device_named(int root_fd, const char *name);

/** The folder of a device in sysfs: "/sys/dev/block/8:1".
 *
 * Returns: a text that the caller frees
 */
char *system_folder(dev_t device);

/** How the kernel calls a device: the last name that its folder in sysfs leads to.
 *
 * Returns: a text that the caller frees: "sda1", or "8:1" when it is not known
 */
char *system_name(int root_fd, dev_t device);

/** The device behind a path, as "/dev/sda1", "/dev/mapper/vg-root".
 *
 * Returns: 0 when it is none that can be found
 */
dev_t system_device_at(int root_fd, const char *path);

/** Undo the escapes of proc(5): a space stands there as "\040".
 *
 * Returns: a text that the caller frees
 */
char *system_unescape(const char *text);

/** Read /proc/self/mountinfo. @out: the caller clears it */
void system_read_mounts(int root_fd, struct system_mounts *out);

/** The mount that a path lies on.
 *
 * @path:   absolute, without links
 * Returns: NULL when no mount is known
 */
struct system_mount *system_mount_of(const struct system_mounts *mounts,
				     const char *path);

/** The next folder that an overlay is made of.
 *
 * @rest:   begins as the options of the mount; moved
 * Returns: a text that the caller frees; NULL when there are no more
 */
char *system_next_layer(const char **rest);

/** Give the memory back. */
void system_clear_mounts(struct system_mounts *mounts);

#endif
