/* SPDX-License-Identifier: GPL-2.0-or-later */
/** qcow2.h - the parts of the qcow2 reader. Source: QEMU's documentation
 * docs/interop/qcow2.txt, versions 2 and 3. */
#ifndef IMAGE_QCOW2_H
#define IMAGE_QCOW2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

enum {
	QCOW2_PAGE_BYTES = 4096,
	QCOW2_PAGES = 128,
	QCOW2_L1_MOST = 2 << 20, /* entries */
};

/** What the header says, checked. */
struct qcow2_header {
	unsigned version;
	unsigned cluster_bits;
	uint64_t size_bytes;
	uint64_t l1_offset;
	uint64_t l1_entries; /* those in use for the size */
	uint64_t refcounts_offset;
	uint64_t refcounts_bytes;
	uint64_t header_bytes;
	bool is_zstd;
	bool has_subclusters;
};

/** A part of a table that was read. */
struct qcow2_page {
	uint64_t offset; /* in the file; UINT64_MAX: empty */
	uint8_t bytes[QCOW2_PAGE_BYTES];
};

/** An open image. */
struct qcow2 {
	struct blocks blocks;
	struct blocks *file;
	struct qcow2_header header;
	uint64_t *l1;	     /* offsets of L2 tables; 0: none */
	uint64_t *l2_sorted; /* the same without zeros */
	uint64_t l2_count;
	struct qcow2_page *pages;
	uint8_t *cluster;	/* what was decompressed last */
	uint64_t cluster_entry; /* the entry that it came from; 0: none */
	uint8_t *packed;
};

/** What lies at a place of the disk. */
struct qcow2_place {
	enum qcow2_kind { QCOW2_ZEROS, QCOW2_DATA, QCOW2_PACKED } kind;
	uint64_t length_bytes; /* for how long */
	uint64_t offset;       /* DATA: in the file */
	uint64_t entry;	       /* PACKED: of the L2 table */
};

/** Read and check the header.
 *
 * Errors:  ERROR_INPUT: not to be read by us, with the reason; those of the file
 * Returns: 0 or -1
 */
nodiscard int qcow2_read_header(struct blocks *file, struct qcow2_header *out,
				struct error *err);

/** Read and check the L1 table.
 *
 * Errors:  ERROR_INPUT; those of the file
 * Returns: 0 or -1
 */
nodiscard int qcow2_read_l1(struct qcow2 *qcow2, struct error *err);

/** Find what lies at @offset, which is inside.
 *
 * Errors:  ERROR_INPUT: a damaged table; those of the file
 * Returns: 0 or -1
 */
nodiscard int qcow2_find(struct qcow2 *qcow2, uint64_t offset, struct qcow2_place *out,
			 struct error *err);

/** Decompress the cluster that an L2 entry tells into @qcow2's cluster.
 *
 * Errors:  ERROR_INPUT; those of the file
 * Returns: 0 or -1
 */
nodiscard int qcow2_unpack(struct qcow2 *qcow2, uint64_t entry, struct error *err);

#endif
