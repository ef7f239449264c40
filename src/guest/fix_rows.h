/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_rows.h - the fixers that there are, for their table alone. */
#ifndef GUEST_FIX_ROWS_H
#define GUEST_FIX_ROWS_H

#include "guest/fix.h"

extern const struct fixer fixer_fstab;
extern const struct fixer fixer_hostname;
extern const struct fixer fixer_machine_id;
extern const struct fixer fixer_ssh_keys;

#endif
