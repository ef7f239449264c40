/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "disk/target_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "sys/root.h"

enum { TEXT_MOST = 4096, NAMES_MOST = 65536 };

char *system_text(int root_fd, const char *fmt, ...)
{
	autostr struct str text = STR_EMPTY;
	autofree char *path = NULL;
	va_list list;
	int length;

	va_start(list, fmt);
	length = vasprintf(&path, fmt, list);
	va_end(list);
	if (length < 0)
		abort();
	if (sys_root_read(root_fd, path, TEXT_MOST, &text, NULL) != 0 || text.length == 0)
		return NULL;
	str_trim_end(text.bytes);
	return text.bytes[0] != '\0' ? bytes_text(text.bytes, strlen(text.bytes)) : NULL;
}

uint64_t system_number(int root_fd, const char *path)
{
	autofree char *text = system_text(root_fd, "%s", path);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **system_names(int root_fd, const char *path, size_t *out_count)
{
	const int fd = sys_root_open(root_fd, path, O_RDONLY | O_DIRECTORY, NULL);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char **names = NULL;
	size_t count = 0;

	if (folder == NULL) {
		if (fd >= 0)
			(void)close(fd); /* only read */
		*out_count = 0;
		return NULL;
	}
	while (count < NAMES_MOST && (entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names = mem_grow(names, count, sizeof(*names));
		names[count++] = str_copy(entry->d_name);
	}
	(void)closedir(folder); /* only read */
	if (count > 1)
		qsort(names, count, sizeof(*names), compare_names);
	*out_count = count;
	return names;
}

void system_free_names(char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

dev_t system_parse_device(const char *text)
{
	unsigned high, low;

	return text != NULL && sscanf(text, "%u:%u", &high, &low) == 2
		       ? makedev(high, low)
		       : 0;
}

dev_t system_device_named(int root_fd, const char *name)
{
	autofree char *text = system_text(root_fd, "/sys/class/block/%s/dev", name);

	return system_parse_device(text);
}

char *system_folder(dev_t device)
{
	struct str text = STR_EMPTY;

	str_addf(&text, "/sys/dev/block/%u:%u", major(device), minor(device));
	return text.bytes;
}

char *system_name(int root_fd, dev_t device)
{
	autofree char *folder = system_folder(device);
	autostr struct str link = STR_EMPTY;
	const char *last;

	if (sys_root_link(root_fd, folder, &link, NULL) != 0)
		return str_copy(strrchr(folder, '/') + 1);
	last = strrchr(link.bytes, '/');
	return str_copy(last != NULL ? last + 1 : link.bytes);
}

/* A node: there is one on this machine, but none in a captured tree. */
static dev_t device_of_node(int root_fd, const char *path)
{
	autoclose int fd = sys_root_open(root_fd, path, O_PATH, NULL);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISBLK(info.st_mode))
		return 0;
	return info.st_rdev;
}

static dev_t device_mapped(int root_fd, const char *name)
{
	size_t count, i;
	char **names = system_names(root_fd, "/sys/class/block", &count);
	dev_t device = 0;

	for (i = 0; i < count && device == 0; i++) {
		autofree char *mapped =
			system_text(root_fd, "/sys/class/block/%s/dm/name", names[i]);

		if (mapped != NULL && strcmp(mapped, name) == 0)
			device = system_device_named(root_fd, names[i]);
	}
	system_free_names(names, count);
	return device;
}

dev_t system_device_at(int root_fd, const char *path)
{
	static const char mapper[] = "/dev/mapper/";
	dev_t device;

	if (strncmp(path, "/dev/", 5) != 0)
		return 0;
	device = device_of_node(root_fd, path);
	if (device == 0 && strncmp(path, mapper, sizeof(mapper) - 1) == 0)
		device = device_mapped(root_fd, path + sizeof(mapper) - 1);
	if (device == 0 && strchr(path + 5, '/') == NULL)
		device = system_device_named(root_fd, path + 5);
	return device;
}
