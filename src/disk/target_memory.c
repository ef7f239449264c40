/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_memory.c - whether what is mounted needs a disk. The layers of a live system are an
 * overlay of a tmpfs over a squashfs, on a loop device or dm over one, of a file that lies in
 * memory or not. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/target_scan.h"

enum { DEPTH_MOST = 8, RAMDISK_MAJOR = 1 };

static bool is_mount_in_memory(int root_fd, const struct system_mounts *mounts,
			       const struct system_mount *mount, unsigned depth);

static bool is_device_in_memory(int root_fd, const struct system_mounts *mounts,
				dev_t device, unsigned depth)
{
	autofree char *name = system_name(root_fd, device);
	autofree char *file = target_loop_file(root_fd, name);
	autostr struct str path = STR_EMPTY;
	size_t count, i;
	char **names;
	bool is;

	if (depth == 0)
		return false;
	if (file != NULL)
		return is_mount_in_memory(root_fd, mounts, system_mount_of(mounts, file),
					  depth - 1);
	if (major(device) == RAMDISK_MAJOR || strncmp(name, "zram", 4) == 0)
		return true;
	str_addf(&path, "/sys/class/block/%s/slaves", name);
	names = system_names(root_fd, path.bytes, &count);
	is = count > 0;
	for (i = 0; i < count && is; i++)
		is = is_device_in_memory(root_fd, mounts,
					 system_device_named(root_fd, names[i]),
					 depth - 1);
	system_free_names(names, count);
	return is;
}

static bool is_overlay_in_memory(int root_fd, const struct system_mounts *mounts,
				 const struct system_mount *overlay, unsigned depth)
{
	const struct system_mount *mount;
	const char *rest = overlay->options;
	unsigned layers = 0;
	bool is = true;
	char *layer;

	while (is && (layer = system_next_layer(&rest)) != NULL) {
		mount = system_mount_of(mounts, layer);
		is = mount != overlay &&
		     is_mount_in_memory(root_fd, mounts, mount, depth - 1);
		layers++;
		free(layer);
	}
	return is && layers > 0;
}

static bool is_mount_in_memory(int root_fd, const struct system_mounts *mounts,
			       const struct system_mount *mount, unsigned depth)
{
	static const char *const types[] = {"rootfs", "tmpfs", "ramfs", "devtmpfs"};
	size_t i;

	if (mount == NULL || depth == 0)
		return false;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(mount->type, types[i]) == 0)
			return true;
	if (strcmp(mount->type, "overlay") == 0)
		return is_overlay_in_memory(root_fd, mounts, mount, depth);
	return major(mount->device) != 0 &&
	       is_device_in_memory(root_fd, mounts, mount->device, depth);
}

bool target_is_in_memory(int root_fd, const struct system_mounts *mounts,
			 const struct system_mount *mount)
{
	return is_mount_in_memory(root_fd, mounts, mount, DEPTH_MOST);
}
