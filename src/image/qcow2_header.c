/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2_header.c - the header and the L1 table: what we do not read is refused here, so that
 * nothing outside of the file is ever reached. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "image/qcow2.h"

enum {
	V2_BYTES = 72,
	V3_BYTES = 104,
	CLUSTER_BITS_LEAST = 9,
	CLUSTER_BITS_MOST = 21,
	SUBCLUSTER_BITS_LEAST = 14,
	REFCOUNT_ORDER_MOST = 6,
	REFCOUNTS_MOST_BYTES = 8 << 20,
};

/* Incompatible features (bytes 72 to 79). A dirty image has wrong refcounts, which a reader
 * does not need. */
enum {
	FEATURE_DIRTY = 1 << 0,
	FEATURE_CORRUPT = 1 << 1,
	FEATURE_DATA_FILE = 1 << 2,
	FEATURE_COMPRESSION = 1 << 3,
	FEATURE_SUBCLUSTERS = 1 << 4,
	FEATURES_KNOWN = 31,
};

#define OFFSET_MASK	UINT64_C(0x00fffffffffffe00)
#define L1_UNUSED	UINT64_C(0x7f000000000001ff)
#define QEMU_IMG_ADVICE "make it one file by qemu-img convert"

static int check_versions(const uint8_t *head, size_t length, struct error *err)
{
	const uint64_t version = format_be(head + 4, 4);

	if (version != 2 && version != 3)
		return error_set(err, ERROR_INPUT,
				 "qcow version %" PRIu64
				 " is not read: convert it by qemu-img convert -O qcow2",
				 version);
	if (length < (version == 2 ? V2_BYTES : V3_BYTES))
		return error_set(err, ERROR_INPUT, "the qcow2 header is cut");
	if (format_be(head + 8, 8) != 0 || format_be(head + 16, 4) != 0)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 has a backing file, which is not "
				 "followed: " QEMU_IMG_ADVICE);
	if (format_be(head + 32, 4) != 0)
		return error_set(
			err, ERROR_INPUT,
			"the qcow2 is encrypted: decrypt it by qemu-img convert");
	return 0;
}

static int check_features(uint64_t features, struct error *err)
{
	if ((features & ~(uint64_t)FEATURES_KNOWN) != 0)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 needs features that are not known "
				 "(0x%" PRIx64 "): convert it by qemu-img convert",
				 features);
	if ((features & FEATURE_DATA_FILE) != 0)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 has an external data file, which is not "
				 "followed: " QEMU_IMG_ADVICE);
	if ((features & FEATURE_CORRUPT) != 0)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 is marked as corrupt: mend it by "
				 "qemu-img check -r all");
	return 0;
}

static int read_v3(const uint8_t *head, size_t length, struct qcow2_header *header,
		   struct error *err)
{
	const uint64_t features = format_be(head + 72, 8);
	const bool has_type = (features & FEATURE_COMPRESSION) != 0;
	unsigned type = 0;

	header->header_bytes = format_be(head + 100, 4);
	if (check_features(features, err) != 0)
		return -1;
	if (header->header_bytes < V3_BYTES || header->header_bytes % 8 != 0 ||
	    format_be(head + 96, 4) > REFCOUNT_ORDER_MOST)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 header has a wrong length or refcount width");
	if (header->header_bytes > V3_BYTES && length > V3_BYTES)
		type = head[V3_BYTES];
	if (type > 1 || has_type != (type != 0))
		return error_set(err, ERROR_INPUT,
				 "the qcow2 has a compression that is not known (%u)",
				 type);
	header->is_zstd = type == 1;
	header->has_subclusters = (features & FEATURE_SUBCLUSTERS) != 0;
	return 0;
}

static int check_cluster_bits(const struct qcow2_header *header, uint64_t bits,
			      struct error *err)
{
	const unsigned least =
		header->has_subclusters ? SUBCLUSTER_BITS_LEAST : CLUSTER_BITS_LEAST;

	if (bits < least || bits > CLUSTER_BITS_MOST)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 has clusters of 2^%" PRIu64 " bytes", bits);
	if (header->header_bytes > UINT64_C(1) << bits)
		return error_set(err, ERROR_INPUT,
				 "the qcow2 header is longer than a cluster");
	return 0;
}

/* A table must lie inside the file, on a cluster of its own. */
static int check_table(const struct blocks *file, const struct qcow2_header *header,
		       uint64_t offset, uint64_t bytes, const char *what,
		       struct error *err)
{
	const uint64_t mask = (UINT64_C(1) << header->cluster_bits) - 1;

	if (offset == 0 || (offset & mask) != 0)
		return error_set(err, ERROR_INPUT,
				 "the %s of the qcow2 is not aligned (0x%" PRIx64 ")",
				 what, offset);
	if (offset > file->size_bytes || bytes > file->size_bytes - offset)
		return error_set(err, ERROR_INPUT,
				 "the %s of the qcow2 lies outside of the file "
				 "(0x%" PRIx64 "): get it again, it is cut",
				 what, offset);
	return 0;
}

/* How many L1 entries the size needs. */
static uint64_t entries_needed(const struct qcow2_header *header)
{
	const unsigned entry_bits = header->has_subclusters ? 4 : 3;
	const unsigned bits = 2 * header->cluster_bits - entry_bits;
	const uint64_t size = header->size_bytes;

	return (size >> bits) + ((size & ((UINT64_C(1) << bits) - 1)) != 0);
}

static int check_tables(const struct blocks *file, const uint8_t *head,
			struct qcow2_header *header, struct error *err)
{
	const uint64_t said = format_be(head + 36, 4);

	header->l1_offset = format_be(head + 40, 8);
	header->refcounts_offset = format_be(head + 48, 8);
	header->refcounts_bytes = format_be(head + 56, 4) << header->cluster_bits;
	header->l1_entries = entries_needed(header);
	if (said > QCOW2_L1_MOST || header->l1_entries > QCOW2_L1_MOST)
		return error_set(err, ERROR_INPUT,
				 "the L1 table of the qcow2 is too large");
	if (said < header->l1_entries)
		return error_set(err, ERROR_INPUT,
				 "the L1 table of the qcow2 is too small for its size");
	if (header->refcounts_bytes > REFCOUNTS_MOST_BYTES)
		return error_set(err, ERROR_INPUT,
				 "the refcount table of the qcow2 is too large");
	if (header->l1_entries > 0 &&
	    check_table(file, header, header->l1_offset, 8 * said, "L1 table", err) != 0)
		return -1;
	if (check_table(file, header, header->refcounts_offset, header->refcounts_bytes,
			"refcount table", err) != 0)
		return -1;
	if (header->l1_offset < header->refcounts_offset + header->refcounts_bytes &&
	    header->refcounts_offset < header->l1_offset + 8 * said)
		return error_set(err, ERROR_INPUT, "the tables of the qcow2 overlap");
	return 0;
}

int qcow2_read_header(struct blocks *file, struct qcow2_header *out, struct error *err)
{
	struct qcow2_header header = {.header_bytes = V2_BYTES};
	uint8_t head[V3_BYTES + 8] = {0};
	const size_t length =
		file->size_bytes < sizeof(head) ? (size_t)file->size_bytes : sizeof(head);
	uint64_t bits;

	if (blocks_read(file, 0, head, length, err) != 0 ||
	    check_versions(head, length, err) != 0)
		return -1;
	header.version = (unsigned)format_be(head + 4, 4);
	bits = format_be(head + 20, 4);
	header.size_bytes = format_be(head + 24, 8);
	if (header.version == 3 && read_v3(head, length, &header, err) != 0)
		return -1;
	if (check_cluster_bits(&header, bits, err) != 0)
		return -1;
	header.cluster_bits = (unsigned)bits;
	if (check_tables(file, head, &header, err) != 0)
		return -1;
	*out = header;
	return 0;
}

static int compare_offsets(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Two parts of a disk never share a table. */
static int check_shared(const struct qcow2 *qcow2, struct error *err)
{
	uint64_t i;

	for (i = 1; i < qcow2->l2_count; i++)
		if (qcow2->l2_sorted[i] == qcow2->l2_sorted[i - 1])
			return error_set(err, ERROR_INPUT,
					 "the qcow2 loops: one L2 table (0x%" PRIx64
					 ") stands for two parts of the disk",
					 qcow2->l2_sorted[i]);
	return 0;
}

static bool overlaps(uint64_t offset, uint64_t bytes, uint64_t other,
		     uint64_t other_bytes)
{
	return offset < other + other_bytes && other < offset + bytes;
}

static int take_l1_entry(struct qcow2 *qcow2, uint64_t index, uint64_t entry,
			 struct error *err)
{
	const struct qcow2_header *header = &qcow2->header;
	const uint64_t cluster = UINT64_C(1) << header->cluster_bits;
	const uint64_t offset = entry & OFFSET_MASK;

	if ((entry & L1_UNUSED) != 0)
		return error_set(err, ERROR_INPUT,
				 "an L1 entry of the qcow2 has bits that are not known");
	if (offset == 0)
		return 0;
	if (check_table(qcow2->file, header, offset, cluster, "L2 table", err) != 0)
		return -1;
	if (overlaps(offset, cluster, 0, header->header_bytes) ||
	    overlaps(offset, cluster, header->l1_offset, 8 * header->l1_entries) ||
	    overlaps(offset, cluster, header->refcounts_offset, header->refcounts_bytes))
		return error_set(err, ERROR_INPUT, "the tables of the qcow2 overlap");
	qcow2->l1[index] = offset;
	qcow2->l2_sorted[qcow2->l2_count++] = offset;
	return 0;
}

int qcow2_read_l1(struct qcow2 *qcow2, struct error *err)
{
	const uint64_t count = qcow2->header.l1_entries;
	autofree uint8_t *bytes = mem_zero(count + 1, 8);
	uint64_t i;

	if (blocks_read(qcow2->file, qcow2->header.l1_offset, bytes, 8 * (size_t)count,
			err) != 0)
		return -1;
	qcow2->l1 = mem_zero(count + 1, sizeof(*qcow2->l1));
	qcow2->l2_sorted = mem_zero(count + 1, sizeof(*qcow2->l2_sorted));
	for (i = 0; i < count; i++)
		if (take_l1_entry(qcow2, i, format_be(bytes + 8 * i, 8), err) != 0)
			return -1;
	qsort(qcow2->l2_sorted, qcow2->l2_count, sizeof(*qcow2->l2_sorted),
	      compare_offsets);
	return check_shared(qcow2, err);
}
