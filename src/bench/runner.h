/* SPDX-License-Identifier: GPL-2.0-or-later */
/** runner.h - takes the samples of a run: which test next, how often, and when to stop.
 */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include "bench/place.h"

enum { RUNNER_SAMPLES_LEAST = 3, BENCH_PROFILES_MOST = 2 };

/** What to measure. */
struct bench_plan {
	const char *parent; /* folder for temporary files */
	const struct test *tests[TESTS_COUNT];
	size_t test_count;
	unsigned copies;
	const struct bench_profile *profiles[BENCH_PROFILES_MOST];
	size_t profile_count;
	enum run_method method; /* budget, precise or classic */
	double target; /* stop when half the width of the index\'s interval is below this fraction; 0: never */
	int64_t budget_ns; /* wall time of the whole run; 0: the method's default */
};

/** How far a run is; the texts live as long as the call. */
struct bench_moment {
	const struct test *test; /* being measured now */
	double done;		 /* 0 to 1 */
	int64_t left_ns;
	double value;	     /* score so far of @test; 0: none yet */
	bool is_step;	     /* a sample was completed, or has failed */
	const char *failure; /* why it failed; NULL */
};

/** Whom to tell. */
struct bench_watch {
	void (*show)(void *data, const struct bench_moment *moment);
	void *data;
};

/** The smallest budget with which @plan can be measured on a fast machine: three samples
 * a test. */
int64_t bench_least_budget_ns(const struct bench_plan *plan);

/** The budget that a method has when none is asked for; 0 for RUN_CLASSIC. */
int64_t bench_default_budget_ns(const struct bench_plan *plan);

/** Measure. Each test fails alone: its reason is in the run. A signal ends the run early,
 * with what was measured, and marks it interrupted.
 *
 * @out:    as many runs as there are profiles, in their order; their samples are taken in turns, so that
 *          drift hits both alike. Zeroed by the caller; on failure to be cleared by it all the same
 * Errors:  ERROR_REFUSED: the budget is below bench_least_budget_ns; ERROR_SYSTEM: no
 * place to work in
 * Returns: 0 or -1
 */
nodiscard int bench_run(const struct bench_plan *plan, const struct bench_watch *watch,
			struct run *out, struct error *err);

#endif
