/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhd.c - Virtual PC's and Hyper-V's older disks. A fixed one is the disk with a footer of 512
 * bytes behind it, which we read ourselves, in order too; a dynamic one is read by QEMU.
 * Source: Microsoft, "Virtual Hard Disk Image Format Specification" 1.0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/format.h"
#include "image/nbd.h"

enum {
	FOOTER_BYTES = 512,
	SIZE_OFFSET = 48,
	TYPE_OFFSET = 60,
	SUM_OFFSET = 64,
	TYPE_FIXED = 2,
	TYPE_DYNAMIC = 3,
};

static bool is_footer(const uint8_t *bytes)
{
	uint32_t sum = 0;
	unsigned i;

	if (memcmp(bytes, "conectix", 8) != 0)
		return false;
	for (i = 0; i < FOOTER_BYTES; i++)
		if (i < SUM_OFFSET || i >= SUM_OFFSET + 4)
			sum += bytes[i];
	return (uint32_t)~sum == format_be(bytes + SUM_OFFSET, 4);
}

static bool vhd_probe(const struct format_view *view)
{
	return (view->head_bytes >= FOOTER_BYTES && is_footer(view->head)) ||
	       (view->tail != NULL && is_footer(view->tail));
}

struct fixed {
	struct blocks blocks;
	struct blocks *inner;
};

static int fixed_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		      struct error *err)
{
	return blocks_read(((struct fixed *)blocks)->inner, offset, buffer, length, err);
}

static int fixed_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
			struct error *err)
{
	return blocks_extent_at(((struct fixed *)blocks)->inner, offset, out, err);
}

static void fixed_close(struct blocks *blocks)
{
	blocks_close(((struct fixed *)blocks)->inner);
	free(blocks);
}

static const struct blocks_ops fixed_ops = {
	.read = fixed_read,
	.extent = fixed_extent,
	.close = fixed_close,
};

static int open_fixed(struct blocks *inner, const uint8_t *footer, struct blocks **out,
		      struct error *err)
{
	const uint64_t size = format_be(footer + SIZE_OFFSET, 8);
	struct fixed *fixed;

	if (size == 0 || size > inner->size_bytes - FOOTER_BYTES)
		return error_set(err, ERROR_INPUT,
				 "the vhd is shorter than its footer says: get it again, "
				 "it is cut");
	fixed = mem_zero(1, sizeof(*fixed));
	fixed->blocks.ops = &fixed_ops;
	fixed->blocks.size_bytes = size;
	fixed->blocks.fd = inner->fd;
	fixed->blocks.fd_offset = inner->fd_offset;
	fixed->inner = inner;
	*out = &fixed->blocks;
	return 0;
}

static int vhd_open_blocks(struct blocks *inner, const struct format_context *context,
			   struct blocks **out, struct error *err)
{
	uint8_t footer[FOOTER_BYTES];
	uint64_t type;

	if (blocks_read(inner, inner->size_bytes - FOOTER_BYTES, footer, FOOTER_BYTES,
			err) != 0)
		return -1;
	if (!is_footer(footer))
		return error_set(err, ERROR_INPUT,
				 "the vhd has no footer: get it again, it is cut");
	type = format_be(footer + TYPE_OFFSET, 4);
	(void)snprintf(context->detail, FORMAT_DETAIL_BYTES, "%s",
		       type == TYPE_FIXED ? "fixed" : "dynamic");
	if (type == TYPE_FIXED)
		return open_fixed(inner, footer, out, err);
	if (type != TYPE_DYNAMIC)
		return error_set(err, ERROR_INPUT,
				 "the vhd stands on another file, which is not followed: "
				 "make it one file by qemu-img convert");
	return nbd_open_blocks(inner, "vpc", out, err);
}

const struct format format_vhd = {
	.name = "vhd",
	.probe = vhd_probe,
	.open_blocks = vhd_open_blocks,
	.needs_fd = true,
};
