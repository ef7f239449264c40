/* SPDX-License-Identifier: GPL-2.0-or-later */
/** plan.h - an overlay on one screen: what a person reads before typing the disk's id. */
#ifndef REPORT_PLAN_H
#define REPORT_PLAN_H

#include "base/str.h"
#include "model/plan.h"

/** Write it as lines of at most 79 columns. The last one says what has to be typed, whole
 * however long it is; where a check refuses, there is nothing to type, and it says so.
 *
 * @out: the text is added
 */
void report_write_plan(const struct plan *plan, struct str *out);

#endif
