/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/blocks.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"

static bool is_inside(const struct blocks *blocks, uint64_t offset, uint64_t length)
{
	return offset <= blocks->size_bytes && length <= blocks->size_bytes - offset;
}

int blocks_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		struct error *err)
{
	if (!is_inside(blocks, offset, length))
		return error_set(err, ERROR_INPUT,
				 "%zu bytes at %" PRIu64
				 " lie beyond the end at %" PRIu64,
				 length, offset, blocks->size_bytes);
	if (length == 0)
		return 0;
	if (blocks->ops->read(blocks, offset, buffer, length, err) != 0)
		return -1;
	blocks->read_bytes += length;
	blocks->read_calls++;
	return 0;
}

int blocks_extent_at(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		     struct error *err)
{
	struct blocks_extent extent = {0};
	const uint64_t left = blocks->size_bytes - offset;

	if (offset >= blocks->size_bytes)
		return error_set(err, ERROR_INPUT,
				 "%" PRIu64 " lies beyond the end at %" PRIu64, offset,
				 blocks->size_bytes);
	extent.length_bytes = left;
	if (blocks->ops->extent != NULL &&
	    blocks->ops->extent(blocks, offset, &extent, err) != 0)
		return -1;
	if (extent.length_bytes > left)
		extent.length_bytes = left;
	*out = extent;
	return 0;
}

struct part {
	struct blocks blocks;
	struct blocks *whole;
	uint64_t offset;
};

static int part_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	struct part *part = (struct part *)blocks;

	return blocks_read(part->whole, part->offset + offset, buffer, length, err);
}

static int part_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		       struct error *err)
{
	struct part *part = (struct part *)blocks;

	return blocks_extent_at(part->whole, part->offset + offset, out, err);
}

static void part_close(struct blocks *blocks)
{
	free(blocks);
}

static const struct blocks_ops part_ops = {
	.read = part_read,
	.extent = part_extent,
	.close = part_close,
};

int blocks_open_part(struct blocks *whole, uint64_t offset, uint64_t size_bytes,
		     struct blocks **out, struct error *err)
{
	struct part *part;

	if (!is_inside(whole, offset, size_bytes))
		return error_set(err, ERROR_INPUT,
				 "%" PRIu64 " bytes at %" PRIu64
				 " lie beyond the end at %" PRIu64,
				 size_bytes, offset, whole->size_bytes);
	part = mem_zero(1, sizeof(*part));
	part->blocks.ops = &part_ops;
	part->blocks.size_bytes = size_bytes;
	part->blocks.sector_bytes = whole->sector_bytes;
	part->blocks.fd = whole->fd;
	part->blocks.fd_offset = whole->fd_offset + offset;
	part->whole = whole;
	part->offset = offset;
	if (whole->fd < 0 && whole->ops->descriptor != NULL)
		part->blocks.fd = whole->ops->descriptor(whole, offset, size_bytes,
							 &part->blocks.fd_offset);
	*out = &part->blocks;
	return 0;
}

void blocks_close(struct blocks *blocks)
{
	if (blocks != NULL)
		blocks->ops->close(blocks);
}
