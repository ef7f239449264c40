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
	const struct side *side;
	struct run_test *test;
	int64_t cost_ns; /* wall time of its last sample, all included */
	bool is_over;	 /* it failed */
};

/* A profile that is being measured: where, and into which run. */
struct side {
	struct bench_place place;
	struct run *run;
};

enum { LANES_MOST = BENCH_PROFILES_MOST * TESTS_COUNT };

struct runner {
	const struct bench_plan *plan;
	const struct bench_watch *watch;
	struct side sides[BENCH_PROFILES_MOST];
	struct lane lanes[LANES_MOST];
	size_t lane_count;
	unsigned cpus;
	int64_t origin_ns;
	int64_t deadline_ns; /* of the budget; moves when the machine is too slow for it */
	int64_t suspended_ns; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC when last looked at */
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
	return sum_ns * (int64_t)plan->profile_count;
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
	       1000000 * asked_ns / all_ns * 1000000 * (int64_t)plan->profile_count;
}

static int64_t classic_total_ns(const struct bench_plan *plan)
{
	int64_t sum_s = 0;
	size_t i;

	for (i = 0; i < plan->test_count; i++)
		sum_s += plan->tests[i]->classic_passes *
			 (plan->tests[i]->classic_seconds + CLASSIC_PAUSE_S);
	return sum_s * NUM_SECOND_NS * (int64_t)plan->profile_count;
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
	moment.value = score_test(runner->now->side->run, runner->now->test).value;
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
	lane->side->run->workload_ns += sample->user_ns + sample->system_ns;
	run_test_add_sample(lane->test, sample);
	score_mark_kept(lane->test);
}

static int launch_lane(struct runner *runner, struct lane *lane, int64_t duration_ns,
		       struct error *err)
{
	struct bench_launch launch = {.place = &lane->side->place,
				      .test = lane->test->test,
				      .duration_ns = duration_ns,
				      .origin_ns = runner->origin_ns,
				      .tick = on_tick,
				      .data = runner};
	struct run_sample sample;
	int64_t n4_ns;

	if (bench_launch(&launch, &sample, &n4_ns, err) != 0)
		return -1;
	note_n4(lane->side->run, lane->test->test, n4_ns, &sample);
	add_sample(runner, lane, &sample);
	return 0;
}

/* One sample of one lane. A test that fails is over; only a signal is an error here. */
static int take_sample(struct runner *runner, struct lane *lane, int64_t duration_ns,
		       struct error *err)
{
	const int64_t before_ns = sys_clock_monotonic_ns(),
		      own_ns = sys_proc_own_cpu_ns();
	const int64_t children_ns =
		sys_proc_children_cpu_ns() - lane->side->run->workload_ns;
	struct run *run = lane->side->run;
	char reason[512];
	int result;

	runner->now = lane;
	result = launch_lane(runner, lane, duration_ns, err);
	lane->cost_ns = sys_clock_monotonic_ns() - before_ns;
	run->overhead_ns += sys_proc_own_cpu_ns() - own_ns;
	run->prepare_ns += sys_proc_children_cpu_ns() - run->workload_ns - children_ns;
	if (result != 0) {
		if (err->kind == ERROR_INTERRUPTED)
			return -1;
		lane->test->failure = str_copy(error_text(err, reason, sizeof(reason)));
		lane->is_over = true;
	}
	show(runner, true, lane->test->failure);
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
		score = score_test(lane->side->run, lane->test);
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
	size_t i;

	if (!(runner->plan->target > 0))
		return false;
	for (i = 0; i < runner->plan->profile_count; i++) {
		score = score_run(runner->sides[i].run).score;
		if (!(score.low > 0) ||
		    (score.high - score.low) / 2 > runner->plan->target * score.value)
			return false;
	}
	return true;
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
		run_warn(runner->sides[0].run,
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

/* The profiles stand beside each other, so that the two samples of a test are neighbours in time. */
static void prepare_lanes(struct runner *runner)
{
	const struct bench_plan *plan = runner->plan;
	struct lane *lane;
	size_t i, k;

	for (k = 0; k < plan->profile_count; k++)
		for (i = 0; i < plan->test_count; i++)
			(void)run_add_test(runner->sides[k].run, plan->tests[i]);
	/* the tests do not move any more */
	for (i = 0; i < plan->test_count; i++) {
		for (k = 0; k < plan->profile_count; k++) {
			lane = &runner->lanes[runner->lane_count++];
			lane->side = &runner->sides[k];
			lane->test = &runner->sides[k].run->tests[i];
		}
	}
	runner->now = &runner->lanes[0];
}

static int run_in_places(struct runner *runner, struct error *err)
{
	const struct bench_plan *plan = runner->plan;
	const double load = sys_proc_load();
	int result;
	size_t i;

	runner->origin_ns = sys_clock_monotonic_ns();
	runner->suspended_ns = sys_clock_suspended_ns();
	runner->deadline_ns =
		runner->origin_ns + (plan->method == RUN_CLASSIC
					     ? classic_total_ns(plan)
					     : runner->sides[0].run->budget_ns);
	prepare_lanes(runner);
	result = plan->method == RUN_CLASSIC ? run_classic(runner, err)
					     : run_budget(runner, err);
	for (i = 0; i < plan->profile_count; i++) {
		runner->sides[i].run->interrupted = result != 0;
		judge_run(runner->sides[i].run, runner->cpus, load);
	}
	return result != 0 && err->kind != ERROR_INTERRUPTED ? -1 : 0;
}

static int check_plan(const struct bench_plan *plan, int64_t budget_ns, struct error *err)
{
	if (plan->method != RUN_CLASSIC && budget_ns < bench_least_budget_ns(plan))
		return error_set(err, ERROR_REFUSED,
				 "a budget of %.0f s is too short: %zu test%s need at "
				 "least %.0f s",
				 num_seconds(budget_ns),
				 plan->test_count * plan->profile_count,
				 plan->test_count * plan->profile_count == 1 ? "" : "s",
				 ceil(num_seconds(bench_least_budget_ns(plan))));
	if (plan->copies > sys_child_most())
		return error_set(err, ERROR_REFUSED,
				 "%u copies need more open files than are allowed: raise "
				 "ulimit -n above %u",
				 plan->copies, 64 + 3 * plan->copies);
	return 0;
}

static int make_places(struct runner *runner, struct run *runs, struct error *err)
{
	const struct bench_plan *plan = runner->plan;
	size_t i;

	for (i = 0; i < plan->profile_count; i++) {
		runner->sides[i].run = &runs[i];
		if (bench_place_make(plan->parent, plan->profiles[i], plan->copies,
				     &runner->sides[i].place, &runs[i].build, err) != 0)
			return -1;
	}
	return 0;
}

static void remove_places(struct runner *runner)
{
	struct error left;
	size_t i;

	for (i = 0; i < runner->plan->profile_count; i++)
		if (bench_place_remove(&runner->sides[i].place, &left) != 0)
			run_warn(runner->sides[i].run,
				 "the temporary files could not be removed: %s",
				 left.cause);
}

int bench_run(const struct bench_plan *plan, const struct bench_watch *watch,
	      struct run *out, struct error *err)
{
	const int64_t budget_ns =
		plan->budget_ns != 0 ? plan->budget_ns : bench_default_budget_ns(plan);
	struct runner runner = {
		.plan = plan, .watch = watch, .cpus = sys_proc_cpu_count()};
	int result;
	size_t i;

	if (check_plan(plan, budget_ns, err) != 0)
		return -1;
	for (i = 0; i < plan->profile_count; i++) {
		out[i].method = plan->method;
		out[i].copies = plan->copies;
		out[i].budget_ns = budget_ns;
		out[i].started_ns = sys_clock_wall_ns();
	}
	sys_child_adopt_orphans();
	result = make_places(&runner, out, err);
	if (result == 0)
		result = run_in_places(&runner, err);
	remove_places(&runner);
	for (i = 0; i < plan->profile_count; i++)
		out[i].finished_ns = sys_clock_wall_ns();
	return result;
}
