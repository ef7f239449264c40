/* SPDX-License-Identifier: GPL-2.0-or-later */
/** text.h - lines for a terminal. What comes from images and run files goes through here: it is
 * neither obeyed nor endless. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include <stdint.h>

#include "base/str.h"

enum { REPORT_WIDTH = 79, REPORT_VALUE_MOST = 60, REPORT_SIZE_ROOM = 24 };

/** Add a text as lines of at most REPORT_WIDTH columns, broken at blanks, and clean as by
 * report_add_clean.
 *
 * @indent: columns before each line but the first, which the caller may have begun
 * @begun:  columns of the first line that are there already
 */
void report_add_wrapped(struct str *out, const char *text, size_t indent, size_t begun);

/** Add a text as it is, but for what a terminal would obey: C0, C1, what turns the direction of
 * writing, and bytes that are no UTF-8 become '?'. */
void report_add_clean(struct str *out, const char *text, size_t length);

/** Add a text of at most @most columns, clean; a longer one ends in "..." behind a whole
 * character.
 *
 * @most:   columns of a terminal, 3 or more
 */
void report_add_cut(struct str *out, const char *text, size_t most);

/** Add a text of many words, clean: each is cut to REPORT_VALUE_MOST columns, so that
 * report_add_wrapped can break the line, and about @most columns are shown. */
void report_add_words(struct str *out, const char *text, size_t most);

/** A number of bytes as people read it: "2.0 GiB", "512 B". Returns: @out */
const char *report_size(uint64_t bytes, char out[REPORT_SIZE_ROOM]);

/** Columns that a text of @length bytes takes on a terminal. */
size_t report_columns(const char *text, size_t length);

/** Add @before, then a text that is cut to REPORT_VALUE_MOST columns; nothing when it is NULL. */
void report_add_value(struct str *out, const char *before, const char *text);

/** A list within a line; the caller sets all but the count. */
struct report_list {
	struct str *out;
	const char *separator;
	size_t most;  /* are shown, each cut to REPORT_VALUE_MOST columns */
	size_t count; /* that were added */
};

/** Add a text to the list, or only count it. */
void report_list_add(struct report_list *list, const char *text);

/** Add " (N more)" when not all are shown. */
void report_add_more(struct str *out, size_t count, size_t most);

/** The same as a line of its own, below a list of lines. */
void report_add_more_line(struct str *out, size_t count, size_t most);

#endif
