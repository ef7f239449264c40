/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_grub_bios.c - GRUB's boot.img and core.img for a machine with a BIOS, where the disk has no boot
 * blocks that lead to the guest's menu. The images are our own (data/grub): all that Debian's and
 * Ubuntu's grub.cfg load is in the core, so that modules of another version of GRUB in the guest are
 * never mixed with it. They go where grub-install puts them: the gap behind the MBR, or the BIOS boot
 * partition of a GPT. Source: GRUB's manual, "BIOS installation". */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/grub_lead.h"
#include "guest/predict.h"
#include "sys/file.h"

enum {
	SECTOR = 512,
	CODE_BYTES = 440, /* of the first sector: behind it are disk id and table */
	IMAGE_MOST = 4 << 20,
};

/* Where on the disk the core can lie. */
struct room {
	uint64_t start_bytes, size_bytes;
};

static bool detect(const struct fix *fix)
{
	return fix->platform->firmware == PLATFORM_BIOS && fix->image->has_guest;
}

/* How the links stand that are grub-bios's to mend. @out_says: malloc'd, when it does not hold */
static enum prediction_verdict judge(const struct fix *fix,
				     const struct inspection *image, char **out_says)
{
	static const enum prediction_step steps[] = {STEP_FIRMWARE, STEP_BOOT_BLOCKS};
	enum prediction_verdict worst = PREDICT_HOLDS;
	struct prediction prediction = {0};
	size_t i;

	*out_says = NULL;
	guest_predict(image, fix->platform, &prediction);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct prediction_link *link = &prediction.links[steps[i]];

		if (link->fixer != FIXER_GRUB_BIOS || link->verdict <= worst)
			continue;
		worst = link->verdict;
		free(*out_says);
		*out_says = str_copy(link->says);
	}
	prediction_clear(&prediction);
	return worst;
}

static bool find_gap(const struct layout *layout, struct room *out)
{
	uint64_t end = layout->size_bytes;
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].start_bytes < end)
			end = layout->partitions[i].start_bytes;
	if (layout->partition_count == 0 || end <= SECTOR)
		return false;
	*out = (struct room){.start_bytes = SECTOR, .size_bytes = end - SECTOR};
	return true;
}

static bool find_bios_boot(const struct layout *layout, struct room *out)
{
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		const struct layout_partition *part = &layout->partitions[i];

		if (part->role != ROLE_BIOS_BOOT || part->inside_bytes == 0)
			continue;
		*out = (struct room){.start_bytes = part->start_bytes,
				     .size_bytes = part->inside_bytes};
		return true;
	}
	return false;
}

/* Returns: a reason why there is none, or NULL */
static const char *find_room(const struct layout *layout, struct room *out)
{
	if (layout->sector_bytes != SECTOR)
		return "its sectors have more than 512 bytes, which GRUB's boot code "
		       "does "
		       "not read: start it by UEFI";
	if (layout->kind == LAYOUT_NONE)
		return "it has no partition table, and so no room for GRUB: start it as "
		       "PV, or make a disk with a table";
	if (layout->kind == LAYOUT_MBR)
		return find_gap(layout, out)
			       ? NULL
			       : "no sector is free behind the partition table: move the "
				 "first partition";
	return find_bios_boot(layout, out)
		       ? NULL
		       : "its GPT has no BIOS boot partition for GRUB: make one of 1 MiB "
			 "(sgdisk -n 0:0:+1M -t 0:ef02), or start it by UEFI";
}

static int read_image(const struct fix *fix, const char *name, struct str *out,
		      struct error *err)
{
	autostr struct str path = STR_EMPTY;

	if (fix->wishes == NULL || fix->wishes->grub_folder == NULL)
		return error_set(err, ERROR_INPUT,
				 "GRUB's images are not beside this program: install "
				 "moult again, or the whole bundle");
	str_addf(&path, "%s/%s", fix->wishes->grub_folder, name);
	return sys_file_read(AT_FDCWD, path.bytes, IMAGE_MOST, out, err);
}

static int make_images(const struct fix *fix, const struct grub_lead *lead,
		       struct str *boot, struct str *core, struct error *err)
{
	autostr struct str commands = STR_EMPTY;

	grub_lead_write(lead, true, &commands);
	if (read_image(fix, "boot.img", boot, err) != 0 ||
	    read_image(fix, "core.img", core, err) != 0 ||
	    grub_core_lead(core, &commands, err) != 0)
		return -1;
	if (boot->length != SECTOR)
		return error_set(err, ERROR_INPUT,
				 "GRUB's boot.img is no sector: install moult again");
	return 0;
}

static void place(struct fix *fix, const struct grub_lead *lead, const struct room *room,
		  const char *says)
{
	autostr struct str boot = STR_EMPTY, core = STR_EMPTY, what = STR_EMPTY,
			   reason = STR_EMPTY;
	struct error err = {0};
	char text[512];

	if (make_images(fix, lead, &boot, &core, &err) != 0) {
		fix_gap(fix, "boot blocks", error_text(&err, text, sizeof(text)));
		return;
	}
	grub_core_place(&boot, &core, room->start_bytes / SECTOR);
	if (core.length > room->size_bytes) {
		str_addf(&reason,
			 "GRUB's core.img takes %zu bytes, and its place has %" PRIu64
			 ": move the first partition, or start it by UEFI",
			 core.length, room->size_bytes);
		fix_gap(fix, "boot blocks", reason.bytes);
		return;
	}
	str_addf(&what, "GRUB's core.img, which goes on at %s of the file system %s",
		 lead->menu, lead->uuid);
	(void)fix_write_blocks(fix, room->start_bytes, core.bytes, core.length,
			       what.bytes, says);
	(void)fix_write_blocks(fix, 0, boot.bytes, CODE_BYTES,
			       "GRUB's boot.img, which starts that core.img; the "
			       "partition table stays",
			       says);
}

/* What keeps GRUB from being placed becomes a gap. */
static void try_place(struct fix *fix, const char *says)
{
	struct grub_lead lead = {0};
	struct room room = {0};
	const char *why = find_room(&fix->image->layout, &room);

	if (why == NULL && grub_lead_find(fix->image, &lead, &why))
		place(fix, &lead, &room, says);
	else
		fix_gap(fix, "boot blocks", why);
	grub_lead_clear(&lead);
}

static int plan(struct fix *fix, struct error *err)
{
	autofree char *says = NULL;
	const enum prediction_verdict verdict = judge(fix, fix->image, &says);

	(void)err;
	if (verdict == PREDICT_BROKEN)
		try_place(fix, says);
	else if (verdict == PREDICT_UNKNOWN)
		fix_gap(fix, "boot blocks", says);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	autofree char *says = NULL;

	if (judge(fix, after, &says) != PREDICT_BROKEN)
		return true;
	str_add(why, says);
	return false;
}

const struct fixer fixer_grub_bios = {
	.name = "grub-bios",
	.does = "places GRUB's boot code and core.img where a BIOS finds none that works",
	.detect = detect,
	.plan = plan,
	.check = check,
};
