/* SPDX-License-Identifier: GPL-2.0-or-later */
/** target.h - the disk that is to be written over, looked at: what it is and what uses it.
 * Nothing is opened for writing. */
#ifndef DISK_TARGET_H
#define DISK_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum target_kind {
	TARGET_OTHER, /* neither of both */
	TARGET_DEVICE,
	TARGET_FILE
};

/** How something uses a disk. */
enum target_use_kind {
	USE_MOUNT, /* a file system is mounted, or an overlay of folders of one */
	USE_SWAP,
	USE_HOLDER,  /* dm, LVM, md, bcache */
	USE_LOOP,    /* a loop device is made of it, or of a file that lies on it */
	USE_PROGRAM, /* another one has opened it for itself alone (O_EXCL) */
	USE_LOCK,    /* another one has locked it (flock, fcntl), as moult and QEMU do */
	USE_COUNT
};

/** Words for the uses: "mounted", "swap", "held", "loop device", "opened", "locked". */
extern const char *const target_use_names[USE_COUNT];

/** One use. */
struct target_use {
	enum target_use_kind kind;
	char *on;   /* the device that is used: "sda2"; the path of a file */
	char *name; /* "/boot", "LVM vg-root (dm-0)", "qemu-system-x86 (process 312)" */
};

/** A partition that the kernel knows. */
struct target_partition {
	char *name;
	dev_t device;
	unsigned number;
	uint64_t start_bytes, size_bytes;
};

/** A disk as it was seen; texts are NULL when it has none. Start zeroed. */
struct target {
	enum target_kind kind;
	char *path;	   /* as given */
	char *real;	   /* without links */
	char *name;	   /* of a device, as the kernel has it: "sda" */
	dev_t device;	   /* of a device its number; of a file that of its file system */
	ino_t inode;	   /* of a file */
	bool is_partition; /* of a larger disk */
	dev_t whole;	   /* that disk, or the device itself */
	uint64_t size_bytes;
	unsigned sector_bytes;
	char *serial, *wwn, *model;
	bool is_read_only;
	struct target_partition *partitions;
	size_t partition_count;
	struct target_use *uses;
	size_t use_count;
	bool holds_root;	/* something of the running system's root lies on it */
	bool is_root_in_memory; /* as in a rescue system: no disk is under the root */
	uint64_t memory_bytes;	/* that is available; 0: not known */
};

/** Look at a disk that is not open in this process.
 *
 * @is_file: whether a regular file is meant; without it only the kind of one is told
 * @out:    the caller clears it; untouched on failure
 * Errors:  ERROR_SYSTEM when there is nothing, or it cannot be read; what cannot be found out
 *          about uses is left out, but that somebody uses it is told by O_EXCL
 * Source:  BLKGETSIZE64, BLKSSZGET, BLKROGET; proc(5); Documentation/ABI of Linux: sysfs-block
 * Returns: 0 or -1
 */
nodiscard int target_look(const char *path, bool is_file, struct target *out,
			  struct error *err);

/** Read what /proc and /sys tell of a disk whose kind and device (of a file: real and inode)
 * stand in @target. What cannot be read stays as it is.
 *
 * @root_fd: the folder that is "/": of this machine or of a captured tree
 */
void target_read_system(int root_fd, struct target *target);

/** Whether a file (an image) lies on a disk, is that disk, or is what a target of loop kind is
 * made of: writing over the disk would then change it while it is read.
 *
 * @root_fd: the folder that is "/"
 * @path:   without links
 * @device: of a device the number of it; else of its file system
 */
bool target_holds_path(int root_fd, const struct target *target, const char *path,
		       dev_t device);

/** The same for a file of this machine.
 *
 * @out:    untouched on failure
 * Errors:  ERROR_SYSTEM when there is no such file
 * Returns: 0 or -1
 */
nodiscard int target_is_same_file(const struct target *target, const char *path,
				  bool *out, struct error *err);

/** Tell the kernel that a disk's partition table changed, so that its partitions are what they say.
 * A file has none, and a disk in use keeps what the kernel knew until the next start.
 *
 * @path:   closed in this process
 * @gone_bytes: start of a partition that left the table, which goes also from a disk in use; 0: none
 * Source:  BLKRRPART, BLKPG of <linux/blkpg.h>
 */
void target_renew(const char *path, uint64_t gone_bytes);

/** The id that a user confirms a disk by: of a file its base name; of a device the serial number,
 * else the WWN, the id of its partition table, its name.
 *
 * @table_id: as struct layout has it
 * Returns: a text that the caller frees
 */
char *target_confirm_id(const struct target *target, const char *table_id);

/** Give the memory back; the target is zeroed. */
void target_clear(struct target *target);

#endif
