/* SPDX-License-Identifier: GPL-2.0-or-later */
/** stale.h - signatures that belong to nothing: what an image that is written over a disk
 * leaves standing, and what may be found later in its place. */
#ifndef DISK_STALE_H
#define DISK_STALE_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

/** Look for them as if things had begun at the disk's start, at the usual first sectors of
 * partitions and at the start of each free range, and had ended at the ends of these; and for
 * copies of a btrfs in and outside partitions that are none.
 *
 * @layout:  with table, free ranges and contents; stale signatures are added
 * Errors:   those of the source
 * Returns:  0 or -1
 */
nodiscard int stale_find(struct blocks *blocks, struct layout *layout, struct error *err);

#endif
