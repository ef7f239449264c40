/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2_packed.c - compressed clusters: raw deflate (RFC 1951) by zlib, or zstd frames by
 * libzstd. One cluster is kept, as small reads come in order. */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/str.h"
#include "image/format.h"
#include "image/qcow2.h"

enum { SECTOR_BYTES = 512, WINDOW_BITS = 15, ZSTD_WINDOW_LOG_MOST = 23 };

/* Both give exactly a cluster, or the cluster is damaged. */

static bool unpack_zlib(const uint8_t *packed, size_t length, uint8_t *out, size_t room)
{
	z_stream stream = {0};
	int result;

	if (inflateInit2(&stream, -WINDOW_BITS) != Z_OK)
		return false;
	stream.next_in = (Bytef *)(uintptr_t)packed; /* zlib does not write to it */
	stream.avail_in = (uInt)length;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	result = inflate(&stream, Z_FINISH);
	(void)inflateEnd(&stream); /* fails only for what was never begun */
	return (result == Z_STREAM_END || result == Z_OK || result == Z_BUF_ERROR) &&
	       stream.avail_out == 0;
}

static bool unpack_zstd(const uint8_t *packed, size_t length, uint8_t *out, size_t room)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_outBuffer to = {.dst = out, .size = room};
	ZSTD_inBuffer from = {.src = packed, .size = length};
	size_t left = context != NULL &&
		      !ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax,
							   ZSTD_WINDOW_LOG_MOST));
	size_t in_before = SIZE_MAX, out_before = SIZE_MAX;

	while (left != 0 && !ZSTD_isError(left) && to.pos < to.size &&
	       (from.pos != in_before || to.pos != out_before)) {
		in_before = from.pos;
		out_before = to.pos;
		left = ZSTD_decompressStream(context, &to, &from);
	}
	(void)ZSTD_freeDCtx(context); /* frees nothing but memory */
	return !ZSTD_isError(left) && to.pos == to.size;
}

/* Where the compressed bytes lie: bits 0 to X-1 the offset, then how many sectors follow the
 * first one. They may end with the file in the middle of a sector. */
static int find_packed(const struct qcow2 *qcow2, uint64_t entry, uint64_t *out_offset,
		       size_t *out_length, struct error *err)
{
	const unsigned bits = qcow2->header.cluster_bits;
	const unsigned offset_bits = 62 - (bits - 8);
	const uint64_t offset = entry & ((UINT64_C(1) << offset_bits) - 1);
	const uint64_t sectors = (entry & ((UINT64_C(1) << 62) - 1)) >> offset_bits;
	uint64_t length = (sectors + 1) * SECTOR_BYTES - offset % SECTOR_BYTES;

	if (offset < qcow2->header.header_bytes || offset >= qcow2->file->size_bytes)
		return error_set(err, ERROR_INPUT,
				 "a compressed cluster lies outside of the file "
				 "(0x%" PRIx64 ")",
				 offset);
	if (length > qcow2->file->size_bytes - offset)
		length = qcow2->file->size_bytes - offset;
	*out_offset = offset;
	*out_length = (size_t)length;
	return 0;
}

int qcow2_unpack(struct qcow2 *qcow2, uint64_t entry, struct error *err)
{
	const size_t cluster = (size_t)1 << qcow2->header.cluster_bits;
	uint64_t offset = 0;
	size_t length = 0;
	bool is_whole;

	if (entry == qcow2->cluster_entry)
		return 0;
	if (find_packed(qcow2, entry, &offset, &length, err) != 0)
		return -1;
	if (qcow2->cluster == NULL) {
		qcow2->cluster = mem_zero(cluster, 1);
		/* the field for the sectors is that wide */
		qcow2->packed = mem_zero(cluster * 2 + SECTOR_BYTES, 1);
	}
	qcow2->cluster_entry = 0;
	if (blocks_read(qcow2->file, offset, qcow2->packed, length, err) != 0)
		return -1;
	is_whole = qcow2->header.is_zstd
			   ? unpack_zstd(qcow2->packed, length, qcow2->cluster, cluster)
			   : unpack_zlib(qcow2->packed, length, qcow2->cluster, cluster);
	if (!is_whole)
		return error_set(err, ERROR_INPUT,
				 "a compressed cluster is damaged (0x%" PRIx64 ")",
				 offset);
	qcow2->cluster_entry = entry;
	return 0;
}
