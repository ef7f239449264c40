/* SPDX-License-Identifier: GPL-2.0-or-later */
/** stream.h - bytes that come in order, once: a download, a pipe, what a decoder gives. Zeros
 * whose place is known come as holes, so that nobody has to look at them. */
#ifndef MODEL_STREAM_H
#define MODEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

/** A length that is not known before the end is reached. */
#define STREAM_LENGTH_UNKNOWN UINT64_MAX

struct stream;

/** What comes next. */
struct stream_piece {
	uint64_t length_bytes; /* 0: the end */
	bool is_hole;	       /* zeros: nothing was put into the buffer */
};

/** What a kind of stream can do. */
struct stream_ops {
	/* Put at least one byte and at most @room bytes into @buffer, or tell a hole, or the
	 * end. The end is told again when asked again. Errors: ERROR_SYSTEM, ERROR_INPUT,
	 * ERROR_INTERRUPTED. */
	int (*next)(struct stream *stream, void *buffer, size_t room,
		    struct stream_piece *out, struct error *err);
	/* Go over exactly @length bytes, which the caller knows to be there; NULL: they are
	 * read. */
	int (*skip)(struct stream *stream, uint64_t length, struct error *err);
	/* Wait until nobody looks at bytes that were given; NULL: nobody does. */
	void (*settle)(struct stream *stream);
	/* Give everything back. */
	void (*close)(struct stream *stream);
};

/** A source of bytes in order. The first member of what implements it. */
struct stream {
	const struct stream_ops *ops;
	uint64_t length_bytes;	 /* of all of it, or STREAM_LENGTH_UNKNOWN */
	uint64_t position_bytes; /* how much has come, holes included */
	uint64_t most_bytes;	 /* an error beyond it; 0: no bound */
	uint64_t hole_left;	 /* of a hole that stream_read gives as zeros */
};

/** How many bytes were taken by stream_read and stream_skip: a hole of which a part is left
 * counts as far as it was taken. */
static inline uint64_t stream_place(const struct stream *stream)
{
	return stream->position_bytes - stream->hole_left;
}

/** Take the next piece.
 *
 * @room:   bytes, more than 0
 * @out:    untouched on failure
 * Errors:  ERROR_INPUT when the stream is longer than its bound or shorter or longer than
 *          its known length; those of the source
 * Returns: 0 or -1
 */
nodiscard int stream_next(struct stream *stream, void *buffer, size_t room,
			  struct stream_piece *out, struct error *err);

/** Read until @length bytes are there or the stream ends; holes are zeros.
 *
 * @out_length: how many bytes; less than @length only at the end
 * Errors:  those of stream_next
 * Returns: 0 or -1
 */
nodiscard int stream_read(struct stream *stream, void *buffer, size_t length,
			  size_t *out_length, struct error *err);

/** Go over exactly @length bytes.
 *
 * Errors:  ERROR_INPUT when the stream ends before; those of the source
 * Returns: 0 or -1
 */
nodiscard int stream_skip(struct stream *stream, uint64_t length, struct error *err);

/** Wait until bytes that were given may be changed: a source that was asked to hash aside looks at
 * them until then, or until the next call has returned. */
void stream_settle(struct stream *stream);

/** Read blocks in order, with their holes; they are closed with the stream.
 *
 * Returns: a stream that the caller closes
 */
struct stream *stream_open_blocks(struct blocks *blocks);

/** Close; NULL is harmless. */
void stream_close(struct stream *stream);

#endif
