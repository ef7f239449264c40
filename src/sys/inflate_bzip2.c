/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate_bzip2.c - bzip2 streams by libbz2, which checks the CRC of each block. */
#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>

#include "base/str.h"
#include "sys/inflate.h"

struct bzip2 {
	struct inflate inflate;
	bz_stream stream;
};

static int bzip2_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct bzip2 *bzip2 = mem_zero(1, sizeof(*bzip2));

	(void)most_bytes; /* its need is fixed: the row tells it */
	if (BZ2_bzDecompressInit(&bzip2->stream, 0, 0) != BZ_OK) {
		free(bzip2);
		return error_set(err, ERROR_SYSTEM, "libbz2 could not begin");
	}
	*out = &bzip2->inflate;
	return 0;
}

static int bzip2_step(struct inflate *inflate, struct inflate_io *io,
		      enum inflate_state *out, struct error *err)
{
	bz_stream *stream = &((struct bzip2 *)inflate)->stream;
	const unsigned in = io->in_bytes < UINT_MAX ? (unsigned)io->in_bytes : UINT_MAX;
	const unsigned room =
		io->out_bytes < UINT_MAX ? (unsigned)io->out_bytes : UINT_MAX;
	int result;

	stream->next_in = (char *)(uintptr_t)io->in; /* libbz2 does not write to it */
	stream->avail_in = in;
	stream->next_out = (char *)io->out;
	stream->avail_out = room;
	result = BZ2_bzDecompress(stream);
	io->in += in - stream->avail_in;
	io->in_bytes -= in - stream->avail_in;
	io->out += room - stream->avail_out;
	io->out_bytes -= room - stream->avail_out;
	if (result != BZ_OK && result != BZ_STREAM_END)
		return error_set(err, ERROR_INPUT, "damaged bzip2 stream");
	*out = result == BZ_STREAM_END ? INFLATE_END : INFLATE_MORE;
	return 0;
}

static void bzip2_close(struct inflate *inflate)
{
	struct bzip2 *bzip2 = (struct bzip2 *)inflate;

	(void)BZ2_bzDecompressEnd(&bzip2->stream); /* fails only for one never begun */
	free(bzip2);
}

const struct inflate_format inflate_bzip2 = {
	.name = "bzip2",
	.magic = "BZh",
	.magic_bytes = 3,
	.least_bytes = 4 * 1024 * 1024,
	.open = bzip2_open,
	.step = bzip2_step,
	.close = bzip2_close,
};
