/* SPDX-License-Identifier: GPL-2.0-or-later */
/** layout.h - read how a disk is divided and what lies in its parts. */
#ifndef DISK_LAYOUT_H
#define DISK_LAYOUT_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

/** What is read beside the table. */
enum disk_read {
	DISK_TABLE = 0,
	DISK_CONTENTS = 1, /* file systems and other signatures, by libblkid */
	DISK_BOOT = 2,	   /* boot code, and GRUB's core.img */
	DISK_STALE = 4,	   /* signatures that belong to nothing */
	DISK_ALL = 7
};

/** Read the layout. Nothing is written, and what is wrong with the disk is a fault in @out.
 * Each of at most 128 partitions is looked into at a few places; a table has at most 1 MiB.
 *
 * @what:   DISK_* ored
 * @out:    the caller clears it; untouched on failure
 * Errors:  ERROR_SYSTEM, ERROR_INPUT: those of the source, while it reads the table; what
 *          cannot be read later is a fault
 * Returns: 0 or -1
 */
nodiscard int disk_read_layout(struct blocks *blocks, unsigned what, struct layout *out,
			       struct error *err);

#endif
