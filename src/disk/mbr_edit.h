/* SPDX-License-Identifier: GPL-2.0-or-later */
/** mbr_edit.h - change the entries of a first sector. */
#ifndef DISK_MBR_EDIT_H
#define DISK_MBR_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk/mbr.h"

enum { MBR_ENTRY_BYTES = 16 };

/** Where an entry lies in the sector. */
static inline size_t mbr_entry_offset(unsigned index)
{
	return 446 + (size_t)index * MBR_ENTRY_BYTES;
}

/** The first entry that is all zeros: kernels take one with a length and no type for a
 * partition. Returns: its index, or MBR_ENTRIES */
unsigned mbr_find_empty(const unsigned char sector[MBR_BYTES]);

/** The entry of a type that begins at a sector. Returns: its index, or MBR_ENTRIES */
unsigned mbr_find_entry(const unsigned char sector[MBR_BYTES], unsigned type,
			uint64_t start_lba);

/** Make an entry, with the cylinders, heads and sectors that sfdisk writes: of 255 heads
 * and 63 sectors, the last ones possible where they do not fit. */
void mbr_put_entry(unsigned char entry[MBR_ENTRY_BYTES], unsigned type,
		   uint32_t start_lba, uint32_t sectors);

/** Let a protective entry that begins at sector 1 end with the disk. One that says 2^32 - 1
 * fits every disk, and stays. An end that was told in cylinders is told so again.
 *
 * @old_sectors: only an entry that ended with a disk of these is changed: another one is that of
 *               a hybrid. 0: any
 * Source:       UEFI specification 2.10, table 5.4; sgdisk's geometry
 * Returns:      whether it was changed
 */
bool mbr_grow_protective(unsigned char entry[MBR_ENTRY_BYTES], uint64_t old_sectors,
			 uint64_t new_sectors);

#endif
