/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "bench/runner.h"

#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"
#include "bench/judge.h"
#include "bench/launch.h"
#include "model/score.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "sys/signals.h"

static const int64_t default_budget_ns = 75 * NUM_SECOND_NS;
static const int64_t precise_budget_ns = 300 * NUM_SECOND_NS;

/* What a sample costs beside its measured part, on a fast machine: start, preparation,
 * check. */
static const int64_t sample_overhead_ns = 100000000;

/* UnixBench's pause before each pass: sync, a second, sync, two seconds. */
enum { CLASSIC_PAUSE_S = 3 };

/* What is known of one test while the run goes on. */
struct lane {
	struct run_test *test;
	int64_t cost_ns; /* wall time of its last sample, all included */
	bool is_over;	 /* it failed */
};

struct runner {
	const struct bench_plan *plan;
	const struct bench_watch *watch;
	struct bench_place place;
	struct run *run;
	struct lane lanes[TESTS_COUNT];
	size_t lane_count;
	unsigned cpus;
	int64_t origin_ns;
	int64_t deadline_ns;  /* of the budget; moves when the machine is too slow for it
			       */
	int64_t suspended_ns; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC when last looked at
			       */
	const struct lane *now; /* the lane being measured */
};

static int64_t least_cost_ns(const struct test *test)
{
	return test->shortest_ns + sample_overhead_ns;
}

int64_t bench_least_budget_ns(const struct bench_plan *plan)
{
	int64_t sum_ns = 0;
	size_t i;

	for (i = 0; i < plan->test_count; i++)
		sum_ns += RUNNER_SAMPLES_LEAST * least_cost_ns(plan->tests[i]);
	return sum_ns;
}

/* With fewer tests the default is less: each has the share of the whole that it has with
 * all twelve. */
int64_t bench_default_budget_ns(const struct bench_plan *plan)
{
	int64_t all_ns = 0, asked_ns = 0;
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++)
		all_ns += least_cost_ns(&tests_all[i]);
	for (i = 0; i < plan->test_count; i++)
		asked_ns += least_cost_ns(plan->tests[i]);
	if (plan->method == RUN_CLASSIC)
		return 0;
	return (plan->method == RUN_PRECISE ? precise_budget_ns : default_budget_ns) /
	       1000000 * asked_ns / all_ns * 1000000;
}

static int64_t classic_total_ns(const struct bench_plan *plan)
{
	int64_t sum_s = 0;
	size_t i;

	for (i = 0; i < plan->test_count; i++)
		sum_s += plan->tests[i]->classic_passes *
			 (plan->tests[i]->classic_seconds + CLASSIC_PAUSE_S);
	return sum_s * NUM_SECOND_NS;
}

static void show(const struct runner *runner, bool is_step, const char *failure)
{
	const int64_t now_ns = sys_clock_monotonic_ns();
	const int64_t total_ns = runner->deadline_ns - runner->origin_ns;
	struct bench_moment moment = {
		.test = runner->now->test->test, .is_step = is_step, .failure = failure};

	if (runner->watch == NULL)
		return;
	moment.done = (double)(now_ns - runner->origin_ns) /
		      (double)(total_ns > 0 ? total_ns : 1);
	moment.done = fmin(moment.done, 1);
	moment.left_ns = now_ns < runner->deadline_ns ? runner->deadline_ns - now_ns : 0;
	moment.value = score_test(runner->now->test, runner->plan->method).value;
	runner->watch->show(runner->watch->data, &moment);
}

static void on_tick(void *data)
{
	show(data, false, NULL);
}

static void note_n4(struct run *run, const struct test *test, int64_t n4_ns,
		    const struct run_sample *sample)
{
	/* what the compiler leaves of a section takes microseconds; N4 as written takes
	 * some percent */
	if (n4_ns >= 0 && n4_ns * 1000 < sample->scored_ns)
		run_warn(run,
			 "%s: the compiler removed section N4, as it does in UnixBench "
			 "(%.3f s)",
			 test->key, num_seconds(n4_ns));
}

static void add_sample(struct runner *runner, struct lane *lane,
		       struct run_sample *sample)
{
	const int64_t suspended_ns = sys_clock_suspended_ns();

	sample->flags = judge_sample(lane->test->test, sample, runner->plan->copies,
				     runner->cpus);
	if (suspended_ns - runner->suspended_ns > NUM_SECOND_NS / 10)
		sample->flags |= SAMPLE_CLOCK;
	runner->suspended_ns = suspended_ns;
	runner->run->workload_ns += sample->user_ns + sample->system_ns;
	run_test_add_sample(lane->test, sample);
	score_mark_kept(lane->test);
}

/* One sample of one lane. A test that fails is over; only a signal is an error here. */
static int take_sample(struct runner *runner, struct lane *lane, int64_t duration_ns,
		       struct error *err)
{
	const int64_t before_ns = sys_clock_monotonic_ns();
	struct bench_launch launch = {.place = &runner->place,
				      .test = lane->test->test,
				      .duration_ns = duration_ns,
				      .origin_ns = runner->origin_ns,
				      .tick = on_tick,
				      .data = runner};
	struct run_sample sample;
	char reason[512];
	int64_t n4_ns;

	runner->now = lane;
	if (bench_launch(&launch, &sample, &n4_ns, err) != 0) {
		if (err->kind == ERROR_INTERRUPTED)
			return -1;
		lane->test->failure = str_copy(error_text(err, reason, sizeof(reason)));
		lane->is_over = true;
		show(runner, true, lane->test->failure);
		return 0;
	}
	lane->cost_ns = sys_clock_monotonic_ns() - before_ns;
	note_n4(runner->run, lane->test->test, n4_ns, &sample);
	add_sample(runner, lane, &sample);
	show(runner, true, NULL);
	return 0;
}

static int64_t round_cost_ns(const struct runner *runner)
{
	int64_t sum_ns = 0;
	size_t i;

	for (i = 0; i < runner->lane_count; i++)
		sum_ns += runner->lanes[i].is_over ? 0 : runner->lanes[i].cost_ns;
	return sum_ns;
}

static int take_round(struct runner *runner, struct error *err)
{
	size_t i;

	for (i = 0; i < runner->lane_count; i++)
		if (!runner->lanes[i].is_over &&
		    take_sample(runner, &runner->lanes[i],
				runner->lanes[i].test->test->shortest_ns, err) != 0)
			return -1;
	return 0;
}

/* The lane whose next sample fits and whose interval is widest. */
static struct lane *choose_last(struct runner *runner, int64_t left_ns)
{
	struct lane *chosen = NULL;
	struct score score;
	double widest = -1;
	size_t i;

	for (i = 0; i < runner->lane_count; i++) {
		struct lane *lane = &runner->lanes[i];

		if (lane->is_over || lane->cost_ns > left_ns)
			continue;
		score = score_test(lane->test, runner->plan->method);
		if (score.value > 0 && (score.high - score.low) / score.value > widest) {
			widest = (score.high - score.low) / score.value;
			chosen = lane;
		}
	}
	return chosen;
}

static bool is_on_target(const struct runner *runner)
{
	struct score score;

	if (!(runner->plan->target > 0))
		return false;
	score = score_run(runner->run).score;
	return score.low > 0 &&
	       (score.high - score.low) / 2 <= runner->plan->target * score.value;
}

/* What a round costs is known after the first. The default budget grows on a slow machine; one that
 * was asked for is a promise, and is refused when it cannot be kept. */
static int fit_budget(struct runner *runner, int64_t budget_ns, struct error *err)
{
	const int64_t needed_ns = RUNNER_SAMPLES_LEAST * round_cost_ns(runner);

	if (needed_ns <= budget_ns)
		return 0;
	if (runner->plan->budget_ns != 0 && needed_ns > budget_ns + budget_ns / 10)
		return error_set(err, ERROR_REFUSED,
				 "a budget of %.0f s is too short: this machine needs "
				 "%.0f s for %d "
				 "samples a test",
				 num_seconds(budget_ns), num_seconds(needed_ns) + 1,
				 RUNNER_SAMPLES_LEAST);
	runner->deadline_ns = runner->origin_ns + needed_ns;
	return 0;
}

/* Whole rounds while they fit, so that drift hits all tests alike. */
static int run_rounds(struct runner *runner, int64_t budget_ns, struct error *err)
{
	int rounds;

	for (rounds = 0;
	     rounds < RUNNER_SAMPLES_LEAST ||
	     sys_clock_monotonic_ns() + round_cost_ns(runner) <= runner->deadline_ns;
	     rounds++) {
		if (rounds >= RUNNER_SAMPLES_LEAST && is_on_target(runner))
			return 0;
		if (take_round(runner, err) != 0)
			return -1;
		if (round_cost_ns(runner) == 0)
			return 0; /* every test has failed */
		if (rounds == 0 && fit_budget(runner, budget_ns, err) != 0)
			return -1;
	}
	return 0;
}

/* Whole rounds; what is left of the budget goes where the interval is widest. */
static int run_budget(struct runner *runner, struct error *err)
{
	const int64_t budget_ns = runner->deadline_ns - runner->origin_ns;
	struct lane *lane;
	int64_t used_ns;

	if (run_rounds(runner, budget_ns, err) != 0)
		return -1;
	used_ns = sys_clock_monotonic_ns() - runner->origin_ns;
	if (used_ns > budget_ns + budget_ns / 20)
		run_warn(runner->run,
			 "the budget of %.0f s grew to %.0f s: this machine needs it for "
			 "%d samples a test",
			 num_seconds(budget_ns), num_seconds(used_ns),
			 RUNNER_SAMPLES_LEAST);
	while (!is_on_target(runner) &&
	       (lane = choose_last(runner, runner->deadline_ns -
						   sys_clock_monotonic_ns())) != NULL)
		if (take_sample(runner, lane, lane->test->test->shortest_ns, err) != 0)
			return -1;
	return 0;
}

static int pause_s(int seconds, struct error *err)
{
	const struct timespec time = {.tv_sec = seconds};

	sync();
	(void)ppoll(NULL, 0, &time, sys_signals_waiting()); /* EINTR: the flag tells */
	return sys_signals_came() == 0 ? 0
				       : error_set(err, ERROR_INTERRUPTED, "interrupted");
}

static int run_classic(struct runner *runner, struct error *err)
{
	int pass;
	size_t i;

	for (i = 0; i < runner->lane_count; i++) {
		struct lane *lane = &runner->lanes[i];
		const struct test *test = lane->test->test;

		for (pass = 0; pass < test->classic_passes && !lane->is_over; pass++) {
			if (pause_s(1, err) != 0 ||
			    pause_s(CLASSIC_PAUSE_S - 1, err) != 0 ||
			    take_sample(runner, lane,
					test->classic_seconds * NUM_SECOND_NS, err) != 0)
				return -1;
		}
	}
	return 0;
}

static void prepare_lanes(struct runner *runner)
{
	size_t i;

	runner->lane_count = runner->plan->test_count;
	for (i = 0; i < runner->plan->test_count; i++)
		(void)run_add_test(runner->run, runner->plan->tests[i]);
	/* the tests do not move any more */
	for (i = 0; i < runner->plan->test_count; i++)
		runner->lanes[i].test = &runner->run->tests[i];
	runner->now = &runner->lanes[0];
}

static int run_in_place(struct runner *runner, struct error *err)
{
	const int64_t own_before_ns = sys_proc_own_cpu_ns();
	const int64_t children_before_ns = sys_proc_children_cpu_ns();
	const double load = sys_proc_load();
	const int64_t budget_ns = runner->run->budget_ns;
	int result;

	runner->origin_ns = sys_clock_monotonic_ns();
	runner->suspended_ns = sys_clock_suspended_ns();
	runner->deadline_ns =
		runner->origin_ns + (runner->plan->method == RUN_CLASSIC
					     ? classic_total_ns(runner->plan)
					     : budget_ns);
	prepare_lanes(runner);
	result = runner->plan->method == RUN_CLASSIC ? run_classic(runner, err)
						     : run_budget(runner, err);
	runner->run->interrupted = result != 0;
	runner->run->overhead_ns = sys_proc_own_cpu_ns() - own_before_ns;
	runner->run->prepare_ns = sys_proc_children_cpu_ns() - children_before_ns -
				  runner->run->workload_ns;
	judge_run(runner->run, runner->cpus, load);
	return result != 0 && err->kind != ERROR_INTERRUPTED ? -1 : 0;
}

int bench_run(const struct bench_plan *plan, const struct bench_watch *watch,
	      struct run *out, struct error *err)
{
	struct runner runner = {
		.plan = plan, .watch = watch, .run = out, .cpus = sys_proc_cpu_count()};
	struct error left;
	int result;

	out->method = plan->method;
	out->copies = plan->copies;
	out->budget_ns =
		plan->budget_ns != 0 ? plan->budget_ns : bench_default_budget_ns(plan);
	if (plan->method != RUN_CLASSIC && out->budget_ns < bench_least_budget_ns(plan))
		return error_set(err, ERROR_REFUSED,
				 "a budget of %.0f s is too short: %zu test%s need at "
				 "least %.0f s",
				 num_seconds(out->budget_ns), plan->test_count,
				 plan->test_count == 1 ? "" : "s",
				 ceil(num_seconds(bench_least_budget_ns(plan))));
	if (plan->copies > sys_child_most())
		return error_set(err, ERROR_REFUSED,
				 "%u copies need more open files than are allowed: raise "
				 "ulimit -n above %u",
				 plan->copies, 64 + 3 * plan->copies);
	sys_child_adopt_orphans();
	if (bench_place_make(plan->parent, plan->copies, &runner.place, &out->build,
			     err) != 0)
		return -1;
	out->started_ns = sys_clock_wall_ns();
	result = run_in_place(&runner, err);
	out->finished_ns = sys_clock_wall_ns();
	if (bench_place_remove(&runner.place, &left) != 0)
		run_warn(out, "the temporary files could not be removed: %s", left.cause);
	return result;
}
