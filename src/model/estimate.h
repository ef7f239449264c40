/* SPDX-License-Identifier: GPL-2.0-or-later */
/** estimate.h - what a few noisy rates say about the true one, and how sure that is. Pure
 * functions. */
#ifndef MODEL_ESTIMATE_H
#define MODEL_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

/** How an interval was made. */
enum estimate_method {
	ESTIMATE_NONE,	  /* fewer than two values: no interval */
	ESTIMATE_STUDENT, /* Student's t, up to ESTIMATE_STUDENT_MOST values */
	ESTIMATE_BCA,	  /* bootstrap, bias-corrected and accelerated */
};
enum { ESTIMATE_METHOD_COUNT = ESTIMATE_BCA + 1 };

/** Names of the methods; the first is NULL. */
extern const char *const estimate_method_names[ESTIMATE_METHOD_COUNT];

enum { ESTIMATE_STUDENT_MOST = 50, ESTIMATE_RESAMPLES = 2000 };

/** The seed of the bootstrap: with it, anybody gets the same interval from the same
 * values. */
#define ESTIMATE_SEED UINT64_C(20150819)

/** The mean of some logarithms with its interval of 95%. */
struct estimate {
	double mean;
	double error;	  /* standard error of the mean */
	double freedom;	  /* degrees of freedom of it; 0: none */
	double low, high; /* equal to mean when there is no interval */
	enum estimate_method method;
};

/** Estimate the mean.
 *
 * @values: logarithms of rates; may be NULL when @count is 0
 * @seed:   of the bootstrap; ESTIMATE_SEED outside of tests
 * Source:  B. Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987), for BCa
 */
struct estimate estimate_mean(const double *values, size_t count, uint64_t seed);

/** A straight line through some points. */
struct estimate_line {
	double slope;
	double error;	/* standard error of the slope; 0 with fewer than three points */
	double freedom; /* degrees of freedom of it */
};

/** Fit a line by least squares.
 *
 * @x, @y:  @count values each
 * @fitted: parameters that were taken out of @y before, beside the slope (the means of
 * groups)
 */
struct estimate_line estimate_slope(const double *x, const double *y, size_t count,
				    size_t fitted);

#endif
