/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources: depmod(8), modules.dep(5), modprobe.d(5) for softdep; kmod's tools/depmod.c
 * (output_deps, output_aliases, output_softdeps and their binary forms) and
 * libkmod/libkmod-util.c (alias_normalize). */
#define _GNU_SOURCE
#include "guest/module_lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/module_index.h"
#include "guest/parse.h"
#include "guest/text.h"

/* what real kernels stay far below: lists that are made to be followed for ever have an end */
enum { NEEDS_DEPTH_MOST = 32, SEARCHES_MOST = 64 };

/* "kernel/a.ko: kernel/b.ko kernel/c.ko" */
static void take_line(char *line, struct module_lists *out)
{
	autostr struct str name = STR_EMPTY;
	char *colon = strchr(line, ':');
	struct module_row *row;
	const char *word;

	if (colon == NULL)
		return;
	*colon = '\0';
	if (!module_name(line, strlen(line), &name))
		return;
	out->rows = mem_grow(out->rows, out->count, sizeof(*out->rows));
	row = &out->rows[out->count++];
	*row = (struct module_row){.name = str_copy(name.bytes), .path = str_copy(line)};
	for (line = colon + 1; (word = text_next_word(&line)) != NULL;) {
		autostr struct str need = STR_EMPTY;

		if (module_name(word, strlen(word), &need))
			guest_words_add(&row->needs, need.bytes, need.length);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct module_row *const *first = a, *const *second = b;

	return strcmp((*first)->name, (*second)->name);
}

void module_lists_parse(const char *text, struct module_lists *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;
	size_t i;

	while ((line = text_next_line(&rest)) != NULL)
		take_line(line, out);
	free(out->by_name);
	out->by_name = mem_zero(out->count + 1, sizeof(struct module_row *));
	for (i = 0; i < out->count; i++)
		out->by_name[i] = &out->rows[i];
	qsort(out->by_name, out->count, sizeof(struct module_row *), compare_rows);
}

struct module_row *module_lists_find(const struct module_lists *lists, const char *name)
{
	struct module_row key = {.name = (char *)(unsigned long)name},
			  *const place = &key, **found;

	if (lists->count == 0)
		return NULL;
	found = bsearch(&place, lists->by_name, lists->count, sizeof(struct module_row *),
			compare_rows);
	return found != NULL ? *found : NULL;
}

/* A line of three words or more: "alias PATTERN MODULE", "softdep MODULE pre: ...".
 *
 * @rest:   moved behind it
 * Returns: a copy of what stands behind the first word, which the caller frees; NULL at the end */
static char *next_of(const char **rest, const char *first)
{
	while (**rest != '\0') {
		const char *line = *rest, *end = strchrnul(line, '\n');

		*rest = *end != '\0' ? end + 1 : end;
		if (text_starts(line, first))
			return strndup(line + strlen(first),
				       (size_t)(end - line) - strlen(first));
	}
	return NULL;
}

static void keep(struct module_lists *lists, const char *name, unsigned depth,
		 struct guest_words *out);

/* A name that is none of a module: what modules have it as an alias. */
static void keep_alias(struct module_lists *lists, const char *name, unsigned depth,
		       struct guest_words *out)
{
	const char *rest = lists->aliases.bytes;
	char *line;

	if (lists->searches++ >= SEARCHES_MOST)
		return;
	while ((line = next_of(&rest, "alias ")) != NULL) {
		char *words = line;
		const char *pattern = text_next_word(&words);
		const char *module = text_next_word(&words);

		if (module != NULL && strcmp(pattern, name) == 0)
			keep(lists, module, depth, out);
		free(line);
	}
}

static void keep_soft(struct module_lists *lists, const char *of, unsigned depth,
		      struct guest_words *out)
{
	const char *rest = lists->softdeps.bytes;
	char *line;

	while ((line = next_of(&rest, "softdep ")) != NULL) {
		char *words = line;
		const char *word = text_next_word(&words);
		const bool is_it = word != NULL && strcmp(word, of) == 0;

		while (is_it && (word = text_next_word(&words)) != NULL) {
			if (text_ends(word, ":")) /* "pre:", "post:" */
				continue;
			if (module_lists_find(lists, word) != NULL)
				keep(lists, word, depth, out);
			else
				keep_alias(lists, word, depth, out);
		}
		free(line);
	}
}

/* @depth: how many modules asked for it */
static void keep(struct module_lists *lists, const char *name, unsigned depth,
		 struct guest_words *out)
{
	struct module_row *row = module_lists_find(lists, name);
	size_t i;

	if (row == NULL || row->is_asked || depth == NEEDS_DEPTH_MOST ||
	    out->count >= MODULE_LISTS_ADDED_MOST)
		return;
	row->is_asked = true;
	for (i = 0; i < row->needs.count; i++)
		keep(lists, row->needs.list[i], depth + 1, out);
	keep_soft(lists, row->name, depth + 1, out);
	if (!row->is_kept)
		guest_words_add(out, row->name, strlen(row->name));
	row->is_kept = true;
}

void module_lists_keep(struct module_lists *lists, const char *name,
		       struct guest_words *out)
{
	keep(lists, name, 0, out);
}

static void add_row(struct module_index_row **rows, size_t *count, const char *key,
		    const char *value, size_t priority)
{
	*rows = mem_grow(*rows, *count, sizeof(**rows));
	(*rows)[(*count)++] = (struct module_index_row){
		.key = key, .value = value, .priority = (uint32_t)priority};
}

static char *dep_line(const struct module_lists *lists, const struct module_row *row)
{
	struct str line = STR_EMPTY;
	size_t i;

	str_addf(&line, "%s:", row->path);
	for (i = 0; i < row->needs.count; i++) {
		const struct module_row *need =
			module_lists_find(lists, row->needs.list[i]);

		if (need != NULL && need->is_kept)
			str_addf(&line, " %s", need->path);
	}
	return line.bytes;
}

void module_lists_write_dep(const struct module_lists *lists, struct str *out_text,
			    struct str *out_index)
{
	struct module_index_row *rows = NULL;
	struct guest_words lines = {0};
	size_t count = 0, i;

	for (i = 0; i < lists->count; i++) {
		autofree char *line = NULL;

		if (!lists->rows[i].is_kept)
			continue;
		line = dep_line(lists, &lists->rows[i]);
		str_addf(out_text, "%s\n", line);
		guest_words_add(&lines, line, strlen(line));
		add_row(&rows, &count, lists->rows[i].name, lines.list[lines.count - 1],
			count);
	}
	module_index_write(rows, count, out_index);
	guest_words_clear(&lines);
	free(rows);
}

/* "-" and "_" are one, but in a range of characters. Returns: false for brackets that do not pair */
static bool normalize(char *alias)
{
	for (; *alias != '\0'; alias++) {
		if (*alias == '-')
			*alias = '_';
		else if (*alias == ']')
			return false;
		else if (*alias == '[' && (alias = strchr(alias, ']')) == NULL)
			return false;
	}
	return true;
}

/* The number that depmod gives a module: how many kept ones are before it. */
static size_t *number_rows(const struct module_lists *lists)
{
	size_t *numbers = mem_zero(lists->count + 1, sizeof(*numbers)), next = 0, i;

	for (i = 0; i < lists->count; i++)
		numbers[i] = lists->rows[i].is_kept ? next++ : 0;
	return numbers;
}

void module_lists_write_alias(const struct module_lists *lists, struct str *out_text,
			      struct str *out_index)
{
	autofree size_t *numbers = number_rows(lists);
	const char *rest = lists->aliases.bytes;
	struct module_index_row *rows = NULL;
	struct guest_words keys = {0};
	size_t count = 0;
	char *line;

	str_add(out_text, "# Aliases extracted from modules themselves.\n");
	for (; (line = next_of(&rest, "alias ")) != NULL; free(line)) {
		char *words = line;
		char *pattern = text_next_word(&words);
		const char *name = text_next_word(&words);
		const struct module_row *row =
			name != NULL ? module_lists_find(lists, name) : NULL;

		if (row == NULL || !row->is_kept)
			continue;
		str_addf(out_text, "alias %s %s\n", pattern, name);
		if (!normalize(pattern))
			continue;
		guest_words_add(&keys, pattern, strlen(pattern));
		add_row(&rows, &count, keys.list[keys.count - 1], row->name,
			numbers[row - lists->rows]);
	}
	module_index_write(rows, count, out_index);
	guest_words_clear(&keys);
	free(rows);
}

void module_lists_write_softdep(const struct module_lists *lists, struct str *out)
{
	const char *rest = lists->softdeps.bytes;
	char *line;

	str_add(out, "# Soft dependencies extracted from modules themselves.\n");
	for (; (line = next_of(&rest, "softdep ")) != NULL; free(line)) {
		autofree char *name = strndup(line, strcspn(line, " \t"));
		const struct module_row *row = module_lists_find(lists, name);

		if (row != NULL && row->is_kept)
			str_addf(out, "softdep %s\n", line);
	}
}

void module_lists_clear(struct module_lists *lists)
{
	size_t i;

	for (i = 0; i < lists->count; i++) {
		free(lists->rows[i].name);
		free(lists->rows[i].path);
		guest_words_clear(&lists->rows[i].needs);
	}
	free(lists->rows);
	free(lists->by_name);
	str_clear(&lists->aliases);
	str_clear(&lists->softdeps);
	*lists = MODULE_LISTS_NONE;
}
