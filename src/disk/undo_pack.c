/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/str.h"
#include "disk/undo_log.h"
#include "model/sink.h"
#include "sys/digest.h"

enum { LEVEL = 1 }; /* of zstd: old systems compress well enough, and nobody waits */

struct undo_packer {
	ZSTD_CCtx *context;
};

struct undo_packer *undo_packer_open(void)
{
	struct undo_packer *packer = mem_zero(1, sizeof(*packer));

	packer->context = ZSTD_createCCtx();
	if (packer->context == NULL)
		abort();
	return packer;
}

void undo_packer_close(struct undo_packer *packer)
{
	if (packer == NULL)
		return;
	(void)ZSTD_freeCCtx(packer->context);
	free(packer);
}

static void reserve(struct undo_packed *packed, size_t bytes)
{
	if (bytes <= packed->block_bytes)
		return;
	free(packed->block);
	packed->block = sink_buffer(bytes);
	packed->block_bytes = bytes;
}

/* What fills the last block is zeros. */
static void finish(struct undo_packed *packed, size_t stored_bytes)
{
	const size_t used = UNDO_FRAME_BYTES + stored_bytes;

	packed->stored_bytes = stored_bytes;
	memset(packed->block + used, 0, (size_t)undo_frame_room(stored_bytes) - used);
}

void undo_store(const void *bytes, size_t length, struct undo_packed *out)
{
	reserve(out, (size_t)undo_frame_room(length));
	out->codec = CODEC_RAW;
	out->length = length;
	memcpy(out->block + UNDO_FRAME_BYTES, bytes, length);
	sys_sha256(bytes, length, out->sha);
	memcpy(out->stored_sha, out->sha, sizeof(out->sha));
	finish(out, length);
}

static void pack_zeros(size_t length, struct undo_packed *out)
{
	out->codec = CODEC_ZEROS;
	sys_sha256_zeros(length, out->sha);
	sys_sha256("", 0, out->stored_sha);
	finish(out, 0);
}

void undo_pack(struct undo_packer *packer, const void *bytes, size_t length,
	       struct undo_packed *out)
{
	const size_t most = ZSTD_compressBound(length);
	size_t packed;

	reserve(out, (size_t)undo_frame_room(most));
	out->length = length;
	if (sink_is_zero(bytes, length)) {
		pack_zeros(length, out);
		return;
	}
	packed = ZSTD_compressCCtx(packer->context, out->block + UNDO_FRAME_BYTES, most,
				   bytes, length, LEVEL);
	if (ZSTD_isError(packed) || packed >= length) {
		undo_store(bytes, length, out);
		return;
	}
	out->codec = CODEC_ZSTD;
	sys_sha256(bytes, length, out->sha);
	sys_sha256(out->block + UNDO_FRAME_BYTES, packed, out->stored_sha);
	finish(out, packed);
}

void undo_packed_clear(struct undo_packed *packed)
{
	free(packed->block);
	*packed = (struct undo_packed){0};
}
