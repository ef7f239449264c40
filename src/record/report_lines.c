/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/report_lines.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "record/unixbench_row.h"

/* What stands for a blank, or for nothing, in text that was pasted. */
static const struct {
	const char *bytes;
	const char *blank;
} pasted[] = {
	{"\xc2\xa0", " "},			     /* no-break space */
	{"\xe2\x94\x82", " "},			     /* the bars of a drawn table */
	{"\xe2\x94\x83", " "}, {"\xe2\x80\x8b", ""}, /* zero width space */
	{"\xef\xbb\xbf", ""},			     /* byte order mark */
};

/* Returns how many bytes of @text a sequence of a terminal (colour, cursor) takes, or 0. */
static size_t escape_length(const char *text)
{
	size_t length = 2;

	if (text[0] != '\x1b' || text[1] != '[')
		return 0;
	length += strspn(text + length, "0123456789;?");
	return text[length] != '\0' ? length + 1 : length;
}

/* Returns how many bytes of @text are replaced by `*out_blank`, or 0. */
static size_t pasted_length(const char *text, const char **out_blank)
{
	size_t i;

	if ((signed char)text[0] >= 0)
		return 0;
	for (i = 0; i < sizeof(pasted) / sizeof(pasted[0]); i++) {
		const size_t length = strlen(pasted[i].bytes);

		if (strncmp(text, pasted[i].bytes, length) != 0)
			continue;
		*out_blank = pasted[i].blank;
		return length;
	}
	return 0;
}

/* Takes out what a terminal and a paste have put in. */
static void clean(char *line)
{
	char *to = line;

	while (*line != '\0') {
		const char *blank = "";
		size_t skipped = escape_length(line);

		if (skipped == 0)
			skipped = pasted_length(line, &blank);
		if (skipped == 0) {
			*to++ = *line++;
			continue;
		}
		if (blank[0] != '\0')
			*to++ = blank[0];
		line += skipped;
	}
	*to = '\0';
}

/* "7 samp=": a row of quoted-printable mail that goes on in the next line. Takes the mark
 * away, also the one of a blank at the end ("=20"). */
static bool is_continued(struct report_lines *lines)
{
	char *end = lines->line + lines->length;

	if (lines->length >= 3 && strcmp(end - 3, "=20") == 0) {
		lines->length -= 3;
		end[-3] = '\0';
		return false;
	}
	if (lines->length < 2 || end[-1] != '=' || end[-2] == '=' ||
	    !unixbench_row_is_named(lines->line))
		return false;
	lines->length--;
	return true;
}

static void end_line(struct report_lines *lines)
{
	lines->line[lines->length] = '\0';
	if (!lines->is_html && is_continued(lines))
		return;
	lines->length = 0;
	clean(lines->line);
	(void)str_trim_end(lines->line);
	lines->take(lines->data, lines->line + strspn(lines->line, " \t>|`*"));
}

static void add_byte(struct report_lines *lines, char byte)
{
	if (byte != '\0' && lines->length + 1 < LINE_MOST)
		lines->line[lines->length++] = byte;
}

static void feed_html(struct report_lines *lines, char byte)
{
	char text;

	switch (html_lines_feed(&lines->html, byte, &text)) {
	case HTML_NOTHING:
		break;
	case HTML_LINE_END:
		end_line(lines);
		break;
	case HTML_CELL_END:
		add_byte(lines, ' ');
		break;
	case HTML_BYTE:
		add_byte(lines, text);
		/* indentation is no cell */
		if (lines->length >= 2 && lines->line[lines->length - 1] == ' ' &&
		    lines->line[lines->length - 2] == ' ')
			lines->length--;
		break;
	}
}

/* A tag of a page makes the rest HTML, and the line that it stands in as well. */
static void begin_html(struct report_lines *lines)
{
	char line[LINE_MOST];
	const size_t length = lines->length;
	size_t i;

	memcpy(line, lines->line, length);
	lines->length = 0;
	lines->is_html = true;
	for (i = 0; i < length; i++)
		feed_html(lines, line[i]);
}

static void feed_text(struct report_lines *lines, char byte)
{
	if (byte == '\n') {
		end_line(lines);
		return;
	}
	add_byte(lines, byte);
	if (byte == '>' && html_lines_begin(lines->line, lines->length))
		begin_html(lines);
}

/* The line end of DOS is one, and so is a carriage return alone: what it would overwrite is a
 * line of its own. */
static void feed_byte(struct report_lines *lines, char byte)
{
	const bool is_second = lines->is_after_cr && byte == '\n';

	lines->is_after_cr = byte == '\r';
	if (is_second)
		return;
	if (byte == '\r')
		byte = '\n';
	if (lines->is_html)
		feed_html(lines, byte);
	else
		feed_text(lines, byte);
}

void report_lines_feed(struct report_lines *lines, const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		feed_byte(lines, bytes[i]);
}

void report_lines_end(struct report_lines *lines)
{
	if (lines->length > 0)
		end_line(lines);
}
