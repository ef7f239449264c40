/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_text.h - runs as the text report of UnixBench 5.1.3. */
#ifndef RECORD_UNIXBENCH_TEXT_H
#define RECORD_UNIXBENCH_TEXT_H

#include "base/str.h"
#include "model/run.h"

/** Write the report: one header, one section for each run. Columns, order, rounding and
 * the wording of partial indexes are 5.1.3's, so that what reads its reports reads this.
 *
 * @out: the text is added
 */
void record_write_unixbench(const struct runs *runs, struct str *out);

#endif
