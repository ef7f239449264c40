/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compressed.c - what compressors made, decoded in order by sys/inflate. Streams that follow
 * one another are one (gzip members, bzip2 and xz streams, zstd and lz4 frames); skippable
 * frames (RFC 8878, section 3.1.2, and the LZ4 frame format) and padding are gone over; anything else
 * behind them is an error, as half an image may stand in front of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/format.h"
#include "sys/inflate.h"

enum {
	INPUT_BYTES = 262144,
	MAGIC_BYTES = 8,
	SKIPPABLE_HEADER = 8,
	DECODER_BESIDE = 1 << 20, /* of zstd, beside its window */
};

struct compressed {
	struct stream stream;
	struct stream *inner;
	const struct inflate_format *format;
	struct inflate *inflate; /* NULL: between two streams */
	uint64_t most_bytes;	 /* memory */
	bool has_begun;
	bool is_end; /* of the input */
	size_t next, used;
	uint8_t input[INPUT_BYTES];
};

/* Put more behind the input that is left. */
static int fill(struct compressed *compressed, struct error *err)
{
	struct stream_piece piece;
	size_t more;

	memmove(compressed->input, compressed->input + compressed->next,
		compressed->used - compressed->next);
	compressed->used -= compressed->next;
	compressed->next = 0;
	if (compressed->is_end || compressed->used == INPUT_BYTES)
		return 0;
	/* a hole in what is compressed is nothing but zeros */
	if (stream_next(compressed->inner, compressed->input + compressed->used,
			INPUT_BYTES - compressed->used, &piece, err) != 0)
		return -1;
	if (!piece.is_hole) {
		compressed->used += (size_t)piece.length_bytes;
		compressed->is_end = piece.length_bytes == 0;
		return 0;
	}
	compressed->inner->hole_left = piece.length_bytes;
	if (stream_read(compressed->inner, compressed->input + compressed->used,
			INPUT_BYTES - compressed->used, &more, err) != 0)
		return -1;
	compressed->used += more;
	return 0;
}

static int fill_to(struct compressed *compressed, size_t wanted, struct error *err)
{
	while (compressed->used - compressed->next < wanted && !compressed->is_end)
		if (fill(compressed, err) != 0)
			return -1;
	return 0;
}

static bool has_skippable(const struct compressed *compressed)
{
	const bool may_have =
		compressed->format == &inflate_zstd || compressed->format == &inflate_lz4;

	return may_have && compressed->used - compressed->next >= SKIPPABLE_HEADER &&
	       (format_le(compressed->input + compressed->next, 4) & 0xfffffff0) ==
		       0x184d2a50;
}

static int go_over_skippable(struct compressed *compressed, struct error *err)
{
	uint64_t left =
		SKIPPABLE_HEADER + format_le(compressed->input + compressed->next + 4, 4);
	size_t some;

	while (left > 0) {
		if (fill_to(compressed, 1, err) != 0)
			return -1;
		some = compressed->used - compressed->next;
		if (some == 0)
			return error_set(err, ERROR_INPUT, "a skippable frame is cut");
		if (some > left)
			some = (size_t)left;
		compressed->next += some;
		left -= some;
	}
	return 0;
}

/* Zeros to the end, as tapes and xz's padding have them. */
static int go_over_zeros(struct compressed *compressed, struct error *err)
{
	do {
		while (compressed->next < compressed->used &&
		       compressed->input[compressed->next] == 0)
			compressed->next++;
		if (compressed->next < compressed->used)
			return 0;
		if (fill_to(compressed, 1, err) != 0)
			return -1;
	} while (compressed->next < compressed->used);
	return 0;
}

static int begin_stream(struct compressed *compressed, struct error *err)
{
	const size_t left = compressed->used - compressed->next;

	if (inflate_detect(compressed->input + compressed->next, left) !=
	    compressed->format)
		return error_set(err, ERROR_INPUT,
				 "something that is no %s follows the compressed "
				 "data: get it again, it is damaged",
				 compressed->format->name);
	compressed->has_begun = true;
	return inflate_open(compressed->format, compressed->most_bytes,
			    &compressed->inflate, err);
}

/* Begin the next stream, unless there is none. */
static int find_stream(struct compressed *compressed, struct error *err)
{
	for (;;) {
		if (fill_to(compressed, MAGIC_BYTES, err) != 0)
			return -1;
		if (!has_skippable(compressed))
			break;
		if (go_over_skippable(compressed, err) != 0)
			return -1;
	}
	if (compressed->has_begun && go_over_zeros(compressed, err) != 0)
		return -1;
	if (fill_to(compressed, MAGIC_BYTES, err) != 0)
		return -1;
	if (compressed->next == compressed->used)
		return 0;
	return begin_stream(compressed, err);
}

/* One step. Returns: 0 with how many bytes came, or -1 */
static int decode(struct compressed *compressed, uint8_t *buffer, size_t room,
		  size_t *out_length, struct error *err)
{
	struct inflate_io io = {
		.in = compressed->input + compressed->next,
		.in_bytes = compressed->used - compressed->next,
		.is_last = compressed->is_end,
		.out = buffer,
		.out_bytes = room,
	};
	enum inflate_state state;

	if (inflate_step(compressed->inflate, &io, &state, err) != 0)
		return -1;
	compressed->next = compressed->used - io.in_bytes;
	if (state == INFLATE_END) {
		inflate_close(compressed->inflate);
		compressed->inflate = NULL;
	}
	*out_length = room - io.out_bytes;
	return 0;
}

static int compressed_next(struct stream *stream, void *buffer, size_t room,
			   struct stream_piece *out, struct error *err)
{
	struct compressed *compressed = (struct compressed *)stream;
	size_t length = 0, left;

	while (length == 0) {
		if (compressed->inflate == NULL && find_stream(compressed, err) != 0)
			return -1;
		if (compressed->inflate == NULL)
			break;
		if (decode(compressed, buffer, room, &length, err) != 0)
			return -1;
		left = compressed->used - compressed->next;
		if (length > 0 || compressed->inflate == NULL)
			continue;
		if (fill(compressed, err) != 0)
			return -1;
		if (left == INPUT_BYTES)
			return error_set(err, ERROR_INPUT,
					 "the compressed data do not go on");
	}
	*out = (struct stream_piece){length, false};
	return 0;
}

static void compressed_close(struct stream *stream)
{
	struct compressed *compressed = (struct compressed *)stream;

	inflate_close(compressed->inflate);
	stream_close(compressed->inner);
	free(compressed);
}

static const struct stream_ops compressed_ops = {
	.next = compressed_next,
	.close = compressed_close,
};

static int open_format(const struct inflate_format *format, struct stream *inner,
		       const struct format_context *context, struct stream **out)
{
	struct compressed *compressed = mem_zero(1, sizeof(*compressed));

	compressed->stream.ops = &compressed_ops;
	compressed->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	compressed->inner = inner;
	compressed->format = format;
	compressed->most_bytes = format == &inflate_zstd
					 ? context->options->window_bytes + DECODER_BESIDE
					 : context->options->memory_bytes;
	*out = &compressed->stream;
	return 0;
}

static int open_gz(struct stream *inner, const struct format_context *context,
		   struct stream **out, struct error *err)
{
	(void)err;
	return open_format(&inflate_gzip, inner, context, out);
}

static int open_bz2(struct stream *inner, const struct format_context *context,
		    struct stream **out, struct error *err)
{
	(void)err;
	return open_format(&inflate_bzip2, inner, context, out);
}

static int open_xz(struct stream *inner, const struct format_context *context,
		   struct stream **out, struct error *err)
{
	(void)err;
	return open_format(&inflate_xz, inner, context, out);
}

static int open_zst(struct stream *inner, const struct format_context *context,
		    struct stream **out, struct error *err)
{
	(void)err;
	return open_format(&inflate_zstd, inner, context, out);
}

static int open_lz4(struct stream *inner, const struct format_context *context,
		    struct stream **out, struct error *err)
{
	(void)err;
	return open_format(&inflate_lz4, inner, context, out);
}

/* The format behind skippable frames, as pzstd writes them. */
static const struct inflate_format *detect(const struct format_view *view)
{
	size_t at = 0;

	while (view->head_bytes - at >= SKIPPABLE_HEADER &&
	       (format_le(view->head + at, 4) & 0xfffffff0) == 0x184d2a50) {
		const uint64_t length =
			SKIPPABLE_HEADER + format_le(view->head + at + 4, 4);

		if (length > view->head_bytes - at)
			return NULL;
		at += (size_t)length;
	}
	return inflate_detect(view->head + at, view->head_bytes - at);
}

/* Deflate is the only method, and three flags are not used (RFC 1952): two bytes alone are a
 * weak mark. */
static bool probe_gz(const struct format_view *view)
{
	return view->head_bytes >= 18 && detect(view) == &inflate_gzip &&
	       view->head[2] == 8 && (view->head[3] & 0xe0) == 0;
}

static bool probe_bz2(const struct format_view *view)
{
	return view->head_bytes >= 10 && detect(view) == &inflate_bzip2 &&
	       view->head[3] >= '1' && view->head[3] <= '9' &&
	       (memcmp(view->head + 4, "1AY&SY", 6) == 0 ||
		memcmp(view->head + 4, "\x17rE8P\x90", 6) == 0);
}

static bool probe_xz(const struct format_view *view)
{
	return detect(view) == &inflate_xz;
}

static bool probe_zst(const struct format_view *view)
{
	return detect(view) == &inflate_zstd;
}

static bool probe_lz4(const struct format_view *view)
{
	return detect(view) == &inflate_lz4;
}

const struct format format_gz = {.name = "gz", .probe = probe_gz, .open_stream = open_gz};
const struct format format_bz2 = {
	.name = "bz2", .probe = probe_bz2, .open_stream = open_bz2};
const struct format format_xz = {.name = "xz", .probe = probe_xz, .open_stream = open_xz};
const struct format format_zst = {
	.name = "zst", .probe = probe_zst, .open_stream = open_zst};
const struct format format_lz4 = {
	.name = "lz4", .probe = probe_lz4, .open_stream = open_lz4};
