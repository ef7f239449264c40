/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/unixbench_csv.h"

#include <stdlib.h>
#include <string.h>

static const struct test *test_named(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++)
		if (strlen(tests_all[i].name) == length &&
		    strncmp(tests_all[i].name, name, length) == 0)
			return &tests_all[i];
	return NULL;
}

bool unixbench_csv_take_names(struct unixbench_csv *csv, const char *line)
{
	static const char first[] = "Concurrency,";

	if (strncmp(line, first, strlen(first)) != 0)
		return false;
	csv->count = 0;
	for (line += strlen(first); csv->count < UNIXBENCH_CSV_COLUMNS; line++) {
		const size_t length = strcspn(line, ",");

		csv->tests[csv->count++] = test_named(line, length);
		line += length;
		if (*line == '\0')
			break;
	}
	return true;
}

/* A score has a digit behind its point. */
static const char *read_score(const char *text, double *out)
{
	const size_t whole = strspn(text, "0123456789");
	const size_t part =
		text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

	if (whole == 0 || whole > 20 || part == 0)
		return NULL;
	*out = strtod(text, NULL);
	return text + whole + 1 + part;
}

bool unixbench_csv_read_scores(const struct unixbench_csv *csv, const char *line,
			       unsigned *out_copies,
			       double out_scores[UNIXBENCH_CSV_COLUMNS])
{
	const size_t digits = strspn(line, "0123456789");
	const char *place = line + digits;
	size_t i;

	if (csv->count == 0 || digits == 0 || digits > 5)
		return false;
	for (i = 0; i < csv->count; i++) {
		if (*place != ',')
			return false;
		place = read_score(place + 1, &out_scores[i]);
		if (place == NULL)
			return false;
	}
	if (*place != '\0')
		return false;
	*out_copies = (unsigned)strtoul(line, NULL, 10);
	return true;
}
