/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvm_text.c - NAME { ... }, NAME = VALUE, NAME = [VALUE, ...], with # comments. */
#define _GNU_SOURCE
#include "guest/lvm_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

/* A group of 1,000 volumes has some 30,000 nodes, and a question looks at all; sections are at most 4 deep. */
enum { NODES_MOST = 60000, DEPTH_MOST = 8 };

struct parser {
	struct lvm_text *text;
	const char *at;
	size_t parents[DEPTH_MOST + 1];
	size_t depth;
};

static int fail(const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "the metadata of LVM is damaged: %s", what);
}

/* Goes to the next byte that is neither blank nor comment. Returns: it */
static char next_byte(struct parser *parser)
{
	for (;; parser->at++) {
		if (*parser->at == '#')
			parser->at += strcspn(parser->at, "\n");
		if (*parser->at == '\0' || !isspace((unsigned char)*parser->at))
			return *parser->at;
	}
}

static char *copy_of(const char *start, size_t length)
{
	char *copy = mem_zero(length + 1, 1);

	memcpy(copy, start, length);
	return copy;
}

/* Takes what stands in quotes; a backslash takes the meaning from the byte behind it. */
static char *take_string(struct parser *parser)
{
	struct str autostr text = STR_EMPTY;
	const char *at;

	for (at = parser->at + 1; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (*at == '\0')
			return NULL;
		str_add_bytes(&text, at, 1);
	}
	parser->at = at + 1;
	return str_copy(text.bytes);
}

/* Takes a string, a number or a name. Returns: a copy, or NULL */
static char *take_word(struct parser *parser)
{
	const char *start = parser->at, *end;

	if (*start == '"')
		return take_string(parser);
	for (end = start; isalnum((unsigned char)*end) ||
			  (*end != '\0' && strchr("_-+.", *end) != NULL);)
		end++;
	parser->at = end;
	return end > start ? copy_of(start, (size_t)(end - start)) : NULL;
}

/* Adds a node; @name and @value are taken over in any case. */
static int add(struct parser *parser, char *name, char *value, struct error *err)
{
	struct lvm_text *text = parser->text;

	text->nodes = mem_grow(text->nodes, text->count, sizeof(*text->nodes));
	text->nodes[text->count++] = (struct lvm_node){
		.name = name, .text = value, .parent = parser->parents[parser->depth]};
	return text->count < NODES_MOST ? 0 : fail("it is too long", err);
}

static int take_value(struct parser *parser, char *name, struct error *err)
{
	char *value = take_word(parser);

	if (value != NULL)
		return add(parser, name, value, err);
	free(name);
	return fail("a value is missing", err);
}

static int enter(struct parser *parser, char *name, struct error *err)
{
	if (add(parser, name, NULL, err) != 0)
		return -1;
	if (parser->depth == DEPTH_MOST)
		return fail("it is too deep", err);
	parser->parents[++parser->depth] = parser->text->count - 1;
	parser->at++;
	return 0;
}

static int take_list(struct parser *parser, char *name, struct error *err)
{
	if (enter(parser, name, err) != 0)
		return -1;
	while (next_byte(parser) != ']') {
		if (take_value(parser, str_copy(""), err) != 0)
			return -1;
		if (next_byte(parser) == ',')
			parser->at++;
	}
	parser->at++;
	parser->depth--;
	return 0;
}

/* Takes a name and what belongs to it; a section is entered. */
static int take_item(struct parser *parser, struct error *err)
{
	char *name = take_word(parser);
	const char byte = next_byte(parser);

	if (name != NULL && byte == '{')
		return enter(parser, name, err);
	if (name == NULL || byte != '=') {
		free(name);
		return fail("a name stands alone", err);
	}
	parser->at++;
	return next_byte(parser) == '[' ? take_list(parser, name, err)
					: take_value(parser, name, err);
}

int lvm_text_parse(const char *bytes, struct lvm_text *out, struct error *err)
{
	struct lvm_text text = {0};
	struct parser parser = {.text = &text, .at = bytes};
	int result = add(&parser, str_copy(""), NULL, err);
	char byte;

	while (result == 0 && (byte = next_byte(&parser)) != '\0') {
		if (byte != '}') {
			result = take_item(&parser, err);
			continue;
		}
		parser.at++;
		if (parser.depth == 0)
			result = fail("a section ends twice", err);
		else
			parser.depth--;
	}
	if (result == 0 && parser.depth != 0)
		result = fail("a section has no end", err);
	if (result == 0)
		*out = text;
	else
		lvm_text_clear(&text);
	return result;
}

size_t lvm_text_find(const struct lvm_text *text, size_t parent, const char *name)
{
	size_t i;

	for (i = parent + 1; i < text->count; i++)
		if (text->nodes[i].parent == parent &&
		    strcmp(text->nodes[i].name, name) == 0)
			return i;
	return 0;
}

size_t lvm_text_child(const struct lvm_text *text, size_t parent, size_t index)
{
	size_t i;

	for (i = parent + 1; i < text->count; i++)
		if (text->nodes[i].parent == parent && index-- == 0)
			return i;
	return 0;
}

const char *lvm_text_word(const struct lvm_text *text, size_t parent, const char *name)
{
	const size_t place = lvm_text_find(text, parent, name);

	return place != 0 ? text->nodes[place].text : NULL;
}

int lvm_text_number(const struct lvm_text *text, size_t parent, const char *name,
		    uint64_t *out, struct error *err)
{
	const char *word = lvm_text_word(text, parent, name);

	if (word == NULL || num_parse_uint(word, name, 0, UINT64_MAX, out, NULL) != 0)
		return error_set(err, ERROR_INPUT,
				 "the metadata of LVM is damaged: no %s in '%s'", name,
				 text->nodes[parent].name);
	return 0;
}

void lvm_text_clear(struct lvm_text *text)
{
	size_t i;

	for (i = 0; i < text->count; i++) {
		free(text->nodes[i].name);
		free(text->nodes[i].text);
	}
	free(text->nodes);
	*text = (struct lvm_text){0};
}
