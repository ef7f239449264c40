/* SPDX-License-Identifier: GPL-2.0-or-later */
/** table.h - which partition table counts, and for which sector size it was made. */
#ifndef DISK_TABLE_H
#define DISK_TABLE_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

/** Read the table into @layout, whose size is set: sector size, kind, id, partitions, what
 * the table takes, and the faults of these.
 *
 * Errors:  those of the source
 * Returns: 0 or -1
 */
nodiscard int table_read(struct blocks *blocks, struct layout *layout, struct error *err);

#endif
