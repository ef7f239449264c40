/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt.h - an adaptation for a terminal. */
#ifndef REPORT_ADAPT_H
#define REPORT_ADAPT_H

#include "base/str.h"
#include "model/adaptation.h"

/** Write each change with the failure that it prevents, what is not done, and how the prediction
 * stands before and after. Nothing of the guest is obeyed or endless. */
void report_write_adaptation(const struct adaptation *adaptation, struct str *out);

#endif
