/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpt.c - facts: UEFI specification 2.10, section 5.3 (tables 5.5 and 5.6). */
#include "disk/gpt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/part.h"

enum {
	HEADER_LEAST = 92,
	ENTRY_LEAST = 128,
	ENTRY_MOST = 4096,
	NAME_AT = 56,
	NAME_UNITS = 36,
	SECTOR_MOST = 65536
};

static int set_problem(struct gpt *gpt, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int set_problem(struct gpt *gpt, const char *fmt, ...)
{
	va_list words;

	va_start(words, fmt);
	(void)vsnprintf(gpt->problem, sizeof(gpt->problem), fmt, words);
	va_end(words);
	return 0;
}

static void decode_header(const unsigned char *sector, struct gpt *gpt)
{
	gpt->is_present = true;
	gpt->alternate_lba = bytes_le64(sector + 32);
	gpt->first_usable_lba = bytes_le64(sector + 40);
	gpt->last_usable_lba = bytes_le64(sector + 48);
	memcpy(gpt->guid, sector + 56, sizeof(gpt->guid));
	gpt->entries_lba = bytes_le64(sector + 72);
	gpt->entry_count = bytes_le32(sector + 80);
	gpt->entry_bytes = bytes_le32(sector + 84);
	gpt->entries_crc = bytes_le32(sector + 88);
}

/* The checksum counts its own four bytes as zeros. */
static bool is_header_crc_right(const unsigned char *sector, uint32_t header_bytes)
{
	static const unsigned char zeros[4] = {0};
	uint32_t crc = bytes_crc32(0, sector, 16);

	crc = bytes_crc32(crc, zeros, sizeof(zeros));
	crc = bytes_crc32(crc, sector + 20, header_bytes - 20);
	return crc == bytes_le32(sector + 16);
}

static bool is_header_good(const unsigned char *sector, uint64_t disk_sectors,
			   struct gpt *gpt)
{
	const uint32_t header_bytes = bytes_le32(sector + 12);
	const uint64_t my_lba = bytes_le64(sector + 24);

	if (header_bytes < HEADER_LEAST || header_bytes > gpt->sector_bytes)
		return set_problem(gpt, "its header says that it has %" PRIu32 " bytes",
				   header_bytes);
	if (!is_header_crc_right(sector, header_bytes))
		return set_problem(gpt, "the checksum of its header is wrong");
	if (my_lba != gpt->lba)
		return set_problem(gpt,
				   "its header was made for sector %" PRIu64
				   " and stands in sector %" PRIu64,
				   my_lba, gpt->lba);
	if (gpt->entry_bytes < ENTRY_LEAST || gpt->entry_bytes > ENTRY_MOST ||
	    gpt->entry_bytes % 8 != 0)
		return set_problem(gpt, "its entries have %" PRIu32 " bytes each",
				   gpt->entry_bytes);
	if (gpt->entry_count == 0 || gpt_entries_bytes(gpt) > GPT_ENTRIES_MOST_BYTES)
		return set_problem(gpt,
				   "it has %" PRIu32 " entries of %" PRIu32
				   " bytes: at most 1 MiB is read",
				   gpt->entry_count, gpt->entry_bytes);
	if (gpt->entries_lba < 2 || gpt->entries_lba >= disk_sectors)
		return set_problem(gpt,
				   "its entries begin at sector %" PRIu64
				   ", outside the disk of %" PRIu64 " sectors",
				   gpt->entries_lba, disk_sectors);
	return true;
}

static int read_entries(struct blocks *blocks, struct gpt *gpt, struct error *err)
{
	const size_t size = (size_t)gpt_entries_bytes(gpt);
	const uint64_t start = gpt->entries_lba * gpt->sector_bytes;
	autofree unsigned char *entries = mem_zero(size, 1);

	if (size > blocks->size_bytes - start)
		return set_problem(gpt, "its entries end beyond the end of the disk");
	if (bytes_peek(blocks, start, entries, size, err) < 0)
		return -1;
	if (bytes_crc32(0, entries, size) != gpt->entries_crc)
		return set_problem(gpt, "the checksum of its entries is wrong");
	gpt->entries = entries;
	entries = NULL;
	gpt->is_good = true;
	return 0;
}

int gpt_read(struct blocks *blocks, unsigned sector_bytes, uint64_t lba, struct gpt *out,
	     struct error *err)
{
	const uint64_t disk_sectors = blocks->size_bytes / sector_bytes;
	autofree unsigned char *sector = NULL;
	struct gpt gpt = {.sector_bytes = sector_bytes, .lba = lba};
	int result;

	*out = gpt;
	if (lba >= disk_sectors || sector_bytes < 512 || sector_bytes > SECTOR_MOST)
		return 0;
	sector = mem_zero(sector_bytes, 1);
	result = bytes_peek(blocks, lba * sector_bytes, sector, sector_bytes, err);
	if (result < 0)
		return -1;
	if (result == 0 || memcmp(sector, "EFI PART", 8) != 0)
		return 0;
	decode_header(sector, &gpt);
	if (is_header_good(sector, disk_sectors, &gpt) &&
	    read_entries(blocks, &gpt, err) != 0)
		return -1;
	*out = gpt;
	return 0;
}

bool gpt_is_same(const struct gpt *one, const struct gpt *other)
{
	return memcmp(one->guid, other->guid, sizeof(one->guid)) == 0 &&
	       one->first_usable_lba == other->first_usable_lba &&
	       one->last_usable_lba == other->last_usable_lba &&
	       one->entry_count == other->entry_count &&
	       one->entry_bytes == other->entry_bytes &&
	       one->entries_crc == other->entries_crc;
}

uint64_t gpt_entries_bytes(const struct gpt *gpt)
{
	return (uint64_t)gpt->entry_count * gpt->entry_bytes;
}

static void check_entry(const struct gpt *gpt, const struct layout_partition *part,
			uint64_t last_lba, struct layout *layout)
{
	if (last_lba < part->start_lba)
		layout_add_fault(layout, FAULT_END_BEFORE_START,
				 "partition %u ends at sector %" PRIu64
				 ", before its start at %" PRIu64,
				 part->number, last_lba, part->start_lba);
	else if (part->start_lba < gpt->first_usable_lba ||
		 last_lba > gpt->last_usable_lba)
		layout_add_fault(layout, FAULT_OUTSIDE_USABLE,
				 "partition %u, sectors %" PRIu64 " to %" PRIu64
				 ", leaves the usable range %" PRIu64 " to %" PRIu64,
				 part->number, part->start_lba, last_lba,
				 gpt->first_usable_lba, gpt->last_usable_lba);
}

static void add_entry(const struct gpt *gpt, const unsigned char *entry, unsigned number,
		      struct layout *layout)
{
	const uint64_t start = bytes_le64(entry + 32), last = bytes_le64(entry + 40);
	struct layout_partition *part =
		part_add(&layout->partitions, &layout->partition_count);

	part->number = number;
	bytes_guid(entry, part->type_guid);
	bytes_guid(entry + 16, part->uuid);
	part->type_name = layout_type_of_guid(part->type_guid, &part->role);
	part->attributes = bytes_le64(entry + 48);
	part->is_active = (part->attributes & 4) != 0;
	part->name = bytes_utf16(entry + NAME_AT, NAME_UNITS);
	/* a count of 2^64 sectors does not fit */
	part_place(layout, part, start,
		   last < start			? 0
		   : last - start == UINT64_MAX ? UINT64_MAX
						: last - start + 1);
	check_entry(gpt, part, last, layout);
}

/* Compares the PARTUUIDs of two list positions. */
static int compare_ids(const void *a, const void *b)
{
	const struct layout_partition *const *left = a, *const *right = b;

	return strcmp((*left)->uuid, (*right)->uuid);
}

static void check_ids(struct layout *layout)
{
	const size_t count = layout->partition_count;
	autofree const struct layout_partition **list =
		mem_zero(count + 1, sizeof(const struct layout_partition *));
	size_t i;

	for (i = 0; i < count; i++)
		list[i] = &layout->partitions[i];
	qsort(list, count, sizeof(struct layout_partition *), compare_ids);
	for (i = 1; i < count; i++)
		if (strcmp(list[i]->uuid, list[i - 1]->uuid) == 0)
			layout_add_fault(layout, FAULT_DUPLICATE_ID,
					 "partitions %u and %u have the same id %s",
					 list[i - 1]->number, list[i]->number,
					 list[i]->uuid);
}

static void check_usable(const struct gpt *gpt, struct layout *layout)
{
	const uint64_t disk_sectors = layout->size_bytes / gpt->sector_bytes;

	if (gpt->first_usable_lba > gpt->last_usable_lba ||
	    gpt->last_usable_lba >= disk_sectors)
		layout_add_fault(layout, FAULT_GPT_USABLE,
				 "the usable range is sectors %" PRIu64 " to %" PRIu64
				 " of %" PRIu64,
				 gpt->first_usable_lba, gpt->last_usable_lba,
				 disk_sectors);
}

void gpt_add_partitions(const struct gpt *gpt, struct layout *layout)
{
	const unsigned char *entry = gpt->entries;
	unsigned i;

	bytes_guid(gpt->guid, layout->id);
	layout->first_usable_lba = gpt->first_usable_lba;
	layout->last_usable_lba = gpt->last_usable_lba;
	check_usable(gpt, layout);
	for (i = 0; i < gpt->entry_count; i++, entry += gpt->entry_bytes)
		if (!bytes_are_zero(entry, 16))
			add_entry(gpt, entry, i + 1, layout);
	check_ids(layout);
}

void gpt_clear(struct gpt *gpt)
{
	free(gpt->entries);
	*gpt = (struct gpt){0};
}
