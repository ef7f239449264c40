/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2_table.c - from a place on the disk to a place in the file. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/format.h"
#include "image/qcow2.h"

#define ENTRY_PACKED (UINT64_C(1) << 62)
#define ENTRY_OFFSET UINT64_C(0x00fffffffffffe00)
#define ENTRY_UNUSED UINT64_C(0x3f000000000001fe)
#define ENTRY_ZEROS  UINT64_C(1)

enum { SUBCLUSTER_BITS = 5, SUBCLUSTERS = 32, SECTOR_BYTES = 512 };

/* The page of the file that @offset lies in; the last one of a file may be short. */
static int page_at(struct qcow2 *qcow2, uint64_t offset, const uint8_t **out,
		   struct error *err)
{
	const uint64_t start = offset / QCOW2_PAGE_BYTES * QCOW2_PAGE_BYTES;
	struct qcow2_page *page = &qcow2->pages[start / QCOW2_PAGE_BYTES % QCOW2_PAGES];
	const uint64_t left = qcow2->file->size_bytes - start;
	const size_t length =
		left < QCOW2_PAGE_BYTES ? (size_t)left : (size_t)QCOW2_PAGE_BYTES;

	if (page->offset != start) {
		page->offset = UINT64_MAX;
		if (blocks_read(qcow2->file, start, page->bytes, length, err) != 0)
			return -1;
		page->offset = start;
	}
	*out = page->bytes + (offset - start);
	return 0;
}

/* An entry of an L2 table, and the bitmap of its subclusters. */
static int entry_at(struct qcow2 *qcow2, uint64_t offset, uint64_t *out_entry,
		    uint64_t *out_bitmap, struct error *err)
{
	const unsigned bits = qcow2->header.cluster_bits;
	const unsigned entry_bits = qcow2->header.has_subclusters ? 4 : 3;
	const unsigned l2_bits = bits - entry_bits;
	const uint64_t table = qcow2->l1[offset >> (bits + l2_bits)];
	const uint64_t index = offset >> bits & ((UINT64_C(1) << l2_bits) - 1);
	const uint8_t *bytes;

	if (page_at(qcow2, table + (index << entry_bits), &bytes, err) != 0)
		return -1;
	*out_entry = format_be(bytes, 8);
	*out_bitmap = qcow2->header.has_subclusters ? format_be(bytes + 8, 8) : 0;
	return 0;
}

static bool is_l2_table(const struct qcow2 *qcow2, uint64_t offset)
{
	uint64_t low = 0, high = qcow2->l2_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (qcow2->l2_sorted[middle] == offset)
			return true;
		if (qcow2->l2_sorted[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool overlaps(uint64_t offset, uint64_t bytes, uint64_t other,
		     uint64_t other_bytes)
{
	return offset < other + other_bytes && other < offset + bytes;
}

/* A cluster of data: aligned, no table, and in the file up to @end, as far as the disk goes.
 * QEMU may leave out the end of the last cluster, but never a part of a sector. */
static int check_cluster(const struct qcow2 *qcow2, uint64_t guest, uint64_t offset,
			 uint64_t end, struct error *err)
{
	const struct qcow2_header *header = &qcow2->header;
	const uint64_t cluster = UINT64_C(1) << header->cluster_bits;
	const uint64_t left = header->size_bytes - (guest & ~(cluster - 1));
	const uint64_t needed = left < end ? left : end;
	const uint64_t file_bytes = qcow2->file->size_bytes;

	if ((offset & (cluster - 1)) != 0)
		return error_set(err, ERROR_INPUT,
				 "a cluster is not aligned (0x%" PRIx64 ")", offset);
	if (offset >= file_bytes ||
	    (needed > file_bytes - offset && file_bytes % SECTOR_BYTES != 0))
		return error_set(err, ERROR_INPUT,
				 "a cluster lies outside of the file (0x%" PRIx64
				 "): get it again, it is cut",
				 offset);
	if (offset < header->header_bytes || is_l2_table(qcow2, offset) ||
	    overlaps(offset, cluster, header->l1_offset, 8 * header->l1_entries) ||
	    overlaps(offset, cluster, header->refcounts_offset, header->refcounts_bytes))
		return error_set(err, ERROR_INPUT,
				 "a cluster overlaps a table (0x%" PRIx64 ")", offset);
	return 0;
}

/* An entry without subclusters, or one whose cluster is not there at all. */
static int place_cluster(const struct qcow2 *qcow2, uint64_t guest, uint64_t entry,
			 struct qcow2_place *place, struct error *err)
{
	const uint64_t inside = guest & ((UINT64_C(1) << qcow2->header.cluster_bits) - 1);
	const uint64_t offset = entry & ENTRY_OFFSET;

	if ((entry & ENTRY_ZEROS) != 0 && qcow2->header.version < 3)
		return error_set(err, ERROR_INPUT, "an L2 entry of a later version");
	if ((entry & ENTRY_ZEROS) != 0 || offset == 0)
		return 0;
	if (check_cluster(qcow2, guest, offset, inside + place->length_bytes, err) != 0)
		return -1;
	place->kind = QCOW2_DATA;
	place->offset = offset + inside;
	return 0;
}

/* Bits 0 to 31 of the bitmap: is there; 32 to 63: reads as zeros. Neither: zeros, as there is
 * no backing file. */
static int place_subcluster(const struct qcow2 *qcow2, uint64_t guest, uint64_t entry,
			    uint64_t bitmap, struct qcow2_place *place, struct error *err)
{
	const unsigned bits = qcow2->header.cluster_bits;
	const unsigned sub_bits = bits - SUBCLUSTER_BITS;
	const uint64_t inside = guest & ((UINT64_C(1) << bits) - 1);
	const unsigned index = (unsigned)(inside >> sub_bits);
	const uint64_t left =
		(UINT64_C(1) << sub_bits) - (inside & ((UINT64_C(1) << sub_bits) - 1));

	if ((bitmap & bitmap >> SUBCLUSTERS & UINT32_MAX) != 0 ||
	    (entry & ENTRY_ZEROS) != 0 ||
	    ((bitmap & UINT32_MAX) != 0 && (entry & ENTRY_OFFSET) == 0))
		return error_set(err, ERROR_INPUT, "an L2 entry contradicts itself");
	place->length_bytes = left;
	if ((bitmap >> index & 1) == 0)
		return 0;
	return place_cluster(qcow2, guest, entry, place, err);
}

int qcow2_find(struct qcow2 *qcow2, uint64_t offset, struct qcow2_place *out,
	       struct error *err)
{
	const unsigned bits = qcow2->header.cluster_bits;
	const unsigned l1_bits = 2 * bits - (qcow2->header.has_subclusters ? 4 : 3);
	const uint64_t cluster = UINT64_C(1) << bits;
	struct qcow2_place place = {.kind = QCOW2_ZEROS};
	uint64_t entry, bitmap;

	if (qcow2->l1[offset >> l1_bits] == 0) {
		place.length_bytes = (UINT64_C(1) << l1_bits) -
				     (offset & ((UINT64_C(1) << l1_bits) - 1));
		*out = place;
		return 0;
	}
	if (entry_at(qcow2, offset, &entry, &bitmap, err) != 0)
		return -1;
	place.length_bytes = cluster - (offset & (cluster - 1));
	if ((entry & ENTRY_PACKED) != 0) {
		place.kind = QCOW2_PACKED;
		place.entry = entry;
	} else if ((entry & ENTRY_UNUSED) != 0) {
		return error_set(err, ERROR_INPUT,
				 "an L2 entry has bits that are not known");
	} else if (qcow2->header.has_subclusters) {
		if (place_subcluster(qcow2, offset, entry, bitmap, &place, err) != 0)
			return -1;
	} else if (place_cluster(qcow2, offset, entry, &place, err) != 0) {
		return -1;
	}
	*out = place;
	return 0;
}
