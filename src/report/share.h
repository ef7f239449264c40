/* SPDX-License-Identifier: GPL-2.0-or-later */
/** share.h - runs for forums, issue trackers and spreadsheets. Host names are never in it. */
#ifndef REPORT_SHARE_H
#define REPORT_SHARE_H

#include <stdbool.h>

#include "base/str.h"
#include "model/run.h"

/** Write Markdown: a table for each run, lines of at most 80 columns.
 *
 * @is_ascii: no character beyond ASCII
 * @out:      the text is added
 */
void report_write_markdown(const struct runs *runs, bool is_ascii, struct str *out);

/** Write BBCode: a [code] block for each run, lines of at most 80 columns. Parameters as above. */
void report_write_bbcode(const struct runs *runs, bool is_ascii, struct str *out);

/** Write CSV (RFC 4180, with a header line): a row for each test and one for the index of each run. */
void report_write_csv(const struct runs *runs, struct str *out);

#endif
