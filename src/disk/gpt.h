/* SPDX-License-Identifier: GPL-2.0-or-later */
/** gpt.h - one GUID partition table: a header and its entries. A disk has two. */
#ifndef DISK_GPT_H
#define DISK_GPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "disk/bytes.h"
#include "model/blocks.h"
#include "model/layout.h"

enum { GPT_ENTRIES_MOST_BYTES = 1024 * 1024, GPT_PROBLEM_TEXT = 200 };

/** What one place holds. */
struct gpt {
	bool is_present; /* the signature stands there */
	bool is_good;	 /* header and entries agree with their checksums and fit */
	char problem[GPT_PROBLEM_TEXT]; /* why not; "" when good or absent */
	unsigned sector_bytes;
	uint64_t lba; /* where it was read */
	uint64_t alternate_lba, first_usable_lba, last_usable_lba, entries_lba;
	uint32_t entry_count, entry_bytes, entries_crc;
	unsigned char guid[16];
	unsigned char *entries; /* entry_count * entry_bytes when good; else NULL */
};

#define autogpt __attribute__((cleanup(gpt_clear)))

/** Read a header and its entries. At most 1 MiB of entries are read: more are a problem.
 *
 * @lba:     may lie beyond the end: nothing is there then
 * @out:     start zeroed; the caller clears it
 * Errors:   those of the source
 * Source:   UEFI specification 5.3
 * Returns:  0 or -1
 */
nodiscard int gpt_read(struct blocks *blocks, unsigned sector_bytes, uint64_t lba,
		       struct gpt *out, struct error *err);

/** Whether two tables say the same, each from its own place. */
bool gpt_is_same(const struct gpt *one, const struct gpt *other);

/** How many bytes its entries take. */
uint64_t gpt_entries_bytes(const struct gpt *gpt);

/** Add the partitions of a good table, its id and usable range to @layout, whose sector size is
 * set. Faults of entries are added too. */
void gpt_add_partitions(const struct gpt *gpt, struct layout *layout);

/** Give the entries back. */
void gpt_clear(struct gpt *gpt);

#endif
