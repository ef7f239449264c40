/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/table_edit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/gpt_edit.h"
#include "disk/mbr_edit.h"
#include "disk/table_place.h"

/* What is gathered before the plan is touched. */
struct change {
	struct blocks *image;
	const struct layout *layout;
	const unsigned char *moult_id;
	struct plan *plan;
	uint64_t moult_lba, moult_sectors; /* 0: no moult partition */
};

static int refuse_moult(struct error *err, const char *why)
{
	return error_set(err, ERROR_REFUSED,
			 "no moult partition can be made for the undo log: %s; use "
			 "--undo FILE|DEV",
			 why);
}

/* Bytes of the image; zeros beyond its end. */
static int read_padded(struct blocks *image, uint64_t offset, unsigned char *buffer,
		       size_t length, struct error *err)
{
	size_t inside = 0;

	memset(buffer, 0, length);
	if (offset < image->size_bytes)
		inside = image->size_bytes - offset < length
				 ? (size_t)(image->size_bytes - offset)
				 : length;
	return inside > 0 ? blocks_read(image, offset, buffer, inside, err) : 0;
}

/* An edit, unless the image says the same. */
static int add_edit(const struct change *change, struct plan *out, uint64_t offset,
		    const unsigned char *bytes, size_t length, const char *reason,
		    struct error *err)
{
	autofree unsigned char *now = mem_zero(length, 1);

	if (read_padded(change->image, offset, now, length, err) != 0)
		return -1;
	if (memcmp(now, bytes, length) != 0)
		plan_add_edit(out, offset, bytes, length, reason);
	return 0;
}

static bool do_meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b ? b - a < a_bytes : a - b < b_bytes;
}

static int check_moult(const struct change *change, struct error *err)
{
	const struct plan *plan = change->plan;
	const struct layout_partition *part;
	char why[64];
	size_t i;

	if (plan->partition_offset % plan->disk.sector_bytes != 0 ||
	    plan->partition_bytes % plan->disk.sector_bytes != 0)
		return refuse_moult(err, "its place is no whole sectors");
	if (plan->partition_offset < change->image->size_bytes ||
	    plan->partition_offset > plan->disk.size_bytes ||
	    plan->partition_bytes > plan->disk.size_bytes - plan->partition_offset)
		return refuse_moult(err, "it does not fit behind the image");
	for (i = 0; i < change->layout->partition_count; i++) {
		part = &change->layout->partitions[i];
		if (!do_meet(part->start_bytes, part->size_bytes, plan->partition_offset,
			     plan->partition_bytes))
			continue;
		(void)snprintf(why, sizeof(why),
			       "partition %u of the image reaches into it", part->number);
		return refuse_moult(err, why);
	}
	return 0;
}

/* An old second header that now lies inside is what a tool may take for the true one. */
static int add_old_backup(const struct change *change, const struct table_place *place,
			  struct plan *out, struct error *err)
{
	const unsigned sector = place->gpt.sector_bytes;
	const uint64_t lba = place->gpt.alternate_lba;
	autofree unsigned char *zeros = mem_zero(sector, 1);
	struct gpt old = {0};

	if (lba >= place->last_lba || lba * sector < change->layout->table_head_bytes ||
	    layout_partition_at(change->layout, lba * sector) != NULL)
		return 0;
	if (gpt_read(change->image, sector, lba, &old, err) != 0)
		return -1;
	if (old.is_present)
		plan_add_edit(out, lba * sector, zeros, sector,
			      "zeros in place of the old second GPT header");
	gpt_clear(&old);
	return 0;
}

static int add_backup(const struct change *change, const struct table_place *place,
		      const unsigned char *header, struct plan *out, struct error *err)
{
	const struct gpt *gpt = &place->gpt;
	const size_t sector = gpt->sector_bytes;
	const size_t length = (size_t)(gpt_entries_sectors(gpt) + 1) * sector;
	autofree unsigned char *bytes = mem_zero(length, 1);
	unsigned char *second = bytes + length - sector;

	memcpy(bytes, gpt->entries, (size_t)gpt_entries_bytes(gpt));
	memcpy(second, header, sector);
	gpt_set_place(second, place->last_lba, 1, place->backup_entries_lba);
	gpt_set_last_usable(second, place->backup_entries_lba - 1);
	gpt_seal(second, gpt);
	return add_edit(change, out, place->backup_entries_lba * sector, bytes, length,
			"second GPT at the disk's end", err);
}

static int add_primary(const struct change *change, const struct table_place *place,
		       unsigned char *header, struct plan *out, struct error *err)
{
	const struct gpt *gpt = &place->gpt;

	if (add_edit(change, out, gpt_entries_offset(gpt), gpt->entries,
		     (size_t)gpt_entries_bytes(gpt), "GPT entry of the moult partition",
		     err) != 0)
		return -1;
	gpt_set_place(header, 1, place->last_lba, gpt->entries_lba);
	gpt_set_last_usable(header, place->backup_entries_lba - 1);
	gpt_seal(header, gpt);
	return add_edit(change, out, gpt->sector_bytes, header, GPT_HEADER_EDIT_BYTES,
			"GPT header that knows the disk's end", err);
}

static int add_protective(const struct change *change, const struct table_place *place,
			  struct plan *out, struct error *err)
{
	const uint64_t old =
		change->layout->kind == LAYOUT_HYBRID ? place->gpt.alternate_lba + 1 : 0;
	unsigned char sector[MBR_BYTES];
	unsigned i;

	if (read_padded(change->image, 0, sector, sizeof(sector), err) != 0)
		return -1;
	for (i = 0; i < MBR_ENTRIES; i++)
		if (mbr_grow_protective(sector + mbr_entry_offset(i), old,
					place->last_lba + 1))
			plan_add_edit(out, mbr_entry_offset(i),
				      sector + mbr_entry_offset(i), MBR_ENTRY_BYTES,
				      "protective MBR entry as long as the disk");
	return 0;
}

static int put_moult_entry(const struct change *change, struct table_place *place,
			   struct error *err)
{
	const uint32_t free_entry = gpt_find_free(&place->gpt);

	if (change->moult_sectors == 0)
		return 0;
	if (change->moult_lba < place->gpt.first_usable_lba ||
	    change->moult_lba + change->moult_sectors > place->backup_entries_lba)
		return refuse_moult(err, "it would lie over the second GPT");
	if (free_entry == place->gpt.entry_count)
		return refuse_moult(err, "the GPT has no free entry");
	gpt_put_moult(&place->gpt, free_entry, change->moult_id, change->moult_lba,
		      change->moult_sectors);
	return 0;
}

static int edit_gpt(const struct change *change, struct plan *out, struct error *err)
{
	autoplace struct table_place place = {0};
	autofree unsigned char *header = NULL;

	if (table_place_read(change->image, change->layout, change->plan, &place, err) !=
		    0 ||
	    gpt_read_header(change->image, &place.gpt, &header, err) != 0 ||
	    put_moult_entry(change, &place, err) != 0)
		return -1;
	/* first: the new second copy may lie over the old header */
	if (add_old_backup(change, &place, out, err) != 0 ||
	    add_backup(change, &place, header, out, err) != 0 ||
	    add_primary(change, &place, header, out, err) != 0)
		return -1;
	return add_protective(change, &place, out, err);
}

static int edit_mbr(const struct change *change, struct plan *out, struct error *err)
{
	unsigned char sector[MBR_BYTES], *entry;
	unsigned index;

	if (change->moult_sectors == 0)
		return 0;
	if (change->moult_lba > UINT32_MAX || change->moult_sectors > UINT32_MAX)
		return refuse_moult(err, "it lies beyond what an MBR can say");
	if (read_padded(change->image, 0, sector, sizeof(sector), err) != 0)
		return -1;
	index = mbr_find_empty(sector);
	if (index == MBR_ENTRIES)
		return refuse_moult(err, "the MBR has no free primary entry");
	entry = sector + mbr_entry_offset(index);
	mbr_put_entry(entry, TABLE_MOULT_MBR_TYPE, (uint32_t)change->moult_lba,
		      (uint32_t)change->moult_sectors);
	plan_add_edit(out, mbr_entry_offset(index), entry, MBR_ENTRY_BYTES,
		      "MBR entry of the moult partition");
	return 0;
}

static int edit_table(const struct change *change, struct plan *out, struct error *err)
{
	const struct layout *layout = change->layout;

	if (change->moult_sectors != 0 && layout->kind != LAYOUT_NONE &&
	    check_moult(change, err) != 0)
		return -1;
	switch (layout->kind) {
	case LAYOUT_GPT:
	case LAYOUT_HYBRID:
		return edit_gpt(change, out, err);
	case LAYOUT_MBR:
		return edit_mbr(change, out, err);
	case LAYOUT_NONE:
	case LAYOUT_KIND_COUNT:
		break;
	}
	if (change->moult_sectors != 0)
		return refuse_moult(err, "the image has no partition table");
	return 0;
}

int table_plan_edits(struct blocks *image, const struct layout *layout,
		     const unsigned char moult_id[16], struct plan *plan,
		     struct error *err)
{
	const struct change change = {
		.image = image,
		.layout = layout,
		.moult_id = moult_id,
		.plan = plan,
		.moult_lba = plan->partition_offset / plan->disk.sector_bytes,
		.moult_sectors = plan->partition_bytes / plan->disk.sector_bytes,
	};
	struct plan edits = {0};
	const struct plan_edit *edit;
	int result;
	size_t i;

	if (table_check_disk(image, layout, plan, err) != 0)
		return -1;
	if (image->size_bytes == plan->disk.size_bytes && plan->partition_bytes == 0)
		return 0;
	result = edit_table(&change, &edits, err);
	for (i = 0; result == 0 && i < edits.edit_count; i++) {
		edit = &edits.edits[i];
		plan_add_edit(plan, edit->offset, edit->bytes, edit->length,
			      edit->reason);
	}
	plan_clear(&edits);
	return result;
}
