/* SPDX-License-Identifier: GPL-2.0-or-later */
/** confirm.h - the disk that is to be written to has to be named once more. */
#ifndef CMD_CONFIRM_H
#define CMD_CONFIRM_H

#include "base/error.h"

/** The disk's id has to be typed, or to have been given.
 *
 * @given:  of --confirm-disk; NULL: the user is asked, where there is one
 * @id:     of the disk
 * @verb:   "write over it"
 * Errors:  ERROR_REFUSED
 * Returns: 0 or -1
 */
nodiscard int cmd_confirm(const char *given, const char *id, const char *verb,
			  struct error *err);

#endif
