/* SPDX-License-Identifier: GPL-2.0-or-later */
/** html_lines.h - HTML as lines of text, in constant memory: the end of a row, a heading or a
 * paragraph ends a line, the end of a cell is a blank. Within a row a line's end is a blank;
 * elsewhere it stays one, for the text of <pre> and of Markdown. */
#ifndef RECORD_HTML_LINES_H
#define RECORD_HTML_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { HTML_TAG_MOST = 32, HTML_ENTITY_MOST = 10 };

/** Where the reader is; start zeroed. */
struct html_lines {
	bool is_in_tag, is_in_row;
	char tag[HTML_TAG_MOST];
	size_t tag_length; /* of what was kept */
	size_t tag_bytes;  /* of all */
	char entity[HTML_ENTITY_MOST];
	size_t entity_length; /* 0: in none */
};

/** What a byte of HTML makes. */
enum html_event {
	HTML_NOTHING,
	HTML_BYTE,     /* a byte of text, in `out_byte` */
	HTML_CELL_END, /* a blank that no other may be merged with */
	HTML_LINE_END,
};

/** Take one byte.
 *
 * @out_byte: set with HTML_BYTE; tabs are blanks
 */
enum html_event html_lines_feed(struct html_lines *html, char byte, char *out_byte);

/** Whether a line of text ends in a tag that pages begin with, or parts of a page.
 *
 * @line: its last byte is the '>'
 */
bool html_lines_begin(const char *line, size_t length);

#endif
