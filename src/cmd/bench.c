/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "cmd/bench.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/own.h"
#include "base/progress.h"
#include "cmd/format.h"
#include "flow/find.h"
#include "flow/measure.h"
#include "record/run_json.h"
#include "store/store.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/signals.h"

enum { COPIES_HIGHEST = 4096 };

static const struct opt bench_options[] = {
	{"budget", 'b', "TIME", "wall time for all tests: 90, 90s, 5m (default 75s)",
	 NULL},
	{"precise", 0, NULL, "a budget of 5 minutes", NULL},
	{"classic", 0, NULL,
	 "passes, durations and trimming of UnixBench 5.1.3\n(25 minutes)", NULL},
	{"target-ci", 0, "PCT", "stop when the index is known within +- PCT percent",
	 NULL},
	{"profile", 'p', "PROFILE",
	 "unixbench, pinned (the same bytes everywhere), or both\nin turns (default "
	 "unixbench; in moult-rescue pinned)",
	 "unixbench pinned both"},
	{"tests", 't', "KEY[,KEY]", "only these tests", tests_keys},
	{"copies", 'c', "N[,N]",
	 "copies that run at once; \"nproc\" for one a CPU\n(default 1)",
	 "1 nproc 1,nproc"},
	{"label", 'l', "TEXT", "a name for the run", NULL},
	{"provider", 0, "TEXT", "who rents the machine out", NULL},
	{"plan", 0, "TEXT", "as what", NULL},
	{"location", 0, "TEXT", "where it stands", NULL},
	{"price", 0, "TEXT", "for how much", NULL},
	{"no-store", 0, NULL, "do not keep the run in the store", NULL},
	{"output", 'o', "FILE", "also write the JSON run file there", "FILE"},
	{"format", 'f', "FORMAT",
	 "terminal, unixbench, json, csv, markdown or bbcode\n(default terminal)",
	 FORMAT_NAMES},
	{"json", 'j', NULL, "the same as --format json", NULL},
	{"beside", 0, "RUN",
	 "show these runs beside this one: an id, a label, a\nrun file; \"article\" is "
	 "built in",
	 "FILE"},
	{"tmpdir", 0, "DIR",
	 "folder to write in (default $UB_TMPDIR, $TMPDIR,\n/var/tmp)", "DIR"},
	{"progress", 0, "FORM", "auto, none, lines or json (default auto)",
	 "auto none lines json"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

/* What the command line asked for. */
struct bench_call {
	struct measure_plan plan;
	const struct format *format;
	const char *output;
	const char *beside;
	enum progress_form progress;
	bool is_not_stored;
};

static int take_tests(struct bench_call *call, const char *list, struct error *err)
{
	struct bench_plan *plan = &call->plan.bench;
	autofree char *copy = str_copy(list);
	const char *names[TESTS_COUNT + 1] = {NULL};
	bool is_asked[TESTS_COUNT] = {false};
	char *rest = copy, *word;
	const char *nearest;
	int i;

	for (i = 0; i < TESTS_COUNT; i++)
		names[i] = tests_all[i].key;
	while ((word = strsep(&rest, ",")) != NULL) {
		i = tests_find(word);
		nearest = i < 0 ? opt_nearest(word, names) : NULL;
		if (i < 0 && nearest != NULL)
			return error_set(err, ERROR_USAGE,
					 "unknown test '%s' (did you mean '%s'?)", word,
					 nearest);
		if (i < 0)
			return error_set(err, ERROR_USAGE,
					 "unknown test '%s'; there are: %s", word,
					 tests_keys);
		is_asked[i] = true;
	}
	plan->test_count = 0;
	for (i = 0; i < TESTS_COUNT; i++)
		if (is_asked[i])
			plan->tests[plan->test_count++] = &tests_all[i];
	return 0;
}

static int take_copies(struct bench_call *call, const char *list, struct error *err)
{
	struct measure_plan *plan = &call->plan;
	autofree char *copy = str_copy(list);
	char *rest = copy, *word;
	uint64_t number;

	plan->copies_count = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (plan->copies_count == MEASURE_COPIES_MOST)
			return error_set(err, ERROR_USAGE,
					 "--copies takes at most %d numbers",
					 MEASURE_COPIES_MOST);
		if (strcmp(word, "nproc") == 0)
			number = sys_proc_cpu_count();
		else if (num_parse_uint(word, "--copies", 1, COPIES_HIGHEST, &number,
					err) != 0)
			return -1;
		plan->copies[plan->copies_count++] = (unsigned)number;
	}
	return 0;
}

static int take_method(enum run_method method, struct bench_plan *plan, struct error *err)
{
	if (plan->method != RUN_BUDGET && plan->method != method)
		return error_set(err, ERROR_USAGE,
				 "--precise and --classic exclude each other");
	plan->method = method;
	return 0;
}

static int take_progress(struct bench_call *call, const char *name, struct error *err)
{
	return progress_parse(name, &call->progress, err);
}

static int take_budget(struct bench_call *call, const char *argument, struct error *err)
{
	return num_parse_time(argument, "--budget", &call->plan.bench.budget_ns, err);
}

static int take_target(struct bench_call *call, const char *argument, struct error *err)
{
	char *end;
	const double percent = strtod(argument, &end);

	if (end == argument || *end != '\0' || !(percent > 0) || percent > 50)
		return error_set(err, ERROR_USAGE,
				 "--target-ci takes a percentage up to 50, not '%s'",
				 argument);
	call->plan.bench.target = percent / 100;
	return 0;
}

static int take_precise(struct bench_call *call, const char *argument, struct error *err)
{
	(void)argument;
	return take_method(RUN_PRECISE, &call->plan.bench, err);
}

static int take_classic(struct bench_call *call, const char *argument, struct error *err)
{
	(void)argument;
	return take_method(RUN_CLASSIC, &call->plan.bench, err);
}

static int take_profile(struct bench_call *call, const char *name, struct error *err)
{
	struct bench_plan *bench = &call->plan.bench;
	const bool is_both = strcmp(name, "both") == 0;

	bench->profile_count = 0;
	if (is_both || strcmp(name, bench_profile_unixbench.name) == 0)
		bench->profiles[bench->profile_count++] = &bench_profile_unixbench;
	if (is_both || strcmp(name, bench_profile_pinned.name) == 0)
		bench->profiles[bench->profile_count++] = &bench_profile_pinned;
	if (bench->profile_count == 0)
		return error_set(err, ERROR_USAGE,
				 "--profile takes unixbench, pinned or both, not '%s'",
				 name);
	return 0;
}

static int take_format(struct bench_call *call, const char *argument, struct error *err)
{
	return cmd_format_find(argument != NULL ? argument : "json", &call->format, err);
}

static int take_no_store(struct bench_call *call, const char *argument, struct error *err)
{
	(void)argument;
	(void)err;
	call->is_not_stored = true;
	return 0;
}

/* What each option does: a function, or, where there is none, its text goes to a place. */
static const struct {
	const char *name;
	int (*take)(struct bench_call *call, const char *argument, struct error *err);
	size_t text_offset;
} takers[] = {
	{"budget", take_budget, 0},
	{"target-ci", take_target, 0},
	{"precise", take_precise, 0},
	{"classic", take_classic, 0},
	{"tests", take_tests, 0},
	{"profile", take_profile, 0},
	{"copies", take_copies, 0},
	{"format", take_format, 0},
	{"json", take_format, 0},
	{"progress", take_progress, 0},
	{"no-store", take_no_store, 0},
	{"label", NULL, offsetof(struct bench_call, plan.label)},
	{"provider", NULL, offsetof(struct bench_call, plan.provider)},
	{"plan", NULL, offsetof(struct bench_call, plan.plan)},
	{"location", NULL, offsetof(struct bench_call, plan.location)},
	{"price", NULL, offsetof(struct bench_call, plan.price)},
	{"output", NULL, offsetof(struct bench_call, output)},
	{"beside", NULL, offsetof(struct bench_call, beside)},
	{"tmpdir", NULL, offsetof(struct bench_call, plan.bench.parent)},
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		if (strcmp(row->name, takers[i].name) != 0)
			continue;
		if (takers[i].take != NULL)
			return takers[i].take(data, argument, err);
		memcpy((char *)data + takers[i].text_offset, &argument, sizeof(argument));
	}
	return 0; /* --help was seen before */
}

static int parse(const struct bench_profile *profile, int argc, char **argv,
		 struct bench_call *call, struct error *err)
{
	int first, i;

	*call = (struct bench_call){.plan = {.copies = {1}, .copies_count = 1}};
	for (i = 0; i < TESTS_COUNT; i++)
		call->plan.bench.tests[i] = &tests_all[i];
	call->plan.bench.test_count = TESTS_COUNT;
	call->plan.bench.profiles[call->plan.bench.profile_count++] = profile;
	if (cmd_format_find("terminal", &call->format, err) != 0 ||
	    opt_parse(bench_options, argc, argv, take_option, call, &first, err) != 0)
		return -1;
	if (first < argc)
		return error_set(err, ERROR_USAGE,
				 "unexpected argument '%s' (see --help)", argv[first]);
	if (call->beside != NULL && strcmp(call->format->name, "terminal") != 0)
		return error_set(err, ERROR_USAGE,
				 "--beside goes with --format terminal alone");
	if (call->plan.bench.target > 0 && call->plan.bench.method == RUN_CLASSIC)
		return error_set(err, ERROR_USAGE,
				 "--target-ci does not go with --classic");
	if (call->plan.bench.budget_ns != 0 && call->plan.bench.method != RUN_BUDGET)
		return error_set(err, ERROR_USAGE,
				 "--budget does not go with --precise or --classic");
	call->plan.bench.parent = bench_place_choose(call->plan.bench.parent);
	return 0;
}

/* What a file or a stream would refuse is better known before the measurement than after it. */
static int check_outputs(const struct bench_call *call, struct error *err)
{
	const int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return error_set(err, ERROR_SYSTEM, "standard output is closed");
	if (call->output != NULL && sys_file_check_writable(call->output, err) != 0)
		return error_frame(err, "--output");
	return 0;
}

/* A store that cannot be opened is better known before the measurement than after it. */
static int open_store(const struct bench_call *call, struct store **out,
		      struct error *err)
{
	autofree char *path = NULL;

	if (call->is_not_stored)
		return 0;
	if (store_default_path(&path, err) != 0 || store_open(path, out, err) != 0)
		return error_frame(err,
				   "the run could not be kept (--no-store does without)");
	return 0;
}

static void show_moment(void *data, const struct bench_moment *moment)
{
	struct progress_state state = {.phase = moment->test->key,
				       .done = moment->done,
				       .left_ns = moment->left_ns,
				       .is_step = moment->is_step};
	char detail[128] = "";

	if (moment->failure != NULL)
		(void)snprintf(detail, sizeof(detail), "failed");
	else if (moment->value > 0)
		(void)snprintf(detail, sizeof(detail), "%.1f %s", moment->value,
			       moment->test->unit);
	state.detail = detail;
	progress_show(data, &state);
}

/* The store, the run file and standard output: all are tried, the first error counts. */
static int write_result(const struct bench_call *call, struct runs *runs,
			const struct runs *beside, struct store *store, struct error *err)
{
	const struct format_options options = {.beside = beside};
	autostr struct str json = STR_EMPTY, text = STR_EMPTY;
	struct error ignored;
	int result = 0;

	record_write_json(runs, &json);
	if (store != NULL && store_add(store, runs, err) != 0)
		result = error_frame(err, "the run was measured, but not kept");
	if (call->output != NULL && sys_file_write(call->output, json.bytes, json.length,
						   result == 0 ? err : &ignored) != 0)
		result = -1;
	format_write(call->format, runs, &options, false, &text);
	if (cmd_print(text.bytes, result == 0 ? err : &ignored) != 0)
		result = -1;
	return result;
}

/* What is missing decides the exit status: interrupted before partial before complete. */
static int judge(const struct runs *runs, struct error *err)
{
	const struct run_test *failed = NULL;
	unsigned failures = 0, tests = 0;
	size_t i, k;

	for (i = 0; i < runs->count; i++) {
		const struct run *run = &runs->runs[i];

		if (run->interrupted)
			return error_set(err, ERROR_INTERRUPTED,
					 "interrupted; what was measured is kept");
		for (k = 0; k < run->test_count; k++) {
			tests++;
			if (run->tests[k].failure == NULL)
				continue;
			failures++;
			failed = &run->tests[k];
		}
	}
	if (failed == NULL)
		return 0;
	return error_set(err, ERROR_PARTIAL, "%u of %u tests failed; %s: %.150s",
			 failures, tests, failed->test->key, failed->failure);
}

/* @profile: where none is asked for */
static int bench_run_command(const struct bench_profile *profile, int argc, char **argv,
			     struct error *err)
{
	struct runs runs = {0}, beside = {0};
	struct progress display;
	struct bench_watch watch = {.show = show_moment, .data = &display};
	struct store *store = NULL;
	struct bench_call call;
	struct error ignored;
	int result;

	if (parse(profile, argc, argv, &call, err) != 0 ||
	    check_outputs(&call, err) != 0 ||
	    (call.beside != NULL && flow_find_runs(call.beside, &beside, err) != 0) ||
	    open_store(&call, &store, err) != 0) {
		runs_clear(&beside);
		return -1;
	}
	progress_begin(&display, stderr, call.progress);
	sys_signals_catch();
	result = flow_measure(&call.plan, &watch, &runs, err);
	progress_end(&display);
	sys_signals_release();
	/* runs that were finished are shown also when a later one could not be begun */
	if (result == 0 || runs.count > 0)
		result |= write_result(&call, &runs, &beside, store,
				       result == 0 ? err : &ignored);
	if (result == 0)
		result = judge(&runs, err);
	store_close(store);
	runs_clear(&runs);
	runs_clear(&beside);
	return result;
}

static int run_moult(int argc, char **argv, struct error *err)
{
	return bench_run_command(&bench_profile_unixbench, argc, argv, err);
}

static int run_rescue(int argc, char **argv, struct error *err)
{
	return bench_run_command(&bench_profile_pinned, argc, argv, err);
}

static const char description[] =
	"Runs the twelve tests of the UnixBench index and shows scores, intervals and\n"
	"the index. The tests: dhry2reg whetstone-double execl fstime fsbuffer fsdisk\n"
	"pipe context1 spawn syscall shell1 shell8. Nothing else should run meanwhile.\n"
	"Ctrl-C keeps what was measured.";

const struct cmd cmd_bench = {
	.name = "bench",
	.arguments = "",
	.summary = "measure this machine",
	.description = description,
	.options = bench_options,
	.run = run_moult,
};

const struct cmd cmd_bench_rescue = {
	.name = "bench",
	.arguments = "",
	.summary = "measure this machine",
	.description = description,
	.options = bench_options,
	.run = run_rescue,
};
