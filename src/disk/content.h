/* SPDX-License-Identifier: GPL-2.0-or-later */
/** content.h - what lies in a place: file systems, swap, members of LVM, md, ZFS, LUKS. */
#ifndef DISK_CONTENT_H
#define DISK_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

/** The signatures of a place, all of them, by libblkid.
 *
 * @part:   the place as blocks
 * @out, @out_count: the caller frees the list and what is in it
 * Errors:  ERROR_SYSTEM, those of the source
 * Source:  libblkid's low-level probing
 * Returns: 0 or -1
 */
nodiscard int content_read(struct blocks *part, struct layout_content **out,
			   size_t *out_count, struct error *err);

/** Add size and used size to a content whose superblock tells them cheaply.
 *
 * Errors:  those of the source
 * Source:  the superblocks of ext2/3/4, xfs, btrfs, swap, FAT, exFAT, NTFS, LVM2, ISO 9660,
 *          squashfs
 * Returns: 0 or -1
 */
nodiscard int content_measure(struct blocks *part, struct layout_content *content,
			      struct error *err);

#endif
