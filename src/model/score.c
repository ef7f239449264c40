/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/score.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "model/student.h"

static const double confidence = 0.95;

static double part_rate(const struct test *test, uint64_t count, int64_t scored_ns)
{
	return scored_ns > 0 ? (double)count * test->per_loop / num_seconds(scored_ns)
			     : 0;
}

/* Where UnixBench counts loops it divides their sum by the mean time; where it counts a rate, the
 * rates of the copies are added up. */
double score_sample_rate(const struct test *test, const struct run_sample *sample)
{
	double sum = 0;
	unsigned i;

	if (!test->counts_rate || sample->part_count == 0)
		return part_rate(test, sample->count, sample->scored_ns);
	for (i = 0; i < sample->part_count; i++)
		sum += part_rate(test, sample->parts[i].count,
				 sample->parts[i].scored_ns);
	return sum;
}

/* What UnixBench sorts the passes by, and where the pass stands. */
struct rank {
	double counted;
	size_t number;
};

static int by_counted(const void *a, const void *b)
{
	const struct rank *left = a, *right = b;

	if (left->counted < right->counted || left->counted > right->counted)
		return left->counted < right->counted ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

void score_mark_kept(struct run_test *test)
{
	autofree struct rank *ranks = mem_zero(test->sample_count, sizeof(*ranks));
	size_t i;

	for (i = 0; i < test->sample_count; i++) {
		ranks[i].number = i;
		ranks[i].counted =
			test->test->counts_rate
				? score_sample_rate(test->test, &test->samples[i])
				: (double)test->samples[i].count;
	}
	qsort(ranks, test->sample_count, sizeof(*ranks), by_counted);
	for (i = 0; i < test->sample_count; i++)
		test->samples[ranks[i].number].kept = i >= test->sample_count / 3;
}

/* The logarithms of the rates of some samples, and the sum of their times. */
struct log_rates {
	double *values;
	size_t count;
	double time_s;
};

static void log_rates_add(struct log_rates *rates, const struct test *test,
			  const struct run_sample *sample)
{
	const double rate = score_sample_rate(test, sample);

	if (!(rate > 0))
		return;
	rates->values = mem_grow(rates->values, rates->count, sizeof(*rates->values));
	rates->values[rates->count++] = log(rate);
	rates->time_s += num_seconds(sample->scored_ns);
}

static unsigned count_trusted(const struct run_test *test)
{
	unsigned trusted = 0;
	size_t i;

	for (i = 0; i < test->sample_count; i++)
		trusted += test->samples[i].flags == 0;
	return trusted;
}

static struct score imported_score(const struct run_test *test)
{
	return (struct score){.value = test->imported_score,
			      .classic = test->imported_score,
			      .used = test->imported_samples,
			      .time_s = test->imported_time_s};
}

static void score_set_value(struct score *score, double mean_log,
			    const struct log_rates *rates)
{
	score->value = exp(mean_log);
	score->time_s = rates->time_s / (double)rates->count;
	score->used = (unsigned)rates->count;
}

static struct score score_of(const struct log_rates *used, const struct log_rates *kept,
			     enum run_method method)
{
	const struct estimate estimate =
		estimate_mean(used->values, used->count, ESTIMATE_SEED);
	const struct estimate classic =
		estimate_mean(kept->values, kept->count, ESTIMATE_SEED);
	struct score score = {0};

	if (kept->count > 0)
		score.classic = exp(classic.mean);
	if (method == RUN_CLASSIC) {
		/* the trimmed mean lies above the middle of any interval of all samples: it gets none */
		if (kept->count > 0)
			score_set_value(&score, classic.mean, kept);
		return score;
	}
	if (used->count == 0)
		return score;
	score_set_value(&score, estimate.mean, used);
	if (estimate.method == ESTIMATE_NONE)
		return score;
	score.low = exp(estimate.low);
	score.high = exp(estimate.high);
	score.error_log = estimate.error;
	score.freedom = estimate.freedom;
	score.method = estimate.method;
	return score;
}

static struct score score_alone(const struct run_test *test, enum run_method method)
{
	const bool take_all = count_trusted(test) < SCORE_TRUSTED_LEAST;
	struct log_rates used = {0}, kept = {0};
	struct score score = {0};
	size_t i;

	if (test->failure != NULL)
		return score; /* samples from before the failure are facts, but no score */
	if (test->sample_count == 0)
		return imported_score(test);
	for (i = 0; i < test->sample_count; i++) {
		if (take_all || test->samples[i].flags == 0)
			log_rates_add(&used, test->test, &test->samples[i]);
		if (test->samples[i].kept)
			log_rates_add(&kept, test->test, &test->samples[i]);
	}
	score = score_of(&used, &kept, method);
	free(used.values);
	free(kept.values);
	return score;
}

/* The trusted samples of a run in the order of time: when each began, and the logarithm of
 * its rate less the mean of its test. */
struct residual {
	double start_s;
	double value;
};

struct residuals {
	struct residual *list;
	size_t count;
	size_t tests;
};

static void add_residuals(const struct run_test *test, struct residuals *out)
{
	struct residual *first = out->list + out->count;
	double rate, mean = 0, degrees;
	size_t i, count = 0;

	for (i = 0; i < test->sample_count; i++) {
		rate = score_sample_rate(test->test, &test->samples[i]);
		if (test->samples[i].flags != 0 || !(rate > 0))
			continue;
		first[count++] = (struct residual){num_seconds(test->samples[i].start_ns),
						   log(rate)};
		mean += log(rate);
	}
	if (count < SCORE_TRUSTED_LEAST)
		return;
	mean /= (double)count;
	/* what the mean takes away of the spread is given back */
	degrees = sqrt((double)count / (double)(count - 1));
	for (i = 0; i < count; i++)
		first[i].value = (first[i].value - mean) * degrees;
	out->count += count;
	out->tests++;
}

static int by_start(const void *a, const void *b)
{
	const struct residual *left = a, *right = b;

	return (left->start_s > right->start_s) - (left->start_s < right->start_s);
}

static struct residuals residuals_of(const struct run *run)
{
	struct residuals out = {0};
	size_t room = 0, i;

	for (i = 0; i < run->test_count; i++)
		room += run->tests[i].sample_count;
	out.list = mem_zero(room, sizeof(*out.list));
	for (i = 0; i < run->test_count; i++)
		add_residuals(&run->tests[i], &out);
	qsort(out.list, out.count, sizeof(*out.list), by_start);
	return out;
}

/* What a machine whose speed wanders adds to the variance of every mean of a run. */
struct wander {
	double variance; /* of a logarithm; 0: the samples do not depend on their neighbours */
	double freedom;
};

/* A machine that wanders within a run wanders beyond it as well, which the run cannot see: of
 * flicker noise each octave of time holds as much as the one before (D. Allan, Proc. IEEE 54,
 * 1966), so that the means of neighbouring runs differ by about as much again. */
static const double beyond_the_run = 2;

/* Neighbours in time, of whatever test, are alike when the machine itself is faster or slower
 * for a while: the covariances up to a lag of a quarter of the run, with Bartlett's weights
 * (Newey and West 1987); the freedom of so wide a window is about count / lag (Kiefer and
 * Vogelsang 2005). */
static struct wander wander_of(const struct run *run)
{
	struct residuals all = residuals_of(run);
	const size_t lags = all.count / 4 > all.tests ? all.count / 4 : all.tests;
	struct wander out = {0};
	double covariance, sum = 0;
	size_t lag, i;

	for (lag = 1; lag <= lags && lag < all.count; lag++) {
		covariance = 0;
		for (i = lag; i < all.count; i++)
			covariance += all.list[i].value * all.list[i - lag].value;
		sum += 2 * (1 - (double)lag / (double)(lags + 1)) * covariance;
	}
	if (all.tests > 1 && sum > 0) {
		out.variance = beyond_the_run * sum / (double)(all.count * all.count);
		out.freedom = (double)all.count / (double)lags;
	}
	free(all.list);
	return out;
}

/* Welch and Satterthwaite: the freedom of a sum of two variances. */
static double freedom_of_sum(double first, double first_freedom, double second,
			     double second_freedom)
{
	const double weights =
		(first_freedom > 0 ? first * first / first_freedom : 0) +
		(second_freedom > 0 ? second * second / second_freedom : 0);

	return weights > 0 ? (first + second) * (first + second) / weights : 1e9;
}

/* The interval that error and freedom make around the value: Student's. */
static void set_student(struct score *score)
{
	double reach;

	if (!(score->freedom > 0))
		return;
	reach = student_quantile(confidence, score->freedom) * score->error_log;
	score->low = score->value * exp(-reach);
	score->high = score->value * exp(reach);
	score->method = ESTIMATE_STUDENT;
}

static void widen(struct score *score, const struct wander *wander)
{
	const double own = score->error_log * score->error_log;

	if (!(wander->variance > 0) || !(score->freedom > 0))
		return;
	score->freedom =
		freedom_of_sum(own, score->freedom, wander->variance, wander->freedom);
	score->error_log = sqrt(own + wander->variance);
	set_student(score);
}

struct score score_test(const struct run *run, const struct run_test *test)
{
	struct score score = score_alone(test, run->method);
	struct wander wander;

	if (score.freedom > 0) {
		wander = wander_of(run);
		widen(&score, &wander);
	}
	return score;
}

struct score score_test_index(const struct run *run, const struct run_test *test)
{
	struct score score = score_test(run, test);
	const double factor = 10 / test->test->baseline;

	if (test->sample_count == 0 && test->imported_index > 0) {
		score.value = score.classic = test->imported_index;
		return score;
	}
	score.value *= factor;
	score.low *= factor;
	score.high *= factor;
	score.classic *= factor;
	return score;
}

double score_wander(const struct run *run)
{
	return sqrt(wander_of(run).variance);
}

/* 10 times a rate over the baseline; an imported index was printed before its rate was
 * rounded. */
static double index_of(const struct run_test *test, double rate)
{
	return test->sample_count == 0 && test->imported_index > 0
		       ? test->imported_index
		       : rate * 10 / test->test->baseline;
}

struct score_index score_run(const struct run *run)
{
	struct score_index index = {0};
	double logs = 0, classic_logs = 0, variance = 0, weights = 0;
	bool has_interval = true;
	struct wander wander = {0};
	struct score score;
	size_t i;

	for (i = 0; i < run->test_count; i++) {
		score = score_alone(&run->tests[i], run->method);
		if (!(score.value > 0))
			continue;
		logs += log(index_of(&run->tests[i], score.value));
		classic_logs += log(index_of(
			&run->tests[i], score.classic > 0 ? score.classic : score.value));
		variance += score.error_log * score.error_log;
		if (score.freedom > 0)
			weights += pow(score.error_log, 4) / score.freedom;
		has_interval = has_interval && score.freedom > 0;
		index.tests++;
	}
	index.is_partial = index.tests < TESTS_COUNT;
	if (index.tests == 0) {
		/* a report that was cut may hold its score alone */
		index.score.value = index.score.classic = run->imported_index;
		return index;
	}
	index.score.value =
		run->imported_index > 0 ? run->imported_index : exp(logs / index.tests);
	index.score.classic = exp(classic_logs / index.tests);
	index.score.error_log = sqrt(variance) / index.tests;
	if (has_interval)
		index.score.freedom = weights > 0 ? variance * variance / weights : 1e9;
	set_student(&index.score);
	if (has_interval)
		wander = wander_of(run);
	widen(&index.score, &wander);
	return index;
}

double score_smallest_change(const struct score *score)
{
	/* the difference of two logarithms with the same error, and twice the degrees of
	 * freedom */
	if (!(score->freedom > 0))
		return 0;
	return expm1(student_quantile(confidence, 2 * score->freedom) * score->error_log *
		     M_SQRT2);
}

struct score_drift score_drift_of(const struct run *run)
{
	const double sure = 0.99, worth_telling = 0.01;
	struct residuals all = residuals_of(run);
	double *x = mem_zero(all.count, sizeof(*x)), *y = mem_zero(all.count, sizeof(*y));
	const double length_s =
		all.count > 0 ? all.list[all.count - 1].start_s - all.list[0].start_s : 0;
	struct score_drift drift = {0};
	struct estimate_line line;
	size_t i;

	for (i = 0; i < all.count; i++) {
		x[i] = all.list[i].start_s;
		y[i] = all.list[i].value;
	}
	line = estimate_slope(x, y, all.count, all.tests);
	free(all.list);
	free(x);
	free(y);
	drift.change = expm1(line.slope * length_s);
	drift.is_shown =
		line.freedom > 0 && fabs(drift.change) > worth_telling &&
		fabs(line.slope) > student_quantile(sure, line.freedom) * line.error;
	return drift;
}
