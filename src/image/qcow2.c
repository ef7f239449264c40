/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2.c - qcow2 as blocks, only read. Tables are read when they are needed, by pages. */
#include "image/qcow2.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/format.h"

/* How far an extent is followed in one call. */
enum { EXTENT_STEPS = 65536 };

/* What a file does not have of its last cluster is zeros. */
static int read_data(struct qcow2 *qcow2, const struct qcow2_place *place,
		     uint8_t *buffer, size_t length, struct error *err)
{
	const uint64_t file_bytes = qcow2->file->size_bytes;
	uint64_t left = 0;

	if (place->kind == QCOW2_DATA && place->offset < file_bytes)
		left = file_bytes - place->offset;
	if (left < length) {
		memset(buffer + left, 0, length - (size_t)left);
		length = (size_t)left;
	}
	if (length == 0)
		return 0;
	return blocks_read(qcow2->file, place->offset, buffer, length, err);
}

static int read_packed(struct qcow2 *qcow2, const struct qcow2_place *place,
		       uint64_t offset, void *buffer, size_t length, struct error *err)
{
	const uint64_t inside =
		offset & ((UINT64_C(1) << qcow2->header.cluster_bits) - 1);

	if (qcow2_unpack(qcow2, place->entry, err) != 0)
		return -1;
	memcpy(buffer, qcow2->cluster + inside, length);
	return 0;
}

/* Whether @next goes on where @place ends. */
static bool goes_on(const struct qcow2_place *place, const struct qcow2_place *next)
{
	if (place->kind != next->kind || place->kind == QCOW2_PACKED)
		return false;
	return place->kind == QCOW2_ZEROS ||
	       next->offset == place->offset + place->length_bytes;
}

/* What lies at @offset, with what follows it in the file, up to @length bytes. */
static int find_run(struct qcow2 *qcow2, uint64_t offset, uint64_t length,
		    struct qcow2_place *out, struct error *err)
{
	struct qcow2_place place, next;

	if (qcow2_find(qcow2, offset, &place, err) != 0)
		return -1;
	while (place.length_bytes < length) {
		if (qcow2_find(qcow2, offset + place.length_bytes, &next, err) != 0)
			return -1;
		if (!goes_on(&place, &next))
			break;
		place.length_bytes += next.length_bytes;
	}
	if (place.length_bytes > length)
		place.length_bytes = length;
	*out = place;
	return 0;
}

static int qcow2_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		      struct error *err)
{
	struct qcow2 *qcow2 = (struct qcow2 *)blocks;
	struct qcow2_place place;
	uint8_t *next = buffer;
	size_t some;
	int result;

	while (length > 0) {
		if (find_run(qcow2, offset, length, &place, err) != 0)
			return -1;
		some = (size_t)place.length_bytes;
		if (place.kind == QCOW2_PACKED)
			result = read_packed(qcow2, &place, offset, next, some, err);
		else
			result = read_data(qcow2, &place, next, some, err);
		if (result != 0)
			return error_frame(err, "qcow2, at %" PRIu64, offset);
		next += some;
		offset += some;
		length -= some;
	}
	return 0;
}

static int qcow2_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
			struct error *err)
{
	struct qcow2 *qcow2 = (struct qcow2 *)blocks;
	struct qcow2_place place, next;
	uint64_t length;
	int steps;

	if (qcow2_find(qcow2, offset, &place, err) != 0)
		return -1;
	length = place.length_bytes;
	for (steps = 0; steps < EXTENT_STEPS && length < blocks->size_bytes - offset;
	     steps++) {
		if (qcow2_find(qcow2, offset + length, &next, err) != 0)
			return -1;
		if ((next.kind == QCOW2_ZEROS) != (place.kind == QCOW2_ZEROS))
			break;
		length += next.length_bytes;
	}
	*out = (struct blocks_extent){length, place.kind == QCOW2_ZEROS};
	return 0;
}

static void qcow2_free(struct qcow2 *qcow2)
{
	free(qcow2->l1);
	free(qcow2->l2_sorted);
	free(qcow2->pages);
	free(qcow2->cluster);
	free(qcow2->packed);
	free(qcow2);
}

static void qcow2_close(struct blocks *blocks)
{
	struct qcow2 *qcow2 = (struct qcow2 *)blocks;

	blocks_close(qcow2->file);
	qcow2_free(qcow2);
}

static const struct blocks_ops qcow2_ops = {
	.read = qcow2_read,
	.extent = qcow2_extent,
	.close = qcow2_close,
};

static struct qcow2 *qcow2_new(struct blocks *file)
{
	struct qcow2 *qcow2 = mem_zero(1, sizeof(*qcow2));
	unsigned i;

	qcow2->blocks.ops = &qcow2_ops;
	qcow2->blocks.fd = -1;
	qcow2->file = file;
	qcow2->pages = mem_zero(QCOW2_PAGES, sizeof(*qcow2->pages));
	for (i = 0; i < QCOW2_PAGES; i++)
		qcow2->pages[i].offset = UINT64_MAX;
	return qcow2;
}

static void describe(const struct qcow2_header *header, char *out)
{
	const unsigned bits = header->cluster_bits;
	const char *unit = bits < 10 ? "bytes" : bits < 20 ? "KiB" : "MiB";

	(void)snprintf(out, FORMAT_DETAIL_BYTES, "v%u, %s, clusters of %u %s%s",
		       header->version, header->is_zstd ? "zstd" : "zlib",
		       1u << (bits < 10	  ? bits
			      : bits < 20 ? bits - 10
					  : bits - 20),
		       unit, header->has_subclusters ? ", with subclusters" : "");
}

static int qcow2_open_blocks(struct blocks *inner, const struct format_context *context,
			     struct blocks **out, struct error *err)
{
	struct qcow2 *qcow2 = qcow2_new(inner);

	if (qcow2_read_header(inner, &qcow2->header, err) != 0 ||
	    qcow2_read_l1(qcow2, err) != 0) {
		qcow2_free(qcow2);
		return -1;
	}
	qcow2->blocks.size_bytes = qcow2->header.size_bytes;
	describe(&qcow2->header, context->detail);
	*out = &qcow2->blocks;
	return 0;
}

static bool qcow2_probe(const struct format_view *view)
{
	return view->head_bytes >= 8 && memcmp(view->head, "QFI\xfb", 4) == 0;
}

const struct format format_qcow2 = {
	.name = "qcow2",
	.probe = qcow2_probe,
	.open_blocks = qcow2_open_blocks,
};
