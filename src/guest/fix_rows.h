/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_rows.h - the fixers that there are, for their table alone. */
#ifndef GUEST_FIX_ROWS_H
#define GUEST_FIX_ROWS_H

#include "guest/fix.h"

extern const struct fixer fixer_cloud_init, fixer_machine_id, fixer_name_pins,
	fixer_network, fixer_resolv_conf;

#endif
