/* SPDX-License-Identifier: GPL-2.0-or-later */
/** boot.h - what a first sector would run. */
#ifndef DISK_BOOT_H
#define DISK_BOOT_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

enum { BOOT_SECTOR_BYTES = 512 };

/** Name the boot code of a sector, and the sector that a GRUB in it reads next.
 *
 * @out: its `core` is left NULL
 */
void boot_name_code(const unsigned char sector[BOOT_SECTOR_BYTES],
		    struct layout_boot *out);

/** Read boot code: of the disk (@part is NULL) or of a partition, with the core.img that a
 * GRUB 2 in it leads to.
 *
 * @blocks: the whole disk
 * Errors:  those of the source
 * Returns: 0 or -1, @out untouched
 */
nodiscard int boot_read(struct blocks *blocks, const struct layout *layout,
			const struct layout_partition *part, struct layout_boot *out,
			struct error *err);

/** Look for a core.img in the BIOS boot partitions that no boot code leads to; it becomes
 * layout->bios_boot.
 *
 * Errors:  those of the source
 * Returns: 0 or -1
 */
nodiscard int boot_find_unled(struct blocks *blocks, struct layout *layout,
			      struct error *err);

#endif
