/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target_mounts.c - /proc/self/mountinfo (proc(5)), and what an overlay is made of
 * (Documentation/filesystems/overlayfs.rst of Linux). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/target_system.h"
#include "sys/root.h"

enum { MOUNTS_MOST = 1 << 22, FIELDS_MOST = 24 };

char *system_unescape(const char *text)
{
	char *copy = str_copy(text);
	const char *from = copy;
	char *to = copy;

	while (*from != '\0') {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return copy;
}

/* 36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/root rw,errors=continue */
static void add_line(char *line, struct system_mounts *out)
{
	char *fields[FIELDS_MOST], *rest = line;
	struct system_mount mount = {0};
	size_t count = 0, dash = 6;

	while (count < FIELDS_MOST && (fields[count] = strsep(&rest, " ")) != NULL)
		count++;
	while (dash < count && strcmp(fields[dash], "-") != 0)
		dash++;
	if (dash + 3 >= count)
		return;
	mount.device = system_parse_device(fields[2]);
	mount.point = system_unescape(fields[4]);
	mount.type = str_copy(fields[dash + 1]);
	mount.source = system_unescape(fields[dash + 2]);
	mount.options = system_unescape(fields[dash + 3]);
	out->list = mem_grow(out->list, out->count, sizeof(*out->list));
	out->list[out->count++] = mount;
}

void system_read_mounts(int root_fd, struct system_mounts *out)
{
	autostr struct str text = STR_EMPTY;
	char *rest, *line;

	*out = (struct system_mounts){0};
	if (sys_root_read(root_fd, "/proc/self/mountinfo", MOUNTS_MOST, &text, NULL) != 0)
		return;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			add_line(line, out);
}

/* Whether @path is @folder or lies beneath it. */
static bool is_beneath(const char *path, const char *folder)
{
	const size_t length = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return path[0] == '/';
	return strncmp(path, folder, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

struct system_mount *system_mount_of(const struct system_mounts *mounts, const char *path)
{
	struct system_mount *best = NULL;
	size_t i;

	/* of two at one place the later one is seen */
	for (i = 0; i < mounts->count; i++)
		if (is_beneath(path, mounts->list[i].point) &&
		    (best == NULL ||
		     strlen(mounts->list[i].point) >= strlen(best->point)))
			best = &mounts->list[i];
	return best;
}

static const char *layers_in(const char *option)
{
	static const char *const keys[] = {
		"lowerdir=", "lowerdir+=", "datadir+=", "upperdir="};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(option, keys[i], strlen(keys[i])) == 0)
			return option + strlen(keys[i]);
	return NULL;
}

/* Layers end at ':', the list at ',', both may be escaped by '\'. */
static char *take_layer(const char **rest)
{
	struct str layer = STR_EMPTY;
	const char *next = *rest;

	for (; *next != '\0' && *next != ':' && *next != ','; next++) {
		if (*next == '\\' && next[1] != '\0')
			next++;
		str_add_bytes(&layer, next, 1);
	}
	*rest = next;
	return layer.length > 0 ? layer.bytes : NULL;
}

char *system_next_layer(const char **rest)
{
	const char *next = *rest, *layers;
	char *layer = NULL;

	while (layer == NULL && *next != '\0') {
		layers = *next == ':' ? next + 1 : layers_in(next);
		next = layers != NULL ? layers : next + strcspn(next, ",");
		if (layers != NULL)
			layer = take_layer(&next);
		next += *next == ',';
	}
	*rest = next;
	return layer;
}

void system_clear_mounts(struct system_mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->count; i++) {
		free(mounts->list[i].point);
		free(mounts->list[i].type);
		free(mounts->list[i].source);
		free(mounts->list[i].options);
	}
	free(mounts->list);
	*mounts = (struct system_mounts){0};
}
