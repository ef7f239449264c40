/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/table_place.h"

#include <inttypes.h>

#include "disk/gpt_edit.h"

int table_check_disk(const struct blocks *image, const struct layout *layout,
		     const struct plan *plan, struct error *err)
{
	const struct plan_disk *disk = &plan->disk;
	const uint64_t room = disk->size_bytes - disk->size_bytes % disk->sector_bytes;

	if (image->size_bytes > room)
		return error_set(err, ERROR_REFUSED,
				 "the image has %" PRIu64
				 " bytes and the disk only %" PRIu64
				 ": take a disk of at least the image's size",
				 image->size_bytes, room);
	if (layout->kind != LAYOUT_NONE && layout->sector_bytes != disk->sector_bytes)
		return error_set(err, ERROR_REFUSED,
				 "the image's table is made for sectors of %u bytes, and "
				 "the disk has sectors of %u: take an image for such "
				 "disks",
				 layout->sector_bytes, disk->sector_bytes);
	return 0;
}

/* The sectors in front of the second copy's entries have to be free of partitions and of the
 * first copy. */
static int check_room(const struct layout *layout, const struct table_place *place,
		      struct error *err)
{
	const struct gpt *gpt = &place->gpt;
	const struct layout_partition *part;
	size_t i;

	if (gpt->entries_lba + gpt_entries_sectors(gpt) > place->backup_entries_lba ||
	    gpt->first_usable_lba >= place->backup_entries_lba)
		return error_set(err, ERROR_REFUSED,
				 "the disk has no room for the second GPT: take a larger "
				 "disk");
	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		if (part->sectors > place->backup_entries_lba ||
		    part->start_lba > place->backup_entries_lba - part->sectors)
			return error_set(
				err, ERROR_REFUSED,
				"partition %u of the image leaves no room for "
				"the second GPT at the disk's end: take a larger "
				"disk",
				part->number);
	}
	return 0;
}

static int place_backup(const struct layout *layout, const struct plan *plan,
			struct table_place *place, struct error *err)
{
	const uint64_t sectors = plan->disk.size_bytes / plan->disk.sector_bytes;
	const uint64_t taken = gpt_entries_sectors(&place->gpt) + 1;

	if (sectors <= taken)
		return error_set(err, ERROR_REFUSED,
				 "the disk has no room for the second GPT: take a larger "
				 "disk");
	place->last_lba = sectors - 1;
	place->backup_entries_lba = sectors - taken;
	return check_room(layout, place, err);
}

int table_place_read(struct blocks *image, const struct layout *layout,
		     const struct plan *plan, struct table_place *out, struct error *err)
{
	autoplace struct table_place place = {0};

	if (gpt_read(image, plan->disk.sector_bytes, 1, &place.gpt, err) != 0)
		return -1;
	if (!place.gpt.is_good)
		return error_set(err, ERROR_REFUSED,
				 "the image's first GPT cannot be used: %s; repair the "
				 "image with 'sgdisk -e IMAGE' before",
				 place.gpt.is_present ? place.gpt.problem
						      : "no header stands in sector 1");
	if (place_backup(layout, plan, &place, err) != 0)
		return -1;
	*out = place;
	place = (struct table_place){0};
	return 0;
}

void table_place_clear(struct table_place *place)
{
	gpt_clear(&place->gpt);
}
