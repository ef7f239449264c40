/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/estimate.h"

#include <math.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/str.h"
#include "model/student.h"

const char *const estimate_method_names[ESTIMATE_METHOD_COUNT] = {NULL, "student", "bca"};

static const double confidence = 0.95;

/* SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): small, and good enough to draw
 * indexes. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double mean_of(const double *values, size_t count)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < count; i++)
		sum += values[i];
	return sum / (double)count;
}

static double normal_below(double x)
{
	return erfc(-x / M_SQRT2) / 2;
}

/* The inverse of normal_below, by bisection. */
static double normal_quantile(double p)
{
	double low = -10, high = 10, middle;
	int i;

	for (i = 0; i < 80; i++) {
		middle = (low + high) / 2;
		if (normal_below(middle) < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

static int by_value(const void *a, const void *b)
{
	const double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Acceleration of the mean: a sixth of its skewness by the jackknife, which for a mean
 * has a closed form. */
static double acceleration(const double *values, size_t count, double mean)
{
	double squares = 0, cubes = 0, off;
	size_t i;

	for (i = 0; i < count; i++) {
		off = values[i] - mean;
		squares += off * off;
		cubes += off * off * off;
	}
	return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* The resampled mean below which the corrected share of them lies. */
static double bca_end(const double *means, double bias, double skew, double z)
{
	const double shifted = bias + (bias + z) / (1 - skew * (bias + z));
	const double rank = normal_below(shifted) * (ESTIMATE_RESAMPLES - 1);
	const size_t below = (size_t)fmax(0, fmin(rank, ESTIMATE_RESAMPLES - 2));

	return means[below] + (means[below + 1] - means[below]) * (rank - (double)below);
}

static void set_bca(const double *values, size_t count, uint64_t seed,
		    struct estimate *estimate)
{
	autofree double *means = mem_zero(ESTIMATE_RESAMPLES, sizeof(*means));
	const double skew = acceleration(values, count, estimate->mean);
	const double z = normal_quantile((1 + confidence) / 2);
	double below = 0, sum, bias;
	size_t i, k;

	for (i = 0; i < ESTIMATE_RESAMPLES; i++) {
		sum = 0;
		for (k = 0; k < count; k++)
			sum += values[random_next(&seed) % count];
		means[i] = sum / (double)count;
		below += means[i] < estimate->mean;
	}
	qsort(means, ESTIMATE_RESAMPLES, sizeof(*means), by_value);
	bias = normal_quantile(fmax(0.5, fmin(below, ESTIMATE_RESAMPLES - 0.5)) /
			       ESTIMATE_RESAMPLES);
	estimate->low = bca_end(means, bias, skew, -z);
	estimate->high = bca_end(means, bias, skew, z);
	estimate->method = ESTIMATE_BCA;
}

struct estimate estimate_mean(const double *values, size_t count, uint64_t seed)
{
	struct estimate estimate = {.method = ESTIMATE_NONE};
	double squares = 0, reach;
	size_t i;

	if (count == 0)
		return estimate;
	estimate.mean = estimate.low = estimate.high = mean_of(values, count);
	if (count == 1)
		return estimate;
	for (i = 0; i < count; i++)
		squares += (values[i] - estimate.mean) * (values[i] - estimate.mean);
	estimate.freedom = (double)(count - 1);
	estimate.error = sqrt(squares / estimate.freedom / (double)count);
	if (count > ESTIMATE_STUDENT_MOST) {
		set_bca(values, count, seed, &estimate);
		return estimate;
	}
	reach = student_quantile(confidence, estimate.freedom) * estimate.error;
	estimate.low = estimate.mean - reach;
	estimate.high = estimate.mean + reach;
	estimate.method = ESTIMATE_STUDENT;
	return estimate;
}

struct estimate_line estimate_slope(const double *x, const double *y, size_t count,
				    size_t fitted)
{
	struct estimate_line line = {0};
	double x_mean, y_mean, xx = 0, xy = 0, rest = 0, off;
	size_t i;

	if (count < 2)
		return line;
	x_mean = mean_of(x, count);
	y_mean = mean_of(y, count);
	for (i = 0; i < count; i++) {
		xx += (x[i] - x_mean) * (x[i] - x_mean);
		xy += (x[i] - x_mean) * (y[i] - y_mean);
	}
	if (!(xx > 0))
		return line;
	line.slope = xy / xx;
	if (count <= fitted + 1)
		return line;
	for (i = 0; i < count; i++) {
		off = y[i] - y_mean - line.slope * (x[i] - x_mean);
		rest += off * off;
	}
	line.freedom = (double)(count - fitted - 1);
	line.error = sqrt(rest / line.freedom / xx);
	return line;
}
