/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_fat_write.h - edits of FAT, made by mtools in a private copy. */
#ifndef GUEST_VFS_FAT_WRITE_H
#define GUEST_VFS_FAT_WRITE_H

#include <stdint.h>

#include "base/error.h"
#include "guest/edit_back.h"
#include "model/blocks.h"

/** Work edits out.
 *
 * @blocks: where it lies
 * @most:   bytes of data that are copied at most
 * @out:    the caller closes it
 * Errors:  as edit_prepare
 * Returns: 0 or -1
 */
nodiscard int fat_write_prepare(struct blocks *blocks, uint64_t most,
				const struct edit_changes *changes,
				struct edit_writer **out, struct error *err);

#endif
