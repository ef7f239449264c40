/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_fstab.c - what fstab mounts, on a machine whose disks have other names. A kernel's name becomes
 * the UUID of what the partition of that number holds; what is gone is not waited for. Sources:
 * fstab(5), systemd.mount(5), systemd-fstab-generator(8): without "nofail" a device is waited for 90 s,
 * then the emergency shell follows; with it nothing waits, but the start of the device's unit, for
 * x-systemd.device-timeout=. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/parse.h"
#include "guest/predict_links.h"
#include "guest/text.h"
#include "model/device.h"

static const char path[] = "/etc/fstab";
static const char may_fail[] = "nofail,x-systemd.device-timeout=5s";

enum { FIELDS = 4, STEM_MOST = 256 };

/* The fields of a line as they stand there: device, folder, type, options. */
struct field {
	size_t at, length;
};

/* The table while it is gone through. */
struct table {
	const struct fix *fix;
	struct predict predict; /* for the lookup of devices alone */
	char stem[STEM_MOST];	/* of the disk that the root's line names: "/dev/xvda" */
	struct str out, what;
	unsigned line;
	bool has_waited, has_failed; /* what is changed was only waited for, or stops */
};

static size_t take_fields(const char *line, struct field fields[FIELDS])
{
	size_t count = 0, at = 0;

	while (count < FIELDS) {
		at += strspn(line + at, " \t");
		if (line[at] == '\0')
			break;
		fields[count].at = at;
		fields[count].length = strcspn(line + at, " \t");
		at += fields[count++].length;
	}
	return count;
}

/* What stands in front of the number at a device's end. Returns: the number, 0: none */
static unsigned take_stem(const char *device, char stem[STEM_MOST])
{
	size_t length = strlen(device);

	while (length > 0 && strchr("0123456789", device[length - 1]) != NULL)
		length--;
	if (device[length] == '\0' || length >= STEM_MOST)
		return 0;
	memcpy(stem, device, length);
	stem[length] = '\0';
	return (unsigned)strtoul(device + length, NULL, 10);
}

/* The first disk of a machine, as kernels name it. */
static bool is_first_disk(const char *stem)
{
	static const char *const stems[] = {"/dev/sda",	    "/dev/vda",	 "/dev/xvda",
					    "/dev/hda",	    "/dev/ubda", "/dev/nvme0n1p",
					    "/dev/mmcblk0p"};
	size_t i;

	for (i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
		if (strcmp(stem, stems[i]) == 0)
			return true;
	return false;
}

static bool is_usable(const struct layout_content *content, const char *type)
{
	const bool is_swap = strcmp(content->type, "swap") == 0;

	if (content->uuid == NULL || content->uuid[0] == '\0')
		return false;
	if (strcmp(type, "swap") == 0 || is_swap)
		return is_swap && strcmp(type, "swap") == 0;
	if (strcmp(type, "auto") == 0)
		return content->usage != NULL &&
		       strcmp(content->usage, "filesystem") == 0;
	/* ext4's driver mounts the older ones too */
	return strcmp(type, content->type) == 0 ||
	       (text_starts(type, "ext") && text_starts(content->type, "ext"));
}

static const char *usable_uuid(const struct layout_content *contents, size_t count,
			       const char *type)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_usable(&contents[i], type))
			return contents[i].uuid;
	return NULL;
}

/* The UUID of what a partition holds, where that is what the line mounts. Xen gives a disk without
 * a table to a PV guest as "xvda1". */
static const char *uuid_of(const struct inspection *image, unsigned number,
			   const char *type)
{
	const struct layout *layout = &image->layout;
	size_t i;

	if (layout->partition_count == 0)
		return number <= 1 ? usable_uuid(layout->contents, layout->content_count,
						 type)
				   : NULL;
	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].number == number)
			return usable_uuid(layout->partitions[i].contents,
					   layout->partitions[i].content_count, type);
	return NULL;
}

/* The UUID of the file system that the system lies on. */
static const char *root_uuid(const struct inspection *image, const char *type)
{
	size_t i;

	for (i = 0; i < image->volume_count; i++)
		if (image->volumes[i].folder != NULL && image->volumes[i].name == NULL &&
		    strcmp(image->volumes[i].folder, "/") == 0)
			return uuid_of(image, image->volumes[i].partition, type);
	return NULL;
}

/* A device that is named by its place, and what lies there now. */
static const char *uuid_by_place(const struct table *table,
				 const struct guest_mount *mount)
{
	const struct inspection *image = table->fix->image;
	char stem[STEM_MOST] = "", disk[STEM_MOST];
	unsigned number = take_stem(mount->device, stem);

	if (number == 0 && device_split(mount->device, disk, sizeof(disk), &number))
		(void)strcpy(stem,
			     strlen(mount->device) < STEM_MOST ? mount->device : "");
	if (strcmp(mount->folder, "/") == 0)
		return root_uuid(image, mount->type);
	if (strcmp(stem, table->stem) != 0 &&
	    !(table->stem[0] == '\0' && is_first_disk(stem)))
		return NULL;
	return uuid_of(image, number, mount->type);
}

/* Names that depend on the order or the driver of disks. */
static bool is_by_place(const char *device)
{
	char disk[STEM_MOST];
	unsigned number;

	return device_split(device, disk, sizeof(disk), &number) ||
	       text_starts(device, "/dev/disk/by-id/") ||
	       text_starts(device, "/dev/disk/by-path/");
}

static void note(struct table *table, const char *device, const char *how)
{
	str_addf(&table->what, "%sline %u: %.100s %.100s",
		 table->what.length > 0 ? "; " : "", table->line, device, how);
}

static void rename_device(struct table *table, const char *line,
			  const struct field *device, const struct guest_mount *mount,
			  const char *uuid)
{
	autostr struct str how = STR_EMPTY;

	str_add_bytes(&table->out, line, device->at);
	str_addf(&table->out, "UUID=%s%s", uuid, line + device->at + device->length);
	str_addf(&how, "becomes UUID=%s", uuid);
	note(table, mount->device, how.bytes);
	if (strcmp(mount->type, "swap") == 0)
		table->has_waited = true;
	else
		table->has_failed = true;
}

/* Swap that is gone has no use; the line stays to be read. */
static void put_aside(struct table *table, const char *line, const char *device)
{
	str_addf(&table->out, "# moult: not on this machine: %s", line);
	note(table, device, "is gone: swap that is put aside as a comment");
	table->has_waited = true;
}

static void let_fail(struct table *table, const char *line, const struct field *fields,
		     size_t count, const char *device)
{
	const struct field *options = &fields[FIELDS - 1];

	if (count < FIELDS) {
		str_addf(&table->out, "%s%s defaults,%s", line, count < 3 ? " auto" : "",
			 may_fail);
	} else {
		str_add_bytes(&table->out, line, options->at + options->length);
		str_addf(&table->out, ",%s%s", may_fail,
			 line + options->at + options->length);
	}
	note(table, device, "is gone: it may fail (nofail)");
	table->has_failed = true;
}

static bool is_gone(const struct table *table, const char *device)
{
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};

	return predict_find(&table->predict, device, &place, &why) == DEVICE_GONE;
}

/* A line that mounts something. */
static void take_mount(struct table *table, const char *line,
		       const struct guest_mount *mount)
{
	struct field fields[FIELDS];
	const size_t count = take_fields(line, fields);
	const bool is_place = is_by_place(mount->device);
	const char *uuid = NULL;

	if (is_place || strcmp(mount->folder, "/") == 0)
		uuid = uuid_by_place(table, mount);
	if (uuid != NULL && (is_place || is_gone(table, mount->device)))
		rename_device(table, line, &fields[0], mount, uuid);
	else if (predict_is_free_mount(mount) || !is_gone(table, mount->device))
		str_add(&table->out, line);
	else if (strcmp(mount->type, "swap") == 0)
		put_aside(table, line, mount->device);
	else
		let_fail(table, line, fields, count, mount->device);
}

static void take_line(struct table *table, const char *line)
{
	struct guest one = {0};

	fstab_parse(line, &one);
	if (one.mount_count == 1)
		take_mount(table, line, &one.mounts[0]);
	else
		str_add(&table->out, line);
	guest_clear(&one);
}

/* The disk that the system was on, by the line of its root. */
static void find_stem(struct table *table)
{
	const struct guest *guest = &table->fix->image->guest;
	char disk[STEM_MOST];
	unsigned number;
	size_t i;

	for (i = 0; i < guest->mount_count; i++)
		if (strcmp(guest->mounts[i].folder, "/") == 0 &&
		    is_by_place(guest->mounts[i].device) &&
		    take_stem(guest->mounts[i].device, table->stem) == 0 &&
		    device_split(guest->mounts[i].device, disk, sizeof(disk), &number))
			table->stem[0] = '\0';
}

static const char *prevents(const struct table *table)
{
	if (table->has_failed)
		return "a device that is not there under that name is waited for 90 s, "
		       "then the emergency shell follows";
	return "the start waits 90 s for swap that is not there";
}

static bool detect(const struct fix *fix)
{
	return fix->image->guest.mount_count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct table table = {.fix = fix, .out = STR_EMPTY, .what = STR_EMPTY};
	autostr struct str text = STR_EMPTY;
	char *rest, *line;

	(void)err;
	predict_begin(&table.predict, fix->image, fix->platform);
	find_stem(&table);
	if (!fix_text(fix, path, &text))
		return 0;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n")) != NULL) {
		table.line++;
		take_line(&table, line);
		if (rest != NULL)
			str_add(&table.out, "\n");
	}
	(void)fix_put(fix, path, &table.out, NULL, table.what.bytes, prevents(&table));
	str_clear(&table.out);
	str_clear(&table.what);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	return fix_check_link(fix, after, STEP_FSTAB, why);
}

const struct fixer fixer_fstab = {
	.name = "fstab",
	.does = "names mounts by UUID, and lets those that are gone fail",
	.detect = detect,
	.plan = plan,
	.check = check,
};
