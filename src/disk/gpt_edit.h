/* SPDX-License-Identifier: GPL-2.0-or-later */
/** gpt_edit.h - change the bytes of a GPT: a good header's sector and its entries. */
#ifndef DISK_GPT_EDIT_H
#define DISK_GPT_EDIT_H

#include <stdint.h>

#include "base/error.h"
#include "disk/gpt.h"
#include "model/blocks.h"

enum { GPT_HEADER_EDIT_BYTES = 92 }; /* what lies behind is never changed */

/** The sectors that a table's entries take. */
uint64_t gpt_entries_sectors(const struct gpt *gpt);

/** Where the sectors of @gpt's entries begin, on the disk. */
uint64_t gpt_entries_offset(const struct gpt *gpt);

/** Read a header's whole sector.
 *
 * @gpt:    a good one
 * Errors:  those of the source
 * Returns: 0 with a sector that the caller frees, or -1
 */
nodiscard int gpt_read_header(struct blocks *blocks, const struct gpt *gpt,
			      unsigned char **out, struct error *err);

/** Say in a header where it lies itself and where its entries and the other header do. */
void gpt_set_place(unsigned char *header, uint64_t lba, uint64_t alternate_lba,
		   uint64_t entries_lba);

/** Say up to where the disk can be used. */
void gpt_set_last_usable(unsigned char *header, uint64_t last_usable_lba);

/** Make the checksums of the entries and then of the header right. */
void gpt_seal(unsigned char *header, const struct gpt *gpt);

/** The first entry without a type. Returns: its index, or entry_count */
uint32_t gpt_find_free(const struct gpt *gpt);

/** The entry of a moult partition that begins at a sector. Returns: its index, or
 * entry_count */
uint32_t gpt_find_moult(const struct gpt *gpt, uint64_t start_lba);

/** Make an entry that of a moult partition. @id: its GUID as it stands on the disk */
void gpt_put_moult(const struct gpt *gpt, uint32_t index, const unsigned char id[16],
		   uint64_t start_lba, uint64_t sectors);

#endif
