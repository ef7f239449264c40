/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/mbr_edit.h"

#include <string.h>

#include "disk/bytes.h"

enum { HEADS = 255, TRACK_SECTORS = 63, CYLINDERS = 1024 };

/* Head, then sector with the cylinder's upper two bits, then the cylinder's lower eight.
 * Returns: false when it cannot be said */
static bool put_chs(unsigned char at[3], uint64_t lba)
{
	const uint64_t cylinder = lba / (HEADS * TRACK_SECTORS);

	if (cylinder >= CYLINDERS)
		return false;
	at[0] = (unsigned char)(lba / TRACK_SECTORS % HEADS);
	at[1] = (unsigned char)((lba % TRACK_SECTORS + 1) | (cylinder >> 2 & 0xc0));
	at[2] = (unsigned char)cylinder;
	return true;
}

unsigned mbr_find_empty(const unsigned char sector[MBR_BYTES])
{
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++)
		if (bytes_are_zero(sector + mbr_entry_offset(i), MBR_ENTRY_BYTES))
			break;
	return i;
}

unsigned mbr_find_entry(const unsigned char sector[MBR_BYTES], unsigned type,
			uint64_t start_lba)
{
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++)
		if (sector[mbr_entry_offset(i) + 4] == type &&
		    bytes_le32(sector + mbr_entry_offset(i) + 8) == start_lba)
			break;
	return i;
}

void mbr_put_entry(unsigned char entry[MBR_ENTRY_BYTES], unsigned type,
		   uint32_t start_lba, uint32_t sectors)
{
	entry[0] = 0;
	if (!put_chs(entry + 1, start_lba))
		memcpy(entry + 1, "\xfe\xff\xff", 3);
	entry[4] = (unsigned char)type;
	if (!put_chs(entry + 5, (uint64_t)start_lba + sectors - 1))
		memcpy(entry + 5, "\xfe\xff\xff", 3);
	bytes_put_le(entry + 8, start_lba, 4);
	bytes_put_le(entry + 12, sectors, 4);
}

bool mbr_grow_protective(unsigned char entry[MBR_ENTRY_BYTES], uint64_t old_sectors,
			 uint64_t new_sectors)
{
	const uint64_t sectors = bytes_le32(entry + 12);
	const uint64_t wanted =
		new_sectors - 1 < UINT32_MAX ? new_sectors - 1 : UINT32_MAX;

	if (entry[4] != MBR_PROTECTIVE || bytes_le32(entry + 8) != 1 ||
	    sectors == UINT32_MAX || sectors == wanted ||
	    (old_sectors != 0 && sectors + 1 != old_sectors))
		return false;
	bytes_put_le(entry + 12, wanted, 4);
	if (memcmp(entry + 5, "\xff\xff\xff", 3) != 0 && !put_chs(entry + 5, wanted))
		memcpy(entry + 5, "\xff\xff\xff", 3);
	return true;
}
