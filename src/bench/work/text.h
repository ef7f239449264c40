/* SPDX-License-Identifier: GPL-2.0-or-later */
/** text.h - the text that the shell tests sort: made here, of the shape of UnixBench's
 * sort.src. */
#ifndef BENCH_WORK_TEXT_H
#define BENCH_WORK_TEXT_H

#include <stddef.h>

/** The shape, from the method page: counts of the whole text. */
enum {
	TEXT_BYTES = 8546,
	TEXT_LINES = 362,
	TEXT_WORDS = 1200,
	TEXT_DISTINCT_LINES = 273,
	TEXT_LINES_WITH_THE = 35,
};

/** Make the text; the same bytes on every machine.
 *
 * @out: receives TEXT_BYTES bytes, no closing NUL
 */
void text_make(char out[TEXT_BYTES]);

#endif
