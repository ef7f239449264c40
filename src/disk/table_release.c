/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/own.h"
#include "disk/gpt_edit.h"
#include "disk/mbr_edit.h"
#include "disk/table_claim.h"
#include "disk/table_edit.h"

struct release {
	struct blocks *disk;
	uint64_t start_bytes; /* of the moult partition */
	struct plan *plan;
	struct table_claims claims;
};

static void add_edit(struct release *release, uint64_t offset, const unsigned char *bytes,
		     size_t length, const char *reason, const char *what)
{
	plan_add_edit(release->plan, offset, bytes, length, reason);
	table_claim(&release->claims, offset, length, what);
}

/* One copy of a GPT, when it is good and has the entry. @gpt: its entries are changed */
static int release_copy(struct release *release, struct gpt *gpt, const char *what,
			struct error *err)
{
	autofree unsigned char *header = NULL;
	unsigned char *entry;
	uint32_t index;

	if (!gpt->is_good)
		return 0;
	index = gpt_find_moult(gpt, release->start_bytes / gpt->sector_bytes);
	if (index == gpt->entry_count)
		return 0;
	if (gpt_read_header(release->disk, gpt, &header, err) != 0)
		return -1;
	entry = gpt->entries + (size_t)index * gpt->entry_bytes;
	memset(entry, 0, gpt->entry_bytes);
	gpt_seal(header, gpt);
	add_edit(release, gpt_entries_offset(gpt) + (uint64_t)index * gpt->entry_bytes,
		 entry, gpt->entry_bytes, "no GPT entry of the moult partition", what);
	add_edit(release, gpt->lba * gpt->sector_bytes, header, GPT_HEADER_EDIT_BYTES,
		 "GPT header of the table without moult partition", what);
	return 0;
}

static int release_both(struct release *release, struct gpt *primary, struct gpt *backup,
			struct error *err)
{
	const unsigned sector = release->claims.sector_bytes;
	const uint64_t sectors = release->disk->size_bytes / sector;

	if (gpt_read(release->disk, sector, 1, primary, err) != 0 ||
	    gpt_read(release->disk, sector,
		     primary->is_good ? primary->alternate_lba : sectors - 1, backup,
		     err) != 0)
		return -1;
	if (!primary->is_good && !backup->is_good)
		return error_set(err, ERROR_REFUSED,
				 "neither GPT of the disk can be used: repair it with "
				 "gdisk before");
	if (release_copy(release, backup, "GPT backup", err) != 0)
		return -1;
	return release_copy(release, primary, "GPT", err);
}

static int release_gpt(struct release *release, struct error *err)
{
	struct gpt primary = {0}, backup = {0};
	const int result = release_both(release, &primary, &backup, err);

	gpt_clear(&primary);
	gpt_clear(&backup);
	return result;
}

static int release_mbr(struct release *release, struct error *err)
{
	static const unsigned char zeros[MBR_ENTRY_BYTES] = {0};
	unsigned char sector[MBR_BYTES];
	unsigned index;

	if (blocks_read(release->disk, 0, sector, sizeof(sector), err) != 0)
		return -1;
	index = mbr_find_entry(sector, TABLE_MOULT_MBR_TYPE,
			       release->start_bytes / release->claims.sector_bytes);
	if (index < MBR_ENTRIES)
		add_edit(release, mbr_entry_offset(index), zeros, sizeof(zeros),
			 "no MBR entry of the moult partition", "MBR");
	return 0;
}

static int release_table(struct release *release, enum layout_kind kind,
			 struct error *err)
{
	if (kind == LAYOUT_GPT || kind == LAYOUT_HYBRID)
		return release_gpt(release, err);
	return kind == LAYOUT_MBR ? release_mbr(release, err) : 0;
}

static void move_edits(const struct plan *from, struct plan *to)
{
	size_t i;

	for (i = 0; i < from->edit_count; i++)
		plan_add_edit(to, from->edits[i].offset, from->edits[i].bytes,
			      from->edits[i].length, from->edits[i].reason);
}

int table_plan_release(struct blocks *disk, const struct layout *layout,
		       struct plan *plan, struct error *err)
{
	struct plan edits = {0};
	struct release release = {
		.disk = disk,
		.start_bytes = plan->partition_offset,
		.plan = &edits,
		.claims = {.limit = disk->size_bytes,
			   .sector_bytes = plan->disk.sector_bytes},
	};
	int result = 0;

	if (plan->partition_bytes > 0)
		result = release_table(&release, layout->kind, err);
	if (result == 0) {
		move_edits(&edits, plan);
		table_claims_add_boot(&release.claims, plan);
	}
	table_claims_clear(&release.claims);
	plan_clear(&edits);
	return result;
}
