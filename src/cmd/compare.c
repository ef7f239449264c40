/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "flow/find.h"
#include "model/compare.h"
#include "model/mask.h"
#include "record/compare_json.h"
#include "report/compare.h"

static const struct opt compare_options[] = {
	{"json", 'j', NULL, "everything as JSON", NULL},
	{"format", 'f', "FORMAT", "terminal or markdown", "terminal markdown"},
	{"gate", 'g', "PCT",
	 "for scripts: exit status 8 when the index, or a test,\nis shown to be slower by "
	 "more than PCT percent",
	 NULL},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct asked {
	bool is_json, is_markdown;
	double gate; /* as a fraction; negative: none */
};

static int take_gate(const char *argument, double *out, struct error *err)
{
	char *end;
	const double percent = strtod(argument, &end);

	if (end == argument || *end != '\0' || !(percent >= 0 && percent < 100))
		return error_set(err, ERROR_USAGE,
				 "--gate takes a percentage from 0 to 99.9, not '%s'",
				 argument);
	*out = percent / 100;
	return 0;
}

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct asked *asked = data;

	if (strcmp(row->name, "json") == 0)
		asked->is_json = true;
	else if (strcmp(row->name, "gate") == 0)
		return take_gate(argument, &asked->gate, err);
	else if (strcmp(row->name, "format") == 0) {
		asked->is_markdown = strcmp(argument, "markdown") == 0;
		if (!asked->is_markdown && strcmp(argument, "terminal") != 0)
			return error_set(err, ERROR_USAGE,
					 "unknown format '%s'; there are: terminal "
					 "markdown",
					 argument);
	}
	return 0;
}

/* The first run that each reference names. */
static int load(int argc, char **argv, struct runs *out, struct error *err)
{
	int i;

	for (i = 0; i < argc; i++) {
		struct runs found = {0};
		const int result = flow_find_runs(argv[i], &found, err);

		if (result == 0) {
			*runs_add(out) = found.runs[0];
			found.runs[0] = (struct run){0};
		}
		runs_clear(&found);
		if (result != 0)
			return -1;
	}
	return 0;
}

static bool is_regression(const struct compare_row *row, double gate)
{
	return row->verdict == COMPARE_SLOWER && row->high < 1 - gate;
}

static int check_gate(const struct comparison *comparison, double gate, struct error *err)
{
	size_t i;

	if (gate < 0)
		return 0;
	if (is_regression(&comparison->index, gate))
		return error_set(err, ERROR_REGRESSION,
				 "the index is slower by more than %.1f%%", 100 * gate);
	for (i = 0; i < comparison->test_count; i++)
		if (is_regression(&comparison->tests[i], gate))
			return error_set(err, ERROR_REGRESSION,
					 "%s is slower by more than %.1f%%",
					 comparison->tests[i].test->key, 100 * gate);
	return 0;
}

static int show(struct runs *runs, const struct comparison *comparisons,
		const struct asked *asked, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	if (asked->is_json)
		record_write_comparisons(runs, comparisons, &text);
	else if (asked->is_markdown)
		mask_runs(runs);
	for (i = 1; !asked->is_json && i < runs->count; i++) {
		if (i > 1)
			str_add(&text, "\n");
		if (asked->is_markdown)
			report_write_comparison_markdown(&runs->runs[0], &runs->runs[i],
							 &comparisons[i - 1], &text);
		else
			report_write_comparison(&runs->runs[0], &runs->runs[i],
						&comparisons[i - 1], &text);
	}
	return cmd_print(text.bytes, err);
}

static int compare(struct runs *runs, const struct asked *asked, struct error *err)
{
	autofree struct comparison *comparisons =
		mem_zero(runs->count, sizeof(*comparisons));
	size_t i;

	for (i = 1; i < runs->count; i++) {
		if (compare_check(&runs->runs[0], &runs->runs[i], err) != 0)
			return -1;
		compare_runs(&runs->runs[0], &runs->runs[i], &comparisons[i - 1]);
	}
	if (show(runs, comparisons, asked, err) != 0)
		return -1;
	for (i = 1; i < runs->count; i++)
		if (check_gate(&comparisons[i - 1], asked->gate, err) != 0)
			return -1;
	return 0;
}

static int compare_run(int argc, char **argv, struct error *err)
{
	struct asked asked = {.gate = -1};
	struct runs runs = {0};
	int first, result;

	if (opt_parse(compare_options, argc, argv, take_option, &asked, &first, err) != 0)
		return -1;
	if (argc - first < 2)
		return error_set(err, ERROR_USAGE,
				 "compare needs two runs or more: ids, labels, run files or "
				 "UnixBench reports");
	result = load(argc - first, argv + first, &runs, err);
	if (result == 0)
		result = compare(&runs, &asked, err);
	runs_clear(&runs);
	return result;
}

const struct cmd cmd_compare = {
	.name = "compare",
	.arguments = "BEFORE AFTER...",
	.summary = "two or more runs: what changed, and how sure that is",
	.description =
		"For each test, and for the index of the tests that both have, the ratio with its\n"
		"95% interval, and whether it is faster, slower, or no difference was shown. Runs\n"
		"that cannot be compared (other profile, copies or method) are refused. Below it\n"
		"the facts in which the machines differ.",
	.options = compare_options,
	.run = compare_run,
};
