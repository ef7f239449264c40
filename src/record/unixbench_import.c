/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unixbench_import.c - line by line, in constant memory: HTML is made lines first. A row is
 * a row only when it is whole; a score that was cut is no score. */
#define _GNU_SOURCE
#include "record/unixbench_import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "record/report_lines.h"
#include "record/unixbench_check.h"
#include "record/unixbench_csv.h"
#include "record/unixbench_header.h"
#include "record/unixbench_row.h"

enum { JOINED_MOST = 512, JOINS_MOST = 6, SHORTEST = 5 /* "1,2.5" */ };

/* What a report's index of a category is made of. */
struct category {
	unsigned rows;
	unsigned indexed;
	double logs;	 /* of the rows' indexes */
	double rounding; /* what rounding can move these logs by */
	double printed;	 /* 0: no score was seen */
};

struct unixbench_import {
	char *name;
	struct report_lines lines;
	struct runs runs;
	char joined[JOINED_MOST]; /* a row that was cut, and may go on; or empty */
	unsigned joins;
	bool is_section_open; /* rows belong to the last run */
	struct category categories[UNIXBENCH_CATEGORIES]; /* of the last section */
	struct unixbench_csv csv;
	unsigned sections, empty_sections;
	bool is_too_many;
	struct environment header; /* common to all sections of a report */
	size_t headed;		   /* runs that have their header's facts */
};

static struct run *last_run(struct unixbench_import *import)
{
	return &import->runs.runs[import->runs.count - 1];
}

/* Sections */

static bool is_anything_printed(const struct unixbench_import *import)
{
	size_t i;

	for (i = 0; i < UNIXBENCH_CATEGORIES; i++)
		if (import->categories[i].printed > 0)
			return true;
	return false;
}

/* The graphics are of no use for the twelve tests, but they are what the report says. */
static void note_graphics(struct run *run, const struct category *category,
			  const char *name, const char *key)
{
	autostr struct str score = STR_EMPTY;
	double computed;

	if (!(category->printed > 0)) {
		if (category->rows > 0)
			run_warn(run, "the report prints no score of %s graphics", name);
		return;
	}
	str_addf(&score, "%.1f", category->printed);
	environment_add(&run->environment, key, score.bytes, "report", NULL);
	if (category->indexed == 0)
		return;
	computed = exp(category->logs / category->indexed);
	if (fabs(computed - category->printed) >
	    0.1 + computed * category->rounding / category->indexed)
		run_warn(run,
			 "the report prints the score %.1f of %s graphics, its rows "
			 "give %.1f",
			 category->printed, name, computed);
}

/* A header with nothing below it (5.1.3 has that above 16 copies) is counted, and dropped. */
static void close_section(struct unixbench_import *import)
{
	struct run *run;

	if (!import->is_section_open)
		return;
	import->is_section_open = false;
	run = last_run(import);
	note_graphics(run, &import->categories[UNIXBENCH_2D], "2D", "report.score.2d");
	note_graphics(run, &import->categories[UNIXBENCH_3D], "3D", "report.score.3d");
	if (run->test_count > 0)
		return;
	if (import->categories[UNIXBENCH_2D].rows +
		    import->categories[UNIXBENCH_3D].rows >
	    0) {
		run_warn(run, "the section holds nothing but graphics");
		return;
	}
	if (is_anything_printed(import)) {
		run_warn(run, "the section holds a score, and no row that gives it");
		return;
	}
	import->empty_sections++;
	runs_drop_last(&import->runs);
}

static struct run *open_section(struct unixbench_import *import)
{
	struct run *run;

	close_section(import);
	memset(import->categories, 0, sizeof(import->categories));
	if (++import->sections > UNIXBENCH_SECTIONS_MOST) {
		import->is_too_many = true;
		return NULL;
	}
	run = runs_add(&import->runs);
	run->method = RUN_IMPORTED;
	run->profile = str_copy("unixbench");
	run->source = str_copy(import->name);
	import->is_section_open = true;
	return run;
}

/* The run that a row belongs to: rows without a header above them make a section. */
static struct run *current_section(struct unixbench_import *import)
{
	if (import->is_section_open)
		return last_run(import);
	return open_section(import);
}

/* Rows */

static struct run_test *test_of(struct run *run, const struct test *test)
{
	size_t i;

	for (i = 0; i < run->test_count; i++)
		if (run->tests[i].test == test)
			return &run->tests[i];
	return run_add_test(run, test);
}

/* The index that a row prints against the one that it gives. Rounding alone moves it by 0.05
 * and by 0.05 of the result's last digit. */
static bool is_index_right(struct run *run, const char *name,
			   const struct unixbench_row *row)
{
	const double computed = 10 * row->value / row->baseline;

	if (fabs(computed - row->index) <= 0.051 + 0.51 / row->baseline)
		return true;
	run_warn(run, "%s: the report prints the index %.1f, its row gives %.1f", name,
		 row->index, computed);
	return false;
}

/* What an index says of a test beside its score. */
static void set_index(struct run *run, struct run_test *test,
		      const struct unixbench_row *row)
{
	if (fabs(row->baseline - test->test->baseline) > 1e-9 * row->baseline)
		run_warn(run, "%s: the report's baseline is %g, UnixBench's is %g",
			 test->test->name, row->baseline, test->test->baseline);
	if (test->imported_score > 0 && fabs(test->imported_score - row->value) > 0.051)
		run_warn(run,
			 "%s: the report's two tables disagree: %.1f and %.1f; the first "
			 "counts",
			 test->test->name, test->imported_score, row->value);
	if (!(test->imported_score > 0))
		test->imported_score = row->value;
	if (is_index_right(run, test->test->name, row))
		test->imported_index = row->index;
}

/* A result that stands there already begins another section, and so does one below a score:
 * in HTML each category has its score below its own results. */
static struct run *result_section(struct unixbench_import *import,
				  const struct unixbench_row *row)
{
	struct run *run = current_section(import);
	const struct run_test *there = run != NULL && row->test != NULL
					       ? run_find_test(run, row->test->key)
					       : NULL;
	const bool is_below_score =
		row->kind == UNIXBENCH_RESULT_TR
			? import->categories[row->category].printed > 0
			: is_anything_printed(import);

	if (is_below_score || (there != NULL && there->imported_score > 0))
		run = open_section(import);
	return run;
}

static void set_result(struct run *run, const struct unixbench_row *row)
{
	struct run_test *test = test_of(run, row->test);

	test->imported_score = row->value;
	test->imported_time_s = row->time_s;
	test->imported_samples = row->samples;
	if (row->kind == UNIXBENCH_RESULT_CUT)
		run_warn(run, "%s: the report does not say how long it was measured",
			 row->test->name);
	else if (!(row->time_s > 0))
		run_warn(run,
			 "%s: measured for 0.0 s: invalid, although the report scores it",
			 row->test->name);
	if (row->index > 0)
		set_index(run, test, row);
}

static void take_result(struct unixbench_import *import, const struct unixbench_row *row)
{
	struct run *run = result_section(import, row);

	if (run == NULL)
		return;
	import->categories[row->category].rows++;
	if (row->test != NULL)
		set_result(run, row);
}

/* A row of an index below that index' score is another report's. */
static void take_index(struct unixbench_import *import, const struct unixbench_row *row)
{
	struct category *category = &import->categories[row->category];
	struct run *run;

	if (category->printed > 0)
		close_section(import);
	run = current_section(import);
	if (run == NULL)
		return;
	category->rows++;
	if (row->kind == UNIXBENCH_UNINDEXED && row->test != NULL)
		test_of(run, row->test)->imported_score = row->value;
	else if (row->test != NULL)
		set_index(run, test_of(run, row->test), row);
	else if (row->kind == UNIXBENCH_INDEX)
		(void)is_index_right(run, "graphics", row);
}

/* The logarithm of a row's ratio, for graphics: that of the tests is made of their results. */
static void add_log(struct unixbench_import *import, const struct unixbench_row *row)
{
	struct category *category = &import->categories[row->category];

	if (!(row->baseline > 0) || !(row->value > 0) || !import->is_section_open)
		return;
	category->logs += log(10 * row->value / row->baseline);
	category->rounding += 0.05 / row->value;
	category->indexed++;
}

static void take_score(struct unixbench_import *import, const struct unixbench_row *row)
{
	struct category *category = &import->categories[row->category];
	struct run *run;

	if (import->is_section_open && category->printed > 0)
		return;
	run = current_section(import);
	if (run == NULL)
		return;
	category->printed = row->value;
	if (row->category == UNIXBENCH_SYSTEM)
		run->imported_index = row->value;
}

static void take_row(struct unixbench_import *import, const struct unixbench_row *row)
{
	switch (row->kind) {
	case UNIXBENCH_RESULT:
	case UNIXBENCH_RESULT_TR:
	case UNIXBENCH_RESULT_CUT:
		take_result(import, row);
		add_log(import, row);
		break;
	case UNIXBENCH_INDEX:
	case UNIXBENCH_UNINDEXED:
		take_index(import, row);
		add_log(import, row);
		break;
	case UNIXBENCH_SCORE:
		take_score(import, row);
		break;
	case UNIXBENCH_NO_ROW:
	case UNIXBENCH_CUT:
		break;
	}
}

/* A row that a mail wrapped goes on in the next line, or in the next few. */
static bool is_to_be_joined(const struct unixbench_row *row)
{
	return row->kind == UNIXBENCH_CUT || row->kind == UNIXBENCH_RESULT_CUT;
}

/* Nothing more of it comes. "NAME VALUE UNIT" is a result where its line ended there. */
static void end_joined(struct unixbench_import *import)
{
	const struct unixbench_row row = unixbench_row_read(import->joined);

	import->joined[0] = '\0';
	if (import->joins == 0 && row.kind == UNIXBENCH_RESULT_CUT)
		take_row(import, &row);
}

static void begin_joined(struct unixbench_import *import, const char *line)
{
	if (strlen(line) >= JOINED_MOST)
		return;
	memcpy(import->joined, line, strlen(line) + 1);
	import->joins = 0;
}

/* Adds a line to the row that was cut. Returns whether it belongs to it. */
static bool take_joined(struct unixbench_import *import, const char *line)
{
	const size_t length = strlen(import->joined);
	struct unixbench_row row;

	if (length == 0)
		return false;
	if (line[0] != '\0' && length + 1 + strlen(line) < JOINED_MOST &&
	    import->joins < JOINS_MOST) {
		import->joined[length] = ' ';
		memcpy(import->joined + length + 1, line, strlen(line) + 1);
		row = unixbench_row_read(import->joined);
		if (is_to_be_joined(&row)) {
			import->joins++;
			return true;
		}
		if (row.kind != UNIXBENCH_NO_ROW) {
			import->joined[0] = '\0';
			take_row(import, &row);
			return true;
		}
		import->joined[length] = '\0';
	}
	end_joined(import);
	return false;
}

/* Returns whether the line is a row, or the beginning of one. */
static bool take_line(struct unixbench_import *import, const char *line)
{
	const struct unixbench_row row = unixbench_row_read(line);

	if (is_to_be_joined(&row))
		begin_joined(import, line);
	else
		take_row(import, &row);
	return row.kind != UNIXBENCH_NO_ROW;
}

/* Headers */

static bool take_section(struct unixbench_import *import, const char *line)
{
	unsigned cpus, copies;
	char word[16];
	struct run *run;

	if (!unixbench_header_copies(line, &cpus, &copies))
		return false;
	/* the date's line has opened the section already */
	run = import->is_section_open && last_run(import)->test_count == 0 &&
			      last_run(import)->copies == 0 &&
			      !is_anything_printed(import)
		      ? last_run(import)
		      : open_section(import);
	if (run == NULL || copies == 0 || copies > 65536)
		return true;
	run->copies = copies;
	(void)snprintf(word, sizeof(word), "%u", cpus);
	environment_add(&run->environment, "cpu.online", cpus > 0 ? word : NULL, "report",
			cpus > 0 ? NULL : "the report says 0 CPUs");
	return true;
}

static bool take_date(struct unixbench_import *import, const char *line)
{
	static const char label[] = "Benchmark Run:";
	const char *date = strcasestr(line, label);
	struct run *run;

	if (date == NULL || strpbrk(date + strlen(label), "0123456789") == NULL)
		return false;
	date += strlen(label);
	date += strspn(date, " \t*|");
	run = open_section(import);
	if (run == NULL)
		return true;
	run->started_ns = unixbench_header_date(date);
	environment_add(&run->environment, "report.date", date, "report", NULL);
	return true;
}

/* The head of a report tells of the machine of its sections, and of no other's. */
static void end_report(struct unixbench_import *import)
{
	const struct environment *header = &import->header;
	size_t i;

	close_section(import);
	for (; import->headed < import->runs.count; import->headed++)
		for (i = 0; i < header->count; i++)
			environment_add(&import->runs.runs[import->headed].environment,
					header->facts[i].key, header->facts[i].value,
					"report", NULL);
	environment_clear(&import->header);
}

static bool take_header(struct unixbench_import *import, const char *line)
{
	const char *version = strstr(line, "BYTE UNIX Benchmarks (Version ");

	if (version != NULL) {
		autofree char *number = NULL;

		version += strlen("BYTE UNIX Benchmarks (Version ");
		number = strndup(version, strcspn(version, ")"));
		end_report(import);
		if (number != NULL && number[0] != '\0')
			environment_add(&import->header, "report.unixbench", number,
					"report", NULL);
		return true;
	}
	return unixbench_header_take(line, &import->header);
}

/* A line of scores is a section. */
static bool take_csv(struct unixbench_import *import, const char *line)
{
	double scores[UNIXBENCH_CSV_COLUMNS];
	struct run *run;
	unsigned copies;
	size_t i;

	if (unixbench_csv_take_names(&import->csv, line))
		return true;
	if (!unixbench_csv_read_scores(&import->csv, line, &copies, scores))
		return false;
	run = open_section(import);
	if (run == NULL)
		return true;
	run->copies = copies;
	run_warn(run, "the report does not say how long the tests were measured");
	for (i = 0; i < import->csv.count; i++)
		if (import->csv.tests[i] != NULL)
			test_of(run, import->csv.tests[i])->imported_score = scores[i];
	return true;
}

static void take_text(void *data, const char *line)
{
	struct unixbench_import *import = data;

	if (import->is_too_many || take_joined(import, line))
		return;
	if (strlen(line) >= SHORTEST && !take_line(import, line) &&
	    !take_section(import, line) && !take_date(import, line) &&
	    !take_csv(import, line))
		(void)take_header(import, line);
}

struct unixbench_import *unixbench_import_new(const char *name)
{
	struct unixbench_import *import = mem_zero(1, sizeof(*import));

	import->name = str_copy(name);
	import->lines.take = take_text;
	import->lines.data = import;
	return import;
}

void unixbench_import_feed(struct unixbench_import *import, const char *bytes,
			   size_t length)
{
	report_lines_feed(&import->lines, bytes, length);
}

/* The end */

static void finish_run(struct unixbench_import *import, struct run *run)
{
	unixbench_check(run);
	if (import->empty_sections > 0)
		run_warn(run, "%u section%s of the report hold%s a header and no result",
			 import->empty_sections, import->empty_sections == 1 ? "" : "s",
			 import->empty_sections == 1 ? "s" : "");
}

static void free_import(struct unixbench_import *import)
{
	environment_clear(&import->header);
	runs_clear(&import->runs);
	free(import->name);
	free(import);
}

int unixbench_import_end(struct unixbench_import *import, struct runs *out,
			 struct error *err)
{
	const bool is_cut = import->lines.length > 0; /* in a line */
	int result = 0;
	size_t i;

	report_lines_end(&import->lines);
	if (!is_cut)
		end_joined(import);
	end_report(import);
	if (import->is_too_many) {
		result = error_set(
			err, ERROR_INPUT,
			"'%s' has more than %d sections: no report of UnixBench "
			"has so many",
			import->name, UNIXBENCH_SECTIONS_MOST);
	} else if (import->runs.count == 0) {
		result =
			error_set(err, ERROR_INPUT,
				  "'%s' is neither a run file nor a UnixBench report: no "
				  "row of a result is in it",
				  import->name);
	}
	for (i = 0; result == 0 && i < import->runs.count; i++)
		finish_run(import, &import->runs.runs[i]);
	if (result == 0)
		unixbench_set_ids(&import->runs);
	for (i = 0; result == 0 && i < import->runs.count; i++) {
		*runs_add(out) = import->runs.runs[i];
		import->runs.runs[i] = (struct run){0};
	}
	free_import(import);
	return result;
}
