/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs.c - what a caller can ask of a guest's files, on top of the walk and a back end. */
#define _GNU_SOURCE
#include "guest/vfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_back.h"

enum vfs_kind vfs_kind_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return VFS_FILE;
	case S_IFDIR:
		return VFS_FOLDER;
	case S_IFLNK:
		return VFS_LINK;
	default:
		return VFS_OTHER;
	}
}

int vfs_stat(struct vfs *vfs, const char *path, bool follow, struct vfs_stat *out,
	     struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = vfs_walk_to(vfs, path, follow, &walk, err);

	if (place == NULL)
		return -1;
	*out = place->stat;
	return 0;
}

bool vfs_exists(struct vfs *vfs, const char *path)
{
	struct vfs_stat stat;

	return vfs_stat(vfs, path, true, &stat, NULL) == 0;
}

/* Walks to a regular file. */
static const struct vfs_place *walk_to_file(struct vfs *vfs, const char *path,
					    struct vfs_walk *walk, struct error *err)
{
	const struct vfs_place *place = vfs_walk_to(vfs, path, true, walk, err);

	if (place != NULL && place->stat.kind != VFS_FILE) {
		(void)error_set(err, ERROR_INPUT, "'%s' is no regular file", path);
		return NULL;
	}
	return place;
}

static int stream(const struct vfs_place *place, const char *path, vfs_take *take,
		  void *data, struct error *err)
{
	if (place->fs->ops->stream(place->fs, place->node, take, data, err) != 0)
		return error_frame(err, "'%s'", path);
	return 0;
}

int vfs_stream(struct vfs *vfs, const char *path, vfs_take *take, void *data,
	       struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = walk_to_file(vfs, path, &walk, err);

	return place != NULL ? stream(place, path, take, data, err) : -1;
}

struct whole {
	struct str bytes;
	size_t most;
};

static int take_whole(const void *bytes, size_t length, void *data, struct error *err)
{
	struct whole *whole = data;

	if (length > whole->most - whole->bytes.length)
		return error_set(err, ERROR_INPUT, "longer than %zu bytes", whole->most);
	str_add_bytes(&whole->bytes, bytes, length);
	return 0;
}

int vfs_read(struct vfs *vfs, const char *path, size_t most, struct str *out,
	     struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = walk_to_file(vfs, path, &walk, err);
	struct whole whole = {.bytes = STR_EMPTY, .most = most};
	int result;

	if (place == NULL)
		return -1;
	if (place->stat.size_bytes > most)
		return error_set(err, ERROR_INPUT,
				 "'%s' is %" PRIu64
				 " bytes long, and no more than %zu are read",
				 path, place->stat.size_bytes, most);
	result = stream(place, path, take_whole, &whole, err);
	if (result == 0)
		str_add_bytes(out, whole.bytes.bytes, whole.bytes.length);
	str_clear(&whole.bytes);
	return result;
}

int vfs_readlink(struct vfs *vfs, const char *path, struct str *out, struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = vfs_walk_to(vfs, path, false, &walk, err);

	if (place == NULL)
		return -1;
	if (place->stat.kind != VFS_LINK) {
		errno = EINVAL;
		return error_sys(err, "read '%s' as a symbolic link", path);
	}
	if (place->fs->ops->readlink(place->fs, place->node, out, err) != 0)
		return error_frame(err, "'%s'", path);
	return 0;
}

/* Gathers the names of a folder, sorted. */
static int gather(struct vfs *vfs, const char *path, struct vfs_names *out,
		  struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = vfs_walk_to(vfs, path, true, &walk, err);

	if (place == NULL)
		return -1;
	if (place->stat.kind != VFS_FOLDER) {
		errno = ENOTDIR;
		return error_sys(err, "list '%s'", path);
	}
	if (place->fs->ops->list(place->fs, place->node, out, err) != 0)
		return error_frame(err, "'%s'", path);
	vfs_names_sort(out);
	return 0;
}

int vfs_list(struct vfs *vfs, const char *path, vfs_visit *visit, void *data,
	     struct error *err)
{
	struct vfs_names autonames names = VFS_NAMES_EMPTY;
	struct vfs_entry entry;
	size_t i;

	if (gather(vfs, path, &names, err) != 0)
		return -1;
	for (i = 0; i < names.count; i++) {
		entry.name = names.bytes.bytes + names.rows[i].at;
		entry.kind = names.rows[i].kind;
		if (visit(&entry, data) != 0)
			break;
	}
	return 0;
}

static bool ends_in(const char *name, const char *suffix)
{
	const size_t length = strlen(name), tail = strlen(suffix);

	return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

int vfs_names(struct vfs *vfs, const char *path, const char *suffix, char ***out,
	      struct error *err)
{
	struct vfs_names autonames names = VFS_NAMES_EMPTY;
	struct error why = {0};
	size_t i, count = 0;
	char **list;

	if (gather(vfs, path, &names, &why) != 0 && why.os != ENOENT &&
	    why.os != ENOTDIR) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	list = mem_zero(names.count + 1, sizeof(*list));
	for (i = 0; i < names.count; i++)
		if (ends_in(names.bytes.bytes + names.rows[i].at, suffix))
			list[count++] = str_copy(names.bytes.bytes + names.rows[i].at);
	*out = list;
	return 0;
}

int vfs_attach(struct vfs *vfs, const char *path, struct vfs *other, struct error *err)
{
	struct vfs_walk autowalk walk = VFS_WALK_NONE;
	const struct vfs_place *place = vfs_walk_to(vfs, path, true, &walk, err);
	struct str where = STR_EMPTY;
	struct vfs *fs;

	if (place == NULL)
		return -1;
	if (place->stat.kind != VFS_FOLDER) {
		errno = ENOTDIR;
		return error_sys(err, "attach to '%s'", path);
	}
	fs = place->fs;
	vfs_walk_path(&walk, &where);
	fs->mounts = mem_grow(fs->mounts, fs->mount_count, sizeof(*fs->mounts));
	fs->mounts[fs->mount_count++] =
		(struct vfs_mount){.path = str_copy(where.bytes), .other = other};
	str_clear(&where);
	return 0;
}

const char *vfs_type(const struct vfs *vfs)
{
	return vfs->type;
}

const char *vfs_warning(const struct vfs *vfs)
{
	return vfs->warning.length > 0 ? vfs->warning.bytes : NULL;
}

void vfs_close(struct vfs *vfs)
{
	size_t i;

	if (vfs == NULL)
		return;
	for (i = 0; i < vfs->mount_count; i++) {
		vfs_close(vfs->mounts[i].other);
		free(vfs->mounts[i].path);
	}
	free(vfs->mounts);
	str_clear(&vfs->warning);
	str_clear(&vfs->device);
	free(vfs->subvolume);
	vfs->ops->close(vfs);
}
