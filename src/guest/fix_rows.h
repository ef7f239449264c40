/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_rows.h - the fixers that there are, for their table alone. */
#ifndef GUEST_FIX_ROWS_H
#define GUEST_FIX_ROWS_H

#include "guest/fix.h"

extern const struct fixer fixer_grub_bios;
extern const struct fixer fixer_grub_uefi;
extern const struct fixer fixer_initramfs_drivers;
extern const struct fixer fixer_machine_id;

#endif
