/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpt_edit.c - places of fields: UEFI specification 2.10, tables 5.5 and 5.6. */
#include "disk/gpt_edit.h"

#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/table_edit.h"

uint64_t gpt_entries_sectors(const struct gpt *gpt)
{
	return (gpt_entries_bytes(gpt) + gpt->sector_bytes - 1) / gpt->sector_bytes;
}

uint64_t gpt_entries_offset(const struct gpt *gpt)
{
	return gpt->entries_lba * gpt->sector_bytes;
}

int gpt_read_header(struct blocks *blocks, const struct gpt *gpt, unsigned char **out,
		    struct error *err)
{
	autofree unsigned char *sector = mem_zero(gpt->sector_bytes, 1);

	if (blocks_read(blocks, gpt->lba * gpt->sector_bytes, sector, gpt->sector_bytes,
			err) != 0)
		return -1;
	*out = sector;
	sector = NULL;
	return 0;
}

void gpt_set_place(unsigned char *header, uint64_t lba, uint64_t alternate_lba,
		   uint64_t entries_lba)
{
	bytes_put_le(header + 24, lba, 8);
	bytes_put_le(header + 32, alternate_lba, 8);
	bytes_put_le(header + 72, entries_lba, 8);
}

void gpt_set_last_usable(unsigned char *header, uint64_t last_usable_lba)
{
	bytes_put_le(header + 48, last_usable_lba, 8);
}

void gpt_seal(unsigned char *header, const struct gpt *gpt)
{
	const uint32_t header_bytes = bytes_le32(header + 12);

	bytes_put_le(header + 88,
		     bytes_crc32(0, gpt->entries, (size_t)gpt_entries_bytes(gpt)), 4);
	bytes_put_le(header + 16, 0, 4); /* counts as zeros in its own sum */
	bytes_put_le(header + 16, bytes_crc32(0, header, header_bytes), 4);
}

static unsigned char *entry_at(const struct gpt *gpt, uint32_t index)
{
	return gpt->entries + (size_t)index * gpt->entry_bytes;
}

uint32_t gpt_find_free(const struct gpt *gpt)
{
	uint32_t i;

	for (i = 0; i < gpt->entry_count; i++)
		if (bytes_are_zero(entry_at(gpt, i), 16))
			break;
	return i;
}

uint32_t gpt_find_moult(const struct gpt *gpt, uint64_t start_lba)
{
	char type[GUID_TEXT];
	uint32_t i;

	for (i = 0; i < gpt->entry_count; i++) {
		bytes_guid(entry_at(gpt, i), type);
		if (strcmp(type, TABLE_MOULT_TYPE) == 0 &&
		    bytes_le64(entry_at(gpt, i) + 32) == start_lba)
			break;
	}
	return i;
}

void gpt_put_moult(const struct gpt *gpt, uint32_t index, const unsigned char id[16],
		   uint64_t start_lba, uint64_t sectors)
{
	/* TABLE_MOULT_TYPE as it stands on a disk: its first three fields little-endian */
	static const unsigned char type[16] = {0x6c, 0x75, 0x6f, 0x6d, 0x2e, 0x74,
					       0x6f, 0x4c, 0x87, 0x21, 0x75, 0x6e,
					       0x64, 0x6f, 0x6c, 0x67};
	unsigned char *entry = entry_at(gpt, index);
	const char *name = TABLE_MOULT_NAME;

	memset(entry, 0, gpt->entry_bytes);
	memcpy(entry, type, sizeof(type));
	memcpy(entry + 16, id, 16);
	bytes_put_le(entry + 32, start_lba, 8);
	bytes_put_le(entry + 40, start_lba + sectors - 1, 8);
	for (entry += 56; *name != '\0'; name++, entry += 2)
		*entry = (unsigned char)*name; /* UTF-16LE */
}
