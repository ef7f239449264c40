/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform_devices.c - disks and network cards with the drivers on the way to them: the folders
 * above a device in sysfs, those that have a modalias or a driver. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "virt/platform.h"

enum { DISKS_MOST = 64, NICS_MOST = 64, MOUNTS_MOST = 1 << 20, UDEV_MOST = 65536 };

/* Disks that hold nothing to boot from, or are made of others. */
static const char *const passed_over[] = {"loop", "ram", "zram", "dm-", "md",
					  "sr",	  "fd",	 "nbd",	 "mtd"};

static bool is_passed_over(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++)
		if (strncmp(name, passed_over[i], strlen(passed_over[i])) == 0)
			return true;
	return false;
}

/* "../../devices/pci0000:00/..." of a link in /sys/class: from "/sys/devices" on. Returns: a
 * text that the caller frees, NULL when it leads elsewhere */
static char *device_path(const struct place *place, const char *folder, const char *name)
{
	autostr struct str link = STR_EMPTY;
	autofree char *target = NULL;
	struct str path = STR_EMPTY;
	const char *devices;

	str_addf(&link, "%s/%s", folder, name);
	target = place_link(place, link.bytes);
	devices = target != NULL ? strstr(target, "/devices/") : NULL;
	if (devices == NULL)
		return NULL;
	str_addf(&path, "/sys%s", devices);
	return path.bytes;
}

/* Modules are named with "_"; a driver that is built in may have no module. */
static char *driver_at(const struct place *place, const char *path)
{
	static const char *const links[] = {"driver/module", "driver"};
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		autostr struct str link = STR_EMPTY;
		autofree char *target = NULL;
		char *name, *dash;

		str_addf(&link, "%s/%s", path, links[i]);
		target = place_link(place, link.bytes);
		if (target == NULL)
			continue;
		name = strrchr(target, '/');
		name = str_copy(name != NULL ? name + 1 : target);
		while ((dash = strchr(name, '-')) != NULL)
			*dash = '_';
		return name;
	}
	return NULL;
}

/* A bridge of PCI (class 06) is there before any module is. */
static bool is_bridge(const char *modalias)
{
	return modalias != NULL && strncmp(modalias, "pci:", 4) == 0 &&
	       strstr(modalias, "bc06") != NULL;
}

static void add_device(const struct place *place, const char *path,
		       struct platform_chain *out)
{
	autostr struct str file = STR_EMPTY;
	autofree char *modalias = NULL;
	autofree char *driver = NULL;

	str_addf(&file, "%s/modalias", path);
	modalias = place_line(place, file.bytes);
	driver = driver_at(place, path);
	if ((modalias != NULL || driver != NULL) && !is_bridge(modalias))
		platform_add_driver(out, modalias, driver);
}

/* All folders from below "/sys/devices" to the device, the outermost first. */
static void read_chain(const struct place *place, const char *path,
		       struct platform_chain *out)
{
	autofree char *copy = str_copy(path);
	char *slash = copy + strlen("/sys/devices");

	while (*slash != '\0') {
		slash = strchrnul(slash + 1, '/');
		const char kept = *slash;

		*slash = '\0';
		add_device(place, copy, out);
		*slash = kept;
	}
}

/* With multipath an NVMe disk hangs below no controller: its name tells which one it was. */
static char *disk_path(const struct place *place, const char *name)
{
	char controller[32];
	unsigned number;

	if (sscanf(name, "nvme%un", &number) == 1) {
		(void)snprintf(controller, sizeof(controller), "nvme%u", number);
		return device_path(place, "/sys/class/nvme", controller);
	}
	return device_path(place, "/sys/class/block", name);
}

static uint64_t number_at(const struct place *place, const char *name, const char *file,
			  uint64_t otherwise)
{
	autostr struct str path = STR_EMPTY;
	autofree char *line = NULL;

	str_addf(&path, "/sys/class/block/%s/%s", name, file);
	line = place_line(place, path.bytes);
	return line != NULL ? strtoull(line, NULL, 10) : otherwise;
}

static bool is_partition(const struct place *place, const char *name)
{
	return number_at(place, name, "partition", 0) != 0;
}

static void add_disk(const struct place *place, const char *name, struct platform *out)
{
	autofree char *path = disk_path(place, name);
	struct platform_disk *disk;

	if (path == NULL || strstr(path, "/virtual/") != NULL ||
	    out->disk_count == DISKS_MOST)
		return;
	disk = platform_add_disk(out, name);
	disk->size_bytes = number_at(place, name, "size", UINT64_MAX / 512) * 512;
	disk->sector_bytes =
		(unsigned)number_at(place, name, "queue/logical_block_size", 0);
	read_chain(place, path, &disk->chain);
}

/* Call a function for each name of a folder. */
static void each_name(const struct place *place, const char *folder,
		      void (*take)(const struct place *place, const char *name,
				   struct platform *out),
		      struct platform *out)
{
	autostr struct str names = STR_EMPTY;
	char *name, *rest = NULL;

	if (place_list(place, folder, &names, NULL) <= 0)
		return;
	for (name = strtok_r(names.bytes, "\n", &rest); name != NULL;
	     name = strtok_r(NULL, "\n", &rest))
		take(place, name, out);
}

static void take_disk(const struct place *place, const char *name, struct platform *out)
{
	if (!is_passed_over(name) && !is_partition(place, name))
		add_disk(place, name, out);
}

/* The device that "/" lies on: "/dev/vda1" in mountinfo, its last line for "/". */
static char *root_device(const struct place *place)
{
	autostr struct str mounts = STR_EMPTY;
	char *line, *rest = NULL, *device = NULL;

	if (place_read(place, "/proc/self/mountinfo", MOUNTS_MOST, &mounts, NULL) != 0 ||
	    mounts.length == 0)
		return NULL;
	for (line = strtok_r(mounts.bytes, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *dash = strstr(line, " - ");
		char point[8], source[256];

		if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %7s", point) != 1 ||
		    strcmp(point, "/") != 0 || sscanf(dash, " - %*s %255s", source) != 1)
			continue;
		free(device);
		device = strncmp(source, "/dev/", 5) == 0 ? str_copy(source + 5) : NULL;
	}
	return device;
}

/* A partition's name begins with its disk's, and the rest is a number. */
static bool is_on(const char *device, const char *disk)
{
	const size_t length = strlen(disk);
	const char *rest = device + length;

	if (strncmp(device, disk, length) != 0)
		return false;
	rest += *rest == 'p';
	return rest[strspn(rest, "0123456789")] == '\0';
}

/* The boot disk is the one that the system runs from, else the first: a rescue system runs
 * from none. */
static void mark_boot_disk(const struct place *place, struct platform *out)
{
	autofree char *device = root_device(place);
	size_t i;

	for (i = 0; i < out->disk_count; i++)
		if (device != NULL && is_on(device, out->disks[i].name))
			break;
	if (out->disk_count > 0)
		out->disks[i < out->disk_count ? i : 0].is_boot = true;
}

/* Names that udev gives by the card's place, as its database keeps them; otherwise a present
 * name that is none of the kernel's own is one. */
static char *stable_name(const struct place *place, const char *name)
{
	static const char *const keys[] = {
		"E:ID_NET_NAME_ONBOARD=", "E:ID_NET_NAME_SLOT=", "E:ID_NET_NAME_PATH="};
	autostr struct str path = STR_EMPTY, text = STR_EMPTY;
	autofree char *index = NULL;
	const char *found;
	size_t i;

	str_addf(&path, "/sys/class/net/%s/ifindex", name);
	index = place_line(place, path.bytes);
	str_clear(&path);
	str_addf(&path, "/run/udev/data/n%s", index != NULL ? index : "0");
	if (place_read(place, path.bytes, UDEV_MOST, &text, NULL) == 0)
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if ((found = strstr(text.bytes, keys[i])) != NULL) {
				found += strlen(keys[i]);
				return strndup(found, strcspn(found, "\n"));
			}
	return strncmp(name, "eth", 3) != 0 ? str_copy(name) : NULL;
}

static void take_nic(const struct place *place, const char *name, struct platform *out)
{
	autofree char *path = device_path(place, "/sys/class/net", name);
	autostr struct str file = STR_EMPTY;
	autofree char *mtu = NULL;
	struct platform_nic *nic;

	if (path == NULL || strstr(path, "/virtual/") != NULL ||
	    out->nic_count == NICS_MOST)
		return;
	str_addf(&file, "/sys/class/net/%s/master", name);
	if (place_has(place, file.bytes))
		return; /* its bond or bridge has the addresses */
	nic = platform_add_nic(out, name);
	nic->stable = stable_name(place, name);
	str_clear(&file);
	str_addf(&file, "/sys/class/net/%s/address", name);
	nic->mac = place_line(place, file.bytes);
	str_clear(&file);
	str_addf(&file, "/sys/class/net/%s/mtu", name);
	mtu = place_line(place, file.bytes);
	nic->mtu_bytes = mtu != NULL ? (unsigned)strtoul(mtu, NULL, 10) : 0;
	read_chain(place, path, &nic->chain);
}

void platform_read_devices(const struct place *place, struct platform *out)
{
	each_name(place, "/sys/class/block", take_disk, out);
	mark_boot_disk(place, out);
	each_name(place, "/sys/class/net", take_nic, out);
}
