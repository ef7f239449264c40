/* SPDX-License-Identifier: GPL-2.0-or-later */
/** report_lines.h - the lines of a report, whatever it stands in: text with any line ends, HTML,
 * mail in quoted-printable, the output of a terminal. Constant memory; what a line has beyond
 * LINE_MOST bytes is dropped. */
#ifndef RECORD_REPORT_LINES_H
#define RECORD_REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "record/html_lines.h"

enum { LINE_MOST = 4096 };

/** Where the reader is; start zeroed, with `take` and `data` set. */
struct report_lines {
	/* gets each line without the marks of quotes and lists before it; it may be empty */
	void (*take)(void *data, const char *line);
	void *data;
	char line[LINE_MOST];
	size_t length;
	bool is_after_cr;
	bool is_html;
	struct html_lines html;
};

/** Take the next bytes, of any length. */
void report_lines_feed(struct report_lines *lines, const char *bytes, size_t length);

/** Take what is left as a last line. */
void report_lines_end(struct report_lines *lines);

#endif
