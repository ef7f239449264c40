/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/device.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_tag(const char *device, const char *tag, const char *value)
{
	const size_t length = strlen(tag);
	const char *text = device + length;
	size_t value_length;

	if (value == NULL || value[0] == '\0' || strncmp(device, tag, length) != 0)
		return false;
	text += *text == '"';
	value_length = strcspn(text, "\"");
	return strlen(value) == value_length &&
	       strncasecmp(text, value, value_length) == 0;
}

bool device_is_content(const char *device, const struct layout_content *content)
{
	return is_tag(device, "UUID=", content->uuid) ||
	       is_tag(device, "LABEL=", content->label) ||
	       is_tag(device, "/dev/disk/by-uuid/", content->uuid) ||
	       is_tag(device, "/dev/disk/by-label/", content->label);
}

bool device_is_entry(const char *device, const struct layout_partition *partition)
{
	return is_tag(device, "PARTUUID=", partition->uuid) ||
	       is_tag(device, "PARTLABEL=", partition->name) ||
	       is_tag(device, "/dev/disk/by-partuuid/", partition->uuid) ||
	       is_tag(device, "/dev/disk/by-partlabel/", partition->name);
}

void device_add_mapped(struct str *out, const char *name)
{
	str_add(out, "/dev/mapper/");
	for (; *name != '\0'; name++) {
		if (*name == '/')
			str_add(out, "-");
		else
			str_addf(out, *name == '-' ? "--" : "%c", *name);
	}
}

bool device_is_volume(const char *device, const char *name)
{
	autostr struct str mapped = STR_EMPTY;

	if (strncmp(device, "/dev/", 5) == 0 && strcmp(device + 5, name) == 0)
		return true;
	device_add_mapped(&mapped, name);
	return strcmp(device, mapped.bytes) == 0;
}

bool device_is_tagged(const char *device)
{
	static const char *const starts[] = {
		"UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/disk/by-"};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncmp(device, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* Disks whose name ends in a digit have a "p" in front of the partition's number. */
bool device_split(const char *device, char *out_disk, size_t size, unsigned *out_number)
{
	const char *name = device + 5, *digits;
	size_t length;

	if (strncmp(device, "/dev/", 5) != 0 || name[0] == '\0' ||
	    strchr(name, '/') != NULL)
		return false;
	digits = name + strlen(name);
	while (digits > name && is_digit(digits[-1]))
		digits--;
	length = (size_t)(digits - name);
	if (digits[0] != '\0' && length >= 2 && name[length - 1] == 'p' &&
	    is_digit(name[length - 2])) {
		length--;
	} else if (strncmp(name, "nvme", 4) == 0 || strncmp(name, "mmcblk", 6) == 0) {
		length = strlen(name); /* the digits are the disk's own */
		digits = name + length;
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(out_disk, name, length);
	out_disk[length] = '\0';
	*out_number = (unsigned)strtoul(digits, NULL, 10);
	return true;
}
