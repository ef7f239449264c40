/* SPDX-License-Identifier: GPL-2.0-or-later */
/** table_edit.h - how a partition table changes when its image is written over a larger
 * disk, as edits of a plan, and in which order an image is written. Nothing is written here.
 *
 * Of the plan these are read: disk.size_bytes, disk.sector_bytes (512 or 4096),
 * partition_offset and partition_bytes (the moult partition; 0: none). */
#ifndef DISK_TABLE_EDIT_H
#define DISK_TABLE_EDIT_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"
#include "model/plan.h"

enum { TABLE_MOULT_MBR_TYPE = 0xda };

/** The type GUID of a moult partition, and its name. */
#define TABLE_MOULT_TYPE "6d6f756c-742e-4c6f-8721-756e646f6c67"
#define TABLE_MOULT_NAME "moult undo"

/** Add the edits of the image's table. GPT: the second table goes to the disk's true end,
 * the first one points there and lets the new room be used, the protective entry covers the
 * disk, the old second header becomes zeros; with a moult partition it gets the first free
 * entry. MBR: with a moult partition the first empty primary entry. Where the disk is as
 * large as the image and there is no moult partition, nothing is edited, whatever the table
 * is like. Later edits lie over earlier ones.
 *
 * @layout:   of the image
 * @moult_id: the moult partition's own GUID as it stands on the disk: random; not looked at
 *            without moult partition
 * Errors:    those of the image. ERROR_REFUSED: the disk is smaller than the image, or the
 *            table was made for other sectors; a GPT whose first copy is damaged (the image
 *            is to be repaired first: what a good second copy says is not known to be what
 *            the first one said); no room for the second GPT; a moult partition that
 *            meets another one, or has no free entry. The plan is untouched then
 * Source:    UEFI specification 2.10, 5.2 and 5.3
 * Returns:   0 or -1
 */
nodiscard int table_plan_edits(struct blocks *image, const struct layout *layout,
			       const unsigned char moult_id[16], struct plan *plan,
			       struct error *err);

/** Add the ranges that an image is written in, in whole sectors, none over another: first the
 * body "image", ascending; then what is committed last, in this order: "GPT backup" at the
 * disk's true end, "BIOS boot", "ESP", "boot gap" (what lies in front of the first partition;
 * at most 16 MiB), "GPT" and, last of all, "MBR" (the first sector). What two of them hold is
 * written with the later one. Without table the only boot range is "boot sector", the first
 * 4096 bytes: boot code and superblock of a bare file system.
 *
 * @layout: of the image
 * Errors:  those of the image. ERROR_REFUSED as above for the disk and the GPT
 * Returns: 0 or -1, the plan untouched
 */
nodiscard int table_plan_ranges(struct blocks *image, const struct layout *layout,
				struct plan *plan, struct error *err);

/** Add the edits that take the moult partition out of a live table, and the boot ranges that
 * they lie in (the bytes beside the edits are the disk's own), the second GPT first. All else
 * stays as it is. Found by type and place in each good copy of a GPT; a copy that is
 * damaged is left alone. Where it is not found, nothing is added.
 *
 * @disk:   as it is now
 * @layout: of @disk
 * Errors:  those of the disk; ERROR_REFUSED when neither GPT can be used
 * Returns: 0 or -1, the plan untouched
 */
nodiscard int table_plan_release(struct blocks *disk, const struct layout *layout,
				 struct plan *plan, struct error *err);

#endif
