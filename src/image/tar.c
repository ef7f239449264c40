/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tar.c - the one disk image in a tar archive, in order or at any place. */
#include "image/tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { MAGIC_OFFSET = 257 };

static int no_image(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "the tar archive has no disk image of at least %d bytes in it",
			 TAR_IMAGE_LEAST);
}

struct tar_stream {
	struct stream stream;
	struct tar_scan scan;
	size_t run;	/* the one that is next, or that we are in */
	uint64_t taken; /* stored bytes so far */
	bool is_finished;
};

/* Stored bytes: at most @most of them. */
static int next_stored(struct tar_stream *tar, void *buffer, size_t room, uint64_t most,
		       struct stream_piece *out, struct error *err)
{
	struct stream_piece piece;

	if (room > most)
		room = (size_t)most;
	if (tar->taken < tar->scan.head_bytes) {
		if (room > tar->scan.head_bytes - tar->taken)
			room = tar->scan.head_bytes - (size_t)tar->taken;
		memcpy(buffer, tar->scan.head + tar->taken, room);
		piece = (struct stream_piece){room, false};
	} else if (stream_next(tar->scan.in, buffer, room, &piece, err) != 0) {
		return -1;
	}
	if (piece.length_bytes == 0)
		return error_set(err, ERROR_INPUT, "the tar archive is cut");
	if (piece.length_bytes > most) {
		tar->scan.in->hole_left = piece.length_bytes - most;
		piece.length_bytes = most;
	}
	tar->taken += piece.length_bytes;
	*out = piece;
	return 0;
}

static int tar_next(struct stream *stream, void *buffer, size_t room,
		    struct stream_piece *out, struct error *err)
{
	struct tar_stream *tar = (struct tar_stream *)stream;
	const struct tar_member *member = &tar->scan.member;
	const uint64_t at = stream->position_bytes;
	const struct tar_run *run;

	while (tar->run < member->run_count &&
	       at >= member->runs[tar->run].offset + member->runs[tar->run].length)
		tar->run++;
	run = tar->run < member->run_count ? &member->runs[tar->run] : NULL;
	if (run != NULL && at >= run->offset)
		return next_stored(tar, buffer, room, run->offset + run->length - at, out,
				   err);
	if (at == member->size_bytes && !tar->is_finished) {
		if (tar_finish(&tar->scan, err) != 0)
			return -1;
		tar->is_finished = true;
	}
	*out = (struct stream_piece){
		(run != NULL ? run->offset : member->size_bytes) - at, true};
	return 0;
}

static void tar_close(struct stream *stream)
{
	struct tar_stream *tar = (struct tar_stream *)stream;

	stream_close(tar->scan.in);
	free(tar->scan.member.runs);
	free(tar);
}

static const struct stream_ops tar_stream_ops = {
	.next = tar_next,
	.close = tar_close,
};

static int tar_open_stream(struct stream *inner, const struct format_context *context,
			   struct stream **out, struct error *err)
{
	struct tar_stream *tar = mem_zero(1, sizeof(*tar));
	int result;

	tar->stream.ops = &tar_stream_ops;
	tar->scan.in = inner;
	result = tar_find_image(&tar->scan, err);
	if (result == 0 && !tar->scan.has_image)
		result = no_image(err);
	if (result != 0) {
		free(tar->scan.member.runs);
		free(tar);
		return -1;
	}
	tar->stream.length_bytes = tar->scan.member.size_bytes;
	if (tar->scan.member.is_sparse)
		(void)snprintf(context->detail, FORMAT_DETAIL_BYTES, "sparse");
	*out = &tar->stream;
	return 0;
}

struct tar_blocks {
	struct blocks blocks;
	struct blocks *inner;
	struct tar_member member;
	uint64_t *places; /* of each run in the archive */
};

/* The last run that begins at or before @offset, or the number of runs. */
static size_t run_at(const struct tar_blocks *tar, uint64_t offset)
{
	size_t low = 0, high = tar->member.run_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (tar->member.runs[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : tar->member.run_count;
}

/* What lies at @offset, and for how long; @out_place: in the archive, of what is stored. */
static struct blocks_extent extent_at(const struct tar_blocks *tar, uint64_t offset,
				      uint64_t *out_place)
{
	const size_t count = tar->member.run_count;
	const size_t index = run_at(tar, offset);
	const size_t next = index == count ? 0 : index + 1;
	const struct tar_run *run = index < count ? &tar->member.runs[index] : NULL;

	if (run != NULL && offset - run->offset < run->length) {
		*out_place = tar->places[index] + (offset - run->offset);
		return (struct blocks_extent){run->length - (offset - run->offset),
					      false};
	}
	return (struct blocks_extent){
		(next < count ? tar->member.runs[next].offset : tar->member.size_bytes) -
			offset,
		true};
}

static int tar_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		    struct error *err)
{
	struct tar_blocks *tar = (struct tar_blocks *)blocks;
	struct blocks_extent extent;
	uint8_t *next = buffer;
	uint64_t place = 0;
	size_t some;

	while (length > 0) {
		extent = extent_at(tar, offset, &place);
		some = extent.length_bytes < length ? (size_t)extent.length_bytes
						    : length;
		if (extent.is_hole)
			memset(next, 0, some);
		else if (blocks_read(tar->inner, place, next, some, err) != 0)
			return -1;
		next += some;
		offset += some;
		length -= some;
	}
	return 0;
}

static int tar_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		      struct error *err)
{
	struct tar_blocks *tar = (struct tar_blocks *)blocks;
	struct blocks_extent extent, inner;
	uint64_t place = 0;

	extent = extent_at(tar, offset, &place);
	if (!extent.is_hole) {
		if (blocks_extent_at(tar->inner, place, &inner, err) != 0)
			return -1;
		if (inner.length_bytes < extent.length_bytes)
			extent.length_bytes = inner.length_bytes;
		extent.is_hole = inner.is_hole;
	}
	*out = extent;
	return 0;
}

static void tar_blocks_free(struct tar_blocks *tar)
{
	free(tar->member.runs);
	free(tar->places);
	free(tar);
}

static void tar_blocks_close(struct blocks *blocks)
{
	blocks_close(((struct tar_blocks *)blocks)->inner);
	tar_blocks_free((struct tar_blocks *)blocks);
}

static const struct blocks_ops tar_blocks_ops = {
	.read = tar_read,
	.extent = tar_extent,
	.close = tar_blocks_close,
};

/* Runs are stored one after the other. */
static void place_runs(struct tar_blocks *tar, uint64_t start)
{
	size_t i;

	tar->places = mem_zero(tar->member.run_count + 1, sizeof(*tar->places));
	for (i = 0; i < tar->member.run_count; i++) {
		tar->places[i] = start;
		start += tar->member.runs[i].length;
	}
}

/* Go through the whole archive by its headers. */
static int scan_blocks(struct tar_scan *scan, struct tar_blocks *tar, struct error *err)
{
	uint64_t start;

	if (tar_find_image(scan, err) != 0)
		return -1;
	if (!scan->has_image)
		return no_image(err);
	tar->member = scan->member;
	start = scan->in->position_bytes - scan->in->hole_left - scan->head_bytes;
	place_runs(tar, start);
	if (stream_skip(scan->in, tar->member.stored_bytes - scan->head_bytes, err) !=
		    0 ||
	    stream_skip(scan->in, tar_padding(tar->member.stored_bytes), err) != 0)
		return -1;
	return tar_find_image(scan, err);
}

static int tar_open_blocks(struct blocks *inner, const struct format_context *context,
			   struct blocks **out, struct error *err)
{
	struct tar_blocks *tar = mem_zero(1, sizeof(*tar));
	struct tar_scan scan = {0};
	struct blocks *whole;
	int result = blocks_open_part(inner, 0, inner->size_bytes, &whole, err);

	if (result == 0) {
		scan.in = stream_open_blocks(whole);
		result = scan_blocks(&scan, tar, err);
		stream_close(scan.in);
	}
	if (result != 0) {
		tar_blocks_free(tar);
		return -1;
	}
	tar->blocks.ops = &tar_blocks_ops;
	tar->blocks.size_bytes = tar->member.size_bytes;
	tar->blocks.fd = -1;
	tar->inner = inner;
	if (!tar->member.is_sparse && inner->fd >= 0) {
		tar->blocks.fd = inner->fd;
		tar->blocks.fd_offset = inner->fd_offset + tar->places[0];
	}
	if (tar->member.is_sparse)
		(void)snprintf(context->detail, FORMAT_DETAIL_BYTES, "sparse");
	*out = &tar->blocks;
	return 0;
}

static bool tar_probe(const struct format_view *view)
{
	return view->head_bytes >= TAR_BLOCK &&
	       memcmp(view->head + MAGIC_OFFSET, "ustar", 5) == 0 && view->head[0] != 0;
}

const struct format format_tar = {
	.name = "tar",
	.probe = tar_probe,
	.open_stream = tar_open_stream,
	.open_blocks = tar_open_blocks,
};
