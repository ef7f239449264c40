/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_names.c - the names of a folder, however large it says that it is. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "guest/vfs_back.h"

/* Real folders of systems have some 10,000 names; /var/mail or a cache may have a million. */
enum { NAMES_MOST = 2000000, BYTES_MOST = 96 << 20 };

static bool is_dots(const char *name, size_t length)
{
	return (length == 1 && name[0] == '.') ||
	       (length == 2 && name[0] == '.' && name[1] == '.');
}

int vfs_names_add(struct vfs_names *names, const char *name, size_t length,
		  enum vfs_kind kind, uint64_t node, struct error *err)
{
	if (is_dots(name, length))
		return 0;
	if (length == 0 || length > VFS_NAME_MOST || memchr(name, '/', length) != NULL ||
	    memchr(name, '\0', length) != NULL)
		return error_set(err, ERROR_INPUT,
				 "a name of %zu bytes that no folder can have", length);
	if (names->count == NAMES_MOST || names->bytes.length > BYTES_MOST)
		return error_set(err, ERROR_INPUT,
				 "more than %zu names are in one folder", names->count);
	names->rows = mem_grow(names->rows, names->count, sizeof(*names->rows));
	names->rows[names->count++] =
		(struct vfs_name){.at = names->bytes.length, .kind = kind, .node = node};
	str_add_bytes(&names->bytes, name, length);
	str_add_bytes(&names->bytes, "", 1);
	return 0;
}

static int compare(const void *left, const void *right, void *bytes)
{
	const struct vfs_name *first = left, *second = right;

	return strcmp((const char *)bytes + first->at, (const char *)bytes + second->at);
}

void vfs_names_sort(struct vfs_names *names)
{
	if (names->count > 1)
		qsort_r(names->rows, names->count, sizeof(*names->rows), compare,
			names->bytes.bytes);
}

const struct vfs_name *vfs_names_find(const struct vfs_names *names, const char *name)
{
	size_t low = 0, high = names->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(names->bytes.bytes + names->rows[middle].at, name);
		if (order == 0)
			return &names->rows[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void vfs_names_clear(struct vfs_names *names)
{
	str_clear(&names->bytes);
	free(names->rows);
	*names = VFS_NAMES_EMPTY;
}
