/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext.c - the back end of ext2, ext3 and ext4. */
#define _GNU_SOURCE
#include "guest/vfs_ext.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/vfs_ext_write.h"
#include "guest/vfs_formats.h"

/* 64 MiB of group descriptors are those of 128 TiB. */
enum { SUPER_AT = 1024, DESCRIPTORS_BYTES_MOST = 64 << 20, LINK_MOST = VFS_TARGET_MOST };

static uint64_t inode_size(const struct ext2_inode_large *inode)
{
	return EXT2_I_SIZE(inode);
}

/* Seconds since 1970 in 34 bits, where the inode has room for them. */
static int64_t inode_mtime(const struct ext *ext, const struct ext2_inode_large *inode)
{
	const int64_t low = (int32_t)inode->i_mtime;

	if (EXT2_INODE_SIZE(ext->fs->super) <= EXT2_GOOD_OLD_INODE_SIZE ||
	    !inode_includes(EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize,
			    i_mtime_extra))
		return low;
	return low + ((int64_t)(inode->i_mtime_extra & 3) << 32);
}

static int ext_stat(struct vfs *vfs, uint64_t node, struct vfs_stat *out,
		    struct error *err)
{
	struct ext *ext = (struct ext *)vfs;
	struct ext2_inode_large inode;

	if (ext_inode_read(ext, node, &inode, err) != 0)
		return -1;
	*out = (struct vfs_stat){.kind = vfs_kind_of(inode.i_mode),
				 .mode = inode.i_mode,
				 .uid = inode_uid(inode),
				 .gid = inode_gid(inode),
				 .size_bytes = inode_size(&inode),
				 .mtime_s = inode_mtime(ext, &inode)};
	return 0;
}

/* Gives zeros, as many as a taker wants. Returns what @take does. */
static int give_zeros(uint64_t length, char *piece, vfs_take *take, void *data,
		      struct error *err)
{
	int result = 0;
	size_t part;

	memset(piece, 0, VFS_PIECE_BYTES);
	for (; length > 0 && result == 0; length -= part) {
		part = length < VFS_PIECE_BYTES ? (size_t)length : VFS_PIECE_BYTES;
		result = take(piece, part, data, err);
	}
	return result;
}

/* Gives @length bytes that lie behind each other, or are a hole, to @take. */
static int give_run(struct ext *ext, const struct ext_run *run, uint64_t length,
		    char *piece, vfs_take *take, void *data, struct error *err)
{
	uint64_t offset = run->block * ext->fs->blocksize;
	size_t part;
	int result;

	if (run->is_hole)
		return give_zeros(length, piece, take, data, err);
	while (length > 0) {
		part = length < VFS_PIECE_BYTES ? (size_t)length : VFS_PIECE_BYTES;
		if (ext_view_read(&ext->view, offset, piece, part, err) != 0)
			return -1;
		result = take(piece, part, data, err);
		if (result != 0)
			return result;
		offset += part;
		length -= part;
	}
	return 0;
}

static int stream_blocks(struct ext *ext, uint64_t node,
			 const struct ext2_inode_large *inode, vfs_take *take, void *data,
			 struct error *err)
{
	struct ext_map autoextmap map = {0};
	autofree char *piece = mem_zero(1, VFS_PIECE_BYTES);
	const uint64_t block_bytes = ext->fs->blocksize;
	const uint64_t size = inode_size(inode);
	struct ext_run run = {0};
	uint64_t at = 0, length;
	int result = 0;

	if (ext_map_open(ext, node, inode, &map, err) != 0)
		return -1;
	while (at < size && result == 0) {
		if (ext_map_find(&map, at / block_bytes, &run, err) != 0)
			return -1;
		length = size - at;
		if (run.count <= (length - 1) / block_bytes)
			length = run.count * block_bytes;
		result = give_run(ext, &run, length, piece, take, data, err);
		at += length;
	}
	return result < 0 ? -1 : 0;
}

/* What is longer than the inode's room ends in zeros, as in Linux: mke2fs -d makes such files. */
static int stream_inline(struct ext *ext, uint64_t node, uint64_t size, vfs_take *take,
			 void *data, struct error *err)
{
	autofree char *piece = mem_zero(1, VFS_PIECE_BYTES);
	struct str autostr bytes = STR_EMPTY;
	size_t length;
	int result;

	if (ext_inode_read_inline(ext, node, &bytes, err) != 0)
		return -1;
	length = size < bytes.length ? (size_t)size : bytes.length;
	result = length > 0 ? take(bytes.bytes, length, data, err) : 0;
	if (result == 0)
		result = give_zeros(size - length, piece, take, data, err);
	return result < 0 ? -1 : 0;
}

static int ext_stream(struct vfs *vfs, uint64_t node, vfs_take *take, void *data,
		      struct error *err)
{
	struct ext *ext = (struct ext *)vfs;
	struct ext2_inode_large inode;
	uint64_t most;

	if (ext_inode_read(ext, node, &inode, err) != 0)
		return -1;
	if ((inode.i_flags & EXT4_ENCRYPT_FL) != 0)
		return error_set(err, ERROR_INPUT, "it is encrypted");
	/* blocks of a file have numbers of 32 bits */
	most = (uint64_t)ext->fs->blocksize << 32;
	if (inode_size(&inode) > most)
		return error_set(err, ERROR_INPUT,
				 "it says that it is %" PRIu64
				 " bytes long, more than a file can be",
				 inode_size(&inode));
	if ((inode.i_flags & EXT4_INLINE_DATA_FL) != 0)
		return stream_inline(ext, node, inode_size(&inode), take, data, err);
	return stream_blocks(ext, node, &inode, take, data, err);
}

static int take_link(const void *bytes, size_t length, void *data, struct error *err)
{
	(void)err;
	str_add_bytes(data, bytes, length);
	return 0;
}

static int ext_readlink(struct vfs *vfs, uint64_t node, struct str *out,
			struct error *err)
{
	struct ext *ext = (struct ext *)vfs;
	struct str autostr target = STR_EMPTY;
	struct ext2_inode_large inode;
	uint64_t size;

	if (ext_inode_read(ext, node, &inode, err) != 0)
		return -1;
	size = inode_size(&inode);
	if (size > LINK_MOST)
		return error_set(err, ERROR_INPUT,
				 "a link says that it is %" PRIu64 " bytes long", size);
	/* a short target stands where the blocks of others do */
	if (ext2fs_is_fast_symlink(EXT2_INODE(&inode)) &&
	    (inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL)) == 0 &&
	    size < sizeof(inode.i_block))
		str_add_bytes(&target, inode.i_block, (size_t)size);
	else if (ext_stream(vfs, node, take_link, &target, err) != 0)
		return -1;
	str_add(out, target.bytes); /* Linux too ends it at a NUL */
	return 0;
}

static int ext_list(struct vfs *vfs, uint64_t node, struct vfs_names *out,
		    struct error *err)
{
	return ext_folder_read((struct ext *)vfs, node, out, err);
}

static void ext_close(struct vfs *vfs)
{
	struct ext *ext = (struct ext *)vfs;

	ext_folder_clear(ext);
	if (ext->fs != NULL)
		ext2fs_free(ext->fs);
	ext_view_clear(&ext->view);
	free(ext);
}

static const struct vfs_ops ext_ops = {
	.find = ext_folder_find,
	.stat = ext_stat,
	.readlink = ext_readlink,
	.list = ext_list,
	.stream = ext_stream,
	.close = ext_close,
};

static bool is_ext(const unsigned char *start, size_t length)
{
	const size_t at = SUPER_AT + offsetof(struct ext2_super_block, s_magic);

	return length >= at + 2 && start[at] == 0x53 && start[at + 1] == 0xef;
}

static const char *type_of(const struct ext2_super_block *super)
{
	/* what Linux's ext3 can read and write (fs/ext3/ext3.h, until Linux 4.3) */
	const uint32_t incompat =
		EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |
		EXT2_FEATURE_INCOMPAT_META_BG | EXT3_FEATURE_INCOMPAT_JOURNAL_DEV;
	const uint32_t ro = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER |
			    EXT2_FEATURE_RO_COMPAT_LARGE_FILE | 0x4u; /* btree_dir */

	if ((super->s_feature_incompat & ~incompat) != 0 ||
	    (super->s_feature_ro_compat & ~ro) != 0)
		return "ext4";
	return (super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL) != 0 ? "ext3"
										: "ext2";
}

/* What would take memory or reach beyond the end is refused before descriptors are read. */
static int check_size(const struct ext2_super_block *super, struct blocks *blocks,
		      struct error *err)
{
	const uint64_t count =
		super->s_blocks_count |
		(ext2fs_has_feature_64bit((struct ext2_super_block *)(uintptr_t)super)
			 ? (uint64_t)super->s_blocks_count_hi << 32
			 : 0);
	uint64_t there;

	if (super->s_log_block_size > 6 || super->s_blocks_per_group < 8)
		return error_set(err, ERROR_INPUT,
				 "the superblock of an ext file system is damaged");
	there = (blocks->size_bytes >> super->s_log_block_size) / 1024;
	if (count > there)
		return error_set(err, ERROR_INPUT,
				 "an ext file system of %" PRIu64
				 " blocks is cut off: %" PRIu64 " are there",
				 count, there);
	if (count / super->s_blocks_per_group > DESCRIPTORS_BYTES_MOST / 64)
		return error_set(err, ERROR_INPUT,
				 "an ext file system of %" PRIu64
				 " blocks has groups of only %u",
				 count, super->s_blocks_per_group);
	return 0;
}

static int open_fs(struct ext *ext, struct error *err)
{
	struct ext2_super_block super;
	errcode_t code;

	if (ext_view_read(&ext->view, SUPER_AT, &super, sizeof(super), err) != 0 ||
	    check_size(&super, ext->view.blocks, err) != 0)
		return -1;
	code = ext_view_open(&ext->view, 0, &ext->fs);
	if (code != 0) {
		ext->fs = NULL;
		return ext_fail(&ext->view, code, "open an ext file system", err);
	}
	return 0;
}

/* Looks at the file system as it would be after a replay, or says why it is not that. */
static int replay(struct ext *ext, struct error *err)
{
	struct error why = {0};
	char text[512];

	if (!ext2fs_has_feature_journal_needs_recovery(ext->fs->super))
		return 0;
	if (ext_journal_replay(ext, &why) != 0) {
		str_addf(&ext->vfs.warning, "its journal was not replayed: %s",
			 error_text(&why, text, sizeof(text)));
		return 0;
	}
	ext2fs_free(ext->fs);
	ext->fs = NULL;
	return open_fs(ext, err);
}

static int ext_open(struct blocks *blocks, struct vfs **out, struct error *err)
{
	struct ext *ext = mem_zero(1, sizeof(*ext));
	struct vfs_stat root;

	ext->vfs = (struct vfs){.ops = &ext_ops,
				.root = EXT2_ROOT_INO,
				.warning = STR_EMPTY,
				.device = STR_EMPTY,
				.prepare = ext_prepare};
	ext->view.blocks = blocks;
	ext->vfs.blocks = blocks;
	if (open_fs(ext, err) != 0 || replay(ext, err) != 0 ||
	    ext_stat(&ext->vfs, EXT2_ROOT_INO, &root, err) != 0) {
		vfs_close(&ext->vfs);
		return -1;
	}
	ext->vfs.type = type_of(ext->fs->super);
	*out = &ext->vfs;
	return 0;
}

const struct vfs_format vfs_format_ext = {
	.name = "ext2, ext3, ext4",
	.is_it = is_ext,
	.open = ext_open,
};
