/* SPDX-License-Identifier: GPL-2.0-or-later */
/** table_place.h - where an image's GPT lies, and where its second copy belongs on a disk. */
#ifndef DISK_TABLE_PLACE_H
#define DISK_TABLE_PLACE_H

#include <stdint.h>

#include "base/error.h"
#include "disk/gpt.h"
#include "model/blocks.h"
#include "model/layout.h"
#include "model/plan.h"

/** A GPT and its two places; start zeroed. */
struct table_place {
	struct gpt gpt; /* the first copy, good */
	uint64_t last_lba,
		backup_entries_lba; /* of the disk: the second copy's header ... */
};

#define autoplace __attribute__((cleanup(table_place_clear)))

/** Whether a plan's disk can hold an image, and is of its table's sectors.
 *
 * Errors:  ERROR_REFUSED
 * Returns: 0 or -1
 */
nodiscard int table_check_disk(const struct blocks *image, const struct layout *layout,
			       const struct plan *plan, struct error *err);

/** Read the first GPT of an image, and find the place of the second on the plan's disk.
 *
 * @out:    the caller clears it
 * Errors:  those of the image; ERROR_REFUSED when the first one is damaged, or there is no
 *          room for the second
 * Returns: 0 or -1
 */
nodiscard int table_place_read(struct blocks *image, const struct layout *layout,
			       const struct plan *plan, struct table_place *out,
			       struct error *err);

/** Give the memory back. */
void table_place_clear(struct table_place *place);

#endif
