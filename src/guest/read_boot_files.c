/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_boot_files.c - which of the files are there that the loaders' entries name. What a name
 * begins at depends on the file system that the loader looks at: all that it can stand for is
 * looked for here, and who knows the disk chooses. */
#define _GNU_SOURCE
#include <string.h>

#include "base/own.h"
#include "guest/read.h"
#include "guest/text.h"

enum { FILES_MOST = 4096, LINKS_MOST = 4 };

/* Without "." and "..", which a text alone can tell when no folder of it is a link. */
static char *normal_path(const char *path)
{
	autofree char *copy = str_copy(path);
	char *word, *place = NULL, *slash;
	struct str out = STR_EMPTY;

	for (word = strtok_r(copy, "/", &place); word != NULL;
	     word = strtok_r(NULL, "/", &place)) {
		if (strcmp(word, ".") == 0)
			continue;
		if (strcmp(word, "..") != 0) {
			str_addf(&out, "/%s", word);
			continue;
		}
		slash = strrchr(out.bytes, '/');
		if (slash != NULL) {
			*slash = '\0';
			out.length = (size_t)(slash - out.bytes);
		}
	}
	return out.length > 0 ? out.bytes : str_copy("/");
}

/* Where a chain of links at the end of a path leads. */
static char *real_path(struct inspect *look, const char *path)
{
	char *real = normal_path(path);
	unsigned i;

	for (i = 0; i < LINKS_MOST; i++) {
		autostr struct str target = STR_EMPTY, next = STR_EMPTY;
		char *slash = strrchr(real, '/');

		if (vfs_readlink(look->vfs, real, &target, NULL) != 0)
			break;
		if (target.bytes[0] != '/')
			str_addf(&next, "%.*s/", (int)(slash - real), real);
		str_add(&next, target.bytes);
		free(real);
		real = normal_path(next.bytes);
	}
	return real;
}

static bool is_known(const struct guest *guest, const char *path)
{
	size_t i;

	for (i = 0; i < guest->boot_file_count; i++)
		if (strcmp(guest->boot_files[i].path, path) == 0)
			return true;
	return false;
}

static void try_path(struct inspect *look, const char *start, const char *name)
{
	autostr struct str path = STR_EMPTY;
	autofree char *real = NULL;

	str_addf(&path, "%s%s%s", start, name[0] != '/' ? "/" : "", name);
	if (look->guest->boot_file_count == FILES_MOST ||
	    is_known(look->guest, path.bytes) || !vfs_exists(look->vfs, path.bytes))
		return;
	real = real_path(look, path.bytes);
	guest_boot_file_add(look->guest, path.bytes, real);
}

/* @config: path of the configuration that names it */
static void try_name(struct inspect *look, const char *config, const char *name)
{
	const char *slash = strrchr(config, '/');
	autofree char *folder = strndup(config, (size_t)(slash - config));
	const char *rest;

	if (name == NULL)
		return;
	if (name[0] == '(') /* "(hd0,0)/boot/vmlinuz" */
		name += strcspn(name, "/");
	try_path(look, "", name);
	try_path(look, "/boot", name);
	if (name[0] != '/' && folder != NULL)
		try_path(look, folder, name);
	/* behind a subvolume's name */
	rest = name[0] == '/' ? strchr(name + 1, '/') : NULL;
	if (rest != NULL)
		try_path(look, "", rest);
}

static void try_entry(struct inspect *look, const char *config,
		      const struct guest_entry *entry)
{
	size_t i;

	try_name(look, config, entry->kernel);
	try_name(look, config, entry->xen);
	for (i = 0; i < entry->initrds.count; i++)
		try_name(look, config, entry->initrds.list[i]);
}

void read_boot_files(struct inspect *look)
{
	const struct guest *guest = look->guest;
	size_t i, k;

	for (i = 0; i < guest->loader_count; i++)
		for (k = 0; k < guest->loaders[i].entry_count; k++)
			try_entry(look, guest->loaders[i].config,
				  &guest->loaders[i].entries[k]);
}
