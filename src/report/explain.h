/* SPDX-License-Identifier: GPL-2.0-or-later */
/** explain.h - why two runs differ, for people. */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "base/str.h"
#include "model/explanation.h"

/** Write the causes, what stays unexplained, and what to check next.
 *
 * @out: the text is added
 */
void report_write_explanation(const struct explanation *explanation, struct str *out);

/** The same as Markdown. */
void report_write_explanation_markdown(const struct explanation *explanation,
				       struct str *out);

/** Whether a fact is one of the causes. */
bool report_is_cause(const struct explanation *explanation, const char *fact);

#endif
