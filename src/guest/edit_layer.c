/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edit_layer.c - a vfs on top of another one: what is changed is answered from memory. A node is
 * a pointer to what was found. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/edit_back.h"

struct layer {
	struct vfs vfs;
	struct vfs *below;
	const struct edit_changes *changes;
	bool is_folded;
};

/* Something that was found. */
struct node {
	char *path;
	bool has_below;
	uint64_t below; /* its node */
	const struct edit_change *change;
};

static struct node *node_at(uint64_t number)
{
	return (struct node *)(uintptr_t)number;
}

struct edit_change *edit_changes_find(const struct edit_changes *changes,
				      const char *path, bool is_folded)
{
	size_t i;

	for (i = 0; i < changes->count; i++)
		if ((is_folded ? strcasecmp(changes->rows[i]->path, path)
			       : strcmp(changes->rows[i]->path, path)) == 0)
			return changes->rows[i];
	return NULL;
}

static uint64_t add_node(char *path, bool has_below, uint64_t below,
			 const struct edit_change *change)
{
	struct node *node = mem_zero(1, sizeof(*node));

	*node = (struct node){
		.path = path, .has_below = has_below, .below = below, .change = change};
	return (uint64_t)(uintptr_t)node;
}

static int layer_find(struct vfs *vfs, uint64_t number, const char *name, uint64_t *out,
		      struct error *err)
{
	const struct layer *layer = (struct layer *)vfs;
	const struct node *folder = node_at(number);
	struct str autostr path = STR_EMPTY;
	const struct edit_change *change;
	uint64_t below = 0;
	bool is_new;

	str_addf(&path, "%s/%s", folder->path, name);
	change = edit_changes_find(layer->changes, path.bytes, layer->is_folded);
	is_new = change != NULL && edit_change_is_new(change);
	if ((change != NULL && change->kind == EDIT_REMOVE) ||
	    (!is_new && !folder->has_below)) {
		errno = ENOENT;
		return error_sys(err, "find '%s'", name);
	}
	if (!is_new &&
	    layer->below->ops->find(layer->below, folder->below, name, &below, err) != 0)
		return -1;
	*out = add_node(str_copy(path.bytes), !is_new, below, change);
	return 0;
}

/* What a change makes of nothing. */
static struct vfs_stat stat_new(const struct layer *layer,
				const struct edit_change *change)
{
	static const uint32_t types[] = {[EDIT_PUT] = S_IFREG,
					 [EDIT_APPEND] = S_IFREG,
					 [EDIT_REMOVE] = 0,
					 [EDIT_LINK] = S_IFLNK,
					 [EDIT_FOLDER] = S_IFDIR};
	const uint32_t mode = types[change->kind] | change->owner.mode;

	return (struct vfs_stat){.kind = vfs_kind_of(mode),
				 .mode = mode,
				 .uid = change->owner.uid,
				 .gid = change->owner.gid,
				 .size_bytes = change->bytes.length,
				 .mtime_s = layer->changes->time_s};
}

static int layer_stat(struct vfs *vfs, uint64_t number, struct vfs_stat *out,
		      struct error *err)
{
	const struct layer *layer = (struct layer *)vfs;
	const struct node *node = node_at(number);
	const struct edit_change *change = node->change;
	struct vfs_stat stat;

	if (!node->has_below) {
		*out = stat_new(layer, change);
		return 0;
	}
	if (layer->below->ops->stat(layer->below, node->below, &stat, err) != 0)
		return -1;
	if (change != NULL) {
		stat.mtime_s = layer->changes->time_s;
		stat.size_bytes = change->bytes.length +
				  (change->kind == EDIT_APPEND ? stat.size_bytes : 0);
	}
	if (change != NULL && change->has_owner) {
		stat.mode = (stat.mode & (uint32_t)S_IFMT) | change->owner.mode;
		stat.uid = change->owner.uid;
		stat.gid = change->owner.gid;
	}
	*out = stat;
	return 0;
}

static int layer_readlink(struct vfs *vfs, uint64_t number, struct str *out,
			  struct error *err)
{
	const struct layer *layer = (struct layer *)vfs;
	const struct node *node = node_at(number);

	if (node->has_below)
		return layer->below->ops->readlink(layer->below, node->below, out, err);
	str_add_bytes(out, node->change->bytes.bytes, node->change->bytes.length);
	return 0;
}

/* Whether a path names something in a folder; @out_name: its last part. */
static bool lies_in(const char *path, const char *folder, bool is_folded,
		    const char **out_name)
{
	const char *slash = strrchr(path, '/');
	const size_t length = (size_t)(slash - path);

	*out_name = slash + 1;
	if (strlen(folder) != length)
		return false;
	return (is_folded ? strncasecmp(path, folder, length)
			  : strncmp(path, folder, length)) == 0;
}

/* Adds the names of the file system below that are not taken by a change. */
static int list_below(const struct layer *layer, const struct node *folder,
		      struct vfs_names *out, struct error *err)
{
	struct vfs_names autonames names = VFS_NAMES_EMPTY;
	const struct edit_change *change;
	const char *name;
	size_t i;

	if (layer->below->ops->list(layer->below, folder->below, &names, err) != 0)
		return -1;
	for (i = 0; i < names.count; i++) {
		struct str autostr path = STR_EMPTY;

		name = names.bytes.bytes + names.rows[i].at;
		str_addf(&path, "%s/%s", folder->path, name);
		change = edit_changes_find(layer->changes, path.bytes, layer->is_folded);
		if (change != NULL &&
		    (change->kind == EDIT_REMOVE || edit_change_is_new(change)))
			continue;
		if (vfs_names_add(out, name, strlen(name), names.rows[i].kind, 0, err) !=
		    0)
			return -1;
	}
	return 0;
}

static int layer_list(struct vfs *vfs, uint64_t number, struct vfs_names *out,
		      struct error *err)
{
	const struct layer *layer = (struct layer *)vfs;
	const struct node *folder = node_at(number);
	const struct edit_change *change;
	const char *name;
	size_t i;

	if (folder->has_below && list_below(layer, folder, out, err) != 0)
		return -1;
	for (i = 0; i < layer->changes->count; i++) {
		change = layer->changes->rows[i];
		if (!edit_change_is_new(change) ||
		    !lies_in(change->path, folder->path, layer->is_folded, &name))
			continue;
		if (vfs_names_add(out, name, strlen(name), stat_new(layer, change).kind,
				  0, err) != 0)
			return -1;
	}
	return 0;
}

/* A file that something is added to: whether its reader has enough before. */
struct reader {
	vfs_take *take;
	void *data;
	bool is_enough;
};

static int take_below(const void *bytes, size_t length, void *data, struct error *err)
{
	struct reader *reader = data;
	const int result = reader->take(bytes, length, reader->data, err);

	reader->is_enough = result == 1;
	return result;
}

static int layer_stream(struct vfs *vfs, uint64_t number, vfs_take *take, void *data,
			struct error *err)
{
	const struct layer *layer = (struct layer *)vfs;
	const struct node *node = node_at(number);
	const struct edit_change *change = node->change;
	struct reader reader = {.take = take, .data = data};
	size_t at, piece;
	int result = 0;

	if (node->has_below && (change == NULL || change->kind == EDIT_APPEND))
		result = layer->below->ops->stream(layer->below, node->below, take_below,
						   &reader, err);
	if (result != 0 || reader.is_enough || change == NULL)
		return result;
	for (at = 0; at < change->bytes.length && result == 0; at += piece) {
		piece = change->bytes.length - at;
		if (piece > VFS_PIECE_BYTES)
			piece = VFS_PIECE_BYTES;
		result = take(change->bytes.bytes + at, piece, data, err);
	}
	return result < 0 ? -1 : 0;
}

static void layer_put(struct vfs *vfs, uint64_t number)
{
	struct vfs *below = ((struct layer *)vfs)->below;
	struct node *node = node_at(number);

	if (node->has_below && below->ops->put != NULL && node->below != below->root)
		below->ops->put(below, node->below);
	free(node->path);
	free(node);
}

static void layer_close(struct vfs *vfs)
{
	layer_put(vfs, vfs->root);
	free(vfs);
}

static const struct vfs_ops layer_ops = {
	.find = layer_find,
	.stat = layer_stat,
	.readlink = layer_readlink,
	.list = layer_list,
	.stream = layer_stream,
	.put = layer_put,
	.close = layer_close,
};

struct vfs *edit_layer_open(struct vfs *below, const struct edit_changes *changes)
{
	struct layer *layer = mem_zero(1, sizeof(*layer));

	layer->vfs = (struct vfs){.ops = &layer_ops,
				  .type = below->type,
				  .warning = STR_EMPTY,
				  .device = STR_EMPTY};
	layer->vfs.root = add_node(str_copy(""), true, below->root, NULL);
	layer->below = below;
	layer->changes = changes;
	layer->is_folded = strcmp(below->type, "vfat") == 0;
	return &layer->vfs;
}
