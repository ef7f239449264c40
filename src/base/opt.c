/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/opt.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

enum { HELP_COLUMN = 26, LONG_BASE = 1000 };

static size_t opt_count(const struct opt *table)
{
	size_t count = 0;

	while (table[count].name != NULL)
		count++;
	return count;
}

/* Edit distance (Levenshtein), for words of at most 31 characters. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], length_a = strlen(a), length_b = strlen(b), i, k, diagonal, above;

	if (length_a > 31 || length_b > 31)
		return 99;
	for (k = 0; k <= length_b; k++)
		row[k] = k;
	for (i = 1; i <= length_a; i++) {
		diagonal = row[0];
		row[0] = i;
		for (k = 1; k <= length_b; k++) {
			above = row[k];
			row[k] = diagonal + (a[i - 1] != b[k - 1]);
			row[k] = row[k] < above + 1 ? row[k] : above + 1;
			row[k] = row[k] < row[k - 1] + 1 ? row[k] : row[k - 1] + 1;
			diagonal = above;
		}
	}
	return row[length_b];
}

const char *opt_nearest(const char *word, const char *const *words)
{
	size_t best = strlen(word) / 3 + 1, now;
	const char *nearest = NULL;

	for (; *words != NULL; words++) {
		if (word[0] != '\0' && strncmp(word, *words, strlen(word)) == 0)
			return *words;
		now = distance(word, *words);
		if (now <= best && now < strlen(word)) {
			best = now;
			nearest = *words;
		}
	}
	return nearest;
}

static int unknown_option(const struct opt *table, const char *word, struct error *err)
{
	const size_t count = opt_count(table);
	autofree const char **names = mem_zero(count + 1, sizeof(*names));
	const char *nearest;
	size_t i;

	for (i = 0; i < count; i++)
		names[i] = table[i].name;
	nearest = strncmp(word, "--", 2) == 0 ? opt_nearest(word + 2, names) : NULL;
	if (nearest != NULL)
		return error_set(err, ERROR_USAGE,
				 "unknown option '%s' (did you mean '--%s'?)", word,
				 nearest);
	return error_set(err, ERROR_USAGE, "unknown option '%s' (see --help)", word);
}

/* What the user typed wrong, from getopt_long's globals. @letter holds a short option. A byte that is
 * not ASCII comes as a negative number, and the word that it stands in has not been passed yet. */
static const char *wrong_word(char **argv, char letter[3])
{
	if (optopt > 0 && optopt < LONG_BASE) {
		letter[0] = '-';
		letter[1] = (char)optopt;
		letter[2] = '\0';
		return letter;
	}
	if (optopt < 0)
		for (argv++; *argv != NULL; argv++)
			if ((*argv)[0] == '-' && strchr(*argv, (char)optopt) != NULL)
				return *argv;
	return argv[optind - 1];
}

static int parse_error(const struct opt *table, int code, char **argv, struct error *err)
{
	char letter[3];
	const char *word;

	if (code == ':')
		return error_set(err, ERROR_USAGE, "option '%s' needs an argument",
				 wrong_word(argv, letter));
	if (optopt >= LONG_BASE)
		return error_set(err, ERROR_USAGE, "option '--%s' takes no argument",
				 table[optopt - LONG_BASE].name);
	word = wrong_word(argv, letter);
	return unknown_option(table, word != NULL ? word : "-", err);
}

static const struct opt *row_of_code(const struct opt *table, int code)
{
	if (code >= LONG_BASE)
		return &table[code - LONG_BASE];
	while (table->name != NULL && table->letter != code)
		table++;
	return table;
}

int opt_parse(const struct opt *table, int argc, char **argv, opt_take *take, void *data,
	      int *out_first, struct error *err)
{
	const size_t count = opt_count(table);
	autofree struct option *longs = mem_zero(count + 1, sizeof(*longs));
	autofree char *shorts = mem_zero(2 * count + 2, 1);
	size_t i, used = 0;
	const struct opt *row;
	int code;

	shorts[used++] = ':';
	for (i = 0; i < count; i++) {
		longs[i] = (struct option){.name = table[i].name,
					   .has_arg = table[i].argument != NULL,
					   .val = LONG_BASE + (int)i};
		if (table[i].letter == 0)
			continue;
		shorts[used++] = table[i].letter;
		if (table[i].argument != NULL)
			shorts[used++] = ':';
	}
	optind = 0; /* glibc: start anew, also after an earlier parse */
	opterr = 0;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (code == '?' || code == ':')
			return parse_error(table, code, argv, err);
		row = row_of_code(table, code);
		if (take(row, row->argument != NULL ? optarg : NULL, data, err) != 0)
			return -1;
	}
	*out_first = optind;
	return 0;
}

void opt_help(const struct opt *table, struct str *out)
{
	const char *line, *end;
	size_t start;

	for (; table->name != NULL; table++) {
		start = out->length;
		if (table->letter != 0)
			str_addf(out, "  -%c, --%s", table->letter, table->name);
		else
			str_addf(out, "      --%s", table->name);
		if (table->argument != NULL)
			str_addf(out, " %s", table->argument);
		if (out->length - start > HELP_COLUMN - 2) {
			str_add(out, "\n");
			start = out->length;
		}
		for (line = table->help; line != NULL;
		     line = *end != '\0' ? end + 1 : NULL) {
			end = strchrnul(line, '\n');
			str_addf(out, "%*s", (int)(HELP_COLUMN - (out->length - start)),
				 "");
			str_add_bytes(out, line, (size_t)(end - line));
			str_add(out, "\n");
			start = out->length;
		}
	}
}
