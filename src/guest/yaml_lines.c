/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/yaml_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"

enum { PATH_MOST = 8 };

/* A line of the text. */
struct line {
	const char *text; /* with its indent */
	size_t length;	  /* with its end */
	size_t indent;
	bool is_content; /* no comment, not empty, no mark of a document */
};

/* Lines from `start` to before `end`; the first one is the key. */
struct block {
	size_t start, end;
};

static struct line line_at(const char *text)
{
	const char *end = strchrnul(text, '\n');
	struct line line = {.text = text, .indent = strspn(text, " ")};
	const char first = text[line.indent];

	line.length = (size_t)(end - text) + (*end != '\0');
	line.is_content = first != '\0' && first != '\n' && first != '\r' &&
			  first != '#' && strncmp(text, "---", 3) != 0 &&
			  strncmp(text, "...", 3) != 0;
	return line;
}

static struct line *split(const char *text, size_t *out_count)
{
	struct line *lines = NULL;

	*out_count = 0;
	for (; *text != '\0'; text += lines[*out_count - 1].length) {
		lines = mem_grow(lines, *out_count, sizeof(*lines));
		lines[(*out_count)++] = line_at(text);
	}
	return lines;
}

/* Whether a line is "key:", with or without quotes. */
static bool is_key(const struct line *line, const char *key)
{
	const char *at = line->text + line->indent;
	const char quote = *at == '"' || *at == '\'' ? *at : '\0';
	const size_t length = strlen(key);

	at += quote != '\0';
	if (strncmp(at, key, length) != 0)
		return false;
	at += length;
	if (quote != '\0' && *at++ != quote)
		return false;
	at += strspn(at, " ");
	return at[0] == ':' && (at[1] == '\0' || strchr(" \t\r\n", at[1]) != NULL);
}

static size_t next_content(const struct line *lines, size_t from, size_t end)
{
	while (from < end && !lines[from].is_content)
		from++;
	return from;
}

/* The block of a key among those that begin where the first line of the range does. */
static bool find(const struct line *lines, const struct block *range, const char *key,
		 struct block *out)
{
	size_t i = next_content(lines, range->start, range->end), end;
	const size_t indent = i < range->end ? lines[i].indent : 0;

	for (; i < range->end; i++)
		if (lines[i].is_content && lines[i].indent == indent &&
		    is_key(&lines[i], key))
			break;
	if (i == range->end)
		return false;
	/* items of a list may begin where its key does */
	for (end = i + 1; end < range->end; end++)
		if (lines[end].is_content &&
		    (lines[end].indent < indent ||
		     (lines[end].indent == indent && lines[end].text[indent] != '-')))
			break;
	while (!lines[end - 1].is_content)
		end--;
	*out = (struct block){i, end};
	return true;
}

/* Whether a block holds nothing but its key and another one. */
static bool is_alone(const struct line *lines, const struct block *outer,
		     const struct block *inner)
{
	return next_content(lines, outer->start + 1, outer->end) >= inner->start &&
	       next_content(lines, inner->end, outer->end) == outer->end;
}

static void write_all(const struct line *lines, size_t count, const struct block *block,
		      const char *reason, struct str *out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const bool is_inside = i >= block->start && i < block->end;

		if (i == block->start)
			str_addf(out, "# %s\n", reason);
		if (is_inside && lines[i].is_content)
			str_add(out, "#");
		str_add_bytes(out, lines[i].text, lines[i].length);
	}
}

bool yaml_comment_block(const char *text, const char *const *path, const char *reason,
			struct str *out)
{
	size_t count, depth;
	autofree struct line *lines = split(text, &count);
	struct block blocks[PATH_MOST], range = {0, count};

	for (depth = 0; path[depth] != NULL && depth < PATH_MOST; depth++) {
		if (!find(lines, &range, path[depth], &blocks[depth]))
			return false;
		range = (struct block){blocks[depth].start + 1, blocks[depth].end};
	}
	while (depth > 1 && is_alone(lines, &blocks[depth - 2], &blocks[depth - 1]))
		depth--;
	write_all(lines, count, &blocks[depth - 1], reason, out);
	return true;
}
