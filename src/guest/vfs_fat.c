/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_fat.c - the back end of FAT: mdir lists a folder when it is first asked for, mcopy writes a
 * file to a pipe. A node is a place in a list of all that was seen. Names are equal whatever
 * their case, in ASCII. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_back.h"
#include "guest/vfs_fat.h"
#include "guest/vfs_fat_write.h"
#include "guest/vfs_formats.h"
#include "guest/vfs_mount.h"

/* A folder that leads into itself would give names without end. */
enum { NODES_MOST = 200000, LISTING_MOST = 32 << 20, IMAGE_BYTES = 80 };

/* An EFI system partition has some 100 MiB. */
static const uint64_t copy_most = (uint64_t)2 << 30;

struct fat_node {
	char *path; /* as mtools takes it: "::/EFI/BOOT", patterns escaped */
	struct vfs_stat stat;
	struct vfs_names *names; /* of a folder that was read; else NULL */
};

struct fat {
	struct vfs vfs;
	char image[IMAGE_BYTES];
	int copy; /* -1: none */
	struct fat_node **nodes;
	size_t count;
};

static const struct vfs_stat folder_stat = {.kind = VFS_FOLDER, .mode = S_IFDIR | 0755};

static struct fat_node *add_node(struct fat *fat, const char *path,
				 const struct vfs_stat *stat)
{
	struct fat_node *node = mem_zero(1, sizeof(*node));

	node->path = str_copy(path);
	node->stat = *stat;
	fat->nodes = mem_grow(fat->nodes, fat->count, sizeof(struct fat_node *));
	fat->nodes[fat->count++] = node;
	return node;
}

/* mtools takes '[' for the beginning of a pattern; '*' and '?' are in no name. */
static void add_escaped(struct str *path, const char *name)
{
	for (; *name != '\0'; name++)
		if (*name == '[')
			str_add(path, "[[]");
		else
			str_add_bytes(path, name, 1);
}

static int take_listing(const void *bytes, size_t length, void *data, struct error *err)
{
	struct str *listing = data;

	if (length > LISTING_MOST - listing->length)
		return error_set(err, ERROR_INPUT, "a FAT folder has too many names");
	str_add_bytes(listing, bytes, length);
	return 0;
}

static int add_child(struct fat *fat, const struct fat_node *folder,
		     const struct fat_line *line, struct vfs_names *names,
		     struct error *err)
{
	struct str autostr path = STR_EMPTY;
	struct vfs_stat stat = folder_stat;

	if (fat->count == NODES_MOST)
		return error_set(err, ERROR_INPUT,
				 "a FAT file system has too many names");
	if (!line->is_folder) {
		stat.kind = VFS_FILE;
		stat.mode = S_IFREG | 0755;
		stat.size_bytes = line->size_bytes;
	}
	stat.mtime_s = line->mtime_s;
	str_addf(&path, "%s/", folder->path);
	add_escaped(&path, line->name.bytes);
	if (vfs_names_add(names, line->name.bytes, line->name.length, stat.kind,
			  fat->count, err) != 0)
		return -1;
	(void)add_node(fat, path.bytes, &stat);
	return 0;
}

static int parse_listing(struct fat *fat, const struct fat_node *folder, char *listing,
			 struct vfs_names *names, struct error *err)
{
	struct fat_line line;
	char *rest = listing, *text;
	int result = 0;

	while (result == 0 && (text = strsep(&rest, "\n")) != NULL) {
		if (fat_parse_line(text, &line))
			result = add_child(fat, folder, &line, names, err);
		str_clear(&line.name);
	}
	return result;
}

/* The names of a folder, read at most once. */
static const struct vfs_names *names_of(struct fat *fat, uint64_t number,
					struct error *err)
{
	struct fat_node *folder = fat->nodes[number];
	struct str autostr path = STR_EMPTY, listing = STR_EMPTY;
	struct vfs_names *names;

	if (folder->names != NULL)
		return folder->names;
	str_addf(&path, "%s%s", folder->path, number == 0 ? "/" : "");
	if (fat_run(fat->image, (const char *[]){"mdir", "-a", path.bytes, NULL},
		    take_listing, &listing, err) != 0)
		return NULL;
	names = mem_zero(1, sizeof(*names));
	*names = VFS_NAMES_EMPTY;
	if (parse_listing(fat, folder, listing.bytes, names, err) != 0) {
		vfs_names_clear(names);
		free(names);
		return NULL;
	}
	vfs_names_sort(names);
	folder->names = names;
	return names;
}

static int fat_find(struct vfs *vfs, uint64_t folder, const char *name, uint64_t *out,
		    struct error *err)
{
	const struct vfs_names *names = names_of((struct fat *)vfs, folder, err);
	const struct vfs_name *row;
	size_t i;

	if (names == NULL)
		return -1;
	row = vfs_names_find(names, name);
	for (i = 0; i < names->count && row == NULL; i++)
		if (strcasecmp(names->bytes.bytes + names->rows[i].at, name) == 0)
			row = &names->rows[i];
	if (row == NULL) {
		errno = ENOENT;
		return error_sys(err, "find '%s'", name);
	}
	*out = row->node;
	return 0;
}

static int fat_stat(struct vfs *vfs, uint64_t node, struct vfs_stat *out,
		    struct error *err)
{
	(void)err;
	*out = ((struct fat *)vfs)->nodes[node]->stat;
	return 0;
}

static int fat_readlink(struct vfs *vfs, uint64_t node, struct str *out,
			struct error *err)
{
	(void)vfs;
	(void)node;
	(void)out;
	errno = EINVAL; /* FAT has no links */
	return error_sys(err, "read the link");
}

static int fat_list(struct vfs *vfs, uint64_t folder, struct vfs_names *out,
		    struct error *err)
{
	const struct vfs_names *names = names_of((struct fat *)vfs, folder, err);
	const char *name;
	size_t i;

	if (names == NULL)
		return -1;
	for (i = 0; i < names->count; i++) {
		name = names->bytes.bytes + names->rows[i].at;
		if (vfs_names_add(out, name, strlen(name), names->rows[i].kind, 0, err) !=
		    0)
			return -1;
	}
	return 0;
}

/* A file that is being read: no more than its folder promises. */
struct limited {
	uint64_t left;
	vfs_take *take;
	void *data;
	bool is_enough;
};

static int take_limited(const void *bytes, size_t length, void *data, struct error *err)
{
	struct limited *limited = data;
	int result;

	if (length > limited->left)
		return error_set(err, ERROR_INPUT, "it is longer than its folder says");
	limited->left -= length;
	result = limited->take(bytes, length, limited->data, err);
	limited->is_enough = result == 1;
	return result;
}

static int fat_stream(struct vfs *vfs, uint64_t file, vfs_take *take, void *data,
		      struct error *err)
{
	struct fat *fat = (struct fat *)vfs;
	const struct fat_node *node = fat->nodes[file];
	struct limited limited = {
		.left = node->stat.size_bytes, .take = take, .data = data};

	if (limited.left == 0)
		return 0;
	if (fat_run(fat->image, (const char *[]){"mcopy", "-n", node->path, "-", NULL},
		    take_limited, &limited, err) != 0)
		return -1;
	if (limited.left > 0 && !limited.is_enough)
		return error_set(err, ERROR_INPUT,
				 "it ends %" PRIu64 " bytes before what its folder says",
				 limited.left);
	return 0;
}

static void fat_close(struct vfs *vfs)
{
	struct fat *fat = (struct fat *)vfs;
	size_t i;

	for (i = 0; i < fat->count; i++) {
		if (fat->nodes[i]->names != NULL)
			vfs_names_clear(fat->nodes[i]->names);
		free(fat->nodes[i]->names);
		free(fat->nodes[i]->path);
		free(fat->nodes[i]);
	}
	free(fat->nodes);
	own_close(&fat->copy);
	free(fat);
}

static int fat_prepare(struct vfs *vfs, const struct edit_changes *changes,
		       struct edit_writer **out, struct error *err)
{
	return fat_write_prepare(vfs->blocks, copy_most, changes, out, err);
}

static const struct vfs_ops fat_ops = {
	.find = fat_find,
	.stat = fat_stat,
	.readlink = fat_readlink,
	.list = fat_list,
	.stream = fat_stream,
	.close = fat_close,
};

static bool is_power_of_two(unsigned value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* The parameters of a FAT boot sector ("FAT: General Overview of On-Disk Format", Microsoft). */
static bool is_fat(const unsigned char *start, size_t length)
{
	unsigned sector;

	if (length < 512 || start[510] != 0x55 || start[511] != 0xaa)
		return false;
	if (start[0] != 0xeb && start[0] != 0xe9)
		return false;
	if (memcmp(start + 3, "NTFS    ", 8) == 0 ||
	    memcmp(start + 3, "EXFAT   ", 8) == 0)
		return false;
	sector = start[11] | (unsigned)start[12] << 8;
	return is_power_of_two(sector) && sector >= 512 && sector <= 4096 &&
	       is_power_of_two(start[13]) && (start[14] | start[15]) != 0 &&
	       start[16] >= 1 && start[16] <= 4 && start[21] >= 0xf0;
}

/* mtools reads zeros behind the end of an image. */
static int check_size(struct blocks *blocks, struct error *err)
{
	unsigned char start[36];
	uint64_t sectors, bytes;

	if (blocks_read(blocks, 0, start, sizeof(start), err) != 0)
		return -1;
	sectors = start[19] | (uint64_t)start[20] << 8;
	if (sectors == 0)
		sectors = start[32] | (uint64_t)start[33] << 8 |
			  (uint64_t)start[34] << 16 | (uint64_t)start[35] << 24;
	bytes = sectors * (start[11] | (uint64_t)start[12] << 8);
	if (bytes > blocks->size_bytes)
		return error_set(err, ERROR_INPUT,
				 "a FAT file system of %" PRIu64
				 " bytes is cut off: %" PRIu64 " are there",
				 bytes, blocks->size_bytes);
	return 0;
}

/* The image's name for mtools: our own descriptor, seen from the child. */
static int name_image(struct fat *fat, struct blocks *blocks, struct error *err)
{
	int fd = blocks->fd;
	uint64_t offset = blocks->fd_offset;

	if (fd < 0) {
		fat->copy = vfs_copy_blocks(blocks, copy_most, err);
		if (fat->copy < 0)
			return error_frame(err, "vfat");
		fd = fat->copy;
		offset = 0;
	}
	(void)snprintf(fat->image, sizeof(fat->image), "/proc/%ld/fd/%d@@%" PRIu64,
		       (long)getpid(), fd, offset);
	return 0;
}

static int fat_open(struct blocks *blocks, struct vfs **out, struct error *err)
{
	struct fat *fat;

	if (check_size(blocks, err) != 0)
		return -1;
	fat = mem_zero(1, sizeof(*fat));
	fat->vfs = (struct vfs){.ops = &fat_ops,
				.type = "vfat",
				.warning = STR_EMPTY,
				.device = STR_EMPTY,
				.blocks = blocks,
				.prepare = fat_prepare};
	fat->copy = -1;
	(void)add_node(fat, "::", &folder_stat);
	if (name_image(fat, blocks, err) != 0 || names_of(fat, 0, err) == NULL) {
		vfs_close(&fat->vfs);
		return -1;
	}
	*out = &fat->vfs;
	return 0;
}

const struct vfs_format vfs_format_fat = {
	.name = "FAT",
	.is_it = is_fat,
	.open = fat_open,
};
