/* SPDX-License-Identifier: GPL-2.0-or-later */
/** self.h - where our own helper programs and data lie: installed, in a bundle, or in the
 * build tree. */
#ifndef SYS_SELF_H
#define SYS_SELF_H

#include "base/error.h"

/** What is looked for. */
enum sys_self_kind { SYS_SELF_HELPER, SYS_SELF_DATA };

/** Find a file of ours: beside the running program in the ways that the three layouts
 * have, first below $MOULT_HELPERS or $MOULT_DATA when that is set.
 *
 * @name:   file name, without folder
 * @out:    absolute path, which the caller frees; untouched on failure
 * Errors:  ERROR_SYSTEM when it is in none of the places
 * Returns: 0 or -1
 */
nodiscard int sys_self_find(enum sys_self_kind kind, const char *name, char **out,
			    struct error *err);

/** The place of a file that tells how far a work is: in $XDG_STATE_HOME/moult, as root in
 * /run/moult, else in $HOME/.local/state/moult.
 *
 * @name:   file name, without folder
 * Returns: a path that the caller frees; NULL: no such place is known
 */
char *sys_state_path(const char *name);

#endif
