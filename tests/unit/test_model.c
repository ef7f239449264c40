/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/: the table of tests, Student's t, scores and indexes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/score.h"
#include "model/student.h"

static void assert_near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%.12g instead of %.12g", value, expected);
}

static void the_table_has_the_baselines(void **state)
{
	(void)state;
	assert_near(tests_all[tests_find("dhry2reg")].baseline, 116700, 0);
	assert_near(tests_all[tests_find("shell1")].baseline, 42.4, 0);
	assert_string_equal(tests_all[tests_find("fsdisk")].name, "File Copy 4096 bufsize 8000 maxblocks");
	assert_int_equal(tests_find("dhry2"), -1);
	assert_int_equal(tests_find(""), -1);
}

/* Two-sided 95% and 99%: table 26.10 of Abramowitz and Stegun. */
static void student_agrees_with_the_table(void **state)
{
	(void)state;
	assert_near(student_quantile(0.95, 1), 12.706, 5e-4);
	assert_near(student_quantile(0.95, 2), 4.303, 5e-4);
	assert_near(student_quantile(0.95, 4), 2.776, 5e-4);
	assert_near(student_quantile(0.95, 10), 2.228, 5e-4);
	assert_near(student_quantile(0.95, 30), 2.042, 5e-4);
	assert_near(student_quantile(0.99, 5), 4.032, 5e-4);
	assert_near(student_quantile(0.95, 1e9), 1.959964, 1e-5);
}

static void add(struct run_test *test, uint64_t count, int64_t scored_ns, unsigned flags)
{
	const struct run_sample sample = { .count = count, .scored_ns = scored_ns, .elapsed_ns = scored_ns,
					   .flags = flags };

	run_test_add_sample(test, &sample);
	score_mark_kept(test);
}

/* Expected values by hand: the geometric mean of 1, 2 and 4 million is 2 million. */
static void a_score_is_the_geometric_mean(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);
	struct score score;

	(void)state;
	add(test, 1000000, 1000000000, 0);
	add(test, 8000000, 2000000000, 0);
	add(test, 1000000, 500000000, 0);
	score = score_test(&run, test);
	assert_near(score.value, 2e6, 1e-3);
	assert_int_equal(score.used, 3);
	assert_near(score.time_s, 3.5 / 3, 1e-9);
	/* spread of the logarithms: ln 2; standard error: ln 2 / sqrt 3; t(2) = 4.30265 */
	assert_near(log(score.high / score.value), 4.302653 * M_LN2 / sqrt(3), 1e-5);
	assert_near(score.high * score.low, 4e12, 1);
	run_clear(&run);
}

/* By raw count, not by rate: of three the smallest count goes; of two none. */
static void the_worst_third_is_by_count(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);

	(void)state;
	add(test, 500, 100000000, 0);   /* the fastest, but the smallest count */
	add(test, 2000, 1000000000, 0);
	assert_true(test->samples[0].kept && test->samples[1].kept);
	add(test, 8000, 1000000000, 0);
	assert_false(test->samples[0].kept);
	assert_true(test->samples[1].kept && test->samples[2].kept);
	assert_near(score_test(&run, test).classic, 4000, 1e-9);
	run.method = RUN_CLASSIC;
	assert_near(score_test(&run, test).value, 4000, 1e-9);
	run_clear(&run);
}

/* COUNT of Whetstone is a rate: the slowest pass goes, whatever its number of loops. */
static void where_a_rate_is_counted_the_slowest_pass_goes(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("whetstone-double")]);

	(void)state;
	add(test, 400, 500000000, 0); /* the fewest loops, but the best rate */
	add(test, 500, 700000000, 0);
	add(test, 450, 600000000, 0);
	assert_true(test->samples[0].kept && test->samples[2].kept);
	assert_false(test->samples[1].kept);
	run_clear(&run);
}

/* 100 and 70 buffers a copy in 0.5 and 0.7 s: 200 + 100 a second; loops over time of both would be 283. */
static void rates_of_copies_add_up(void **state)
{
	struct run_part parts[2] = { { 100, 0, 500000000, 500000000 }, { 70, 0, 700000000, 700000000 } };
	const struct run_sample sample = { .count = 170, .scored_ns = 600000000, .elapsed_ns = 600000000,
					   .parts = parts, .part_count = 2 };

	(void)state;
	assert_near(score_sample_rate(&tests_all[tests_find("fstime")], &sample), 300, 1e-9);
	assert_near(score_sample_rate(&tests_all[tests_find("pipe")], &sample), 170 / 0.6, 1e-9);
}

/* Six tests, nine rounds, 2% noise with a slope of its own; the machine loses 5% from start to end. */
static void drift_is_found_and_noise_is_not(void **state)
{
	struct score_drift drift;
	int with_drift, i, k;

	(void)state;
	for (with_drift = 0; with_drift < 2; with_drift++) {
		struct run run = { 0 };

		for (i = 0; i < 6; i++)
			(void)run_add_test(&run, &tests_all[i]);
		for (k = 0; k < 9; k++) {
			for (i = 0; i < 6; i++) {
				const double noise = 0.02 * ((i * 7 + k * 5 + k * k) % 9 - 4) / 4;
				const double speed = 1 - with_drift * 0.05 * k / 8.0;
				const struct run_sample sample = {
					.count = (uint64_t)(1e6 * (i + 1) * speed * (1 + noise)),
					.scored_ns = 1000000000,
					.elapsed_ns = 1000000000,
					.start_ns = (int64_t)(k * 6 + i) * 1000000000,
				};

				run_test_add_sample(&run.tests[i], &sample);
			}
		}
		drift = score_drift_of(&run);
		assert_int_equal(drift.is_shown, with_drift);
		if (with_drift)
			assert_near(drift.change, -0.05, 0.015);
		run_clear(&run);
	}
}

static void a_test_that_failed_has_no_score(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);

	(void)state;
	add(test, 1000, 1000000000, 0);
	add(test, 1000, 1000000000, 0);
	assert_near(score_test(&run, test).value, 1000, 1e-9);
	test->failure = strdup("the second sample failed");
	assert_near(score_test(&run, test).value, 0, 0);
	assert_int_equal(score_run(&run).tests, 0);
	run_clear(&run);
}

static void ten_passes_keep_seven(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);
	unsigned kept = 0, i;

	(void)state;
	for (i = 0; i < 10; i++)
		add(test, 1000 + (7 * i) % 10, 1000000000, 0);
	for (i = 0; i < 10; i++) {
		kept += test->samples[i].kept;
		assert_int_equal(test->samples[i].kept, test->samples[i].count >= 1003);
	}
	assert_int_equal(kept, 7);
	run_clear(&run);
}

static void flagged_samples_are_left_out_while_enough_remain(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);

	(void)state;
	add(test, 1000, 1000000000, 0);
	add(test, 1000, 1000000000, 0);
	add(test, 10, 1000000000, SAMPLE_STEAL);
	assert_int_equal(score_test(&run, test).used, 3);
	add(test, 1000, 1000000000, 0);
	assert_int_equal(score_test(&run, test).used, 3);
	assert_near(score_test(&run, test).value, 1000, 1e-9);
	/* the slow one is in when nothing but its slowness speaks against it */
	add(test, 10, 1000000000, 0);
	assert_int_equal(score_test(&run, test).used, 4);
	run_clear(&run);
}

/* RESULT of the article's three reports, and the index that each printed. */
static const struct {
	double score[TESTS_COUNT];
	double index;
} article[] = {
	{ { 23205108.3, 2980.4, 1273.9, 307910.9, 79064.3, 1081678.7, 422892.9, 80137.8, 2604.3, 386480.8,
	    3048.2, 405.1 }, 519.8 },
	{ { 23688552.4, 2925.1, 4278.8, 891102.5, 239674.0, 2647651.5, 1655607.1, 322133.5, 12296.2,
	    3260747.1, 7406.7, 973.1 }, 1471.4 },
	{ { 23216142.4, 2982.1, 2941.8, 444135.2, 114926.5, 1486421.7, 585781.4, 155657.6, 9615.4, 398018.6,
	    5639.0, 729.0 }, 816.9 },
};

static void the_article_s_indexes_come_out(void **state)
{
	struct score_index index;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(article) / sizeof(article[0]); i++) {
		struct run run = { .method = RUN_IMPORTED };

		for (k = 0; k < TESTS_COUNT; k++)
			run_add_test(&run, &tests_all[k])->imported_score = article[i].score[k];
		index = score_run(&run);
		assert_near(index.score.value, article[i].index, 0.1);
		assert_false(index.is_partial);
		assert_near(index.score.low, 0, 0);
		run_clear(&run);
	}
}

static void a_missing_test_makes_the_index_partial(void **state)
{
	struct run run = { 0 };
	struct run_test *test = run_add_test(&run, &tests_all[tests_find("pipe")]);
	struct score_index index;

	(void)state;
	add(test, 1244000, 1000000000, 0);
	(void)run_add_test(&run, &tests_all[tests_find("spawn")]);
	index = score_run(&run);
	assert_true(index.is_partial);
	assert_int_equal(index.tests, 1);
	assert_near(index.score.value, 1000, 1e-9);
	run_clear(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_the_baselines),
		cmocka_unit_test(student_agrees_with_the_table),
		cmocka_unit_test(a_score_is_the_geometric_mean),
		cmocka_unit_test(the_worst_third_is_by_count),
		cmocka_unit_test(where_a_rate_is_counted_the_slowest_pass_goes),
		cmocka_unit_test(rates_of_copies_add_up),
		cmocka_unit_test(drift_is_found_and_noise_is_not),
		cmocka_unit_test(a_test_that_failed_has_no_score),
		cmocka_unit_test(ten_passes_keep_seven),
		cmocka_unit_test(flagged_samples_are_left_out_while_enough_remain),
		cmocka_unit_test(the_article_s_indexes_come_out),
		cmocka_unit_test(a_missing_test_makes_the_index_partial),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
