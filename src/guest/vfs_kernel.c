/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_kernel.c - xfs and btrfs, read by the kernel beneath a root descriptor. A log that was not
 * replayed shows itself by EROFS (xfs) or in the superblock (btrfs): then a private copy is given
 * to the kernel, and where that cannot be, what is there is read without its log, with a warning.
 * Formats: "XFS Algorithms & Data Structures" (superblock); btrfs.readthedocs.io, "On-disk
 * Format" (superblock). */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/vfs_back.h"
#include "guest/vfs_formats.h"
#include "guest/vfs_kernel_write.h"
#include "guest/vfs_mount.h"

enum { OPTIONS_MOST = 4, BTRFS_SUPER_AT = 65536 };

/* A copy of more would take minutes. */
static const uint64_t copy_most = (uint64_t)8 << 30;

/* How one of the two is mounted. */
struct driver {
	const char *type;
	const char *options[OPTIONS_MOST]; /* always; NULL at the end */
	/* without a replay of the log: what newer kernels know first */
	const char *no_replay[2];
};

static const struct driver xfs = {
	.type = "xfs",
	/* the same image may be mounted twice */
	.options = {"nouuid"},
	.no_replay = {"norecovery", "norecovery"},
};

static const struct driver btrfs = {
	.type = "btrfs",
	.options = {NULL},
	.no_replay = {"rescue=nologreplay", "nologreplay"},
};

/* A device to mount from. */
struct device {
	char path[LOOP_PATH_BYTES];
	int fd;
	bool is_writable;
};

static int mount_device(const struct driver *driver, const struct device *device,
			const char *more, struct error *err)
{
	const char *options[OPTIONS_MOST + 2] = {NULL};
	size_t count = 0;

	while (driver->options[count] != NULL) {
		options[count] = driver->options[count];
		count++;
	}
	options[count] = more;
	return vfs_mount_open(device->path, driver->type, options,
			      device->is_writable ? VFS_MOUNT_REPLAY : VFS_MOUNT_READ,
			      err);
}

/* Mounts what the blocks hold as it is. A source without descriptor is copied. */
static int open_device(struct blocks *blocks, struct device *out, struct error *err)
{
	autoclose int copy = -1;

	if (blocks->fd >= 0) {
		out->fd = vfs_loop_open(blocks->fd, blocks->fd_offset, blocks->size_bytes,
					false, out->path, err);
		return out->fd >= 0 ? 0 : -1;
	}
	copy = vfs_copy_blocks(blocks, copy_most, err);
	if (copy < 0)
		return -1;
	out->fd = vfs_loop_open(copy, 0, blocks->size_bytes, false, out->path, err);
	return out->fd >= 0 ? 0 : -1;
}

/* Lets the kernel replay the log, in a copy, which becomes the device. */
static int mount_copy(const struct driver *driver, struct device *device,
		      struct blocks *blocks, struct error *err)
{
	autoclose int copy = vfs_copy_blocks(blocks, copy_most, err);
	struct device other = {.is_writable = true};
	int root;

	if (copy < 0)
		return -1;
	other.fd = vfs_loop_open(copy, 0, blocks->size_bytes, true, other.path, err);
	if (other.fd < 0)
		return -1;
	root = mount_device(driver, &other, NULL, err);
	if (root < 0) {
		(void)close(other.fd);
		return -1;
	}
	(void)close(device->fd);
	*device = other;
	return root;
}

static int mount_without_log(const struct driver *driver, const struct device *device,
			     struct error *err)
{
	struct error why = {0};
	const int root = mount_device(driver, device, driver->no_replay[0], &why);

	if (root >= 0 || why.os != EINVAL) {
		if (root < 0 && err != NULL)
			*err = why;
		return root;
	}
	return mount_device(driver, device, driver->no_replay[1], err);
}

/* The log has to be replayed: in a copy, or not at all. */
static int mount_dirty(const struct driver *driver, struct device *device,
		       struct blocks *blocks, struct str *warning, struct error *err)
{
	struct error why = {0};
	char text[512];
	int root = mount_copy(driver, device, blocks, &why);

	if (root >= 0)
		return root;
	root = mount_without_log(driver, device, err);
	if (root >= 0)
		str_addf(warning, "its log was not replayed: %s",
			 error_text(&why, text, sizeof(text)));
	return root;
}

/* What the kernel says of a file system that is damaged, or newer than it. */
static int judge(const struct driver *driver, const struct error *why, struct error *err)
{
	if (why->os == EINVAL || why->os == EUCLEAN || why->os == EIO ||
	    why->os == ENOENT || why->os == ESTALE || why->os == EFBIG)
		return error_set(err, ERROR_INPUT,
				 "the kernel does not mount this %s: it is damaged, or "
				 "newer than the kernel (%s)",
				 driver->type, strerror(why->os));
	if (err != NULL)
		*err = *why;
	return -1;
}

/* Makes a mount a vfs. */
static int wrap(const struct driver *driver, int root, const struct device *device,
		struct blocks *blocks, struct vfs **out, struct error *err)
{
	struct vfs *vfs;

	if (vfs_open_folder(root, &vfs, err) != 0) {
		(void)close(root);
		return -1;
	}
	vfs->type = driver->type;
	str_add(&vfs->device, device->path);
	vfs->is_device_writable = device->is_writable;
	vfs->blocks = blocks;
	vfs->prepare = kernel_prepare;
	*out = vfs;
	return 0;
}

/* @is_dirty: it is known that its log was not replayed. */
static int open_driver(const struct driver *driver, struct blocks *blocks, bool is_dirty,
		       struct vfs **out, struct error *err)
{
	struct str autostr warning = STR_EMPTY;
	struct device device = {.fd = -1};
	struct error why = {.os = EROFS};
	int root = -1, result;

	if (open_device(blocks, &device, err) != 0)
		return error_frame(err, "%s", driver->type);
	if (!is_dirty)
		root = mount_device(driver, &device, NULL, &why);
	if (root < 0 && why.os == EROFS)
		root = mount_dirty(driver, &device, blocks, &warning, &why);
	result = root >= 0 ? wrap(driver, root, &device, blocks, out, err)
			   : judge(driver, &why, err);
	if (result == 0)
		str_add(&(*out)->warning, warning.bytes);
	(void)close(device.fd);
	return result;
}

static bool is_xfs(const unsigned char *start, size_t length)
{
	return length >= 4 && memcmp(start, "XFSB", 4) == 0;
}

static int open_xfs(struct blocks *blocks, struct vfs **out, struct error *err)
{
	return open_driver(&xfs, blocks, false, out, err);
}

const struct vfs_format vfs_format_xfs = {
	.name = "xfs",
	.is_it = is_xfs,
	.open = open_xfs,
};

static bool is_btrfs(const unsigned char *start, size_t length)
{
	return length >= BTRFS_SUPER_AT + 4096 &&
	       memcmp(start + BTRFS_SUPER_AT + 0x40, "_BHRfS_M", 8) == 0;
}

static int open_btrfs(struct blocks *blocks, struct vfs **out, struct error *err)
{
	uint64_t devices, log;

	if (blocks_read(blocks, BTRFS_SUPER_AT + 0x60, &log, sizeof(log), err) != 0 ||
	    blocks_read(blocks, BTRFS_SUPER_AT + 0x88, &devices, sizeof(devices), err) !=
		    0)
		return -1;
	devices = le64toh(devices);
	if (devices > 1)
		return error_set(err, ERROR_PARTIAL,
				 "this btrfs lies on %" PRIu64 " devices", devices);
	return open_driver(&btrfs, blocks, log != 0, out, err);
}

int vfs_open_subvolume(struct vfs *vfs, const char *name, struct vfs **out,
		       struct error *err)
{
	struct device device = {.fd = -1, .is_writable = vfs->is_device_writable};
	struct str autostr option = STR_EMPTY;
	struct error why = {0};
	int root;

	if (vfs->type != btrfs.type)
		return error_set(err, ERROR_INPUT, "%s has no subvolumes", vfs->type);
	memcpy(device.path, vfs->device.bytes, vfs->device.length + 1);
	str_addf(&option, "subvol=%s", name[0] != '\0' ? name : "/");
	root = mount_device(&btrfs, &device, option.bytes, &why);
	if (root < 0 && why.os == ENOENT)
		return error_set(err, ERROR_INPUT, "this btrfs has no subvolume '%s'",
				 name);
	if (root < 0)
		return judge(&btrfs, &why, err);
	if (wrap(&btrfs, root, &device, vfs->blocks, out, err) != 0)
		return -1;
	(*out)->subvolume = str_copy(name[0] != '\0' ? name : "/");
	return 0;
}

const struct vfs_format vfs_format_btrfs = {
	.name = "btrfs",
	.is_it = is_btrfs,
	.open = open_btrfs,
};
