/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_scan.c - rounds over all devices and mounts until nothing more is found. */
#define _GNU_SOURCE
#include "disk/target_scan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/own.h"
#include "base/str.h"

enum { DEVICES_MOST = 4096, UUID_LENGTH = 36 };

void target_add_use(struct target_use **uses, size_t *count, enum target_use_kind kind,
		    char *on, char *name)
{
	*uses = mem_grow(*uses, *count, sizeof(**uses));
	(*uses)[(*count)++] = (struct target_use){kind, on, name};
}

bool target_scan_has(const struct target_scan *scan, dev_t device)
{
	size_t i;

	for (i = 0; i < scan->device_count; i++)
		if (scan->devices[i] == device)
			return device != 0;
	return false;
}

static void add_use(struct target_scan *scan, enum target_use_kind kind, char *on,
		    char *name)
{
	target_add_use(&scan->uses, &scan->use_count, kind, on, name);
}

/* Returns true when it is new. */
static bool add_device(struct target_scan *scan, dev_t device)
{
	if (device == 0 || target_scan_has(scan, device) ||
	    scan->device_count == DEVICES_MOST)
		return false;
	scan->devices = mem_grow(scan->devices, scan->device_count, sizeof(dev_t));
	scan->devices[scan->device_count++] = device;
	return true;
}

/* "LVM vg-root (dm-0)", "md raid1 (md127)", "bcache0" */
static char *describe_holder(int root_fd, const char *name)
{
	autofree char *mapped = system_text(root_fd, "/sys/class/block/%s/dm/name", name);
	autofree char *uuid = system_text(root_fd, "/sys/class/block/%s/dm/uuid", name);
	autofree char *level = system_text(root_fd, "/sys/class/block/%s/md/level", name);
	const bool is_lvm = uuid != NULL && strncmp(uuid, "LVM-", 4) == 0;
	const bool is_crypt = uuid != NULL && strncmp(uuid, "CRYPT-", 6) == 0;
	struct str text = STR_EMPTY;

	if (mapped != NULL)
		str_addf(&text, "%s %s (%s)",
			 is_lvm	    ? "LVM"
			 : is_crypt ? "dm-crypt"
				    : "device-mapper",
			 mapped, name);
	else if (level != NULL)
		str_addf(&text, "md %s (%s)", level, name);
	else
		str_add(&text, name);
	return text.bytes;
}

/* Partitions: folders in the folder of the disk, with a file "partition". */
static bool add_partitions(struct target_scan *scan, const char *folder)
{
	size_t count, i;
	char **names = system_names(scan->root_fd, folder, &count);
	bool is_new = false;

	for (i = 0; i < count; i++) {
		autofree char *number =
			system_text(scan->root_fd, "%s/%s/partition", folder, names[i]);

		if (number != NULL)
			is_new |= add_device(
				scan, system_device_named(scan->root_fd, names[i]));
	}
	system_free_names(names, count);
	return is_new;
}

static bool add_holders(struct target_scan *scan, dev_t device, const char *folder)
{
	autostr struct str path = STR_EMPTY;
	size_t count, i;
	char **names;
	bool is_new = false;

	str_addf(&path, "%s/holders", folder);
	names = system_names(scan->root_fd, path.bytes, &count);
	for (i = 0; i < count; i++) {
		const dev_t holder = system_device_named(scan->root_fd, names[i]);

		if (target_scan_has(scan, holder))
			continue;
		is_new |= add_device(scan, holder);
		add_use(scan, USE_HOLDER, system_name(scan->root_fd, device),
			describe_holder(scan->root_fd, names[i]));
	}
	system_free_names(names, count);
	return is_new;
}

char *target_loop_file(int root_fd, const char *name)
{
	static const char gone[] = " (deleted)";
	char *file = system_text(root_fd, "/sys/class/block/%s/loop/backing_file", name);
	const size_t length = file != NULL ? strlen(file) : 0;

	if (length >= sizeof(gone) - 1 &&
	    strcmp(file + length - (sizeof(gone) - 1), gone) == 0)
		file[length - (sizeof(gone) - 1)] = '\0';
	return file;
}

/* Whether a file is the target, or lies on a mount that lies on it. */
static bool is_on_target(const struct target_scan *scan, const char *path)
{
	const struct system_mount *mount;

	if (scan->file != NULL && strcmp(path, scan->file) == 0)
		return true;
	if (target_scan_has(scan, system_device_at(scan->root_fd, path)))
		return true;
	mount = system_mount_of(&scan->mounts, path);
	return mount != NULL && mount->is_on_target;
}

static bool add_loops(struct target_scan *scan)
{
	size_t count, i;
	char **names = system_names(scan->root_fd, "/sys/class/block", &count);
	bool is_new = false;

	for (i = 0; i < count; i++) {
		autofree char *file = target_loop_file(scan->root_fd, names[i]);

		if (file == NULL || !is_on_target(scan, file) ||
		    !add_device(scan, system_device_named(scan->root_fd, names[i])))
			continue;
		is_new = true;
		add_use(scan, USE_LOOP, str_copy(file), str_copy(names[i]));
	}
	system_free_names(names, count);
	return is_new;
}

/* Whether one of a btrfs' devices lies on the target, and, with @other, whether that device is
 * one of the same btrfs. */
static bool btrfs_has(const struct target_scan *scan, const char *uuid, dev_t other)
{
	bool has_target = false, has_other = other == 0;
	autostr struct str path = STR_EMPTY;
	size_t count, i;
	char **names;
	dev_t device;

	str_addf(&path, "/sys/fs/btrfs/%s/devices", uuid);
	names = system_names(scan->root_fd, path.bytes, &count);
	for (i = 0; i < count; i++) {
		device = system_device_named(scan->root_fd, names[i]);
		has_target |= target_scan_has(scan, device);
		has_other |= device == other;
	}
	system_free_names(names, count);
	return has_target && has_other;
}

/* A mountinfo line of a btrfs has a device number of its own, and names one of its devices. One
 * that cannot be found counts as any. */
static bool is_btrfs_on_target(const struct target_scan *scan, dev_t source)
{
	size_t count, i;
	char **uuids = system_names(scan->root_fd, "/sys/fs/btrfs", &count);
	bool is = false;

	for (i = 0; i < count && !is; i++)
		is = strlen(uuids[i]) == UUID_LENGTH && btrfs_has(scan, uuids[i], source);
	system_free_names(uuids, count);
	return is;
}

static bool is_overlay_on_target(const struct target_scan *scan,
				 const struct system_mount *overlay)
{
	const char *rest = overlay->options;
	const struct system_mount *mount;
	char *layer;
	bool is = false;

	while (!is && (layer = system_next_layer(&rest)) != NULL) {
		mount = system_mount_of(&scan->mounts, layer);
		is = mount != NULL && mount != overlay && mount->is_on_target;
		free(layer);
	}
	return is;
}

static bool is_mount_on_target(const struct target_scan *scan,
			       const struct system_mount *mount)
{
	dev_t source;

	if (target_scan_has(scan, mount->device))
		return true;
	if (strcmp(mount->type, "overlay") == 0)
		return is_overlay_on_target(scan, mount);
	if (major(mount->device) != 0)
		return false;
	source = system_device_at(scan->root_fd, mount->source);
	if (target_scan_has(scan, source))
		return true;
	return strcmp(mount->type, "btrfs") == 0 && is_btrfs_on_target(scan, source);
}

/* What is mounted, for people: the device where there is one. */
static char *mount_source(const struct target_scan *scan,
			  const struct system_mount *mount)
{
	if (major(mount->device) != 0)
		return system_name(scan->root_fd, mount->device);
	if (strncmp(mount->source, "/dev/", 5) == 0)
		return str_copy(mount->source + 5);
	return str_copy(mount->source);
}

static bool add_mounts(struct target_scan *scan)
{
	struct system_mount *mount;
	bool is_new = false;
	size_t i;

	for (i = 0; i < scan->mounts.count; i++) {
		mount = &scan->mounts.list[i];
		if (mount->is_on_target || !is_mount_on_target(scan, mount))
			continue;
		mount->is_on_target = true;
		is_new = true;
		add_use(scan, USE_MOUNT, mount_source(scan, mount),
			str_copy(mount->point));
	}
	return is_new;
}

/* What the target is itself. A loop device holds what it is made of for nobody: other users of
 * that are users of the target too. */
static void begin(struct target_scan *scan, const struct target *target)
{
	dev_t device = target->device;

	if (target->kind == TARGET_FILE)
		scan->file = str_copy(target->real);
	while (target->kind == TARGET_DEVICE && add_device(scan, device)) {
		autofree char *name = system_name(scan->root_fd, device);

		free(scan->file);
		scan->file = target_loop_file(scan->root_fd, name);
		device = scan->file != NULL ? system_device_at(scan->root_fd, scan->file)
					    : 0;
	}
}

void target_scan(int root_fd, const struct target *target, struct target_scan *out)
{
	bool is_new = true;
	size_t i;

	*out = (struct target_scan){.root_fd = root_fd};
	system_read_mounts(root_fd, &out->mounts);
	begin(out, target);
	while (is_new) {
		is_new = add_mounts(out);
		is_new |= add_loops(out);
		for (i = 0; i < out->device_count; i++) {
			autofree char *folder = system_folder(out->devices[i]);

			is_new |= add_partitions(out, folder);
			is_new |= add_holders(out, out->devices[i], folder);
		}
	}
}

void target_scan_clear(struct target_scan *scan)
{
	size_t i;

	for (i = 0; i < scan->use_count; i++) {
		free(scan->uses[i].on);
		free(scan->uses[i].name);
	}
	free(scan->uses);
	free(scan->file);
	free(scan->devices);
	system_clear_mounts(&scan->mounts);
	*scan = (struct target_scan){0};
}
