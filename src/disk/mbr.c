/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mbr.c - facts: "Master boot record" and "Extended boot record" as fdisk(8) and the
 * kernel's documentation have them; UEFI specification 5.2 for the protective one. */
#include "disk/mbr.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "disk/bytes.h"
#include "disk/part.h"

enum { ID_AT = 440, ENTRIES_AT = 446, ENTRY_BYTES = 16, MAGIC_AT = 510 };

bool mbr_is_extended(unsigned type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static void decode_entries(const unsigned char *sector, struct mbr_entry entries[])
{
	const unsigned char *at = sector + ENTRIES_AT;
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++, at += ENTRY_BYTES)
		entries[i] = (struct mbr_entry){
			.mark = at[0],
			.type = at[4],
			.start_lba = bytes_le32(at + 8),
			.sectors = bytes_le32(at + 12),
		};
}

static bool has_magic(const unsigned char *sector)
{
	return sector[MAGIC_AT] == 0x55 && sector[MAGIC_AT + 1] == 0xaa;
}

/* The first sector of a FAT, exFAT or NTFS also ends in 55 AA; code stands where a table
 * would be, or nothing. */
static bool is_volume(const unsigned char *sector)
{
	const unsigned sector_bytes = bytes_le16(sector + 11), media = sector[21];

	if (sector[0] != 0xeb && sector[0] != 0xe9)
		return false;
	if (memcmp(sector + 3, "NTFS    ", 8) == 0 ||
	    memcmp(sector + 3, "EXFAT   ", 8) == 0)
		return true;
	return sector_bytes >= 512 && sector_bytes <= 4096 &&
	       (sector_bytes & (sector_bytes - 1)) == 0 && sector[13] != 0 &&
	       (sector[13] & (sector[13] - 1)) == 0 && bytes_le16(sector + 14) != 0 &&
	       (media == 0xf0 || media >= 0xf8);
}

static bool is_entry_used(const struct mbr_entry *entry)
{
	return entry->sectors != 0 && entry->type != 0;
}

static bool are_entries_plausible(const struct mbr *mbr, uint64_t disk_bytes)
{
	const struct mbr_entry *entry;
	unsigned i, used = 0;

	for (i = 0; i < MBR_ENTRIES; i++) {
		entry = &mbr->entries[i];
		if (!is_entry_used(entry))
			continue;
		if (entry->start_lba == 0 ||
		    (uint64_t)entry->start_lba * 512 >= disk_bytes)
			return false;
		used++;
	}
	return used > 0;
}

static bool can_be_table(const unsigned char *sector, const struct mbr *mbr,
			 uint64_t disk_bytes)
{
	unsigned i;

	if (!has_magic(sector))
		return false;
	for (i = 0; i < MBR_ENTRIES; i++)
		if ((mbr->entries[i].mark & 0x7f) != 0)
			return false;
	return !is_volume(sector) || are_entries_plausible(mbr, disk_bytes);
}

void mbr_decode(const unsigned char sector[MBR_BYTES], uint64_t disk_bytes,
		struct mbr *out)
{
	struct mbr mbr = {.id = bytes_le32(sector + ID_AT)};
	unsigned i;

	decode_entries(sector, mbr.entries);
	mbr.is_table = can_be_table(sector, &mbr, disk_bytes);
	for (i = 0; mbr.is_table && i < MBR_ENTRIES; i++) {
		if (mbr.entries[i].type == MBR_PROTECTIVE)
			mbr.is_protective = true;
		else if (is_entry_used(&mbr.entries[i]))
			mbr.has_entries = true;
	}
	*out = mbr;
}

static struct layout_partition *add_entry(struct layout *layout,
					  const struct mbr_entry *entry,
					  uint64_t base_lba, unsigned number, uint32_t id)
{
	struct layout_partition *part =
		part_add(&layout->partitions, &layout->partition_count);

	part->number = number;
	part->mbr_type = entry->type;
	part->type_name = layout_type_of_byte(entry->type, &part->role);
	part->is_active = entry->mark == 0x80;
	if (id != 0)
		(void)snprintf(part->uuid, sizeof(part->uuid), "%08" PRIx32 "-%02x", id,
			       number);
	part_place(layout, part, base_lba + entry->start_lba, entry->sectors);
	return part;
}

/* The chain: each sector names one partition, relative to itself, and the next sector,
 * relative to the extended partition. */
struct chain {
	const struct mbr_entry *extended;
	uint64_t seen[MBR_LOGICAL_MOST]; /* sectors of the chain so far */
	unsigned seen_count;
	unsigned next_number;
	uint64_t lba;
	uint32_t id;
};

static bool is_seen(const struct chain *chain)
{
	unsigned i;

	for (i = 0; i < chain->seen_count; i++)
		if (chain->seen[i] == chain->lba)
			return true;
	return false;
}

static bool is_chain_over(struct chain *chain, struct layout *layout)
{
	const uint64_t start = chain->extended->start_lba;

	if (is_seen(chain))
		layout_add_fault(layout, FAULT_CHAIN_LOOP,
				 "the chain of logical partitions comes back to sector "
				 "%" PRIu64 " after %u links",
				 chain->lba, chain->seen_count);
	else if (chain->seen_count == MBR_LOGICAL_MOST)
		layout_add_fault(layout, FAULT_CHAIN_LONG,
				 "the chain of logical partitions has more than %d links",
				 MBR_LOGICAL_MOST);
	else if (chain->lba < start || chain->lba - start >= chain->extended->sectors)
		layout_add_fault(
			layout, FAULT_CHAIN_OUTSIDE,
			"the chain of logical partitions leads to sector %" PRIu64
			", outside the extended partition",
			chain->lba);
	else
		return false;
	return true;
}

static int read_link(struct blocks *blocks, const struct chain *chain,
		     struct layout *layout, unsigned char sector[MBR_BYTES],
		     struct error *err)
{
	const uint64_t at = bytes_times(chain->lba, layout->sector_bytes);
	const int result = bytes_peek(blocks, at, sector, MBR_BYTES, err);

	if (result < 0)
		return -1;
	if (result > 0 && has_magic(sector))
		return 1;
	layout_add_fault(layout, FAULT_CHAIN_BAD,
			 "no table of logical partitions stands in sector %" PRIu64,
			 chain->lba);
	return 0;
}

/* Of several entries of a kind the first counts, as sfdisk has it. */
static void add_logical(struct chain *chain, const struct mbr_entry entries[],
			struct layout *layout)
{
	struct layout_partition *part;
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++)
		if (is_entry_used(&entries[i]) && !mbr_is_extended(entries[i].type))
			break;
	if (i == MBR_ENTRIES)
		return; /* an empty link; it takes no number */
	part = add_entry(layout, &entries[i], chain->lba, chain->next_number++,
			 chain->id);
	part->is_logical = true;
	part->ebr_lba = chain->lba;
}

static bool next_link(struct chain *chain, const struct mbr_entry entries[])
{
	unsigned i;

	chain->seen[chain->seen_count++] = chain->lba;
	for (i = 0; i < MBR_ENTRIES; i++) {
		if (!is_entry_used(&entries[i]) || !mbr_is_extended(entries[i].type))
			continue;
		chain->lba = (uint64_t)chain->extended->start_lba + entries[i].start_lba;
		return true;
	}
	return false;
}

static int add_chain(struct blocks *blocks, struct chain *chain, struct layout *layout,
		     struct error *err)
{
	unsigned char sector[MBR_BYTES];
	struct mbr_entry entries[MBR_ENTRIES];
	int result;

	do {
		if (is_chain_over(chain, layout))
			return 0;
		result = read_link(blocks, chain, layout, sector, err);
		if (result <= 0)
			return result;
		decode_entries(sector, entries);
		add_logical(chain, entries, layout);
	} while (next_link(chain, entries));
	return 0;
}

static void check_marks(const struct mbr *mbr, struct layout *layout)
{
	unsigned i, active = 0, extended = 0;

	for (i = 0; i < MBR_ENTRIES; i++) {
		active += is_entry_used(&mbr->entries[i]) && mbr->entries[i].mark == 0x80;
		extended += is_entry_used(&mbr->entries[i]) &&
			    mbr_is_extended(mbr->entries[i].type);
	}
	if (active > 1)
		layout_add_fault(layout, FAULT_MBR_SEVERAL_ACTIVE,
				 "%u partitions are marked active", active);
	if (extended > 1)
		layout_add_fault(layout, FAULT_MBR_SEVERAL_EXTENDED,
				 "%u extended partitions: the first one counts",
				 extended);
}

int mbr_add_partitions(struct blocks *blocks, const struct mbr *mbr,
		       struct layout *layout, struct error *err)
{
	struct chain chain = {.next_number = MBR_ENTRIES + 1, .id = mbr->id};
	const struct mbr_entry *entry;
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++) {
		entry = &mbr->entries[i];
		if (!is_entry_used(entry))
			continue;
		(void)add_entry(layout, entry, 0, i + 1, mbr->id);
		if (mbr_is_extended(entry->type) && chain.extended == NULL)
			chain.extended = entry;
	}
	check_marks(mbr, layout);
	if (chain.extended == NULL)
		return 0;
	chain.lba = chain.extended->start_lba;
	return add_chain(blocks, &chain, layout, err);
}

/* The protective entry begins at sector 1 and ends with the disk, or says 2^32 - 1. */
static void check_protective_entry(const struct mbr_entry *entry, struct layout *layout)
{
	const uint64_t sectors = layout->size_bytes / layout->sector_bytes;
	const uint64_t wanted = sectors - 1 < UINT32_MAX ? sectors - 1 : UINT32_MAX;

	if (entry->start_lba != 1)
		layout_add_fault(layout, FAULT_PMBR_START,
				 "the protective MBR entry begins at sector %" PRIu32
				 " and not at 1",
				 entry->start_lba);
	if (layout->kind == LAYOUT_GPT && entry->sectors != wanted &&
	    entry->sectors != UINT32_MAX)
		layout_add_fault(layout, FAULT_PMBR_SIZE,
				 "the protective MBR entry has %" PRIu32
				 " sectors, and the disk has %" PRIu64 " for it",
				 entry->sectors, wanted);
}

void mbr_check_protective(const struct mbr *mbr, struct layout *layout)
{
	struct layout whole = {.size_bytes = layout->size_bytes,
			       .sector_bytes = layout->sector_bytes};
	const struct mbr_entry *entry;
	unsigned i;

	for (i = 0; i < MBR_ENTRIES; i++) {
		entry = &mbr->entries[i];
		if (entry->type == MBR_PROTECTIVE)
			check_protective_entry(entry, layout);
		if (mbr->has_entries && is_entry_used(entry))
			(void)add_entry(&whole, entry, 0, i + 1, mbr->id);
	}
	layout->mbr = whole.partitions;
	layout->mbr_count = whole.partition_count;
}
