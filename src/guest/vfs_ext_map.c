/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_map.c - where a file's blocks lie: extents, or the block map of ext2 and ext3. Each
 * question takes one way down the tree, whose depth was checked: so a tree that leads into itself
 * costs no more than another. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guest/vfs_ext.h"

/* Depth: EXT4_MAX_EXTENT_DEPTH; a run of a block map is at most as long as what is read at once. */
enum { DEPTH_MOST = 5, MAPPED_MOST = 256 };

static int check_depth(const struct ext2_inode *inode, struct error *err)
{
	struct ext3_extent_header header;

	memcpy(&header, inode->i_block, sizeof(header));
	if (header.eh_depth > DEPTH_MOST)
		return error_set(err, ERROR_INPUT,
				 "an extent tree is %u levels deep, which is more "
				 "than %d",
				 header.eh_depth, DEPTH_MOST);
	return 0;
}

int ext_map_open(struct ext *ext, uint64_t number, const struct ext2_inode_large *inode,
		 struct ext_map *out, struct error *err)
{
	struct ext_map map = {.ext = ext, .number = (uint32_t)number};
	errcode_t code;

	memcpy(&map.inode, inode, sizeof(map.inode));
	*out = map;
	if ((inode->i_flags & EXT4_EXTENTS_FL) == 0) {
		out->scratch = mem_zero(2, ext->fs->blocksize);
		return 0;
	}
	if (check_depth(&out->inode, err) != 0)
		return -1;
	code = ext2fs_extent_open2(ext->fs, out->number, &out->inode, &out->extents);
	if (code != 0)
		out->extents = NULL;
	return code == 0 ? 0 : ext_fail(&ext->view, code, "read an extent tree", err);
}

void ext_map_close(struct ext_map *map)
{
	if (map->extents != NULL)
		ext2fs_extent_free(map->extents);
	free(map->scratch);
	map->extents = NULL;
	map->scratch = NULL;
}

/* How far a hole reaches that no extent covers. */
static uint64_t hole_length(struct ext_map *map, uint64_t block)
{
	struct ext2fs_extent extent = {0};
	errcode_t code = ext2fs_extent_get(map->extents, EXT2_EXTENT_CURRENT, &extent);

	if (code == 0 && extent.e_lblk <= block)
		code = ext2fs_extent_get(map->extents, EXT2_EXTENT_NEXT_LEAF, &extent);
	if (code == EXT2_ET_EXTENT_NO_NEXT || code == EXT2_ET_NO_CURRENT_NODE)
		return UINT64_MAX - block;
	/* what is damaged is seen by the next question */
	return code == 0 && extent.e_lblk > block ? extent.e_lblk - block : 1;
}

static int find_extent(struct ext_map *map, uint64_t block, struct ext_run *out,
		       struct error *err)
{
	const errcode_t code = ext2fs_extent_goto(map->extents, block);
	struct ext2fs_extent extent;
	errcode_t got;

	if (code == EXT2_ET_EXTENT_NOT_FOUND) {
		*out = (struct ext_run){.count = hole_length(map, block),
					.is_hole = true};
		return 0;
	}
	got = code != 0 ? code
			: ext2fs_extent_get(map->extents, EXT2_EXTENT_CURRENT, &extent);
	if (got != 0)
		return ext_fail(&map->ext->view, got, "read an extent tree", err);
	if (block < extent.e_lblk || block - extent.e_lblk >= extent.e_len)
		return error_set(err, ERROR_INPUT, "an extent tree is not in order");
	*out = (struct ext_run){.block = extent.e_pblk + (block - extent.e_lblk),
				.count = extent.e_len - (block - extent.e_lblk),
				.is_hole =
					(extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0};
	return 0;
}

static int find_mapped(struct ext_map *map, uint64_t block, struct ext_run *out,
		       struct error *err)
{
	blk64_t first = 0, next = 0;
	uint64_t count = 0;
	errcode_t code;

	do {
		code = ext2fs_bmap2(map->ext->fs, map->number, &map->inode, map->scratch,
				    0, block + count, NULL, &next);
		if (code != 0)
			return ext_fail(&map->ext->view, code, "read a block map", err);
		if (count == 0)
			first = next;
		else if (next != (first == 0 ? 0 : first + count))
			break;
		count++;
	} while (count < MAPPED_MOST);
	*out = (struct ext_run){.block = first, .count = count, .is_hole = first == 0};
	return 0;
}

int ext_map_find(struct ext_map *map, uint64_t block, struct ext_run *out,
		 struct error *err)
{
	const uint64_t blocks = ext2fs_blocks_count(map->ext->fs->super);
	struct ext_run run;
	int result;

	map->ext->view.error.kind = ERROR_NONE;
	result = map->extents != NULL ? find_extent(map, block, &run, err)
				      : find_mapped(map, block, &run, err);
	if (result != 0)
		return -1;
	if (!run.is_hole &&
	    (run.block == 0 || run.block >= blocks || run.count > blocks - run.block))
		return error_set(err, ERROR_INPUT,
				 "a file says that it lies in block %" PRIu64
				 " of %" PRIu64,
				 run.block, blocks);
	*out = run;
	return 0;
}
