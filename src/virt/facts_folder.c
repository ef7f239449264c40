/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts_folder.c - the file system that the copy tests write in, and the disk below it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/own.h"
#include "base/str.h"
#include "virt/facts_add.h"

enum { MOUNTS_MOST = 1 << 20, LINE_MOST = 4096 };

static const struct {
	uint32_t magic; /* statfs(2); the same numbers stand in linux/magic.h */
	const char *name;
} file_systems[] = {
	{0xef53, "ext4"},      {0x58465342, "xfs"},	  {0x9123683e, "btrfs"},
	{0x01021994, "tmpfs"}, {0x794c7630, "overlayfs"}, {0x6969, "nfs"},
	{0x01021997, "9p"},    {0x65735546, "fuse"},	  {0x2fc12fc1, "zfs"},
	{0xf2f52010, "f2fs"},  {0x858458f6, "ramfs"},	  {0x4d44, "vfat"},
};

static void add_type(const struct place *place, const char *folder,
		     struct environment *out)
{
	struct statfs info;
	char text[32];
	size_t i;

	if (statfs(folder, &info) != 0) {
		environment_add(out, "tests.file_system", NULL, "statfs(2)",
				"statfs failed");
		return;
	}
	(void)snprintf(text, sizeof(text), "type 0x%lx", (unsigned long)info.f_type);
	for (i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == (uint32_t)info.f_type)
			(void)snprintf(text, sizeof(text), "%s", file_systems[i].name);
	facts_add_call(place, "tests.file_system", "statfs(2)", text, out);
}

/* "36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/root rw,errors=continue": the options
 * of the mount, a ";", and those of the file system. */
static char *options_of(const char *mounts, dev_t device)
{
	char id[32];
	const char *line, *mount, *dash;
	struct str out = STR_EMPTY;

	(void)snprintf(id, sizeof(id), "%u:%u", major(device), minor(device));
	for (line = mounts; line != NULL; line = strchr(line, '\n')) {
		char words[6][LINE_MOST];
		char type[64], source[LINE_MOST], super[LINE_MOST];

		line += *line == '\n';
		if (strcspn(line, "\n") >= LINE_MOST ||
		    sscanf(line, "%4095s %4095s %4095s %4095s %4095s %4095s", words[0],
			   words[1], words[2], words[3], words[4], words[5]) != 6 ||
		    strcmp(words[2], id) != 0)
			continue;
		mount = words[5];
		dash = strstr(line, " - ");
		if (dash == NULL ||
		    sscanf(dash, " - %63s %4095s %4095s", type, source, super) != 3)
			continue;
		str_addf(&out, "%s; %s", mount, super);
		return out.bytes;
	}
	return NULL;
}

static void add_options(const struct place *place, const struct stat *info,
			struct environment *out)
{
	static const char path[] = "/proc/self/mountinfo";
	autostr struct str mounts = STR_EMPTY;
	autofree char *options = NULL;

	if (place_read(place, path, MOUNTS_MOST, &mounts, NULL) == 0)
		options = options_of(mounts.bytes, info->st_dev);
	environment_add(out, "tests.mount_options", options, path,
			options != NULL ? NULL : "no mount of that device is listed");
}

/* /sys/dev/block/M:N leads to the disk or to its partition; the queue is the disk's. */
static void add_disk(const struct place *place, const struct stat *info,
		     struct environment *out)
{
	static const struct {
		const char *key, *file;
	} rows[] = {{"tests.disk.scheduler", "queue/scheduler"},
		    {"tests.disk.rotational", "queue/rotational"},
		    {"tests.disk.write_cache", "queue/write_cache"},
		    {"tests.disk.nr_requests", "queue/nr_requests"}};
	autostr struct str base = STR_EMPTY;
	autofree char *target = NULL;
	autofree char *driver = NULL;
	const char *name;
	size_t i;

	str_addf(&base, "/sys/dev/block/%u:%u", major(info->st_dev), minor(info->st_dev));
	target = place_link(place, base.bytes);
	if (target == NULL) {
		environment_add(out, "tests.disk", NULL, base.bytes,
				"the file system is on no block device");
		return;
	}
	name = strrchr(target, '/');
	environment_add(out, "tests.disk", name != NULL ? name + 1 : target, base.bytes,
			NULL);
	autostr struct str whole = STR_EMPTY;

	str_addf(&whole, "%s/partition", base.bytes);
	if (place_has(place, whole.bytes))
		str_add(&base, "/..");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		str_clear(&whole);
		str_addf(&whole, "%s/%s", base.bytes, rows[i].file);
		facts_add_line(place, rows[i].key, whole.bytes, out);
	}
	str_clear(&whole);
	str_addf(&whole, "%s/device/driver", base.bytes);
	driver = place_link(place, whole.bytes);
	name = driver != NULL ? strrchr(driver, '/') : NULL;
	environment_add(out, "tests.disk.driver", name != NULL ? name + 1 : driver,
			whole.bytes, driver != NULL ? NULL : "no driver is named for it");
}

void facts_add_folder(const struct place *place, const char *folder,
		      struct environment *out)
{
	struct stat info;

	environment_add(out, "tests.folder", folder, "--tmpdir or its default", NULL);
	add_type(place, folder, out);
	if (stat(folder, &info) != 0)
		return; /* the fact above says so */
	add_options(place, &info, out);
	add_disk(place, &info, out);
}
