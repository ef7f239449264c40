/* SPDX-License-Identifier: GPL-2.0-or-later */
/** part.h - what all tables share: where partitions lie, and what is between them. */
#ifndef DISK_PART_H
#define DISK_PART_H

#include <stddef.h>
#include <stdint.h>

#include "model/layout.h"

/** Add a zeroed partition to a list. Returns: it */
struct layout_partition *part_add(struct layout_partition **list, size_t *count);

/** Set where a partition lies, in sectors of @layout and in bytes. */
void part_place(const struct layout *layout, struct layout_partition *part,
		uint64_t start_lba, uint64_t sectors);

/** Add the faults of partitions that overlap, or end beyond the disk. */
void part_check(struct layout *layout);

/** Find what neither the partitions nor the table take. */
void part_find_free(struct layout *layout);

#endif
