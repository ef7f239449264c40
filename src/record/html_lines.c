/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/html_lines.h"

#include <string.h>
#include <strings.h>

static enum html_event end_tag(struct html_lines *html)
{
	static const char *const breaks[] = {"/tr", "/h2", "/h3", "/h4",   "/p", "br/",
					     "br",  "hr/", "tr",  "table", NULL};
	size_t i;

	html->tag[html->tag_length] = '\0';
	html->tag[strcspn(html->tag, " ")] = '\0';
	html->is_in_tag = false;
	for (i = 0; breaks[i] != NULL; i++)
		if (strcasecmp(html->tag, breaks[i]) == 0)
			return HTML_LINE_END;
	return strcasecmp(html->tag, "/td") == 0 || strcasecmp(html->tag, "/th") == 0
		       ? HTML_CELL_END
		       : HTML_NOTHING;
}

/* Entities that UnixBench's pages have; others leave nothing. */
static enum html_event end_entity(struct html_lines *html, char *out_byte)
{
	static const struct {
		const char *name;
		char byte;
	} entities[] = {
		{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"nbsp", ' '}};
	size_t i;

	html->entity[html->entity_length] = '\0';
	html->entity_length = 0;
	for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		if (strcmp(html->entity + 1, entities[i].name) != 0)
			continue;
		*out_byte = entities[i].byte;
		return HTML_BYTE;
	}
	return HTML_NOTHING;
}

static enum html_event feed_tag(struct html_lines *html, char byte)
{
	if (byte == '>')
		return end_tag(html);
	if (html->tag_length + 1 < HTML_TAG_MOST)
		html->tag[html->tag_length++] = byte;
	return HTML_NOTHING;
}

enum html_event html_lines_feed(struct html_lines *html, char byte, char *out_byte)
{
	if (html->is_in_tag)
		return feed_tag(html, byte);
	if (byte == '<') {
		html->is_in_tag = true;
		html->tag_length = 0;
		return HTML_NOTHING;
	}
	if (html->entity_length > 0 && byte == ';')
		return end_entity(html, out_byte);
	if (byte == '&') {
		html->entity[0] = '&';
		html->entity_length = 1;
		return HTML_NOTHING;
	}
	if (html->entity_length > 0 && html->entity_length + 1 < HTML_ENTITY_MOST) {
		html->entity[html->entity_length++] = byte;
		return HTML_NOTHING;
	}
	html->entity_length = 0;
	*out_byte = byte == '\n' || byte == '\t' ? ' ' : byte;
	return HTML_BYTE;
}
