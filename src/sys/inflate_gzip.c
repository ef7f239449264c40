/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate_gzip.c - gzip members (RFC 1952) by zlib, which checks their CRC and length. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/str.h"
#include "sys/inflate.h"

enum { WINDOW_BITS = 15, GZIP_ALONE = 16 };

struct gzip {
	struct inflate inflate;
	z_stream stream;
};

static int gzip_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct gzip *gzip = mem_zero(1, sizeof(*gzip));

	(void)most_bytes; /* the window is never above 32 KiB */
	if (inflateInit2(&gzip->stream, WINDOW_BITS + GZIP_ALONE) != Z_OK) {
		free(gzip);
		return error_set(err, ERROR_SYSTEM, "zlib could not begin");
	}
	*out = &gzip->inflate;
	return 0;
}

static int gzip_step(struct inflate *decoder, struct inflate_io *io,
		     enum inflate_state *out, struct error *err)
{
	z_stream *stream = &((struct gzip *)decoder)->stream;
	const uInt in = io->in_bytes < UINT_MAX ? (uInt)io->in_bytes : UINT_MAX;
	const uInt room = io->out_bytes < UINT_MAX ? (uInt)io->out_bytes : UINT_MAX;
	int result;

	stream->next_in = (Bytef *)(uintptr_t)io->in; /* zlib does not write to it */
	stream->avail_in = in;
	stream->next_out = io->out;
	stream->avail_out = room;
	result = inflate(stream, Z_NO_FLUSH);
	io->in += in - stream->avail_in;
	io->in_bytes -= in - stream->avail_in;
	io->out += room - stream->avail_out;
	io->out_bytes -= room - stream->avail_out;
	if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END)
		return error_set(err, ERROR_INPUT, "damaged gzip stream: %s",
				 stream->msg != NULL ? stream->msg : "no reason given");
	*out = result == Z_STREAM_END ? INFLATE_END : INFLATE_MORE;
	return 0;
}

static void gzip_close(struct inflate *inflate)
{
	struct gzip *gzip = (struct gzip *)inflate;

	(void)inflateEnd(
		&gzip->stream); /* fails only for a stream that was never begun */
	free(gzip);
}

const struct inflate_format inflate_gzip = {
	.name = "gzip",
	.magic = "\x1f\x8b",
	.magic_bytes = 2,
	.least_bytes = 64 * 1024,
	.open = gzip_open,
	.step = gzip_step,
	.close = gzip_close,
};
