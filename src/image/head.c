/* SPDX-License-Identifier: GPL-2.0-or-later */
/* head.c - a stream whose first bytes were looked at, and come once more. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/format.h"

struct head {
	struct stream stream;
	struct stream *inner;
	size_t head_bytes;
	uint8_t bytes[FORMAT_HEAD_BYTES];
};

static int head_next(struct stream *stream, void *buffer, size_t room,
		     struct stream_piece *out, struct error *err)
{
	struct head *head = (struct head *)stream;
	size_t left;

	if (stream->position_bytes >= head->head_bytes)
		return stream_next(head->inner, buffer, room, out, err);
	left = head->head_bytes - (size_t)stream->position_bytes;
	if (left > room)
		left = room;
	memcpy(buffer, head->bytes + stream->position_bytes, left);
	*out = (struct stream_piece){left, false};
	return 0;
}

static void head_close(struct stream *stream)
{
	stream_close(((struct head *)stream)->inner);
	free(stream);
}

static const struct stream_ops head_ops = {
	.next = head_next,
	.close = head_close,
};

int head_peek(struct stream **stream, uint8_t *bytes, size_t *out_length,
	      struct error *err)
{
	struct head *head = mem_zero(1, sizeof(*head));

	if (stream_read(*stream, head->bytes, sizeof(head->bytes), &head->head_bytes,
			err) != 0) {
		free(head);
		return -1;
	}
	head->stream.ops = &head_ops;
	head->stream.length_bytes = (*stream)->length_bytes;
	head->inner = *stream;
	memcpy(bytes, head->bytes, head->head_bytes);
	*out_length = head->head_bytes;
	*stream = &head->stream;
	return 0;
}
