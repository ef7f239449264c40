/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inflate_lz4.c - lz4 frames by liblz4, and the legacy format that kernels use for an
 * initramfs: a magic, then blocks of at most 8 MiB, each behind its compressed length in 4
 * bytes (lz4_Frame_format.md, "Legacy frame"). It has no end mark: what is no length ends it,
 * and so do the zeros that an initramfs is filled up with (the kernel's unlz4 does the same). */
#include <lz4.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sys/inflate.h"

enum { BLOCK_BYTES = 8 << 20, FRAME_BLOCK_BYTES = 4 << 20, MAGIC_BYTES = 4 };

struct lz4 {
	struct inflate inflate;
	LZ4F_dctx *context;
};

static int lz4_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct lz4 *lz4 = mem_zero(1, sizeof(*lz4));

	(void)most_bytes; /* a frame never needs more than the row tells */
	if (LZ4F_isError(LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION))) {
		free(lz4);
		return error_set(err, ERROR_SYSTEM, "liblz4 could not begin");
	}
	*out = &lz4->inflate;
	return 0;
}

static int lz4_step(struct inflate *inflate, struct inflate_io *io,
		    enum inflate_state *out, struct error *err)
{
	struct lz4 *lz4 = (struct lz4 *)inflate;
	size_t in = io->in_bytes, room = io->out_bytes;
	const size_t result =
		LZ4F_decompress(lz4->context, io->out, &room, io->in, &in, NULL);

	if (LZ4F_isError(result))
		return error_set(err, ERROR_INPUT, "damaged lz4 frame: %s",
				 LZ4F_getErrorName(result));
	io->in += in;
	io->in_bytes -= in;
	io->out += room;
	io->out_bytes -= room;
	*out = result == 0 ? INFLATE_END : INFLATE_MORE;
	return 0;
}

static void lz4_close(struct inflate *inflate)
{
	struct lz4 *lz4 = (struct lz4 *)inflate;

	(void)LZ4F_freeDecompressionContext(lz4->context); /* its result is a state */
	free(lz4);
}

const struct inflate_format inflate_lz4 = {
	.name = "lz4",
	.magic = "\x04\x22\x4d\x18",
	.magic_bytes = MAGIC_BYTES,
	/* a block as it comes, and one decoded with the 64 KiB before it */
	.least_bytes = 2 * (FRAME_BLOCK_BYTES + 128 * 1024),
	.open = lz4_open,
	.step = lz4_step,
	.close = lz4_close,
};

/* A legacy stream: its block is gathered, decoded, and handed out. */
struct legacy {
	struct inflate inflate;
	bool is_begun;
	char *block; /* room for the longest compressed block */
	size_t block_bytes, block_used;
	char *made; /* BLOCK_BYTES */
	size_t made_bytes, made_used;
	bool has_short_block; /* only the last one may be */
};

static int legacy_open(uint64_t most_bytes, struct inflate **out, struct error *err)
{
	struct legacy *legacy = mem_zero(1, sizeof(*legacy));

	(void)most_bytes;
	(void)err;
	legacy->block = mem_zero(LZ4_COMPRESSBOUND(BLOCK_BYTES), 1);
	legacy->made = mem_zero(BLOCK_BYTES, 1);
	*out = &legacy->inflate;
	return 0;
}

static uint32_t word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void hand_out(struct legacy *legacy, struct inflate_io *io)
{
	const size_t left = legacy->made_bytes - legacy->made_used;
	const size_t length = left < io->out_bytes ? left : io->out_bytes;

	memcpy(io->out, legacy->made + legacy->made_used, length);
	legacy->made_used += length;
	io->out += length;
	io->out_bytes -= length;
}

static int gather(struct legacy *legacy, struct inflate_io *io, struct error *err)
{
	const size_t left = legacy->block_bytes - legacy->block_used;
	const size_t length = left < io->in_bytes ? left : io->in_bytes;
	int made;

	memcpy(legacy->block + legacy->block_used, io->in, length);
	legacy->block_used += length;
	io->in += length;
	io->in_bytes -= length;
	if (length < left)
		return 0;
	made = LZ4_decompress_safe(legacy->block, legacy->made, (int)legacy->block_bytes,
				   BLOCK_BYTES);
	if (made < 0)
		return error_set(err, ERROR_INPUT, "damaged lz4 block");
	legacy->block_bytes = 0;
	legacy->made_bytes = (size_t)made;
	legacy->made_used = 0;
	legacy->has_short_block = made < BLOCK_BYTES;
	return 0;
}

static void begin_block(struct legacy *legacy, struct inflate_io *io,
			enum inflate_state *out)
{
	uint32_t length;

	if (io->in_bytes < MAGIC_BYTES) {
		if (io->is_last && legacy->is_begun)
			*out = INFLATE_END;
		return;
	}
	length = word_at(io->in);
	if (legacy->is_begun && (length == 0 || legacy->has_short_block ||
				 length > LZ4_COMPRESSBOUND(BLOCK_BYTES))) {
		*out = INFLATE_END;
		return;
	}
	if (legacy->is_begun) {
		legacy->block_bytes = length;
		legacy->block_used = 0;
	}
	legacy->is_begun = true; /* the first word is the magic */
	io->in += MAGIC_BYTES;
	io->in_bytes -= MAGIC_BYTES;
}

static int legacy_step(struct inflate *inflate, struct inflate_io *io,
		       enum inflate_state *out, struct error *err)
{
	struct legacy *legacy = (struct legacy *)inflate;

	*out = INFLATE_MORE;
	if (legacy->made_used < legacy->made_bytes) {
		hand_out(legacy, io);
		return 0;
	}
	if (legacy->block_bytes > 0)
		return gather(legacy, io, err);
	begin_block(legacy, io, out);
	return 0;
}

static void legacy_close(struct inflate *inflate)
{
	struct legacy *legacy = (struct legacy *)inflate;

	free(legacy->block);
	free(legacy->made);
	free(legacy);
}

const struct inflate_format inflate_lz4_legacy = {
	.name = "lz4-legacy",
	.magic = "\x02\x21\x4c\x18",
	.magic_bytes = MAGIC_BYTES,
	.least_bytes = 2 * BLOCK_BYTES + 64 * 1024,
	.open = legacy_open,
	.step = legacy_step,
	.close = legacy_close,
};
