/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_folder.c - folders: read block by block, as they were written for ext2; what speeds
 * up Linux's own lookups (htree) looks like empty entries to such a reader.
 * Format: Documentation/filesystems/ext4/directory.rst of Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_ext.h"

/* A folder of a million names is some 64 MiB long; DOTDOT_BYTES: the parent's number, in front of
 * the entries of a folder that lies in its inode. */
enum {
	FOLDER_BYTES_MOST = 512 << 20,
	INDEX_BYTES_MOST = 16 << 20,
	ENTRY_HEAD_BYTES = 8,
	DOTDOT_BYTES = 4,
	INLINE_START_BYTES = 60
};

/* A folder that is being read. */
struct reader {
	struct ext *ext;
	uint64_t number;
	struct ext2_inode_large inode;
	struct vfs_names *names; /* NULL: only the parent is wanted */
	bool is_for_finding;	 /* a name that cannot be asked for is no fault then */
	uint64_t parent;
};

/* The kind that an entry tells; without the feature "filetype" the inode is asked. */
static enum vfs_kind entry_kind(struct ext *ext, uint32_t number, int type)
{
	static const enum vfs_kind kinds[] = {
		[EXT2_FT_REG_FILE] = VFS_FILE,
		[EXT2_FT_DIR] = VFS_FOLDER,
		[EXT2_FT_SYMLINK] = VFS_LINK,
	};
	struct ext2_inode_large inode;

	if (type > 0 && type < (int)(sizeof(kinds) / sizeof(kinds[0])))
		return kinds[type];
	if (type != 0 || ext_inode_read(ext, number, &inode, NULL) != 0)
		return VFS_OTHER;
	return vfs_kind_of(inode.i_mode);
}

static int take_entry(struct reader *reader, uint32_t number, const char *name,
		      unsigned name_and_type, struct error *err)
{
	const unsigned length = name_and_type & 0xff;

	if (number == 0)
		return 0;
	if (length == 2 && memcmp(name, "..", 2) == 0)
		reader->parent = number;
	if (reader->names == NULL)
		return 0;
	if (reader->is_for_finding && (length == 0 || memchr(name, '/', length) != NULL ||
				       memchr(name, '\0', length) != NULL))
		return 0;
	return vfs_names_add(
		reader->names, name, length,
		entry_kind(reader->ext, number, (int)(name_and_type >> 8) & 7), number,
		err);
}

/* Reads entries that lie behind each other. Each has a head: inode, length of the entry, length
 * and type of the name. */
static int read_entries(struct reader *reader, const char *bytes, size_t size,
			struct error *err)
{
	struct ext2_dir_entry entry;
	unsigned length;
	size_t at = 0;

	while (size - at >= ENTRY_HEAD_BYTES) {
		memcpy(&entry, bytes + at, ENTRY_HEAD_BYTES);
		if (ext2fs_get_rec_len(reader->ext->fs, &entry, &length) != 0)
			length = 0;
		if (length < ENTRY_HEAD_BYTES || length % 4 != 0 || length > size - at ||
		    (entry.name_len & 0xffu) > length - ENTRY_HEAD_BYTES)
			return error_set(err, ERROR_INPUT,
					 "the folder in inode %" PRIu64 " is damaged",
					 reader->number);
		if (take_entry(reader, entry.inode, bytes + at + ENTRY_HEAD_BYTES,
			       entry.name_len, err) != 0)
			return -1;
		at += length;
	}
	return 0;
}

/* A folder that lies in its inode: the parent, entries up to the 60th byte, further ones. */
static int read_inline(struct reader *reader, struct error *err)
{
	struct str autostr bytes = STR_EMPTY;
	uint32_t parent;

	if (ext_inode_read_inline(reader->ext, reader->number, &bytes, err) != 0)
		return -1;
	memcpy(&parent, bytes.bytes, sizeof(parent));
	reader->parent = parent;
	if (read_entries(reader, bytes.bytes + DOTDOT_BYTES,
			 INLINE_START_BYTES - DOTDOT_BYTES, err) != 0)
		return -1;
	return read_entries(reader, bytes.bytes + INLINE_START_BYTES,
			    bytes.length - INLINE_START_BYTES, err);
}

static int read_block(struct reader *reader, uint64_t block, char *buffer,
		      struct error *err)
{
	struct ext *ext = reader->ext;
	errcode_t code;

	ext->view.error.kind = ERROR_NONE;
	code = ext2fs_read_dir_block4(ext->fs, block, buffer, 0,
				      (ext2_ino_t)reader->number);
	if (code != 0)
		return ext_fail(&ext->view, code, "read a folder", err);
	return read_entries(reader, buffer, ext->fs->blocksize, err);
}

static int read_blocks(struct reader *reader, uint64_t count, struct error *err)
{
	struct ext_map autoextmap map = {0};
	autofree char *buffer = mem_zero(1, reader->ext->fs->blocksize);
	struct ext_run run = {0};
	uint64_t at = 0, i;

	if (ext_map_open(reader->ext, reader->number, &reader->inode, &map, err) != 0)
		return -1;
	while (at < count) {
		if (ext_map_find(&map, at, &run, err) != 0)
			return -1;
		if (run.count > count - at)
			run.count = count - at;
		for (i = 0; i < run.count && !run.is_hole; i++)
			if (read_block(reader, run.block + i, buffer, err) != 0)
				return -1;
		at += run.count;
	}
	return 0;
}

static int read_folder(struct reader *reader, struct error *err)
{
	uint64_t count;

	if (ext_inode_read(reader->ext, reader->number, &reader->inode, err) != 0)
		return -1;
	if (!S_ISDIR(reader->inode.i_mode))
		return error_set(err, ERROR_INPUT, "inode %" PRIu64 " is no folder",
				 reader->number);
	if ((reader->inode.i_flags & EXT4_ENCRYPT_FL) != 0)
		return error_set(err, ERROR_INPUT,
				 "the folder is encrypted, with its names");
	if ((reader->inode.i_flags & EXT4_INLINE_DATA_FL) != 0)
		return read_inline(reader, err);
	count = EXT2_I_SIZE(&reader->inode) / reader->ext->fs->blocksize;
	if (EXT2_I_SIZE(&reader->inode) > FOLDER_BYTES_MOST)
		return error_set(err, ERROR_INPUT,
				 "the folder in inode %" PRIu64
				 " says that it is %" PRIu64 " bytes long",
				 reader->number, (uint64_t)EXT2_I_SIZE(&reader->inode));
	/* "." and ".." stand in the first block */
	return read_blocks(reader, reader->names == NULL && count > 1 ? 1 : count, err);
}

int ext_folder_read(struct ext *ext, uint64_t number, struct vfs_names *out,
		    struct error *err)
{
	struct reader reader = {.ext = ext, .number = number, .names = out};

	return read_folder(&reader, err);
}

/* Linux lets a folder have one name only, and its ".." says where. */
static int check_parent(struct ext *ext, uint64_t number, uint64_t folder,
			struct error *err)
{
	struct reader reader = {.ext = ext, .number = number};

	if (read_folder(&reader, err) != 0)
		return -1;
	if (reader.parent != folder || number == folder)
		return error_set(err, ERROR_INPUT,
				 "inode %" PRIu64 " is found in folder %" PRIu64
				 " but says that it lies in %" PRIu64,
				 number, folder, reader.parent);
	return 0;
}

static void clear_index(struct ext_index *index)
{
	vfs_names_clear(&index->names);
	index->inode = 0;
}

void ext_folder_clear(struct ext *ext)
{
	size_t i;

	for (i = 0; i < EXT_INDEXES; i++)
		if (ext->indexes[i].inode != 0)
			clear_index(&ext->indexes[i]);
}

static size_t index_bytes(const struct vfs_names *names)
{
	return names->bytes.length + names->count * sizeof(*names->rows);
}

/* The slot to put a further folder into: the one that was not used for the longest time. What
 * is kept stays small. */
static struct ext_index *free_index(struct ext *ext, size_t more)
{
	struct ext_index *oldest = &ext->indexes[0];
	size_t i, total = more;

	for (i = 0; i < EXT_INDEXES; i++) {
		if (ext->indexes[i].inode != 0)
			total += index_bytes(&ext->indexes[i].names);
		if (ext->indexes[i].used < oldest->used)
			oldest = &ext->indexes[i];
	}
	if (total > INDEX_BYTES_MOST)
		ext_folder_clear(ext);
	if (oldest->inode != 0)
		clear_index(oldest);
	return oldest;
}

/* The names of a folder, sorted; kept for the next question. */
static struct ext_index *index_of(struct ext *ext, uint64_t folder, struct error *err)
{
	struct reader reader = {.ext = ext, .number = folder, .is_for_finding = true};
	struct vfs_names names = VFS_NAMES_EMPTY;
	struct ext_index *index;
	size_t i;

	for (i = 0; i < EXT_INDEXES; i++)
		if (ext->indexes[i].inode == folder) {
			ext->indexes[i].used = ++ext->uses;
			return &ext->indexes[i];
		}
	reader.names = &names;
	if (read_folder(&reader, err) != 0) {
		vfs_names_clear(&names);
		return NULL;
	}
	vfs_names_sort(&names);
	index = free_index(ext, index_bytes(&names));
	*index = (struct ext_index){
		.inode = (uint32_t)folder, .names = names, .used = ++ext->uses};
	return index;
}

/* In a folder of the feature "casefold" names are equal whatever their case. Only ASCII is
 * folded here: names that matter to a system are ASCII. */
static const struct vfs_name *find_folded(struct ext *ext, uint64_t folder,
					  const struct vfs_names *names, const char *name)
{
	struct ext2_inode_large inode;
	size_t i;

	if (!ext2fs_has_feature_casefold(ext->fs->super) ||
	    ext_inode_read(ext, folder, &inode, NULL) != 0 ||
	    (inode.i_flags & EXT4_CASEFOLD_FL) == 0)
		return NULL;
	for (i = 0; i < names->count; i++)
		if (strcasecmp(names->bytes.bytes + names->rows[i].at, name) == 0)
			return &names->rows[i];
	return NULL;
}

int ext_folder_find(struct vfs *vfs, uint64_t folder, const char *name, uint64_t *out,
		    struct error *err)
{
	struct ext *ext = (struct ext *)vfs;
	const struct ext_index *index = index_of(ext, folder, err);
	const struct vfs_name *row;

	if (index == NULL)
		return -1;
	row = vfs_names_find(&index->names, name);
	if (row == NULL)
		row = find_folded(ext, folder, &index->names, name);
	if (row == NULL) {
		errno = ENOENT;
		return error_sys(err, "find '%s'", name);
	}
	if (row->kind == VFS_FOLDER && check_parent(ext, row->node, folder, err) != 0)
		return -1;
	*out = row->node;
	return 0;
}
