/* SPDX-License-Identifier: GPL-2.0-or-later */
/** grub.h - GRUB 2's core.img for BIOS: where it lies, and what is embedded in it. */
#ifndef DISK_GRUB_H
#define DISK_GRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "model/blocks.h"
#include "model/layout.h"

/** Read the core.img whose first sector lies at @start_bytes, by the block list in it. What
 * is not as GRUB 2.00 and later make it is told in its `problem`.
 *
 * @out:    never NULL on success; its `partition` is left 0. The caller frees it by
 * layout_core_free()
 * Errors:  those of the source
 * Source:  GRUB's manual, "Images"; what grub-mkimage -O i386-pc writes
 * Returns: 0 or -1
 */
nodiscard int grub_read_core(struct blocks *blocks, uint64_t start_bytes,
			     struct layout_core **out, struct error *err);

/** Read what is embedded in GRUB's image for EFI.
 *
 * @bytes:  of the program, whole
 * @out:    the caller frees it by layout_core_free(); its place on the disk is left 0. Untouched
 *          when it is no image of GRUB
 * Source:  include/grub/kernel.h; what grub-mkimage -O x86_64-efi writes
 * Returns: whether it is one
 */
bool grub_read_efi(const unsigned char *bytes, size_t length, struct layout_core **out);

#endif
