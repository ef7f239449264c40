/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/inspect_subvolumes.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "model/guest.h"

enum { SUBVOLUMES_MOST = 200, FSTAB_MOST = 1 << 20 };

char *subvolume_of_options(const char *options)
{
	autofree char *copy = options != NULL ? str_copy(options) : NULL;
	char *word, *place = NULL;
	size_t length;

	if (copy == NULL)
		return NULL;
	for (word = strtok_r(copy, ",", &place); word != NULL;
	     word = strtok_r(NULL, ",", &place)) {
		if (strncmp(word, "subvol=", 7) != 0)
			continue;
		word += 7 + strspn(word + 7, "/");
		for (length = strlen(word); length > 0 && word[length - 1] == '/';)
			word[--length] = '\0';
		return str_copy(word);
	}
	return NULL;
}

/* The options with which the fstab of a root mounts "/". */
static char *root_options(struct vfs *root)
{
	autostr struct str text = STR_EMPTY;
	char *line, *place = NULL;

	if (vfs_read(root, "/etc/fstab", FSTAB_MOST, &text, NULL) != 0 ||
	    text.length == 0)
		return NULL;
	for (line = strtok_r(text.bytes, "\n", &place); line != NULL;
	     line = strtok_r(NULL, "\n", &place)) {
		char *words = NULL;
		const char *device = strtok_r(line, " \t", &words);
		const char *folder = strtok_r(NULL, " \t", &words);
		const char *type = strtok_r(NULL, " \t", &words);
		const char *options = strtok_r(NULL, " \t", &words);

		if (device != NULL && device[0] != '#' && folder != NULL &&
		    strcmp(folder, "/") == 0 && type != NULL && options != NULL)
			return str_copy(options);
	}
	return NULL;
}

static int take_folder(const struct vfs_entry *entry, void *data)
{
	struct guest_words *names = data;

	if (entry->kind == VFS_FOLDER)
		guest_words_add(names, entry->name, strlen(entry->name));
	return names->count >= SUBVOLUMES_MOST;
}

/* Folders at the top of all: some of them are subvolumes, which only a mount tells. */
static void list_folders(struct vfs *vfs, struct guest_words *names)
{
	struct vfs *top;

	if (vfs_open_subvolume(vfs, "", &top, NULL) != 0)
		return;
	/* none that can be listed: none that can be the root */
	(void)!vfs_list(top, "/", take_folder, names, NULL);
	vfs_close(top);
}

static bool says_root(struct vfs *vfs, const char *name)
{
	autofree char *options = root_options(vfs);
	autofree char *own = subvolume_of_options(options);

	return own != NULL && strcmp(own, name) == 0;
}

bool subvolume_find_root(struct vfs *vfs, subvolume_judge *is_root, struct vfs **out,
			 char **name)
{
	struct guest_words names = {0};
	struct vfs *best = NULL, *other;
	bool is_certain = false;
	size_t i;

	list_folders(vfs, &names);
	for (i = 0; i < names.count && !is_certain; i++) {
		if (vfs_open_subvolume(vfs, names.list[i], &other, NULL) != 0)
			continue;
		is_certain = is_root(other) && says_root(other, names.list[i]);
		if (!is_certain && (best != NULL || !is_root(other))) {
			vfs_close(other);
			continue;
		}
		vfs_close(best);
		free(*name);
		best = other;
		*name = str_copy(names.list[i]);
	}
	guest_words_clear(&names);
	*out = best;
	return best != NULL;
}
