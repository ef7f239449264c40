/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "record/html_lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A '<' that no '>' follows in so many bytes was none of a tag; and how far back one is looked
 * for, so that a line of nothing but '>' takes no time. */
enum { TAG_BYTES_MOST = 4096, TAG_LOOK_MOST = 256 };

static bool is_one_of(const char *tag, const char *const names[])
{
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (strcasecmp(tag, names[i]) == 0)
			return true;
	return false;
}

static enum html_event end_tag(struct html_lines *html)
{
	static const char *const breaks[] = {
		"/tr", "tr",   "table", "/table", "/h1", "/h2", "/h3",
		"/h4", "/p",   "p",	"br/",	  "br",	 "hr/", "hr",
		"pre", "/pre", "div",	"/div",	  "/li", "li",	NULL,
	};
	static const char *const cells[] = {"/td", "/th", "td", "th", NULL};

	html->tag[html->tag_length] = '\0';
	html->tag[strcspn(html->tag, " \t\r\n")] = '\0';
	html->is_in_tag = false;
	if (strcasecmp(html->tag, "tr") == 0)
		html->is_in_row = true;
	else if (strcasecmp(html->tag, "/tr") == 0 ||
		 strcasecmp(html->tag, "/table") == 0)
		html->is_in_row = false;
	/* the lines of a program with numbers: a table whose cell holds them all */
	else if (strcasecmp(html->tag, "pre") == 0)
		html->is_in_row = false;
	if (is_one_of(html->tag, breaks))
		return HTML_LINE_END;
	return is_one_of(html->tag, cells) ? HTML_CELL_END : HTML_NOTHING;
}

/* "&#40;" or "&#x28;": what is not ASCII leaves a blank. */
static char numbered_byte(const char *digits)
{
	const bool is_hex = digits[0] == 'x' || digits[0] == 'X';
	const long code = strtol(digits + is_hex, NULL, is_hex ? 16 : 10);

	return (char)(code > ' ' && code < 127 ? code : ' ');
}

/* Entities that UnixBench's pages have; others leave nothing. */
static enum html_event end_entity(struct html_lines *html, char *out_byte)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {{"amp", '&'},  {"lt", '<'},   {"gt", '>'},
			{"quot", '"'}, {"nbsp", ' '}, {"apos", '\''}};
	size_t i;

	html->entity[html->entity_length] = '\0';
	html->entity_length = 0;
	if (html->entity[1] == '#') {
		*out_byte = numbered_byte(html->entity + 2);
		return HTML_BYTE;
	}
	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (strcmp(html->entity + 1, entities[i].name) != 0)
			continue;
		*out_byte = entities[i].byte;
		return HTML_BYTE;
	}
	return HTML_NOTHING;
}

static bool is_entity_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '#';
}

/* The first byte tells a tag from "a < b". */
static bool is_tag_byte(const struct html_lines *html, char byte)
{
	return html->tag_bytes > 0 ? html->tag_bytes < TAG_BYTES_MOST
				   : isalpha((unsigned char)byte) || byte == '/' ||
					     byte == '!' || byte == '?';
}

static enum html_event feed_tag(struct html_lines *html, char byte)
{
	if (byte == '>')
		return end_tag(html);
	html->tag_bytes++;
	if (html->tag_length + 1 < HTML_TAG_MOST)
		html->tag[html->tag_length++] = byte;
	return HTML_NOTHING;
}

static enum html_event feed_text(const struct html_lines *html, char byte, char *out_byte)
{
	if (byte == '\n' && !html->is_in_row)
		return HTML_LINE_END;
	*out_byte = byte == '\n' || byte == '\t' ? ' ' : byte;
	return HTML_BYTE;
}

enum html_event html_lines_feed(struct html_lines *html, char byte, char *out_byte)
{
	if (html->is_in_tag && (byte == '>' || is_tag_byte(html, byte)))
		return feed_tag(html, byte);
	html->is_in_tag = false;
	if (html->entity_length > 0 && byte == ';')
		return end_entity(html, out_byte);
	if (html->entity_length > 0 && html->entity_length + 1 < HTML_ENTITY_MOST &&
	    is_entity_byte(byte)) {
		html->entity[html->entity_length++] = byte;
		return HTML_NOTHING;
	}
	html->entity_length = 0;
	if (byte == '&') {
		html->entity[0] = '&';
		html->entity_length = 1;
		return HTML_NOTHING;
	}
	if (byte != '<')
		return feed_text(html, byte, out_byte);
	html->is_in_tag = true;
	html->tag_length = html->tag_bytes = 0;
	return HTML_NOTHING;
}

bool html_lines_begin(const char *line, size_t length)
{
	static const char *const names[] = {"!doctype", "html", "head", "body", "table",
					    "tr",	"pre",	"h2",	"h3",	"h4",
					    "div",	"p",	NULL};
	const size_t look = length < TAG_LOOK_MOST ? length : TAG_LOOK_MOST;
	const char *open = memrchr(line + length - look, '<', look);
	char name[HTML_TAG_MOST];
	size_t size = 0;

	if (open == NULL)
		return false;
	open++;
	while (open + size < line + length && open[size] != ' ' && open[size] != '>')
		size++;
	if (size >= sizeof(name))
		return false;
	memcpy(name, open, size);
	name[size] = '\0';
	return is_one_of(name, names);
}
