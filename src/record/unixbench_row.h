/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_row.h - what a line of a UnixBench report says: a result, a row of an index, or
 * the score of a category. Nothing is remembered from line to line. */
#ifndef RECORD_UNIXBENCH_ROW_H
#define RECORD_UNIXBENCH_ROW_H

#include <stdbool.h>

#include "model/tests.h"

/** The indexes of a report. */
enum unixbench_category {
	UNIXBENCH_SYSTEM,
	UNIXBENCH_2D,
	UNIXBENCH_3D,
	UNIXBENCH_NO_INDEX, /* tests that belong to none */
};
enum { UNIXBENCH_CATEGORIES = UNIXBENCH_NO_INDEX };

/** What a line is. */
enum unixbench_kind {
	UNIXBENCH_NO_ROW,
	UNIXBENCH_RESULT,     /* "NAME VALUE UNIT (TIME s, N samples)" */
	UNIXBENCH_RESULT_TR,  /* the same in HTML, with `baseline` and `index` or 0 */
	UNIXBENCH_RESULT_CUT, /* "NAME VALUE UNIT": a result, where nothing follows */
	UNIXBENCH_INDEX,      /* "NAME BASELINE VALUE INDEX" */
	UNIXBENCH_UNINDEXED,  /* "NAME --- VALUE ---" */
	UNIXBENCH_SCORE,      /* "System Benchmarks Index Score VALUE" */
	UNIXBENCH_CUT,	      /* the beginning of one of these */
};

/** A row. */
struct unixbench_row {
	enum unixbench_kind kind;
	enum unixbench_category category;
	const struct test *test; /* NULL outside of UNIXBENCH_SYSTEM */
	double value, time_s, baseline, index;
	unsigned samples;
};

/** Read a line: whatever stands before the row (quotes, numbers of lines, times of a log) is
 * passed over, but a row must end where the line ends.
 *
 * Returns: the row; of the kind UNIXBENCH_NO_ROW when the line is none
 */
struct unixbench_row unixbench_row_read(const char *line);

/** Returns: whether the name of a test stands in @line, as in a row */
bool unixbench_row_is_named(const char *line);

/** Read a number as reports have them: "1234.5", also "1,234.5" and "1234,5".
 *
 * @out:    untouched on failure
 * Returns: whether @word is one
 */
bool unixbench_number_read(const char *word, double *out);

#endif
