/* SPDX-License-Identifier: GPL-2.0-or-later */
/** mbr.h - the partition table of the first sector, and the chain in its extended
 * partition. */
#ifndef DISK_MBR_H
#define DISK_MBR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

enum { MBR_BYTES = 512, MBR_ENTRIES = 4, MBR_PROTECTIVE = 0xee, MBR_LOGICAL_MOST = 128 };

/** One entry of 16 bytes; what stands in cylinders and heads is not looked at. */
struct mbr_entry {
	unsigned mark; /* 0x80: active */
	unsigned type;
	uint32_t start_lba, sectors;
};

/** A first sector. */
struct mbr {
	bool is_table; /* 55 AA, and entries that can be ones */
	bool is_protective;
	bool has_entries; /* others than the protective one */
	uint32_t id;
	struct mbr_entry entries[MBR_ENTRIES];
};

/** Take a sector of 512 bytes apart.
 *
 * @disk_bytes: tells the sector of a FAT or NTFS, which also ends in 55 AA, from a table
 */
void mbr_decode(const unsigned char sector[MBR_BYTES], uint64_t disk_bytes,
		struct mbr *out);

/** Whether a type is one of the three of extended partitions. */
bool mbr_is_extended(unsigned type);

/** Add the entries as partitions to @layout, whose sector size is set, and those of the
 * extended partition's chain; faults are added too.
 *
 * Errors:  those of the source
 * Returns: 0 or -1
 */
nodiscard int mbr_add_partitions(struct blocks *blocks, const struct mbr *mbr,
				 struct layout *layout, struct error *err);

/** Look at the entries of a hybrid or protective MBR: they are kept as layout->mbr when
 * there are others than the protective one. */
void mbr_check_protective(const struct mbr *mbr, struct layout *layout);

#endif
