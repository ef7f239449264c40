/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_walk.c - one name at a time, whatever the file system: only here are links followed and
 * mounts crossed, so that no back end can lead out of its root. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/vfs_back.h"

/* LINKS_MOST is Linux's; a back end may hold a descriptor for each level of DEPTH_MOST. */
enum { LINKS_MOST = 40, DEPTH_MOST = 256, REST_MOST = 16 * VFS_TARGET_MOST };

static struct vfs_place *here(const struct vfs_walk *walk)
{
	return &walk->places[walk->count - 1];
}

static void put_node(struct vfs *fs, uint64_t node)
{
	if (fs->ops->put != NULL && node != fs->root)
		fs->ops->put(fs, node);
}

static void go_up(struct vfs_walk *walk)
{
	struct vfs_place *place = here(walk);

	put_node(place->fs, place->node);
	free(place->name);
	walk->count--;
}

static int fail(int os, const char *what, struct error *err)
{
	errno = os;
	return error_sys(err, "%s", what);
}

static struct vfs *mounted_at(const struct vfs *fs, const char *path)
{
	size_t i;

	for (i = fs->mount_count; i-- > 0;)
		if (strcmp(fs->mounts[i].path, path) == 0)
			return fs->mounts[i].other;
	return NULL;
}

void vfs_walk_path(const struct vfs_walk *walk, struct str *out)
{
	size_t first = walk->count - 1, i;

	while (!walk->places[first].is_root)
		first--;
	for (i = first + 1; i < walk->count; i++)
		str_addf(out, "/%s", walk->places[i].name);
}

/* Changes to what is mounted where the walk stands, as often as something is. */
static int cross_mounts(struct vfs_walk *walk, struct error *err)
{
	struct vfs_place *place = here(walk);
	struct vfs *other;

	while (place->fs->mount_count > 0) {
		struct str autostr path = STR_EMPTY;

		vfs_walk_path(walk, &path);
		other = mounted_at(place->fs, path.bytes);
		if (other == NULL)
			break;
		put_node(place->fs, place->node);
		place->fs = other;
		place->node = other->root;
		place->is_root = true;
		if (other->ops->stat(other, other->root, &place->stat, err) != 0)
			return -1;
	}
	return 0;
}

static int push(struct vfs_walk *walk, const struct vfs_place *place, struct error *err)
{
	walk->places = mem_grow(walk->places, walk->count, sizeof(*walk->places));
	walk->places[walk->count++] = *place;
	return cross_mounts(walk, err);
}

/* Takes the next name; NULL when there is none. What ends in '/' must be a folder, as if "."
 * stood behind it. */
static char *next_name(struct vfs_walk *walk, bool *out_is_last)
{
	const char *start = walk->rest.bytes + walk->next;
	const char *name = start + strspn(start, "/");
	const size_t length = strcspn(name, "/");

	if (*start == '\0')
		return NULL;
	*out_is_last = name[length] == '\0';
	walk->next = (size_t)(name + length - walk->rest.bytes);
	return length == 0 ? str_copy(".") : strndup(name, length);
}

/* Puts the target of a link in front of what is left. */
static int follow(struct vfs_walk *walk, const char *target, struct error *err)
{
	struct str rest = STR_EMPTY;

	if (++walk->links > LINKS_MOST)
		return fail(ELOOP, "follow its links", err);
	if (target[0] == '\0')
		return fail(ENOENT, "follow an empty link", err);
	while (target[0] == '/' && walk->count > 1)
		go_up(walk);
	str_add(&rest, target);
	str_add(&rest, walk->rest.bytes + walk->next);
	str_clear(&walk->rest);
	walk->rest = rest;
	walk->next = 0;
	return rest.length > REST_MOST ? fail(ENAMETOOLONG, "follow its links", err) : 0;
}

static int follow_node(struct vfs_walk *walk, struct vfs *fs, uint64_t node,
		       struct error *err)
{
	struct str autostr target = STR_EMPTY;

	if (fs->ops->readlink(fs, node, &target, err) != 0)
		return -1;
	if (target.length > VFS_TARGET_MOST)
		return fail(ENAMETOOLONG, "read a link", err);
	return follow(walk, target.bytes, err);
}

/* Takes a name that was found: enters it, or follows it. */
static int take_node(struct vfs_walk *walk, const char *name, uint64_t node,
		     bool keep_link, struct error *err)
{
	struct vfs_place place = {.fs = here(walk)->fs, .node = node};
	int result = place.fs->ops->stat(place.fs, node, &place.stat, err);

	if (result == 0 && (place.stat.kind != VFS_LINK || keep_link)) {
		place.name = str_copy(name);
		return push(walk, &place, err);
	}
	if (result == 0)
		result = follow_node(walk, place.fs, node, err);
	put_node(place.fs, node);
	return result;
}

static int step(struct vfs_walk *walk, const char *name, bool keep_link,
		struct error *err)
{
	struct vfs_place *place = here(walk);
	uint64_t node;

	if (place->stat.kind != VFS_FOLDER)
		return fail(ENOTDIR, "enter it", err);
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		if (walk->count > 1)
			go_up(walk);
		return 0;
	}
	if (strlen(name) > VFS_NAME_MOST || walk->count == DEPTH_MOST)
		return fail(ENAMETOOLONG, "find it", err);
	if (place->fs->ops->find(place->fs, place->node, name, &node, err) != 0)
		return -1;
	return take_node(walk, name, node, keep_link, err);
}

static int begin(struct vfs_walk *walk, struct vfs *vfs, const char *path,
		 struct error *err)
{
	struct vfs_place root = {.fs = vfs, .node = vfs->root, .is_root = true};

	*walk = (struct vfs_walk){.vfs = vfs, .rest = STR_EMPTY};
	str_add(&walk->rest, path);
	if (vfs->ops->stat(vfs, vfs->root, &root.stat, err) != 0)
		return -1;
	return push(walk, &root, err);
}

const struct vfs_place *vfs_walk_to(struct vfs *vfs, const char *path, bool follow_last,
				    struct vfs_walk *walk, struct error *err)
{
	int result = begin(walk, vfs, path, err);
	bool is_last = false;

	while (result == 0) {
		autofree char *name = next_name(walk, &is_last);

		if (name == NULL)
			return here(walk);
		result = step(walk, name, is_last && !follow_last, err);
	}
	(void)error_frame(err, "'%s'", path);
	return NULL;
}

void vfs_walk_end(struct vfs_walk *walk)
{
	while (walk->count > 0)
		go_up(walk);
	free(walk->places);
	str_clear(&walk->rest);
	*walk = VFS_WALK_NONE;
}
