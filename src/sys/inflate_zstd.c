/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate_zstd.c - Zstandard frames (RFC 8878) by libzstd; the window is what takes memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/str.h"
#include "sys/inflate.h"

/* what libzstd has beside the window: tables, and two blocks of 128 KiB */
enum { BESIDE_BYTES = 512 * 1024, LOG_LEAST = 10, LOG_MOST = 31 };

struct zstd {
	struct inflate inflate;
	ZSTD_DCtx *context;
	uint64_t most_bytes;
};

static int window_log(uint64_t most_bytes)
{
	int log = LOG_LEAST;

	while (log < LOG_MOST && (UINT64_C(2) << log) + BESIDE_BYTES <= most_bytes)
		log++;
	return log;
}

static int zstd_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	struct zstd *zstd;

	if (context == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax,
						window_log(most_bytes)))) {
		(void)ZSTD_freeDCtx(context); /* frees nothing but memory */
		return error_set(err, ERROR_SYSTEM, "libzstd could not begin");
	}
	zstd = mem_zero(1, sizeof(*zstd));
	zstd->context = context;
	zstd->most_bytes = most_bytes;
	*out = &zstd->inflate;
	return 0;
}

static int zstd_step(struct inflate *inflate, struct inflate_io *io,
		     enum inflate_state *out, struct error *err)
{
	struct zstd *zstd = (struct zstd *)inflate;
	ZSTD_inBuffer in = {.src = io->in, .size = io->in_bytes};
	ZSTD_outBuffer room = {.dst = io->out, .size = io->out_bytes};
	const size_t result = ZSTD_decompressStream(zstd->context, &room, &in);

	if (ZSTD_isError(result) &&
	    ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
		return error_set(err, ERROR_INPUT,
				 "the zstd frame has a larger window than %" PRIu64
				 " bytes of memory allow",
				 zstd->most_bytes);
	if (ZSTD_isError(result))
		return error_set(err, ERROR_INPUT, "damaged zstd frame: %s",
				 ZSTD_getErrorName(result));
	io->in += in.pos;
	io->in_bytes -= in.pos;
	io->out += room.pos;
	io->out_bytes -= room.pos;
	*out = result == 0 ? INFLATE_END : INFLATE_MORE;
	return 0;
}

static void zstd_close(struct inflate *inflate)
{
	struct zstd *zstd = (struct zstd *)inflate;

	(void)ZSTD_freeDCtx(zstd->context); /* frees nothing but memory */
	free(zstd);
}

const struct inflate_format inflate_zstd = {
	.name = "zstd",
	.magic = "\x28\xb5\x2f\xfd",
	.magic_bytes = 4,
	.least_bytes = BESIDE_BYTES + (1 << LOG_LEAST),
	.open = zstd_open,
	.step = zstd_step,
	.close = zstd_close,
};
