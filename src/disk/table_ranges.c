/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/gpt_edit.h"
#include "disk/table_claim.h"
#include "disk/table_edit.h"
#include "disk/table_place.h"

enum { BOOT_SECTOR_MOST = 4096, GAP_MOST = 16 * 1024 * 1024 };

static void claim_role(struct table_claims *claims, const struct layout *layout,
		       enum layout_role role, const char *what)
{
	const struct layout_partition *part;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (part->role == role)
			table_claim(claims, part->start_bytes, part->inside_bytes, what);
	}
}

/* From the first sector to the first partition: core.img of GRUB, boot loaders of boards. It
 * is claimed before the tables, which lie in it. */
static void claim_gap(struct table_claims *claims, const struct layout *layout)
{
	uint64_t first = UINT64_MAX;
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].start_bytes < first)
			first = layout->partitions[i].start_bytes;
	if (first == UINT64_MAX)
		return;
	table_claim(claims, 0, first < GAP_MOST ? first : GAP_MOST, "boot gap");
}

static void claim_partitions(struct table_claims *claims, const struct layout *layout)
{
	claim_role(claims, layout, ROLE_BIOS_BOOT, "BIOS boot");
	claim_role(claims, layout, ROLE_ESP, "ESP");
	claim_gap(claims, layout);
}

static int claim_gpt(struct blocks *image, const struct layout *layout,
		     const struct plan *plan, struct table_claims *claims,
		     struct error *err)
{
	autoplace struct table_place place = {0};
	const uint64_t sector = plan->disk.sector_bytes, image_end = claims->limit;

	if (table_place_read(image, layout, plan, &place, err) != 0)
		return -1;
	claims->limit = plan->disk.size_bytes; /* for what lies behind the image */
	table_claim(claims, place.backup_entries_lba * sector,
		    (place.last_lba + 1 - place.backup_entries_lba) * sector,
		    "GPT backup");
	claims->limit = image_end;
	claim_partitions(claims, layout);
	table_claim(claims, gpt_entries_offset(&place.gpt), gpt_entries_bytes(&place.gpt),
		    "GPT");
	table_claim(claims, sector, sector, "GPT");
	table_claim(claims, 0, sector, "MBR");
	return 0;
}

static int claim_boot(struct blocks *image, const struct layout *layout,
		      const struct plan *plan, struct table_claims *claims,
		      struct error *err)
{
	switch (layout->kind) {
	case LAYOUT_GPT:
	case LAYOUT_HYBRID:
		return claim_gpt(image, layout, plan, claims, err);
	case LAYOUT_MBR:
		claim_partitions(claims, layout);
		table_claim(claims, 0, plan->disk.sector_bytes, "MBR");
		break;
	case LAYOUT_NONE:
	case LAYOUT_KIND_COUNT:
		table_claim(claims, 0, BOOT_SECTOR_MOST, "boot sector");
		break;
	}
	return 0;
}

int table_plan_ranges(struct blocks *image, const struct layout *layout,
		      struct plan *plan, struct error *err)
{
	const unsigned sector = plan->disk.sector_bytes;
	const uint64_t size = image->size_bytes;
	const uint64_t end = size + (sector - size % sector) % sector;
	autoclaims struct table_claims claims = {.limit = end, .sector_bytes = sector};

	if (table_check_disk(image, layout, plan, err) != 0 ||
	    claim_boot(image, layout, plan, &claims, err) != 0)
		return -1;
	table_claims_add_body(&claims, 0, end, "image", plan);
	table_claims_add_boot(&claims, plan);
	return 0;
}
