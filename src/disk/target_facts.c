/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_facts.c - what sysfs and /proc say of a disk: Documentation/ABI of Linux,
 * stable/sysfs-block; where the serial number stands differs by driver. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "disk/target_scan.h"
#include "sys/root.h"

enum { SWAPS_MOST = 1 << 20, SECTOR = 512, PAGE_HEAD = 4, PAGE_MOST = 256 };

#define PLACES_MOST 5

/* Beneath the folder of the whole disk; the first that there is counts. */
static const char *const serial_places[PLACES_MOST] = {"serial", "device/serial"};
static const char *const wwn_places[PLACES_MOST] = {"wwid", "device/wwid", "dm/uuid",
						    "md/uuid"};
static const char *const model_places[PLACES_MOST] = {"device/model", "device/name"};

static char *read_first(int root_fd, const char *folder,
			const char *const places[PLACES_MOST])
{
	char *text = NULL;
	size_t i;

	for (i = 0; places[i] != NULL && text == NULL; i++)
		text = system_text(root_fd, "%s/%s", folder, places[i]);
	return text;
}

/* The page of vital product data that SCSI disks have for it: SPC-4, 7.8.15. ATA disks fill it
 * with spaces in front. */
static char *read_scsi_serial(int root_fd, const char *folder)
{
	autostr struct str path = STR_EMPTY, page = STR_EMPTY;
	autofree char *text = NULL;
	size_t length;

	str_addf(&path, "%s/device/vpd_pg80", folder);
	if (sys_root_read(root_fd, path.bytes, PAGE_MOST, &page, NULL) != 0 ||
	    page.length <= PAGE_HEAD)
		return NULL;
	length = (unsigned char)page.bytes[PAGE_HEAD - 1];
	if (length > page.length - PAGE_HEAD)
		length = page.length - PAGE_HEAD;
	text = bytes_text(page.bytes + PAGE_HEAD, length);
	str_trim_end(text);
	length = strspn(text, " ");
	return text[length] != '\0' ? str_copy(text + length) : NULL;
}

static void read_ids(int root_fd, struct target *target)
{
	autofree char *folder = system_folder(target->whole);

	target->serial = read_first(root_fd, folder, serial_places);
	if (target->serial == NULL)
		target->serial = read_scsi_serial(root_fd, folder);
	target->wwn = read_first(root_fd, folder, wwn_places);
	target->model = read_first(root_fd, folder, model_places);
}

static uint64_t number_in(int root_fd, const char *folder, const char *name)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", folder, name);
	return system_number(root_fd, path.bytes);
}

/* A partition's folder is in that of its disk. */
static void read_device(int root_fd, struct target *target)
{
	autofree char *folder = system_folder(target->device);
	autofree char *number = system_text(root_fd, "%s/partition", folder);
	autofree char *above = system_text(root_fd, "%s/../dev", folder);

	target->name = system_name(root_fd, target->device);
	target->is_partition = number != NULL;
	target->whole =
		target->is_partition ? system_parse_device(above) : target->device;
	if (target->size_bytes == 0)
		target->size_bytes = number_in(root_fd, folder, "size") * SECTOR;
	if (target->sector_bytes == 0)
		target->sector_bytes =
			(unsigned)number_in(root_fd, folder, "queue/logical_block_size");
	target->is_read_only |= number_in(root_fd, folder, "ro") != 0;
	read_ids(root_fd, target);
}

static int compare_partitions(const void *a, const void *b)
{
	const struct target_partition *one = a, *two = b;

	return (one->number > two->number) - (one->number < two->number);
}

static void read_partitions(int root_fd, struct target *target)
{
	autofree char *folder = system_folder(target->device);
	struct target_partition partition;
	size_t count, i;
	char **names = system_names(root_fd, folder, &count);

	for (i = 0; i < count; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "%s/%s", folder, names[i]);
		partition.number = (unsigned)number_in(root_fd, path.bytes, "partition");
		if (partition.number == 0)
			continue;
		partition.name = str_copy(names[i]);
		partition.device = system_device_named(root_fd, names[i]);
		partition.start_bytes = number_in(root_fd, path.bytes, "start") * SECTOR;
		partition.size_bytes = number_in(root_fd, path.bytes, "size") * SECTOR;
		target->partitions = mem_grow(target->partitions, target->partition_count,
					      sizeof(partition));
		target->partitions[target->partition_count++] = partition;
	}
	system_free_names(names, count);
	if (target->partition_count > 1)
		qsort(target->partitions, target->partition_count, sizeof(partition),
		      compare_partitions);
}

static void read_swap(struct target_scan *scan, const char *path)
{
	const dev_t device = system_device_at(scan->root_fd, path);
	const struct system_mount *mount = system_mount_of(&scan->mounts, path);
	char *on = NULL;

	if (target_scan_has(scan, device))
		on = system_name(scan->root_fd, device);
	else if ((scan->file != NULL && strcmp(scan->file, path) == 0) ||
		 (device == 0 && mount != NULL && mount->is_on_target))
		on = str_copy(path);
	if (on != NULL)
		target_add_use(&scan->uses, &scan->use_count, USE_SWAP, on,
			       str_copy(path));
}

/* Filename  Type  Size  Used  Priority */
static void read_swaps(struct target_scan *scan)
{
	autostr struct str text = STR_EMPTY;
	char *rest, *line;

	if (sys_root_read(scan->root_fd, "/proc/swaps", SWAPS_MOST, &text, NULL) != 0)
		return;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, " \t")] = '\0';
		autofree char *path = system_unescape(line);

		if (path[0] == '/')
			read_swap(scan, path);
	}
}

/* Kernels before 3.14 have no MemAvailable: what is free and what the caches hold. */
static uint64_t read_memory(int root_fd)
{
	static const char *const rows[] = {"MemFree:", "Buffers:", "Cached:"};
	autofree char *text = system_text(root_fd, "/proc/meminfo");
	uint64_t sum_kib = 0;
	const char *row;
	size_t i;

	if (text == NULL)
		return 0;
	row = strstr(text, "MemAvailable:");
	if (row != NULL)
		return strtoull(row + strlen("MemAvailable:"), NULL, 10) * 1024;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = strstr(text, rows[i]);
		if (row != NULL)
			sum_kib += strtoull(row + strlen(rows[i]), NULL, 10);
	}
	return sum_kib * 1024;
}

void target_read_system(int root_fd, struct target *target)
{
	const struct system_mount *root;
	struct target_scan scan;

	if (target->kind == TARGET_DEVICE) {
		read_device(root_fd, target);
		read_partitions(root_fd, target);
	}
	target_scan(root_fd, target, &scan);
	read_swaps(&scan);
	root = system_mount_of(&scan.mounts, "/");
	target->holds_root = root != NULL && root->is_on_target;
	target->is_root_in_memory = target_is_in_memory(root_fd, &scan.mounts, root);
	target->memory_bytes = read_memory(root_fd);
	target->uses = scan.uses;
	target->use_count = scan.use_count;
	scan.uses = NULL;
	scan.use_count = 0;
	target_scan_clear(&scan);
}
