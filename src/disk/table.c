/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.c - the rules are those that firmware and kernels go by: a GPT counts when the MBR
 * has a protective entry, and else only where nothing else claims the first sector. */
#include "disk/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "disk/bytes.h"
#include "disk/gpt.h"
#include "disk/mbr.h"
#include "disk/part.h"
#include "disk/signature.h"

struct tables {
	unsigned char first[MBR_BYTES];
	struct mbr mbr;
	struct gpt primary, backup;
};

#define autotables __attribute__((cleanup(clear_tables)))

static void clear_tables(struct tables *tables)
{
	gpt_clear(&tables->primary);
	gpt_clear(&tables->backup);
}

enum { CANDIDATES = 3 };

/* The device's own size first; a size that comes twice is 0. */
static void list_candidates(const struct blocks *blocks, unsigned out[CANDIDATES])
{
	const unsigned own = blocks->sector_bytes;

	out[0] = own;
	out[1] = own != 512 ? 512 : 0;
	out[2] = own != 4096 ? 4096 : 0;
}

/* Keep @next when it is better than what is there: good before bad, bad before absent. */
static void keep_better(struct gpt *kept, struct gpt *next)
{
	const int had = kept->is_good * 2 + kept->is_present;
	const int has = next->is_good * 2 + next->is_present;

	if (has <= had) {
		gpt_clear(next);
		return;
	}
	gpt_clear(kept);
	*kept = *next;
}

static int find_primary(struct blocks *blocks, struct gpt *out, struct error *err)
{
	unsigned candidates[CANDIDATES], i;
	struct gpt next;

	list_candidates(blocks, candidates);
	for (i = 0; i < CANDIDATES; i++) {
		if (candidates[i] == 0)
			continue;
		if (gpt_read(blocks, candidates[i], 1, &next, err) != 0)
			return -1;
		keep_better(out, &next);
	}
	return 0;
}

/* The primary one is gone: the other lies at the end, for one of the sector sizes. */
static int find_backup_at_end(struct blocks *blocks, struct gpt *out, struct error *err)
{
	unsigned candidates[CANDIDATES], i;
	struct gpt next;

	list_candidates(blocks, candidates);
	for (i = 0; i < CANDIDATES; i++) {
		if (candidates[i] == 0 || blocks->size_bytes / candidates[i] < 2)
			continue;
		if (gpt_read(blocks, candidates[i],
			     blocks->size_bytes / candidates[i] - 1, &next, err) != 0)
			return -1;
		keep_better(out, &next);
	}
	return 0;
}

/* Where the primary one says that it is, else at the end. */
static int find_backup(struct blocks *blocks, struct tables *tables, struct error *err)
{
	const struct gpt *primary = &tables->primary;

	if (primary->is_present && primary->alternate_lba > 1 &&
	    gpt_read(blocks, primary->sector_bytes, primary->alternate_lba,
		     &tables->backup, err) != 0)
		return -1;
	if (primary->is_good || tables->backup.is_good)
		return 0;
	return find_backup_at_end(blocks, &tables->backup, err);
}

static void check_backup(const struct tables *tables, struct layout *layout)
{
	const struct gpt *primary = &tables->primary, *backup = &tables->backup;
	const uint64_t last = layout->size_bytes / primary->sector_bytes - 1;

	if (primary->alternate_lba > last)
		layout_add_fault(layout, FAULT_GPT_BACKUP_MISSING,
				 "the backup GPT belongs to sector %" PRIu64
				 ", and the disk ends at sector %" PRIu64,
				 primary->alternate_lba, last);
	else if (!backup->is_present)
		layout_add_fault(layout, FAULT_GPT_BACKUP_MISSING,
				 "no backup GPT stands in sector %" PRIu64,
				 primary->alternate_lba);
	else if (!backup->is_good)
		layout_add_fault(layout, FAULT_GPT_BACKUP_BAD,
				 "the backup GPT cannot be used: %s", backup->problem);
	else if (!gpt_is_same(primary, backup))
		layout_add_fault(layout, FAULT_GPT_DIFFER,
				 "the two GPTs differ: the first one counts");
	if (primary->alternate_lba < last)
		layout_add_fault(layout, FAULT_GPT_BACKUP_PLACE,
				 "the backup GPT is at sector %" PRIu64
				 ", and the disk ends at sector %" PRIu64,
				 primary->alternate_lba, last);
}

static void set_taken(const struct tables *tables, const struct gpt *used,
		      struct layout *layout)
{
	const struct gpt *backup = &tables->backup;
	const uint64_t sector = used->sector_bytes;
	uint64_t head = 2 * sector + gpt_entries_bytes(used), end;

	if (used == &tables->primary)
		head = used->entries_lba * sector + gpt_entries_bytes(used);
	layout->table_head_bytes = head;
	if (!backup->is_present)
		return;
	end = (backup->lba + 1) * sector;
	layout->table_tail_start_bytes = backup->lba * sector;
	if (backup->is_good && backup->entries_lba < backup->lba &&
	    backup->entries_lba * sector >= head)
		layout->table_tail_start_bytes = backup->entries_lba * sector;
	layout->table_tail_bytes = end - layout->table_tail_start_bytes;
}

/* None of the two can be used. */
static void tell_unreadable(const struct tables *tables, struct layout *layout)
{
	const struct gpt *primary = &tables->primary, *backup = &tables->backup;

	layout_add_fault(layout, FAULT_GPT_UNREADABLE, "the first GPT cannot be used: %s",
			 primary->is_present ? primary->problem
					     : "no header stands in sector 1");
	if (backup->is_present)
		layout_add_fault(layout, FAULT_GPT_BACKUP_BAD,
				 "the backup GPT cannot be used: %s", backup->problem);
	layout->table_head_bytes = 2 * (uint64_t)layout->sector_bytes;
}

/* At least one of the two is good. */
static void use_good_gpt(const struct tables *tables, const struct gpt *used,
			 struct layout *layout)
{
	const struct gpt *primary = &tables->primary;

	if (primary->is_good)
		check_backup(tables, layout);
	else
		layout_add_fault(layout, FAULT_GPT_PRIMARY,
				 "the first GPT cannot be used: %s; the backup counts",
				 primary->is_present ? primary->problem
						     : "no header stands in sector 1");
	set_taken(tables, used, layout);
	gpt_add_partitions(used, layout);
}

static void use_gpt(const struct tables *tables, struct layout *layout)
{
	const struct gpt *used =
		tables->primary.is_good ? &tables->primary : &tables->backup;

	layout->kind = tables->mbr.has_entries ? LAYOUT_HYBRID : LAYOUT_GPT;
	if (used->is_good) {
		layout->sector_bytes = used->sector_bytes;
		layout->sector_source = "GPT header";
	}
	if (tables->mbr.is_protective)
		mbr_check_protective(&tables->mbr, layout);
	else
		layout_add_fault(layout, FAULT_GPT_NO_PMBR,
				 "the MBR has no protective entry: kernels do not look "
				 "at this GPT");
	if (used->is_good)
		use_good_gpt(tables, used, layout);
	else
		tell_unreadable(tables, layout);
}

/* For which sectors an MBR counts stands nowhere: the first partition that begins with
 * something known tells. */
static int guess_sector(struct blocks *blocks, const struct mbr *mbr,
			struct layout *layout, struct error *err)
{
	static const unsigned sizes[] = {512, 4096};
	unsigned i, size;
	int result;

	for (i = 0; i < MBR_ENTRIES * 2; i++) {
		const struct mbr_entry *entry = &mbr->entries[i / 2];

		size = sizes[i % 2];
		if (entry->type == 0 || entry->sectors == 0)
			continue;
		result = signature_is_at(blocks, (uint64_t)entry->start_lba * size,
					 mbr_is_extended(entry->type), err);
		if (result < 0)
			return -1;
		if (result == 0)
			continue;
		layout->sector_bytes = size;
		layout->sector_source = "contents";
		return 0;
	}
	return 0;
}

static int use_mbr(struct blocks *blocks, const struct mbr *mbr, struct layout *layout,
		   struct error *err)
{
	layout->kind = LAYOUT_MBR;
	if (blocks->sector_bytes == 0 && guess_sector(blocks, mbr, layout, err) != 0)
		return -1;
	layout->table_head_bytes = layout->sector_bytes;
	if (mbr->id != 0)
		(void)snprintf(layout->id, sizeof(layout->id), "0x%08" PRIx32, mbr->id);
	return mbr_add_partitions(blocks, mbr, layout, err);
}

static bool does_gpt_count(const struct tables *tables)
{
	const struct mbr *mbr = &tables->mbr;

	if (mbr->is_protective)
		return true;
	if (!tables->primary.is_good || mbr->has_entries)
		return false;
	return mbr->is_table || bytes_are_zero(tables->first, sizeof(tables->first));
}

static void check_size(const struct blocks *blocks, struct layout *layout)
{
	if (blocks->sector_bytes != 0 && blocks->sector_bytes != layout->sector_bytes)
		layout_add_fault(layout, FAULT_SECTOR_SIZE,
				 "the table is made for sectors of %u bytes, and the "
				 "device has sectors of %u",
				 layout->sector_bytes, blocks->sector_bytes);
	if (layout->size_bytes % layout->sector_bytes != 0)
		layout_add_fault(layout, FAULT_SIZE_ODD,
				 "%" PRIu64 " bytes are no whole number of sectors of %u",
				 layout->size_bytes, layout->sector_bytes);
	part_check(layout);
}

int table_read(struct blocks *blocks, struct layout *layout, struct error *err)
{
	autotables struct tables tables = {0};

	layout->sector_bytes = blocks->sector_bytes != 0 ? blocks->sector_bytes : 512;
	layout->sector_source = blocks->sector_bytes != 0 ? "device" : "assumed";
	if (bytes_peek(blocks, 0, tables.first, sizeof(tables.first), err) < 0)
		return -1;
	mbr_decode(tables.first, blocks->size_bytes, &tables.mbr);
	if (find_primary(blocks, &tables.primary, err) != 0)
		return -1;
	if (does_gpt_count(&tables)) {
		if (find_backup(blocks, &tables, err) != 0)
			return -1;
		use_gpt(&tables, layout);
	} else if (tables.mbr.is_table &&
		   use_mbr(blocks, &tables.mbr, layout, err) != 0) {
		return -1;
	}
	check_size(blocks, layout);
	return 0;
}
