/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "flow/compare.h"
#include "flow/find.h"
#include "model/mask.h"
#include "record/compare_json.h"
#include "report/compare.h"

static const struct opt compare_options[] = {
	{"json", 'j', NULL, "everything as JSON", NULL},
	{"format", 'f', "FORMAT", "terminal or markdown", "terminal markdown"},
	{"gate", 'g', "PCT",
	 "for scripts: exit status 8 when the index, or a test,\nis shown to be slower "
	 "by "
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

/* What each RUN argument names: all its runs, and which of them are compared. */
struct named {
	struct runs *runs; /* one for each argument */
	struct compare_side *sides;
	size_t count;
};

static bool is_pinned(const struct run *run)
{
	return run->profile != NULL && strcmp(run->profile, "pinned") == 0;
}

/* The first run that is named is compared; one of the same copies in the profile pinned, made
 * beside it, splits the change. */
static struct compare_side side_of(const struct runs *found)
{
	struct compare_side side = {.run = &found->runs[0]};
	size_t i;

	for (i = 1; i < found->count && side.pinned == NULL; i++)
		if (!is_pinned(side.run) && is_pinned(&found->runs[i]) &&
		    found->runs[i].copies == side.run->copies)
			side.pinned = &found->runs[i];
	return side;
}

static int load(int argc, char **argv, bool is_masked, struct named *out,
		struct error *err)
{
	out->runs = mem_zero((size_t)argc, sizeof(*out->runs));
	out->sides = mem_zero((size_t)argc, sizeof(*out->sides));
	for (; out->count < (size_t)argc; out->count++) {
		struct runs *found = &out->runs[out->count];

		if (flow_find_runs(argv[out->count], found, err) != 0) {
			runs_clear(found);
			return -1;
		}
		if (is_masked)
			mask_runs(found);
		out->sides[out->count] = side_of(found);
	}
	return 0;
}

static void named_clear(struct named *named)
{
	size_t i;

	for (i = 0; i < named->count; i++)
		runs_clear(&named->runs[i]);
	free(named->runs);
	free(named->sides);
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
	if (comparison->index.verdict == COMPARE_CANNOT_TELL)
		return error_set(err, ERROR_PARTIAL,
				 "--gate cannot tell: these runs have no interval");
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

static int show(const struct compared *compared, size_t count, const struct asked *asked,
		struct error *err)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	if (asked->is_json)
		record_write_comparisons(compared, count, &text);
	for (i = 0; !asked->is_json && i < count; i++) {
		if (i > 0)
			str_add(&text, "\n");
		if (asked->is_markdown)
			report_write_comparison_markdown(&compared[i], &text);
		else
			report_write_comparison(&compared[i], &text);
	}
	return cmd_print(text.bytes, err);
}

static int compare_all(const struct named *named, struct compared *compared,
		       const struct asked *asked, struct error *err)
{
	const size_t count = named->count - 1;
	size_t i;

	for (i = 0; i < count; i++)
		if (flow_compare(&named->sides[0], &named->sides[i + 1], &compared[i],
				 err) != 0)
			return -1;
	if (show(compared, count, asked, err) != 0)
		return -1;
	for (i = 0; i < count; i++)
		if (check_gate(&compared[i].comparison, asked->gate, err) != 0)
			return -1;
	return 0;
}

static int compare(const struct named *named, const struct asked *asked,
		   struct error *err)
{
	autofree struct compared *compared = mem_zero(named->count, sizeof(*compared));
	const int result = compare_all(named, compared, asked, err);
	size_t i;

	for (i = 0; i < named->count; i++)
		explanation_clear(&compared[i].explanation);
	return result;
}

static int compare_run(int argc, char **argv, struct error *err)
{
	struct asked asked = {.gate = -1};
	struct named named = {0};
	int first, result;

	if (opt_parse(compare_options, argc, argv, take_option, &asked, &first, err) != 0)
		return -1;
	if (argc - first < 2)
		return error_set(
			err, ERROR_USAGE,
			"compare needs two runs or more: ids, labels, run files or "
			"UnixBench reports");
	result = load(argc - first, argv + first, asked.is_markdown && !asked.is_json,
		      &named, err);
	if (result == 0)
		result = compare(&named, &asked, err);
	named_clear(&named);
	return result;
}

const struct cmd cmd_compare = {
	.name = "compare",
	.arguments = "BEFORE AFTER...",
	.summary = "two or more runs: what changed, how sure that is, and why",
	.description = "For each test, and for the index of the tests that both have, "
		       "the ratio with its\n"
		       "95% interval, and whether it is faster, slower, or no difference "
		       "was shown. Runs\n"
		       "that cannot be compared (other profile, copies or method) are "
		       "refused. Below it\n"
		       "the facts that can account for the change, what stays "
		       "unexplained and what to\n"
		       "check next, and all facts in which the machines differ. Where "
		       "both were measured\n"
		       "with --profile both the change is split: kernel and hypervisor, "
		       "userland.",
	.options = compare_options,
	.run = compare_run,
};
