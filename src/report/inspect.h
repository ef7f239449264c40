/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect.h - what is in an image, on one screen. */
#ifndef REPORT_INSPECT_H
#define REPORT_INSPECT_H

#include "base/str.h"
#include "model/inspection.h"

/** Write it as lines of at most 79 columns; with the tree, if there is one, at the end.
 *
 * @out: the text is added
 */
void report_write_inspection(const struct inspection *inspection, struct str *out);

#endif
