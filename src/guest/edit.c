/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edit.c - what is asked of a set: each edit is resolved to a path without links in one file
 * system, and kept there. */
#define _GNU_SOURCE
#include "guest/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/edit_set.h"

/* Where an edit leads. */
struct spot {
	struct edit_part *part;
	struct str path; /* in the part's file system */
	bool is_there;
	struct vfs_stat stat;
	struct edit_change *change; /* that the path has already; NULL: none */
};

#define SPOT_NONE ((struct spot){.part = NULL, .path = STR_EMPTY})

static void spot_clear(struct spot *spot)
{
	str_clear(&spot->path);
}

#define autospot __attribute__((cleanup(spot_clear)))

static const struct edit_owner file_owner = {.mode = 0644};
static const struct edit_owner folder_owner = {.mode = 0755};

static int refuse(const char *path, const char *why, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "'%s' %s", path, why);
}

static struct edit_part *part_of(struct edits *edits, const struct vfs *layer)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (edits->parts[i].layer == layer)
			return &edits->parts[i];
	return NULL;
}

static bool is_fat(const struct spot *spot)
{
	return strcmp(spot->part->layer->type, "vfat") == 0;
}

static void find_change(struct spot *spot)
{
	spot->change =
		edit_changes_find(spot->part->changes, spot->path.bytes, is_fat(spot));
}

/* Looks for what is there. */
static int find_there(struct edits *edits, const char *path, bool follow,
		      struct spot *spot, struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place =
		vfs_walk_to(edits->parts[0].layer, path, follow, &walk, err);

	if (place == NULL)
		return -1;
	spot->part = part_of(edits, place->fs);
	spot->stat = place->stat;
	spot->is_there = true;
	vfs_walk_path(&walk, &spot->path);
	find_change(spot);
	return 0;
}

/* The folder and the name of a path; a name that stands for a folder is none. */
static int split(const char *path, char **out_folder, const char **out_name,
		 struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(err, ERROR_INPUT, "'%s' is no name of a file", path);
	if (strlen(name) > VFS_NAME_MOST) {
		errno = ENAMETOOLONG;
		return error_sys(err, "'%.60s...'", path);
	}
	*out_folder = strndup(path, (size_t)(name - path));
	if (*out_folder == NULL)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	*out_name = name;
	return 0;
}

static int make_folders(struct edits *edits, const char *path, struct error *err)
{
	struct str autostr folder = STR_EMPTY;
	struct vfs_stat stat;
	struct error why = {0};

	str_add(&folder, path);
	while (folder.length > 1 && folder.bytes[folder.length - 1] == '/')
		folder.bytes[--folder.length] = '\0';
	if (vfs_stat(edit_vfs(edits), folder.bytes, true, &stat, &why) == 0)
		return 0;
	if (why.os != ENOENT) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	return edit_make_folder(edits, folder.bytes, &folder_owner, err);
}

/* Finds the place of something new; what is above it is made. */
static int find_new(struct edits *edits, const char *path, struct spot *spot,
		    struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place;
	autofree char *folder = NULL;
	const char *name = NULL;

	if (split(path, &folder, &name, err) != 0 ||
	    make_folders(edits, folder, err) != 0)
		return -1;
	place = vfs_walk_to(edits->parts[0].layer, folder, true, &walk, err);
	if (place == NULL)
		return -1;
	if (place->stat.kind != VFS_FOLDER) {
		errno = ENOTDIR;
		return error_sys(err, "make '%s'", path);
	}
	spot->part = part_of(edits, place->fs);
	spot->is_there = false;
	vfs_walk_path(&walk, &spot->path);
	str_addf(&spot->path, "/%s", name);
	find_change(spot);
	return 0;
}

static int check_open(const struct edits *edits, struct error *err)
{
	return !edits->is_prepared
		       ? 0
		       : error_set(err, ERROR_REFUSED,
				   "a set that is prepared takes no more edits");
}

/* Finds a path, there or not. @follow: whether a link at its end is followed */
static int find(struct edits *edits, const char *path, bool follow, struct spot *spot,
		struct error *err)
{
	struct error why = {0};

	if (check_open(edits, err) != 0)
		return -1;
	if (find_there(edits, path, follow, spot, &why) == 0)
		return 0;
	if (why.os != ENOENT) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	if (follow && find_there(edits, path, false, spot, NULL) == 0)
		return refuse(path, "is a link that leads nowhere: remove it first", err);
	return find_new(edits, path, spot, err);
}

static int reserve(struct edits *edits, size_t length, struct error *err)
{
	if (length > EDIT_BYTES_MOST - edits->bytes)
		return error_set(err, ERROR_REFUSED,
				 "the edits need more than %d MiB of memory",
				 EDIT_BYTES_MOST >> 20);
	edits->bytes += length;
	return 0;
}

/* The change of a spot, a new one where it has none. */
static struct edit_change *change_of(struct spot *spot, enum edit_kind kind)
{
	struct edit_changes *changes = spot->part->changes;
	struct edit_change *change = spot->change;

	changes->steps++;
	if (change != NULL)
		return change;
	change = mem_zero(1, sizeof(*change));
	change->kind = kind;
	change->path = str_copy(spot->path.bytes);
	change->bytes = STR_EMPTY;
	change->has_old = spot->is_there;
	change->owner = kind == EDIT_FOLDER ? folder_owner : file_owner;
	changes->rows = mem_grow(changes->rows, changes->count, sizeof(*changes->rows));
	changes->rows[changes->count++] = change;
	spot->change = change;
	return change;
}

/* What was removed in the set is not what comes now. */
static void begin_anew(struct edit_change *change, enum edit_kind kind)
{
	change->kind = kind;
	change->has_owner = false;
	change->owner = file_owner;
	change->drops_old = change->has_old;
	str_clear(&change->bytes);
}

/* Whether a file is already what it shall be. */
static bool is_same(struct edits *edits, const char *path, const struct spot *spot,
		    const void *bytes, size_t length, const struct edit_owner *owner)
{
	struct str autostr now = STR_EMPTY;

	if (!spot->is_there || spot->stat.size_bytes != length)
		return false;
	if (owner != NULL &&
	    ((spot->stat.mode & 07777) != owner->mode || spot->stat.uid != owner->uid ||
	     spot->stat.gid != owner->gid))
		return false;
	return vfs_read(edit_vfs(edits), path, length, &now, NULL) == 0 &&
	       now.length == length && memcmp(now.bytes, bytes, length) == 0;
}

int edit_put(struct edits *edits, const char *path, const void *bytes, size_t length,
	     const struct edit_owner *owner, struct error *err)
{
	struct spot autospot spot = SPOT_NONE;
	struct edit_change *change;

	if (find(edits, path, true, &spot, err) != 0)
		return -1;
	if (spot.is_there && spot.stat.kind != VFS_FILE)
		return refuse(path, "is no regular file", err);
	if (is_fat(&spot))
		owner = NULL; /* it does not keep one */
	if (is_same(edits, path, &spot, bytes, length, owner))
		return 0;
	if (reserve(edits, length, err) != 0)
		return -1;
	change = change_of(&spot, EDIT_PUT);
	if (!spot.is_there && change->kind == EDIT_REMOVE)
		begin_anew(change, EDIT_PUT);
	change->kind = EDIT_PUT;
	str_clear(&change->bytes);
	str_add_bytes(&change->bytes, bytes, length);
	if (owner != NULL) {
		change->has_owner = true;
		change->owner = *owner;
	}
	return 0;
}

int edit_append(struct edits *edits, const char *path, const void *bytes, size_t length,
		struct error *err)
{
	struct spot autospot spot = SPOT_NONE;

	if (check_open(edits, err) != 0 || find_there(edits, path, true, &spot, err) != 0)
		return -1;
	if (spot.stat.kind != VFS_FILE)
		return refuse(path, "is no regular file", err);
	if (length == 0)
		return 0;
	if (reserve(edits, length, err) != 0)
		return -1;
	str_add_bytes(&change_of(&spot, EDIT_APPEND)->bytes, bytes, length);
	return 0;
}

/* Takes a change out of the list: nothing is left of what it made. */
static void forget(struct edit_changes *changes, struct edit_change *change)
{
	size_t i = 0;

	while (changes->rows[i] != change)
		i++;
	changes->count--;
	memmove(changes->rows + i, changes->rows + i + 1,
		(changes->count - i) * sizeof(changes->rows[0]));
	edit_change_free(change);
}

int edit_remove(struct edits *edits, const char *path, struct error *err)
{
	struct spot autospot spot = SPOT_NONE;
	struct edit_change *change;

	if (check_open(edits, err) != 0 ||
	    find_there(edits, path, false, &spot, err) != 0)
		return -1;
	if (spot.stat.kind != VFS_FILE && spot.stat.kind != VFS_LINK)
		return refuse(path, "is neither a regular file nor a link", err);
	change = change_of(&spot, EDIT_REMOVE);
	if (!change->has_old) {
		forget(spot.part->changes, change);
		return 0;
	}
	begin_anew(change, EDIT_REMOVE);
	return 0;
}

static bool is_same_link(struct edits *edits, const char *path, const char *target)
{
	struct str autostr now = STR_EMPTY;

	return vfs_readlink(edit_vfs(edits), path, &now, NULL) == 0 &&
	       strcmp(now.bytes, target) == 0;
}

int edit_link(struct edits *edits, const char *path, const char *target,
	      struct error *err)
{
	struct spot autospot spot = SPOT_NONE;
	struct edit_change *change;

	if (target[0] == '\0' || strlen(target) >= VFS_TARGET_MOST)
		return error_set(err, ERROR_INPUT, "'%.60s' is no target of a link",
				 target);
	if (find(edits, path, false, &spot, err) != 0)
		return -1;
	if (spot.is_there && spot.stat.kind != VFS_FILE && spot.stat.kind != VFS_LINK)
		return refuse(path, "is neither a regular file nor a link", err);
	if (is_fat(&spot))
		return refuse(path, "would be a link, which FAT does not have", err);
	if (is_same_link(edits, path, target))
		return 0;
	if (reserve(edits, strlen(target), err) != 0)
		return -1;
	change = change_of(&spot, EDIT_LINK);
	begin_anew(change, EDIT_LINK);
	change->owner.mode = 0777;
	str_add(&change->bytes, target);
	return 0;
}

int edit_make_folder(struct edits *edits, const char *path,
		     const struct edit_owner *owner, struct error *err)
{
	struct spot autospot spot = SPOT_NONE;
	struct edit_change *change;

	if (find(edits, path, true, &spot, err) != 0)
		return -1;
	if (spot.is_there)
		return spot.stat.kind == VFS_FOLDER ? 0
						    : refuse(path, "is no folder", err);
	change = change_of(&spot, EDIT_FOLDER);
	if (change->kind == EDIT_REMOVE)
		begin_anew(change, EDIT_FOLDER);
	change->owner = owner != NULL ? *owner : folder_owner;
	return 0;
}
