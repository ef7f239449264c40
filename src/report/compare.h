/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare.h - two runs beside each other, for people. */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "base/str.h"
#include "model/compared.h"

/** Write a comparison as a table with bars that also read without colour, at most 79
 * columns; then the change in its two parts where both profiles were measured, the causes,
 * and the facts in which the machines differ.
 *
 * @out: the text is added
 */
void report_write_comparison(const struct compared *compared, struct str *out);

/** The same as Markdown; host names and addresses are to be masked before. */
void report_write_comparison_markdown(const struct compared *compared, struct str *out);

#endif
