/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench/: the judge, budgets, and the text of the shell tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bench/judge.h"
#include "bench/runner.h"
#include "bench/work/text.h"

static const int64_t ms = 1000000;

static struct run_sample good_sample(void)
{
	return (struct run_sample){ .count = 1000, .wanted_ns = 1000 * ms, .elapsed_ns = 1000 * ms,
				    .scored_ns = 1000 * ms };
}

static void a_good_sample_has_no_flag(void **state)
{
	struct run_sample sample = good_sample();

	(void)state;
	sample.steal_ns = 20 * ms;
	sample.foreign_ns = 50 * ms;
	sample.elapsed_ns = 1049 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), 0);
}

static void each_reason_has_its_flag(void **state)
{
	struct run_sample sample = good_sample();

	(void)state;
	sample.steal_ns = 30 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), SAMPLE_STEAL);
	assert_int_equal(judge_sample(&tests_all[0], &sample, 2, 2), 0); /* two CPUs were in use */
	sample = good_sample();
	sample.foreign_ns = 60 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 2, 2), 0);
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), SAMPLE_LOAD);
	sample = good_sample();
	sample.elapsed_ns = 1060 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), SAMPLE_DURATION);
	sample.elapsed_ns = 900 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), SAMPLE_DURATION);
}

/* UnixBench's armv6 report: "Execl Throughput 67.1 lps (0.0 s, 2 samples)", complete and scored. */
static void a_test_that_ends_at_once_is_flagged(void **state)
{
	struct run_sample sample = good_sample();

	(void)state;
	sample.wanted_ns = 30000 * ms;
	sample.elapsed_ns = 15 * ms;
	sample.count = 2;
	assert_true((judge_sample(&tests_all[0], &sample, 1, 1) & SAMPLE_DURATION) != 0);
}

static void one_long_loop_is_no_fault(void **state)
{
	struct run_sample sample = good_sample();

	(void)state;
	sample.count = 4; /* loops of a third of a second: the last one overshoots */
	sample.elapsed_ns = 1330 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), 0);
}

/* A Whetstone that meets a slower machine than its calibration did is slow, not wrong. */
static void fixed_work_is_not_flagged_for_being_slow(void **state)
{
	const struct test *whetstone = &tests_all[tests_find("whetstone-double")];
	struct run_sample sample = good_sample();

	(void)state;
	sample.elapsed_ns = 1900 * ms;
	assert_int_equal(judge_sample(whetstone, &sample, 1, 2), 0);
	assert_int_equal(judge_sample(&tests_all[0], &sample, 1, 2), SAMPLE_DURATION);
	sample.elapsed_ns = 3900 * ms;
	assert_int_equal(judge_sample(whetstone, &sample, 4, 2), 0);
	assert_int_equal(judge_sample(whetstone, &sample, 1, 2), SAMPLE_DURATION);
}

static void copies_that_miss_each_other_are_ragged(void **state)
{
	struct run_part parts[2] = { { 500, 0, 1000 * ms, 1000 * ms }, { 500, 40 * ms, 1000 * ms, 1000 * ms } };
	struct run_sample sample = good_sample();

	(void)state;
	sample.parts = parts;
	sample.part_count = 2;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 2, 2), 0);
	parts[1].start_ns = 60 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 2, 2), SAMPLE_RAGGED);
	parts[1].start_ns = 2000 * ms;
	assert_int_equal(judge_sample(&tests_all[0], &sample, 2, 2), SAMPLE_RAGGED);
}

static void budgets_are_in_proportion(void **state)
{
	struct bench_plan plan = { .method = RUN_BUDGET, .profile_count = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < TESTS_COUNT; i++)
		plan.tests[plan.test_count++] = &tests_all[i];
	assert_true(bench_default_budget_ns(&plan) == 75000 * ms);
	assert_true(bench_least_budget_ns(&plan) < bench_default_budget_ns(&plan));
	assert_true(bench_least_budget_ns(&plan) >= 3 * 13000 * ms);
	plan.profile_count = 2;
	assert_true(bench_default_budget_ns(&plan) == 150000 * ms);
	plan.profile_count = 1;
	plan.method = RUN_PRECISE;
	assert_true(bench_default_budget_ns(&plan) == 300000 * ms);
	plan.method = RUN_CLASSIC;
	assert_true(bench_default_budget_ns(&plan) == 0);
	plan.method = RUN_BUDGET;
	plan.test_count = 1;
	assert_true(bench_default_budget_ns(&plan) > bench_least_budget_ns(&plan));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The counts that the method page gives for sort.src. */
static void the_text_has_its_shape(void **state)
{
	static char text[TEXT_BYTES + 1], again[TEXT_BYTES];
	char *lines[TEXT_LINES] = { NULL }, *rest = text, *line;
	size_t lengths[83] = { 0 }, count = 0, words = 0, with_the = 0, distinct = 1, i;
	size_t up_to = 0, median = 0;

	(void)state;
	text_make(text);
	text_make(again);
	assert_memory_equal(text, again, TEXT_BYTES);
	assert_null(memchr(text, '\0', TEXT_BYTES));
	assert_int_equal(text[TEXT_BYTES - 1], '\n');
	while ((line = strsep(&rest, "\n")) != NULL && count < TEXT_LINES) {
		lines[count++] = line;
		assert_true(strlen(line) < sizeof(lengths) / sizeof(lengths[0]));
		lengths[strlen(line)]++;
		with_the += strstr(line, "the") != NULL;
		for (i = 0; line[i] != '\0'; i++)
			words += line[i] != ' ' && (i == 0 || line[i - 1] == ' ');
	}
	assert_int_equal(count, TEXT_LINES);
	assert_int_equal(words, TEXT_WORDS);
	assert_int_equal(with_the, TEXT_LINES_WITH_THE);
	qsort(lines, count, sizeof(lines[0]), by_text);
	for (i = 1; i < count; i++)
		distinct += strcmp(lines[i], lines[i - 1]) != 0;
	assert_int_equal(distinct, TEXT_DISTINCT_LINES);
	while (up_to + lengths[median] <= TEXT_LINES / 2)
		up_to += lengths[median++];
	assert_int_equal(median, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_sample_has_no_flag),
		cmocka_unit_test(each_reason_has_its_flag),
		cmocka_unit_test(a_test_that_ends_at_once_is_flagged),
		cmocka_unit_test(one_long_loop_is_no_fault),
		cmocka_unit_test(fixed_work_is_not_flagged_for_being_slow),
		cmocka_unit_test(copies_that_miss_each_other_are_ragged),
		cmocka_unit_test(budgets_are_in_proportion),
		cmocka_unit_test(the_text_has_its_shape),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
