/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/estimate: how often the interval of 95% holds the true mean, by simulation; lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "model/estimate.h"

enum { MOST = 64, RESAMPLES = 1000 };

static uint64_t state_of_noise = 42;

/* Uniform in (0, 1): Numerical Recipes' ranqd1 twice, for 52 bits. */
static double uniform(void)
{
	state_of_noise = state_of_noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(state_of_noise >> 12) + 0.5) / 4503599627370496.0;
}

static double normal_noise(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * 3.14159265358979323846 * uniform());
}

/* Exponential, moved so that its mean is 0: slow samples are much slower. */
static double skewed_noise(void)
{
	return 1 + log(uniform());
}

/* One CPU or two: one launch in four is in the other mode. */
static double bimodal_noise(void)
{
	return (uniform() < 0.25 ? 3.0 : -1.0) + 0.1 * normal_noise();
}

static struct estimate ours(const double *values, size_t count, uint64_t seed)
{
	return estimate_mean(values, count, seed);
}

static int by_value(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* The percentile bootstrap: what the estimate must not be. */
static struct estimate percentile(const double *values, size_t count, uint64_t seed)
{
	static double means[RESAMPLES];
	struct estimate estimate = { .method = ESTIMATE_BCA };
	size_t i, k;

	(void)seed;
	for (i = 0; i < RESAMPLES; i++) {
		means[i] = 0;
		for (k = 0; k < count; k++)
			means[i] += values[(size_t)(uniform() * (double)count)] / (double)count;
	}
	qsort(means, RESAMPLES, sizeof(means[0]), by_value);
	estimate.low = means[RESAMPLES * 25 / 1000];
	estimate.high = means[RESAMPLES * 975 / 1000 - 1];
	return estimate;
}

typedef struct estimate estimator(const double *values, size_t count, uint64_t seed);

/* Percent of the intervals that hold the true mean, 0. */
static double coverage(estimator *make, double (*noise)(void), size_t count, int trials)
{
	double values[MOST];
	struct estimate estimate;
	int held = 0, trial;
	size_t i;

	for (trial = 0; trial < trials; trial++) {
		for (i = 0; i < count; i++)
			values[i] = 17 + 0.05 * noise();
		estimate = make(values, count, ESTIMATE_SEED + (uint64_t)trial);
		held += estimate.low <= 17 && 17 <= estimate.high;
	}
	return 100.0 * held / trials;
}

static const struct {
	size_t count;
	int trials;
} cases[] = { { 5, 8000 }, { 8, 8000 }, { 20, 8000 }, { 60, 2000 } };
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static void intervals_hold_the_truth_in_93_to_97_of_100(void **state)
{
	double percent;
	size_t i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		percent = coverage(ours, normal_noise, cases[i].count, cases[i].trials);
		print_message("# n = %zu, normal noise: %.1f%%\n", cases[i].count, percent);
		if (percent < 93 || percent > 97)
			fail_msg("coverage of %.1f%% at n = %zu", percent, cases[i].count);
	}
}

/* The check above can fail: with the percentile bootstrap in the estimate's place it does. */
static void the_percentile_bootstrap_would_be_seen(void **state)
{
	double percent;

	(void)state;
	percent = coverage(percentile, normal_noise, 5, 2000);
	print_message("# n = 5, percentile bootstrap: %.1f%%\n", percent);
	assert_true(percent < 93);
	percent = coverage(percentile, normal_noise, 8, 2000);
	print_message("# n = 8, percentile bootstrap: %.1f%%\n", percent);
	assert_true(percent < 93);
}

/* Told, not promised: the noise of a machine is not always normal. */
static void other_noise_is_told(void **state)
{
	double skewed, bimodal;
	size_t i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		skewed = coverage(ours, skewed_noise, cases[i].count, cases[i].trials);
		bimodal = coverage(ours, bimodal_noise, cases[i].count, cases[i].trials);
		print_message("# n = %zu, skewed noise: %.1f%%, bimodal noise: %.1f%%\n", cases[i].count,
			      skewed, bimodal);
		assert_true(skewed > 80 && bimodal > 70);
	}
}

/* Where the noise is skewed, the interval is not symmetric: BCa reaches further to the long side. */
static void bca_follows_the_skew(void **state)
{
	double values[MOST];
	struct estimate estimate;
	int longer = 0, trial;
	size_t i;

	(void)state;
	for (trial = 0; trial < 50; trial++) {
		for (i = 0; i < 60; i++)
			values[i] = skewed_noise();
		estimate = estimate_mean(values, 60, ESTIMATE_SEED);
		assert_int_equal(estimate.method, ESTIMATE_BCA);
		longer += estimate.mean - estimate.low > estimate.high - estimate.mean;
	}
	assert_true(longer >= 48);
}

static void a_seed_gives_the_same_interval(void **state)
{
	double values[MOST];
	struct estimate first, second;
	size_t i;

	(void)state;
	for (i = 0; i < 60; i++)
		values[i] = normal_noise();
	first = estimate_mean(values, 60, 1);
	second = estimate_mean(values, 60, 1);
	assert_memory_equal(&first.low, &second.low, sizeof(double));
	second = estimate_mean(values, 60, 2);
	assert_true(first.low < second.low || first.low > second.low);
}

static void few_values_have_no_interval(void **state)
{
	const double value = 3;

	(void)state;
	assert_int_equal(estimate_mean(NULL, 0, 1).method, ESTIMATE_NONE);
	assert_int_equal(estimate_mean(&value, 1, 1).method, ESTIMATE_NONE);
	assert_true(fabs(estimate_mean(&value, 1, 1).mean - 3) < 1e-12);
}

/* By hand: xx = 5, xy = 5.5, the rest's squares 2.7: slope 1.1, its error sqrt(2.7 / 2 / 5). */
static void a_line_is_fitted(void **state)
{
	const double x[] = { 0, 1, 2, 3 }, y[] = { 1, 3, 2, 5 };
	const struct estimate_line line = estimate_slope(x, y, 4, 1);

	(void)state;
	assert_true(fabs(line.slope - 1.1) < 1e-12);
	assert_true(fabs(line.error - 0.519615242) < 1e-8);
	assert_true(fabs(line.freedom - 2) < 1e-12);
	assert_true(fabs(estimate_slope(x, y, 1, 1).slope) < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_hold_the_truth_in_93_to_97_of_100),
		cmocka_unit_test(the_percentile_bootstrap_would_be_seen),
		cmocka_unit_test(other_noise_is_told),
		cmocka_unit_test(bca_follows_the_skew),
		cmocka_unit_test(a_seed_gives_the_same_interval),
		cmocka_unit_test(few_values_have_no_interval),
		cmocka_unit_test(a_line_is_fitted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
