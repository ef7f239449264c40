/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_compare.c - what a comparison says of simulated machines: the same one, one that is 5% slower in four
 * tests, and runs that must not be compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "model/compare.h"
#include "noise.h"

enum { ROUNDS = 6, TRIALS = 400 };

static uint64_t seed = 519816;

/* A run whose first four tests are slower by the factor @slow; each sample has noise of @noise. */
static void simulate(double noise, double slow, struct run *run)
{
	size_t test, round;
	int64_t second = 0;

	run->copies = 1;
	run->profile = str_copy("unixbench");
	for (test = 0; test < TESTS_COUNT; test++)
		(void)run_add_test(run, &tests_all[test]);
	for (round = 0; round < ROUNDS; round++) {
		for (test = 0; test < TESTS_COUNT; test++) {
			const double log_rate = 15 + noise * noise_normal(&seed) + (test < 4 ? log(slow) : 0);
			const struct run_sample sample = { .count = (uint64_t)exp(log_rate),
							   .scored_ns = 1000000000,
							   .start_ns = second++ * 1000000000 };

			run_test_add_sample(&run->tests[test], &sample);
		}
	}
}

/* Percent of the verdicts on the first four tests, on the others, and on the index that say "differs". */
static void share(double noise, double slow, double *out_four, double *out_rest, double *out_index)
{
	int four = 0, rest = 0, index = 0, trial;
	size_t i;

	for (trial = 0; trial < TRIALS; trial++) {
		struct run a = { 0 }, b = { 0 };
		struct comparison comparison;

		simulate(noise, 1, &a);
		simulate(noise, slow, &b);
		compare_runs(&a, &b, &comparison);
		for (i = 0; i < TESTS_COUNT; i++) {
			const bool differs = comparison.tests[i].verdict != COMPARE_NO_DIFFERENCE;

			*(i < 4 ? &four : &rest) += differs;
		}
		index += comparison.index.verdict != COMPARE_NO_DIFFERENCE;
		run_clear(&a);
		run_clear(&b);
	}
	*out_four = 100.0 * four / (4 * TRIALS);
	*out_rest = 100.0 * rest / (8 * TRIALS);
	*out_index = 100.0 * index / TRIALS;
}

static void one_machine_differs_from_itself_in_5_of_100(void **state)
{
	double four, rest, index;

	(void)state;
	share(0.03, 1, &four, &rest, &index);
	print_message("# A/A: %.1f%% and %.1f%% of the tests, %.1f%% of the indexes\n", four, rest, index);
	assert_true(four < 7 && rest < 7 && index < 7);
	assert_true(rest > 2); /* and not because nothing ever differs */
}

static void a_slowdown_of_5_percent_is_called_where_the_noise_allows(void **state)
{
	double four, rest, index;

	(void)state;
	share(0.02, 0.95, &four, &rest, &index);
	print_message("# 5%% slower in four tests, noise of 2%%: called %.1f%%, the others %.1f%%, the index %.1f%%\n", four,
		      rest, index);
	assert_true(four > 90 && rest < 7 && index > 80);
}

static void what_cannot_be_compared_is_refused(void **state)
{
	struct run a = { 0 }, b = { 0 };
	struct error err = { 0 };

	(void)state;
	simulate(0.01, 1, &a);
	simulate(0.01, 1, &b);
	assert_int_equal(compare_check(&a, &b, &err), 0);
	b.copies = 2;
	assert_int_equal(compare_check(&a, &b, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	b.copies = 0; /* a report that does not say */
	assert_int_equal(compare_check(&a, &b, &err), 0);
	b.method = RUN_CLASSIC;
	assert_int_equal(compare_check(&a, &b, &err), -1);
	b.method = RUN_BUDGET;
	strcpy(b.profile, "pinned");
	assert_int_equal(compare_check(&a, &b, &err), -1);
	strcpy(a.profile, "pinned");
	run_build_add_file(&a.build, "pinned-pipe", "aa");
	run_build_add_file(&b.build, "pinned-pipe", "bb");
	assert_int_equal(compare_check(&a, &b, &err), -1);
	strcpy(b.build.files[0].sha256, "aa");
	assert_int_equal(compare_check(&a, &b, &err), 0);
	run_clear(&a);
	run_clear(&b);
}

static void an_imported_run_has_no_interval(void **state)
{
	struct run a = { 0 }, b = { 0 };
	struct comparison comparison;
	size_t i;

	(void)state;
	simulate(0.01, 1, &a);
	b.method = RUN_IMPORTED;
	b.profile = str_copy("unixbench");
	for (i = 0; i < 3; i++)
		run_add_test(&b, &tests_all[i])->imported_score = exp(15) * 2;
	compare_runs(&a, &b, &comparison);
	assert_int_equal(comparison.common, 3);
	assert_int_equal(comparison.index.verdict, COMPARE_CANNOT_TELL);
	assert_true(comparison.tests[0].ratio > 1.9 && comparison.tests[0].low < 1e-9);
	assert_true(comparison.tests[5].ratio < 1e-9);
	run_clear(&a);
	run_clear(&b);
}

/* Of other tests it would be another index: the profiles must have the same ones on both sides. */
static void the_index_is_split_over_the_same_tests_alone(void **state)
{
	struct run a = { 0 }, b = { 0 };
	struct comparison whole, pinned;
	struct compare_split split;

	(void)state;
	simulate(0.01, 1, &a);
	simulate(0.01, 0.5, &b);
	compare_runs(&a, &b, &whole);
	compare_split(&whole, &whole, &split);
	assert_int_equal(split.test_count, TESTS_COUNT);
	assert_true(split.index.userland.ratio > 0);
	run_clear(&a);
	run_clear(&b);
	simulate(0.01, 1, &a);
	simulate(0.01, 0.5, &b);
	a.test_count--; /* the last one was not measured */
	compare_runs(&a, &b, &pinned);
	a.test_count++;
	compare_split(&whole, &pinned, &split);
	assert_int_equal(split.test_count, TESTS_COUNT - 1);
	assert_false(split.index.userland.ratio > 0);
	compare_split(&pinned, &whole, &split);
	assert_int_equal(split.test_count, TESTS_COUNT - 1);
	assert_false(split.index.userland.ratio > 0);
	run_clear(&a);
	run_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_machine_differs_from_itself_in_5_of_100),
		cmocka_unit_test(a_slowdown_of_5_percent_is_called_where_the_noise_allows),
		cmocka_unit_test(what_cannot_be_compared_is_refused),
		cmocka_unit_test(an_imported_run_has_no_interval),
		cmocka_unit_test(the_index_is_split_over_the_same_tests_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
