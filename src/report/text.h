/* SPDX-License-Identifier: GPL-2.0-or-later */
/** text.h - lines for a terminal. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "base/str.h"

enum { REPORT_WIDTH = 79 };

/** Add a text as lines of at most REPORT_WIDTH columns, broken at blanks, and clean as by
 * report_add_clean.
 *
 * @indent: columns before each line but the first, which the caller may have begun
 * @begun:  columns of the first line that are there already
 */
void report_add_wrapped(struct str *out, const char *text, size_t indent, size_t begun);

/** Add a text as it is, but for what a terminal would obey: C0 and C1 become '?'. */
void report_add_clean(struct str *out, const char *text, size_t length);

#endif
