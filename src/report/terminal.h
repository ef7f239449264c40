/* SPDX-License-Identifier: GPL-2.0-or-later */
/** terminal.h - runs as tables of at most 80 columns, for people. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "base/str.h"
#include "model/run.h"

/** Write runs, each with its tests, its index, what it could have shown, and its
 * warnings; then, when
 * @beside holds any, all indexes side by side.
 *
 * @out: the text is added; plain ASCII but for what the runs themselves hold
 */
void report_write_terminal(const struct runs *runs, const struct runs *beside,
			   struct str *out);

#endif
