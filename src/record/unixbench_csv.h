/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_csv.h - the table that UnixBench 6.0.0 writes where it is asked to: a line of names,
 * then a line for each number of copies, with nothing but scores. */
#ifndef RECORD_UNIXBENCH_CSV_H
#define RECORD_UNIXBENCH_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "model/tests.h"

enum { UNIXBENCH_CSV_COLUMNS = 64 };

/** The columns of such a table; start zeroed. */
struct unixbench_csv {
	const struct test *tests[UNIXBENCH_CSV_COLUMNS]; /* NULL: of no index */
	size_t count;
};

/** Take the line of names, "Concurrency,Dhrystone 2 using register variables,..". Returns:
 * whether it is one */
bool unixbench_csv_take_names(struct unixbench_csv *csv, const char *line);

/** Read a line of scores, "4,33526940.9,3623.9".
 *
 * @out_copies: untouched on failure
 * @out_scores: one for each column
 * Returns: whether it is one: no line is, before the line of names
 */
bool unixbench_csv_read_scores(const struct unixbench_csv *csv, const char *line,
			       unsigned *out_copies,
			       double out_scores[UNIXBENCH_CSV_COLUMNS]);

#endif
