/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unixbench_import.c - line by line, in constant memory: HTML is made lines first. A row is
 * a row only when it is whole; a score that was cut is no score. */
#define _GNU_SOURCE
#include "record/unixbench_import.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "record/html_lines.h"
#include "record/unixbench_header.h"

enum { LINE_MOST = 4096, CELLS_MOST = 8 };

/* Tests that other indexes of UnixBench are made of: known, and not of this one. */
static const char *const other_tests[] = {
	"2D graphics:",
	"3D graphics:",
	"Shell Scripts (16 concurrent)",
	"Grep a large file",
	"Exec System Call Overhead",
	"C Compiler Throughput",
	"Arithmetic Test",
	"Dc: sqrt(2)",
	"Recursion Test",
	"Register",
	NULL,
};

struct unixbench_import {
	char *name;
	char line[LINE_MOST];
	size_t length;
	bool is_html;
	struct html_lines html;
	struct runs runs;
	bool is_section_open; /* rows belong to the last run */
	bool is_printed;      /* the last section's score was seen */
	unsigned sections, empty_sections;
	bool is_too_many;
	struct environment header; /* common to all sections of a report */
};

struct unixbench_import *unixbench_import_new(const char *name)
{
	struct unixbench_import *import = mem_zero(1, sizeof(*import));

	import->name = str_copy(name);
	return import;
}

static struct run *last_run(struct unixbench_import *import)
{
	return &import->runs.runs[import->runs.count - 1];
}

/* Sections. A header with nothing below it (5.1.3 has that above 16 copies) is counted, and
 * dropped. */
static void close_section(struct unixbench_import *import)
{
	struct run *run;

	if (!import->is_section_open)
		return;
	import->is_section_open = false;
	run = last_run(import);
	if (run->test_count > 0)
		return;
	import->empty_sections++;
	runs_drop_last(&import->runs);
}

static struct run *open_section(struct unixbench_import *import)
{
	struct run *run;

	close_section(import);
	import->is_printed = false;
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

/* Numbers */

static bool parse_number(const char *word, double *out)
{
	char *end;

	if (strspn(word, "0123456789.") != strlen(word) || strlen(word) > 24)
		return false;
	*out = strtod(word, &end);
	return end != word && *end == '\0' && isfinite(*out);
}

/* Cuts @text into words at blanks, in place. */
static size_t split(char *text, char *words[CELLS_MOST])
{
	size_t count = 0;
	char *place, *word;

	for (word = strtok_r(text, " \t", &place); word != NULL && count < CELLS_MOST;
	     word = strtok_r(NULL, " \t", &place))
		words[count++] = word;
	return count;
}

/* Rows */

static const struct test *known_test(const char *line, const char **out_rest)
{
	size_t i, length;

	for (i = 0; i < TESTS_COUNT; i++) {
		length = strlen(tests_all[i].name);
		if (strncmp(line, tests_all[i].name, length) != 0 ||
		    (line[length] != ' ' && line[length] != '\t'))
			continue;
		*out_rest = line + length;
		return &tests_all[i];
	}
	return NULL;
}

static bool is_other_test(const char *line)
{
	size_t i;

	for (i = 0; other_tests[i] != NULL; i++)
		if (strncmp(line, other_tests[i], strlen(other_tests[i])) == 0)
			return true;
	return false;
}

static struct run_test *test_of(struct run *run, const struct test *test)
{
	size_t i;

	for (i = 0; i < run->test_count; i++)
		if (run->tests[i].test == test)
			return &run->tests[i];
	return run_add_test(run, test);
}

/* A result that stands there already begins another section. */
static struct run_test *result_row(struct unixbench_import *import,
				   const struct test *test)
{
	struct run *run = current_section(import);
	const struct run_test *there = run != NULL ? run_find_test(run, test->key) : NULL;

	if (there != NULL && there->imported_score > 0)
		run = open_section(import);
	return run != NULL ? test_of(run, test) : NULL;
}

/* What the test says beside its score: printed index against the one that its row gives.
 * Rounding alone moves it by 0.05 and by 0.05 of the result's last digit. */
static void set_index(struct unixbench_import *import, struct run_test *row,
		      double baseline, double result, double index)
{
	struct run *run = last_run(import);
	const double computed = 10 * result / baseline;
	const double tolerance = 0.051 + 0.51 / baseline;

	if (!(baseline > 0))
		return;
	if (fabs(baseline - row->test->baseline) > 1e-9 * baseline)
		run_warn(run, "%s: the report's baseline is %g, UnixBench's is %g",
			 row->test->name, baseline, row->test->baseline);
	if (fabs(computed - index) > tolerance)
		run_warn(run, "%s: the report prints the index %.1f, its row gives %.1f",
			 row->test->name, index, computed);
	if (row->imported_score > 0 && fabs(row->imported_score - result) > 0.051)
		run_warn(run,
			 "%s: the report's two tables disagree: %.1f and %.1f; the first "
			 "counts",
			 row->test->name, row->imported_score, result);
	if (!(row->imported_score > 0))
		row->imported_score = result;
	if (fabs(computed - index) <= tolerance)
		row->imported_index = index;
}

/* "VALUE UNIT (TIME s, N samples)", or in HTML "VALUE UNIT TIME s N [BASELINE INDEX]". */
static bool take_result(struct unixbench_import *import, const struct test *test,
			char **words, size_t count)
{
	double value, time_s, samples, baseline, index;
	struct run_test *row;

	if (count < 5 || !parse_number(words[0], &value) ||
	    strcmp(words[1], test->unit) != 0)
		return false;
	words[2] += words[2][0] == '(';
	if (!parse_number(words[2], &time_s) || strncmp(words[3], "s", 1) != 0 ||
	    !parse_number(words[4], &samples) || samples > 1000)
		return false;
	/* the text form is whole only with its closing bracket */
	if (strcmp(words[3], "s,") == 0 &&
	    (count < 6 || strncmp(words[5], "samples)", 8) != 0))
		return false;
	row = result_row(import, test);
	if (row == NULL)
		return true;
	row->imported_score = value;
	row->imported_time_s = time_s;
	row->imported_samples = (unsigned)samples;
	if (!(time_s > 0))
		run_warn(last_run(import),
			 "%s: measured for 0.0 s: invalid, although the report scores it",
			 test->name);
	if (count >= 7 && strcmp(words[3], "s") == 0 &&
	    parse_number(words[5], &baseline) && parse_number(words[6], &index))
		set_index(import, row, baseline, value, index);
	return true;
}

/* "BASELINE RESULT INDEX" */
static bool take_index_row(struct unixbench_import *import, const struct test *test,
			   char **words, size_t count)
{
	double baseline, result, index;
	struct run *run;

	if (count != 3 || !parse_number(words[1], &result))
		return false;
	if (import->is_printed) /* a table after a score is another report's */
		close_section(import);
	run = current_section(import);
	if (run == NULL)
		return true;
	if (strcmp(words[0], "---") == 0) /* not in that report's index, but measured */
		test_of(run, test)->imported_score = result;
	else if (parse_number(words[0], &baseline) && parse_number(words[2], &index))
		set_index(import, test_of(run, test), baseline, result, index);
	else
		return false;
	return true;
}

static bool take_row(struct unixbench_import *import, const char *line)
{
	autofree char *copy = NULL;
	char *words[CELLS_MOST];
	const char *rest = NULL;
	const struct test *test = known_test(line, &rest);
	size_t count;

	if (test == NULL)
		return is_other_test(line);
	copy = str_copy(rest);
	count = split(copy, words);
	return take_index_row(import, test, words, count) ||
	       take_result(import, test, words, count);
}

/* "System Benchmarks Index Score (Partial Only)   3740.8" */
static bool take_score(struct unixbench_import *import, const char *line)
{
	static const char label[] = "System Benchmarks Index Score";
	struct run *run;
	double value;
	const char *number;

	if (strncmp(line, label, strlen(label)) != 0)
		return false;
	number = strrchr(line, ' ');
	if (number == NULL || !parse_number(number + 1, &value) || import->is_printed)
		return true;
	run = current_section(import);
	if (run == NULL)
		return true;
	run->imported_index = value;
	import->is_printed = true;
	return true;
}

/* Headers */

/* "N CPUs in system; running M parallel copies of tests", in HTML "Benchmark Run: N CPUs; M
 * parallel processes". */
static bool take_section(struct unixbench_import *import, const char *line)
{
	char word[16];
	unsigned cpus, copies;
	struct run *run;

	if (sscanf(line, "%u CPU%15s in system; running %u parallel cop", &cpus, word,
		   &copies) == 3 ||
	    sscanf(line, "%u CPU in system; running %u parallel cop", &cpus, &copies) ==
		    2 ||
	    sscanf(line, "Benchmark Run: %u CPU%15[s]; %u parallel process", &cpus, word,
		   &copies) == 3 ||
	    sscanf(line, "Benchmark Run: %u CPU; %u parallel process", &cpus, &copies) ==
		    2) {
		/* the date's line has opened the section already */
		run = import->is_section_open && last_run(import)->test_count == 0 &&
				      last_run(import)->copies == 0
			      ? last_run(import)
			      : open_section(import);
		if (run == NULL || copies == 0 || copies > 65536)
			return true;
		run->copies = copies;
		(void)snprintf(word, sizeof(word), "%u", cpus);
		environment_add(&run->environment, "cpu.online", cpus > 0 ? word : NULL,
				"report", cpus > 0 ? NULL : "the report says 0 CPUs");
		return true;
	}
	return false;
}

/* "Wed Aug 19 2015 06:21:34 - 06:49:48"; the names may be in any language, and the month a
 * number before a sign: then there is no date. */
static int64_t parse_date(const char *text)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%a %b %d %Y %H:%M:%S", &parts);
	int64_t since_1970_ns;

	if (end == NULL || __builtin_mul_overflow((int64_t)timegm(&parts), NUM_SECOND_NS,
						  &since_1970_ns))
		return 0;
	return since_1970_ns;
}

static bool take_date(struct unixbench_import *import, const char *line)
{
	static const char label[] = "Benchmark Run: ";
	struct run *run;

	if (strncmp(line, label, strlen(label)) != 0)
		return false;
	run = open_section(import);
	if (run == NULL)
		return true;
	run->started_ns = parse_date(line + strlen(label));
	environment_add(&run->environment, "report.date", line + strlen(label), "report",
			NULL);
	return true;
}

static bool take_header(struct unixbench_import *import, const char *line)
{
	const char *version = strstr(line, "BYTE UNIX Benchmarks (Version ");

	if (version != NULL) {
		autofree char *number = NULL;

		version += strlen("BYTE UNIX Benchmarks (Version ");
		number = strndup(version, strcspn(version, ")"));
		close_section(import);
		environment_clear(&import->header); /* another report begins */
		if (number != NULL && number[0] != '\0')
			environment_add(&import->header, "report.unixbench", number,
					"report", NULL);
		return true;
	}
	return unixbench_header_take(line, &import->header);
}

/* What mails, Markdown and HTML put in front of a line. */
static const char *bare(const char *line)
{
	return line + strspn(line, " \t>|`*");
}

static void end_line(struct unixbench_import *import)
{
	const char *line;

	import->line[import->length] = '\0';
	(void)str_trim_end(import->line);
	import->length = 0;
	if (import->is_too_many)
		return;
	line = bare(import->line);
	if (line[0] == '\0' || take_row(import, line) || take_score(import, line) ||
	    take_section(import, line) || take_date(import, line))
		return;
	(void)take_header(import, line);
}

static void add_byte(struct unixbench_import *import, char byte)
{
	if (byte != '\0' && byte != '\r' && import->length + 1 < LINE_MOST)
		import->line[import->length++] = byte;
}

static void feed_html(struct unixbench_import *import, char byte)
{
	char text;

	switch (html_lines_feed(&import->html, byte, &text)) {
	case HTML_NOTHING:
		break;
	case HTML_LINE_END:
		end_line(import);
		break;
	case HTML_CELL_END:
		add_byte(import, ' ');
		break;
	case HTML_BYTE:
		add_byte(import, text);
		/* indentation is no cell */
		if (import->length >= 2 && import->line[import->length - 1] == ' ' &&
		    import->line[import->length - 2] == ' ')
			import->length--;
		break;
	}
}

static void feed_text(struct unixbench_import *import, char byte)
{
	if (byte != '\n') {
		add_byte(import, byte);
		return;
	}
	import->line[import->length] = '\0';
	if (strcasestr(import->line, "<!DOCTYPE HTML") != NULL ||
	    strcasestr(import->line, "<html") != NULL ||
	    strcasestr(import->line, "<table") != NULL) {
		import->is_html = true;
		import->length = 0;
		return;
	}
	end_line(import);
}

void unixbench_import_feed(struct unixbench_import *import, const char *bytes,
			   size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (import->is_html)
			feed_html(import, bytes[i]);
		else
			feed_text(import, bytes[i]);
}

/* The end */

static void warn_of_missing(struct run *run)
{
	autostr struct str names = STR_EMPTY;
	unsigned missing = 0;
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++) {
		const struct run_test *test = run_find_test(run, tests_all[i].key);

		if (test != NULL && test->imported_score > 0)
			continue;
		str_addf(&names, "%s%s", missing > 0 ? ", " : "", tests_all[i].key);
		missing++;
	}
	if (missing > 0)
		run_warn(run, "the report holds no result of %s", names.bytes);
}

/* The printed score against the one that the rows give: from the results, because a printed
 * index of 2.2 is rounded by 2%. */
static void check_score(struct run *run)
{
	double logs = 0, computed;
	size_t i, count = 0;

	for (i = 0; i < run->test_count; i++) {
		const struct run_test *test = &run->tests[i];

		if (!(test->imported_score > 0))
			continue;
		logs += log(10 * test->imported_score / test->test->baseline);
		count++;
	}
	if (!(run->imported_index > 0) || count == 0)
		return;
	computed = exp(logs / (double)count);
	if (fabs(computed - run->imported_index) > 0.1)
		run_warn(run, "the report prints the score %.1f, its rows give %.1f",
			 run->imported_index, computed);
}

/* The same report always gets the same ids, so that it is not stored twice. */
static void set_ids(struct unixbench_import *import)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a over all results */
	size_t i, k, n;

	for (i = 0; i < import->runs.count; i++) {
		for (k = 0; k < import->runs.runs[i].test_count; k++) {
			char text[64];

			(void)snprintf(text, sizeof(text), "%s %.3f",
				       import->runs.runs[i].tests[k].test->key,
				       import->runs.runs[i].tests[k].imported_score);
			for (n = 0; text[n] != '\0'; n++)
				hash = (hash ^ (unsigned char)text[n]) *
				       UINT64_C(1099511628211);
		}
	}
	for (i = 0; i < import->runs.count; i++) {
		struct str id = STR_EMPTY;

		str_addf(&id, "import-%016llx-%zu", (unsigned long long)hash, i + 1);
		import->runs.runs[i].id = id.bytes;
		if (import->runs.count > 1) {
			struct str name = STR_EMPTY;

			str_addf(&name, "import-%016llx", (unsigned long long)hash);
			import->runs.runs[i].group = name.bytes;
		}
	}
}

static void finish_run(struct unixbench_import *import, struct run *run)
{
	size_t i;

	for (i = 0; i < import->header.count; i++)
		environment_add(&run->environment, import->header.facts[i].key,
				import->header.facts[i].value, "report", NULL);
	warn_of_missing(run);
	check_score(run);
	if (run->copies == 0)
		run_warn(run, "the report does not say how many copies ran");
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
	int result = 0;
	size_t i;

	if (import->length > 0)
		end_line(import);
	close_section(import);
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
		set_ids(import);
	for (i = 0; result == 0 && i < import->runs.count; i++) {
		*runs_add(out) = import->runs.runs[i];
		import->runs.runs[i] = (struct run){0};
	}
	free_import(import);
	return result;
}
