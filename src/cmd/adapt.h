/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt.h - moult adapt: make a guest fit a machine. */
#ifndef CMD_ADAPT_H
#define CMD_ADAPT_H

#include <stdint.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "guest/fix.h"

extern const struct cmd cmd_adapt;

/** Take a name for the system. Errors: ERROR_USAGE. Returns: 0 or -1 */
nodiscard int cmd_adapt_hostname(const char *name, struct fix_wishes *wishes,
				 struct error *err);

/** Read the public keys of a file.
 *
 * @keys:   STR_EMPTY; the caller's, and outlives @wishes
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int cmd_adapt_keys(const char *path, struct str *keys,
			     struct fix_wishes *wishes, struct error *err);

/** When the changed files are changed: now, or as SOURCE_DATE_EPOCH says, seconds since 1970.
 *
 * Errors:  ERROR_USAGE
 * Returns: 0 or -1
 */
nodiscard int cmd_adapt_time(int64_t *out, struct error *err);

#endif
