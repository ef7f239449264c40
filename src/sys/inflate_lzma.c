/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate_lzma.c - xz streams and the older .lzma files, by liblzma. Integrity checks that
 * liblzma cannot compute are damage for us. */
#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>

#include "base/str.h"
#include "sys/inflate.h"
#include "sys/proc.h"

struct xz {
	struct inflate inflate;
	lzma_stream stream;
};

static struct xz *xz_new(void)
{
	const lzma_stream fresh = LZMA_STREAM_INIT;
	struct xz *xz = mem_zero(1, sizeof(*xz));

	xz->stream = fresh;
	return xz;
}

static int xz_begun(struct xz *xz, lzma_ret result, struct inflate **out,
		    struct error *err)
{
	if (result != LZMA_OK) {
		free(xz);
		return error_set(err, ERROR_SYSTEM, "liblzma could not begin");
	}
	*out = &xz->inflate;
	return 0;
}

#if LZMA_VERSION >= 50040000
enum { THREADS_MOST = 4 };

/* Blocks of one stream are decoded at the same time while their memory is allowed, else one
 * after the other. */
static lzma_ret begin_decoder(lzma_stream *stream, uint64_t most_bytes)
{
	const unsigned count = sys_proc_cpu_count();
	const lzma_mt options = {
		.flags = LZMA_TELL_UNSUPPORTED_CHECK,
		.threads = count < THREADS_MOST ? count : (unsigned)THREADS_MOST,
		.memlimit_threading = most_bytes,
		.memlimit_stop = most_bytes,
	};

	return lzma_stream_decoder_mt(stream, &options);
}
#else
static lzma_ret begin_decoder(lzma_stream *stream, uint64_t most_bytes)
{
	return lzma_stream_decoder(stream, most_bytes, LZMA_TELL_UNSUPPORTED_CHECK);
}
#endif

static int xz_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct xz *xz = xz_new();

	return xz_begun(xz, begin_decoder(&xz->stream, most_bytes), out, err);
}

static int lzma_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct xz *xz = xz_new();

	return xz_begun(xz, lzma_alone_decoder(&xz->stream, most_bytes), out, err);
}

static int xz_failed(const struct xz *xz, lzma_ret result, struct error *err)
{
	const char *name = xz->inflate.format->name;

	if (result == LZMA_MEMLIMIT_ERROR)
		return error_set(err, ERROR_INPUT,
				 "the %s stream needs %" PRIu64
				 " bytes of memory, and %" PRIu64 " are allowed",
				 name, lzma_memusage(&xz->stream),
				 lzma_memlimit_get(&xz->stream));
	if (result == LZMA_MEM_ERROR)
		return error_set(err, ERROR_SYSTEM, "no memory for the %s stream", name);
	if (result == LZMA_OPTIONS_ERROR || result == LZMA_UNSUPPORTED_CHECK)
		return error_set(err, ERROR_INPUT,
				 "the %s stream uses what liblzma does not know", name);
	return error_set(err, ERROR_INPUT, "damaged %s stream", name);
}

static int xz_step(struct inflate *inflate, struct inflate_io *io,
		   enum inflate_state *out, struct error *err)
{
	struct xz *xz = (struct xz *)inflate;
	lzma_ret result;

	xz->stream.next_in = io->in;
	xz->stream.avail_in = io->in_bytes;
	xz->stream.next_out = io->out;
	xz->stream.avail_out = io->out_bytes;
	/* threads are waited for when nothing more is to come */
	result = lzma_code(&xz->stream, io->is_last ? LZMA_FINISH : LZMA_RUN);
	io->in = xz->stream.next_in;
	io->in_bytes = xz->stream.avail_in;
	io->out = xz->stream.next_out;
	io->out_bytes = xz->stream.avail_out;
	if (result != LZMA_OK && result != LZMA_BUF_ERROR && result != LZMA_STREAM_END)
		return xz_failed(xz, result, err);
	*out = result == LZMA_STREAM_END ? INFLATE_END : INFLATE_MORE;
	return 0;
}

static void xz_close(struct inflate *inflate)
{
	struct xz *xz = (struct xz *)inflate;

	lzma_end(&xz->stream);
	free(xz);
}

const struct inflate_format inflate_xz = {
	.name = "xz",
	.magic = "\xfd"
		 "7zXZ\0",
	.magic_bytes = 6,
	.least_bytes = 128 * 1024,
	.open = xz_open,
	.step = xz_step,
	.close = xz_close,
};

/* Properties lc=3 lp=0 pb=2, which everything writes, and a dictionary of whole 64 KiB. */
const struct inflate_format inflate_lzma = {
	.name = "lzma",
	.magic = "\x5d\0\0",
	.magic_bytes = 3,
	.least_bytes = 128 * 1024,
	.open = lzma_open,
	.step = xz_step,
	.close = xz_close,
};
