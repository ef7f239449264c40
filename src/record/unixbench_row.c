/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unixbench_row.c - the forms are those that the script Run of UnixBench 5.1.2 to 6.0.0 prints,
 * and what mails, Markdown and tables in forums make of them. */
#define _GNU_SOURCE
#include "record/unixbench_row.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

enum { NUMBER_MOST = 32, WORDS_MOST = 12 };

/* Names that are known beside the twelve: of other indexes, and of none. */
static const struct {
	const char *name;
	enum unixbench_category category;
} other_names[] = {
	{"2D graphics:", UNIXBENCH_2D},
	{"3D graphics:", UNIXBENCH_3D},
	{"Shell Scripts (16 concurrent)", UNIXBENCH_NO_INDEX},
	{"Exec System Call Overhead", UNIXBENCH_NO_INDEX},
	{"Grep a large file", UNIXBENCH_NO_INDEX},
	{"C Compiler Throughput", UNIXBENCH_NO_INDEX},
	{"Arithmetic Test", UNIXBENCH_NO_INDEX},
	{"Arithoh", UNIXBENCH_NO_INDEX},
	{"Dc: sqrt(2)", UNIXBENCH_NO_INDEX},
	{"Recursion Test", UNIXBENCH_NO_INDEX},
	{"File Read", UNIXBENCH_NO_INDEX},
	{"File Write", UNIXBENCH_NO_INDEX},
};

static const struct {
	const char *label;
	enum unixbench_category category;
} scores[] = {
	{"System Benchmarks Index Score", UNIXBENCH_SYSTEM},
	{"2D Graphics Benchmarks Index Score", UNIXBENCH_2D},
	{"3D Graphics Benchmarks Index Score", UNIXBENCH_3D},
};

/* Words, and numbers */

struct words {
	char *copy;
	char *words[WORDS_MOST];
	size_t count;
};

/* Cells of Markdown and marks of its type are blanks, and the bracket before the time. */
static void words_cut(struct words *words, const char *text)
{
	char *place, *word;

	words->copy = str_copy(text);
	words->count = 0;
	for (word = strtok_r(words->copy, " \t|*`(", &place);
	     word != NULL && words->count < WORDS_MOST;
	     word = strtok_r(NULL, " \t|*`(", &place))
		words->words[words->count++] = word;
}

/* A comma is the point when no point follows it and not three digits: "1234,5". */
static bool is_point(const char *mark)
{
	return *mark == '.' ||
	       (strchr(mark, '.') == NULL && strspn(mark + 1, "0123456789") != 3);
}

static bool is_group(const char *mark)
{
	return strspn(mark + 1, "0123456789") == 3;
}

bool unixbench_number_read(const char *word, double *out)
{
	char plain[NUMBER_MOST];
	size_t length = 0, points = 0;
	double value;

	if (!isdigit((unsigned char)*word) || strlen(word) >= NUMBER_MOST)
		return false;
	for (; *word != '\0'; word++) {
		if (isdigit((unsigned char)*word))
			plain[length++] = *word;
		else if ((*word == '.' || *word == ',') && is_point(word))
			plain[length++] = (char)(points++ == 0 ? '.' : '?');
		else if (*word != ',' || !is_group(word) || points > 0)
			return false;
	}
	plain[length] = '\0';
	if (strchr(plain, '?') != NULL)
		return false;
	value = strtod(plain, NULL);
	if (!isfinite(value))
		return false;
	*out = value;
	return true;
}

/* UnixBench prints each value with a digit behind the point: without, it was cut. */
static bool read_value(const char *word, double *out)
{
	const size_t length = strlen(word);

	return length >= 3 && isdigit((unsigned char)word[length - 1]) &&
	       strpbrk(word, ".,") != NULL && unixbench_number_read(word, out);
}

/* Names */

static bool begins(const char *text, const char *name, size_t *out_length)
{
	const size_t length = strlen(name);

	if (strncmp(text, name, length) != 0)
		return false;
	*out_length = length;
	return true;
}

static bool name_at(const char *text, struct unixbench_row *row, size_t *out_length)
{
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++) {
		if (!begins(text, tests_all[i].name, out_length) ||
		    isalnum((unsigned char)text[*out_length]))
			continue;
		row->test = &tests_all[i];
		row->category = UNIXBENCH_SYSTEM;
		return true;
	}
	for (i = 0; i < sizeof(other_names) / sizeof(other_names[0]); i++) {
		if (!begins(text, other_names[i].name, out_length))
			continue;
		row->category = other_names[i].category;
		return true;
	}
	return false;
}

/* Finds the first name in a line. "4 x Execl Throughput  1 2 3" counts the passes while they
 * run. Returns what stands behind it, or NULL. */
static const char *find_name(const char *line, struct unixbench_row *row)
{
	const char *place;
	size_t length;

	for (place = line; *place != '\0'; place++) {
		if (strchr("DEFPS23CAGR", *place) == NULL ||
		    (place > line && isalnum((unsigned char)place[-1])) ||
		    !name_at(place, row, &length))
			continue;
		if (place - line >= 2 && place[-1] == ' ' && tolower(place[-2]) == 'x')
			return NULL;
		return place + length;
	}
	return NULL;
}

/* Forms of a row */

static bool is_unit(const struct unixbench_row *row, const char *word)
{
	if (row->test != NULL)
		return strcmp(word, row->test->unit) == 0;
	return strcmp(word, "score") == 0 || strcmp(word, "fps") == 0;
}

static enum unixbench_kind read_samples(struct unixbench_row *row,
					const struct words *words)
{
	char *const *word = words->words;
	double samples;

	if (words->count < 5 || !unixbench_number_read(word[4], &samples) ||
	    samples > 1000)
		return words->count < 5 ? UNIXBENCH_CUT : UNIXBENCH_NO_ROW;
	row->samples = (unsigned)samples;
	/* the text is whole only with its closing bracket */
	if (strcmp(word[3], "s,") == 0) {
		if (words->count > 5 && strncmp(word[5], "samples)", 8) == 0)
			return UNIXBENCH_RESULT;
		return words->count == 5 ? UNIXBENCH_CUT : UNIXBENCH_NO_ROW;
	}
	if (words->count < 7 || !read_value(word[5], &row->baseline) ||
	    !read_value(word[6], &row->index))
		row->baseline = row->index = 0;
	return UNIXBENCH_RESULT_TR;
}

/* VALUE UNIT (TIME s, N samples), and in HTML VALUE UNIT TIME s N [BASELINE INDEX]. */
static enum unixbench_kind read_result(struct unixbench_row *row,
				       const struct words *words)
{
	char *const *word = words->words;

	if (!read_value(word[0], &row->value) || !is_unit(row, word[1]))
		return UNIXBENCH_NO_ROW;
	if (words->count == 2)
		return UNIXBENCH_RESULT_CUT;
	if (!unixbench_number_read(word[2], &row->time_s))
		return UNIXBENCH_NO_ROW;
	if (words->count == 3)
		return UNIXBENCH_CUT;
	if (strcmp(word[3], "s") != 0 && strcmp(word[3], "s,") != 0)
		return UNIXBENCH_NO_ROW;
	return read_samples(row, words);
}

/* BASELINE VALUE INDEX */
static enum unixbench_kind read_index(struct unixbench_row *row,
				      const struct words *words)
{
	char *const *word = words->words;

	if (words->count != 3 || !read_value(word[1], &row->value))
		return UNIXBENCH_NO_ROW;
	if (strcmp(word[0], "---") == 0)
		return UNIXBENCH_UNINDEXED;
	return unixbench_number_read(word[0], &row->baseline) && row->baseline > 0 &&
			       read_value(word[2], &row->index)
		       ? UNIXBENCH_INDEX
		       : UNIXBENCH_NO_ROW;
}

/* A name with nothing behind it, or with one or two numbers: the row may go on below. */
static bool is_cut(const struct words *words)
{
	double number;
	size_t i;

	for (i = 0; i < words->count; i++)
		if (!unixbench_number_read(words->words[i], &number))
			return false;
	return words->count < 3;
}

/* "aa polygons" is a part of the name. */
static const char *behind_graphics(const char *rest)
{
	return rest + strcspn(rest, "0123456789-");
}

static void read_row(struct unixbench_row *row, const char *rest)
{
	struct words words;

	if (row->test == NULL)
		rest = behind_graphics(rest);
	words_cut(&words, rest);
	if (words.count >= 2)
		row->kind = read_result(row, &words);
	if (row->kind == UNIXBENCH_NO_ROW)
		row->kind = read_index(row, &words);
	if (row->kind == UNIXBENCH_NO_ROW && is_cut(&words))
		row->kind = UNIXBENCH_CUT;
	free(words.copy);
}

/* "(Partial Only)" and a colon may stand between the label and the score. */
static void read_score(struct unixbench_row *row, const char *rest)
{
	static const char partial[] = " (Partial Only)";
	struct words words;

	if (strncmp(rest, partial, strlen(partial)) == 0)
		rest += strlen(partial);
	rest += *rest == ':';
	words_cut(&words, rest);
	if (words.count == 0)
		row->kind = UNIXBENCH_CUT;
	else if (words.count == 1 && read_value(words.words[0], &row->value))
		row->kind = UNIXBENCH_SCORE;
	free(words.copy);
}

struct unixbench_row unixbench_row_read(const char *line)
{
	struct unixbench_row row = {.kind = UNIXBENCH_NO_ROW};
	const char *rest = find_name(line, &row);
	size_t i;

	if (rest != NULL && row.category != UNIXBENCH_NO_INDEX)
		read_row(&row, rest);
	for (i = 0; rest == NULL && i < sizeof(scores) / sizeof(scores[0]); i++) {
		const char *label = strstr(line, scores[i].label);

		if (label == NULL)
			continue;
		row.category = scores[i].category;
		read_score(&row, label + strlen(scores[i].label));
		break;
	}
	return row;
}

bool unixbench_row_is_named(const char *line)
{
	struct unixbench_row row;

	return find_name(line, &row) != NULL;
}
