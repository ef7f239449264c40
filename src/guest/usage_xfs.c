/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage_xfs.c - an xfs says by a tree in each of its allocation groups which blocks are free. It was
 * closed in order when the last record of its log is that of an unmount. Numbers are big-endian. */
#include "guest/usage_xfs.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

enum {
	SUPER_BYTES = 264,
	HEAD_BYTES = 64, /* of a group's free space header: as much as is looked at */
	GROUP_LEAST_BYTES = 16 * 1024 * 1024,
	LEVELS_MOST = 9,
	NODE_HEAD_4 = 16, /* of a tree's block in version 4, and in version 5 */
	NODE_HEAD_5 = 56,
	RECORD_BYTES = 8, /* of a free run, and of a key */
	POINTER_BYTES = 4,
	/* what does not change where blocks lie: ftype, spinodes, meta_uuid, bigtime, nrext64,
	 * exchrange, parent; "needs repair" is none of them */
	FEATURES_KNOWN = 0xef,
	LINE_BYTES = 512, /* the log's basic block */
	PIECE_BYTES = 1024 * 1024,
	CYCLE_BYTES = 32 * 1024, /* of a record for each block of its header */
	UNMOUNT_FLAG = 0x20,
};

#define NO_BLOCK UINT32_MAX

static const unsigned char line_magic[4] = {0xfe, 0xed, 0xba, 0xbe};

struct xfs {
	struct blocks *part;
	bool is_v5;
	unsigned char uuid[16];
	uint64_t block_bytes, sector_bytes;
	uint64_t blocks, group_blocks, groups;
	uint64_t log_offset, log_bytes;
	unsigned char *node; /* a block of a tree */
};

/* A run of free blocks in a group, and how far the group was walked. */
struct walk {
	uint64_t group, length; /* number, blocks */
	uint64_t at, free_blocks;
};

static uint64_t be16(const unsigned char *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return be16toh(value);
}

static uint64_t be32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static uint64_t be64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

static bool is_power(uint64_t value, uint64_t lowest, uint64_t highest)
{
	return value >= lowest && value <= highest && (value & (value - 1)) == 0;
}

/* Where the log lies; its place is told by group and block in it. */
static bool find_log(struct xfs *xfs, const unsigned char *super)
{
	const unsigned shift = super[124];
	const uint64_t start = be64(super + 48), size = be32(super + 96);
	uint64_t block;

	if (start == 0 || size == 0 || shift > 31 || start >> shift >= xfs->groups)
		return false; /* 0: it lies on another device */
	block = (start >> shift) * xfs->group_blocks + (start & ((1ULL << shift) - 1));
	if (block >= xfs->blocks || size > xfs->blocks - block)
		return false;
	xfs->log_offset = block * xfs->block_bytes;
	xfs->log_bytes = size * xfs->block_bytes;
	return true;
}

/* Returns: 1 when it is one whose numbers fit each other, 0 when not, or -1. */
static int read_super(struct xfs *xfs, struct error *err)
{
	unsigned char super[SUPER_BYTES];
	const uint64_t size = xfs->part->size_bytes;

	if (size < sizeof(super))
		return 0;
	if (blocks_read(xfs->part, 0, super, sizeof(super), err) != 0)
		return -1;
	xfs->is_v5 = (be16(super + 100) & 0xf) == 5;
	xfs->block_bytes = be32(super + 4);
	xfs->sector_bytes = be16(super + 102);
	xfs->blocks = be64(super + 8);
	xfs->group_blocks = be32(super + 84);
	xfs->groups = be32(super + 88);
	memcpy(xfs->uuid, super + 32, sizeof(xfs->uuid));
	return memcmp(super, "XFSB", 4) == 0 && super[126] == 0 &&
	       (xfs->is_v5 || (be16(super + 100) & 0xf) == 4) &&
	       (!xfs->is_v5 || (be32(super + 216) & ~(uint64_t)FEATURES_KNOWN) == 0) &&
	       is_power(xfs->block_bytes, 512, 65536) &&
	       is_power(xfs->sector_bytes, 512, 32768) &&
	       xfs->group_blocks >= GROUP_LEAST_BYTES / xfs->block_bytes &&
	       xfs->groups > 0 && xfs->blocks <= size / xfs->block_bytes &&
	       xfs->blocks <= xfs->groups * xfs->group_blocks &&
	       xfs->blocks > (xfs->groups - 1) * xfs->group_blocks &&
	       find_log(xfs, super);
}

/* The last record of the log that was looked at. */
struct last {
	uint64_t place;		/* of its header: cycle and block */
	bool is_ours, is_alone; /* of this file system; one operation is in it */
	uint64_t body;		/* block of what follows the header */
};

static void take_header(const struct xfs *xfs, const unsigned char *line, uint64_t block,
			struct last *last)
{
	const uint64_t place = be64(line + 16), lines = xfs->log_bytes / LINE_BYTES;
	const uint64_t size = be32(line + 320);
	uint64_t heads = 1;

	if (memcmp(line, line_magic, sizeof(line_magic)) != 0 ||
	    (place & UINT32_MAX) != block || place < last->place)
		return;
	if ((be32(line + 8) & 2) != 0 && size > CYCLE_BYTES)
		heads = (size + CYCLE_BYTES - 1) / CYCLE_BYTES;
	last->place = place;
	last->is_ours = memcmp(line + 304, xfs->uuid, sizeof(xfs->uuid)) == 0;
	last->is_alone = be32(line + 40) == 1;
	last->body = (block + heads) % lines;
}

/* Find the last record. Where a cut left a part of a later one, its header counts. */
static int read_log(const struct xfs *xfs, struct last *last, struct error *err)
{
	autofree unsigned char *bytes = mem_zero(1, PIECE_BYTES);
	uint64_t at, line;
	size_t part;

	for (at = 0; at < xfs->log_bytes; at += part) {
		part = xfs->log_bytes - at < PIECE_BYTES ? (size_t)(xfs->log_bytes - at)
							 : PIECE_BYTES;
		if (blocks_read(xfs->part, xfs->log_offset + at, bytes, part, err) != 0)
			return -1;
		for (line = 0; line < part; line += LINE_BYTES)
			take_header(xfs, bytes + line, (at + line) / LINE_BYTES, last);
	}
	return 0;
}

/* Returns: 1 when it was unmounted in order, 0 when not, or -1. */
static int is_closed(const struct xfs *xfs, struct error *err)
{
	unsigned char line[LINE_BYTES];
	struct last last = {0};

	if (read_log(xfs, &last, err) != 0)
		return -1;
	if (!last.is_ours || !last.is_alone)
		return 0;
	if (blocks_read(xfs->part, xfs->log_offset + last.body * LINE_BYTES, line,
			sizeof(line), err) != 0)
		return -1;
	return (line[9] & UNMOUNT_FLAG) != 0;
}

/* A block of the tree of free runs. Returns: 1, 0 when it is none of that level, or -1. */
static int read_node(const struct xfs *xfs, const struct walk *walk, uint64_t block,
		     uint64_t level, struct error *err)
{
	const uint64_t head = xfs->is_v5 ? NODE_HEAD_5 : NODE_HEAD_4;
	const uint64_t unit = level == 0 ? RECORD_BYTES : RECORD_BYTES + POINTER_BYTES;

	if (block >= walk->length)
		return 0;
	if (blocks_read(xfs->part,
			(walk->group * xfs->group_blocks + block) * xfs->block_bytes,
			xfs->node, (size_t)xfs->block_bytes, err) != 0)
		return -1;
	return memcmp(xfs->node, xfs->is_v5 ? "AB3B" : "ABTB", 4) == 0 &&
	       be16(xfs->node + 4) == level &&
	       be16(xfs->node + 6) <= (xfs->block_bytes - head) / unit;
}

/* Down to the first leaf. Returns: 1 with its block, 0 or -1. */
static int find_leaf(const struct xfs *xfs, const struct walk *walk, uint64_t root,
		     uint64_t levels, uint64_t *out, struct error *err)
{
	const uint64_t head = xfs->is_v5 ? NODE_HEAD_5 : NODE_HEAD_4;
	const uint64_t most = (xfs->block_bytes - head) / (RECORD_BYTES + POINTER_BYTES);
	uint64_t block = root;
	int known;

	if (levels == 0 || levels > LEVELS_MOST)
		return 0;
	while (--levels > 0) {
		known = read_node(xfs, walk, block, levels, err);
		if (known != 1)
			return known;
		block = be32(xfs->node + head + most * RECORD_BYTES);
	}
	*out = block;
	return 1;
}

static void add_used(const struct xfs *xfs, const struct walk *walk, uint64_t until,
		     struct usage *out)
{
	usage_add(out, (walk->group * xfs->group_blocks + walk->at) * xfs->block_bytes,
		  (until - walk->at) * xfs->block_bytes);
}

/* What lies between the free runs of a leaf is in use. Returns: whether they ascend */
static bool take_leaf(const struct xfs *xfs, struct walk *walk, struct usage *out)
{
	const unsigned char *record =
		xfs->node + (xfs->is_v5 ? NODE_HEAD_5 : NODE_HEAD_4);
	uint64_t left = be16(xfs->node + 6), start, count;

	for (; left > 0; left--, record += RECORD_BYTES) {
		start = be32(record);
		count = be32(record + 4);
		if (start < walk->at || count == 0 || start > walk->length ||
		    count > walk->length - start)
			return false;
		add_used(xfs, walk, start, out);
		walk->at = start + count;
		walk->free_blocks += count;
	}
	return true;
}

/* All leaves from the first on. Returns: 1, 0 or -1. */
static int take_leaves(const struct xfs *xfs, struct walk *walk, uint64_t block,
		       struct usage *out, struct error *err)
{
	uint64_t before;
	int known;

	do {
		before = walk->at;
		known = read_node(xfs, walk, block, 0, err);
		if (known != 1)
			return known;
		if (!take_leaf(xfs, walk, out))
			return 0;
		block = be32(xfs->node + 12);
		/* a leaf without a run can only be the one of a full group */
	} while (block != NO_BLOCK && walk->at > before);
	return block == NO_BLOCK;
}

/* A group. Returns: 1, 0 when its tree does not give as many free blocks as it says, or -1. */
static int read_group(const struct xfs *xfs, uint64_t group, struct usage *out,
		      struct error *err)
{
	const uint64_t start = group * xfs->group_blocks;
	struct walk walk = {.group = group, .length = xfs->group_blocks};
	unsigned char head[HEAD_BYTES];
	uint64_t leaf;
	int known;

	if (walk.length > xfs->blocks - start)
		walk.length = xfs->blocks - start;
	if (walk.length * xfs->block_bytes < 2 * xfs->sector_bytes + HEAD_BYTES)
		return 0;
	if (blocks_read(xfs->part, start * xfs->block_bytes + xfs->sector_bytes, head,
			sizeof(head), err) != 0)
		return -1;
	if (memcmp(head, "XAGF", 4) != 0 || be32(head + 8) != group ||
	    be32(head + 12) != walk.length)
		return 0;
	known = find_leaf(xfs, &walk, be32(head + 16), be32(head + 28), &leaf, err);
	if (known == 1)
		known = take_leaves(xfs, &walk, leaf, out, err);
	if (known != 1)
		return known;
	add_used(xfs, &walk, walk.length, out);
	return walk.free_blocks == be32(head + 52);
}

static int read_groups(struct xfs *xfs, struct usage *out, struct error *err)
{
	autofree unsigned char *node = mem_zero(1, (size_t)xfs->block_bytes);
	const uint64_t end = xfs->blocks * xfs->block_bytes;
	uint64_t group;
	int known = 1;

	xfs->node = node;
	for (group = 0; known == 1 && group < xfs->groups; group++)
		known = read_group(xfs, group, out, err);
	if (known == 1)
		usage_add(out, end, xfs->part->size_bytes - end);
	return known;
}

int usage_read_xfs(struct blocks *part, struct usage *out, struct error *err)
{
	struct xfs xfs = {.part = part};
	struct usage usage = {0};
	int known = read_super(&xfs, err);

	if (known == 1)
		known = is_closed(&xfs, err);
	if (known == 1)
		known = read_groups(&xfs, &usage, err);
	if (known == 1)
		*out = usage;
	else
		usage_clear(&usage);
	return known;
}
