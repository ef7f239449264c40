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

/* The disk is all that stands in front of the footer. */
static int check_fixed(const uint8_t *footer, uint64_t size_bytes, struct error *err)
{
	if (size_bytes != 0 && format_be(footer + SIZE_OFFSET, 8) == size_bytes)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "the vhd has another length than its footer says: get it again, "
			 "it is cut");
}

static int open_fixed(struct blocks *inner, const uint8_t *footer, struct blocks **out,
		      struct error *err)
{
	const uint64_t size = inner->size_bytes - FOOTER_BYTES;
	struct fixed *fixed;

	if (check_fixed(footer, size, err) != 0)
		return -1;
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

/* A stream whose last bytes are held back, until it is known whether they are a footer. */
struct tail {
	struct stream stream;
	struct stream *inner;
	struct image *image; /* gets a layer when they are */
	uint64_t hole_bytes; /* comes behind what is held */
	bool is_over;
	size_t used;
	uint8_t held[FOOTER_BYTES];
};

static int judge_tail(struct tail *tail, struct error *err)
{
	struct image *image = tail->image;

	tail->is_over = true;
	if (tail->used != FOOTER_BYTES || !is_footer(tail->held) ||
	    format_be(tail->held + TYPE_OFFSET, 4) != TYPE_FIXED ||
	    image->layer_count == IMAGE_LAYERS_MOST)
		return 0;
	if (check_fixed(tail->held, tail->stream.position_bytes, err) != 0)
		return -1;
	image->layers[image->layer_count++] = (struct image_layer){"vhd", "fixed"};
	tail->used = 0;
	return 0;
}

/* The first @length bytes of what is held. */
static void give_held(struct tail *tail, void *buffer, size_t length)
{
	memcpy(buffer, tail->held, length);
	tail->used -= length;
	memmove(tail->held, tail->held + length, tail->used);
}

/* Read behind what is held, and hold back the last bytes of both together.
 * @room: more than FOOTER_BYTES; @out_given: bytes that are in @buffer to stay */
static int read_behind(struct tail *tail, uint8_t *buffer, size_t room, size_t *out_given,
		       struct error *err)
{
	const size_t before = tail->used;
	struct stream_piece piece;
	size_t all, keep;

	*out_given = 0;
	if (stream_next(tail->inner, buffer + before, room - before, &piece, err) != 0)
		return -1;
	if (piece.length_bytes == 0)
		return judge_tail(tail, err);
	if (piece.is_hole) {
		tail->hole_bytes = piece.length_bytes;
		return 0;
	}
	memcpy(buffer, tail->held, before);
	all = before + (size_t)piece.length_bytes;
	keep = all < FOOTER_BYTES ? all : (size_t)FOOTER_BYTES;
	memcpy(tail->held, buffer + all - keep, keep);
	tail->used = keep;
	*out_given = all - keep;
	return 0;
}

/* The same for who takes a few bytes at a time. */
static int read_some(struct tail *tail, uint8_t *buffer, size_t room, size_t *out_given,
		     struct error *err)
{
	uint8_t both[2 * FOOTER_BYTES];

	/* so many that what is given has room */
	if (read_behind(tail, both,
			room < FOOTER_BYTES ? FOOTER_BYTES + room : sizeof(both),
			out_given, err) != 0)
		return -1;
	memcpy(buffer, both, *out_given);
	return 0;
}

static int tail_next(struct stream *stream, void *buffer, size_t room,
		     struct stream_piece *out, struct error *err)
{
	struct tail *tail = (struct tail *)stream;
	size_t some = 0;

	while (some == 0 && !tail->is_over && tail->hole_bytes == 0)
		if ((room > FOOTER_BYTES ? read_behind : read_some)(tail, buffer, room,
								    &some, err) != 0)
			return -1;
	if (some == 0 && tail->used > 0) {
		some = tail->used < room ? tail->used : room;
		give_held(tail, buffer, some);
	}
	*out = (struct stream_piece){some, false};
	if (some == 0) {
		*out = (struct stream_piece){tail->hole_bytes, true};
		tail->hole_bytes = 0;
	}
	return 0;
}

static void tail_close(struct stream *stream)
{
	stream_close(((struct tail *)stream)->inner);
	free(stream);
}

static const struct stream_ops tail_ops = {
	.next = tail_next,
	.close = tail_close,
};

struct stream *vhd_open_tail(struct stream *inner, struct image *image)
{
	struct tail *tail = mem_zero(1, sizeof(*tail));

	tail->stream.ops = &tail_ops;
	tail->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	tail->inner = inner;
	tail->image = image;
	return &tail->stream;
}
