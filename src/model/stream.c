/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

enum { SKIP_ROOM = 65536 };

static int check_end(const struct stream *stream, struct error *err)
{
	if (stream->length_bytes == STREAM_LENGTH_UNKNOWN ||
	    stream->position_bytes == stream->length_bytes)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "it ends after %" PRIu64 " bytes of %" PRIu64
			 ": get it again, it is cut",
			 stream->position_bytes, stream->length_bytes);
}

static int check_passed(const struct stream *stream, uint64_t length, struct error *err)
{
	const uint64_t most =
		stream->most_bytes != 0 ? stream->most_bytes : UINT64_MAX - 1;

	if (length > most || stream->position_bytes > most - length)
		return error_set(err, ERROR_INPUT,
				 "it expands to more than %" PRIu64
				 " bytes: allow more if it is meant so",
				 most);
	if (stream->length_bytes != STREAM_LENGTH_UNKNOWN &&
	    length > stream->length_bytes - stream->position_bytes)
		return error_set(err, ERROR_INPUT,
				 "more than the %" PRIu64 " bytes that it was to have",
				 stream->length_bytes);
	return 0;
}

int stream_next(struct stream *stream, void *buffer, size_t room,
		struct stream_piece *out, struct error *err)
{
	struct stream_piece piece = {0};

	if (stream->hole_left > 0) {
		*out = (struct stream_piece){stream->hole_left, true};
		stream->hole_left = 0;
		return 0;
	}
	if (stream->ops->next(stream, buffer, room, &piece, err) != 0)
		return -1;
	if (piece.length_bytes == 0 ? check_end(stream, err) != 0
				    : check_passed(stream, piece.length_bytes, err) != 0)
		return -1;
	stream->position_bytes += piece.length_bytes;
	piece.is_hole = piece.is_hole && piece.length_bytes != 0;
	*out = piece;
	return 0;
}

/* The next bytes as bytes: 0 at the end. */
static int read_some(struct stream *stream, unsigned char *buffer, size_t length,
		     size_t *out_length, struct error *err)
{
	struct stream_piece piece;
	size_t zeros;

	if (stream_next(stream, buffer, length, &piece, err) != 0)
		return -1;
	if (!piece.is_hole) {
		*out_length = (size_t)piece.length_bytes;
		return 0;
	}
	zeros = piece.length_bytes < length ? (size_t)piece.length_bytes : length;
	memset(buffer, 0, zeros);
	stream->hole_left = piece.length_bytes - zeros;
	*out_length = zeros;
	return 0;
}

int stream_read(struct stream *stream, void *buffer, size_t length, size_t *out_length,
		struct error *err)
{
	size_t done = 0, some;

	while (done < length) {
		if (read_some(stream, (unsigned char *)buffer + done, length - done,
			      &some, err) != 0)
			return -1;
		if (some == 0)
			break;
		done += some;
	}
	*out_length = done;
	return 0;
}

/* Read what cannot be gone over otherwise. */
static int skip_by_reading(struct stream *stream, uint64_t length, struct error *err)
{
	autofree unsigned char *buffer = mem_zero(SKIP_ROOM, 1);
	struct stream_piece piece;
	size_t room;

	while (length > 0) {
		room = length < SKIP_ROOM ? (size_t)length : SKIP_ROOM;
		if (stream_next(stream, buffer, room, &piece, err) != 0)
			return -1;
		stream_settle(stream);
		if (piece.length_bytes == 0)
			return error_set(err, ERROR_INPUT,
					 "it ends %" PRIu64 " bytes too early", length);
		if (piece.length_bytes > length) {
			stream->hole_left = piece.length_bytes - length;
			return 0;
		}
		length -= piece.length_bytes;
	}
	return 0;
}

int stream_skip(struct stream *stream, uint64_t length, struct error *err)
{
	const uint64_t zeros = length < stream->hole_left ? length : stream->hole_left;

	stream->hole_left -= zeros;
	length -= zeros;
	if (length == 0)
		return 0;
	if (stream->ops->skip == NULL)
		return skip_by_reading(stream, length, err);
	if (stream->length_bytes - stream->position_bytes < length)
		return error_set(err, ERROR_INPUT, "it ends before its last part");
	if (check_passed(stream, length, err) != 0 ||
	    stream->ops->skip(stream, length, err) != 0)
		return -1;
	stream->position_bytes += length;
	return 0;
}

void stream_settle(struct stream *stream)
{
	if (stream->ops->settle != NULL)
		stream->ops->settle(stream);
}

void stream_close(struct stream *stream)
{
	if (stream != NULL)
		stream->ops->close(stream);
}

struct in_order {
	struct stream stream;
	struct blocks *blocks;
	uint64_t data_end; /* up to here the blocks are known to be data */
};

static int in_order_next(struct stream *stream, void *buffer, size_t room,
			 struct stream_piece *out, struct error *err)
{
	struct in_order *in_order = (struct in_order *)stream;
	const uint64_t at = stream->position_bytes;
	struct blocks_extent extent;
	size_t length = room;

	if (at == in_order->blocks->size_bytes) {
		*out = (struct stream_piece){0};
		return 0;
	}
	if (at >= in_order->data_end) {
		if (blocks_extent_at(in_order->blocks, at, &extent, err) != 0)
			return -1;
		if (extent.is_hole) {
			*out = (struct stream_piece){extent.length_bytes, true};
			return 0;
		}
		in_order->data_end = at + extent.length_bytes;
	}
	if (length > in_order->data_end - at)
		length = (size_t)(in_order->data_end - at);
	if (blocks_read(in_order->blocks, at, buffer, length, err) != 0)
		return -1;
	*out = (struct stream_piece){length, false};
	return 0;
}

/* The place is the stream's position, which the caller moves; its bounds are the known length. */
static int in_order_skip(struct stream *stream, uint64_t length, struct error *err)
{
	(void)stream;
	(void)length;
	(void)err;
	return 0;
}

static void in_order_close(struct stream *stream)
{
	struct in_order *in_order = (struct in_order *)stream;

	blocks_close(in_order->blocks);
	free(in_order);
}

static const struct stream_ops in_order_ops = {
	.next = in_order_next,
	.skip = in_order_skip,
	.close = in_order_close,
};

struct stream *stream_open_blocks(struct blocks *blocks)
{
	struct in_order *in_order = mem_zero(1, sizeof(*in_order));

	in_order->stream.ops = &in_order_ops;
	in_order->stream.length_bytes = blocks->size_bytes;
	in_order->blocks = blocks;
	return &in_order->stream;
}
