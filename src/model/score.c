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

/* Mean and spread of the logarithms of some samples' rates. */
struct log_sums {
	double sum, squares, time_s;
	unsigned count;
};

static void log_sums_add(struct log_sums *sums, const struct test *test,
			 const struct run_sample *sample)
{
	const double rate = score_sample_rate(test, sample);

	if (!(rate > 0))
		return;
	sums->sum += log(rate);
	sums->squares += log(rate) * log(rate);
	sums->time_s += num_seconds(sample->scored_ns);
	sums->count++;
}

static unsigned count_trusted(const struct run_test *test)
{
	unsigned trusted = 0;
	size_t i;

	for (i = 0; i < test->sample_count; i++)
		trusted += test->samples[i].flags == 0;
	return trusted;
}

static void score_set_interval(struct score *score)
{
	double reach;

	if (!(score->freedom > 0))
		return;
	reach = student_quantile(confidence, score->freedom) * score->error_log;
	score->low = score->value * exp(-reach);
	score->high = score->value * exp(reach);
}

static struct score imported_score(const struct run_test *test)
{
	return (struct score){.value = test->imported_score,
			      .classic = test->imported_score,
			      .used = test->imported_samples,
			      .time_s = test->imported_time_s};
}

struct score score_test(const struct run_test *test, enum run_method method)
{
	const bool take_all = count_trusted(test) < SCORE_TRUSTED_LEAST;
	struct log_sums used = {0}, kept = {0};
	struct score score = {0};
	double variance;
	size_t i;

	if (test->failure != NULL)
		return score; /* samples from before the failure are facts, but no score */
	if (test->sample_count == 0)
		return imported_score(test);
	for (i = 0; i < test->sample_count; i++) {
		if (take_all || test->samples[i].flags == 0)
			log_sums_add(&used, test->test, &test->samples[i]);
		if (test->samples[i].kept)
			log_sums_add(&kept, test->test, &test->samples[i]);
	}
	if (kept.count > 0)
		score.classic = exp(kept.sum / kept.count);
	if (used.count > 1) {
		variance = (used.squares - used.sum * used.sum / used.count) /
			   (used.count - 1);
		score.error_log = sqrt(fmax(variance, 0) / used.count);
		score.freedom = used.count - 1;
	}
	if (method == RUN_CLASSIC) {
		/* the trimmed mean lies above the middle of any interval of all samples */
		used = kept;
		score.error_log = score.freedom = 0;
	}
	if (used.count == 0)
		return score;
	score.value = exp(used.sum / used.count);
	score.time_s = used.time_s / used.count;
	score.used = used.count;
	score_set_interval(&score);
	return score;
}

struct score score_test_index(const struct run_test *test, enum run_method method)
{
	struct score score = score_test(test, method);
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

struct score_index score_run(const struct run *run)
{
	struct score_index index = {0};
	double logs = 0, classic_logs = 0, variance = 0, weights = 0;
	bool has_interval = true;
	struct score score;
	size_t i;

	for (i = 0; i < run->test_count; i++) {
		score = score_test_index(&run->tests[i], run->method);
		if (!(score.value > 0))
			continue;
		logs += log(score.value);
		classic_logs += log(score.classic > 0 ? score.classic : score.value);
		variance += score.error_log * score.error_log;
		if (score.freedom > 0)
			weights += pow(score.error_log, 4) / score.freedom;
		has_interval = has_interval && score.freedom > 0;
		index.tests++;
	}
	index.is_partial = index.tests < TESTS_COUNT;
	if (index.tests == 0)
		return index;
	index.score.value =
		run->imported_index > 0 ? run->imported_index : exp(logs / index.tests);
	index.score.classic = exp(classic_logs / index.tests);
	index.score.error_log = sqrt(variance) / index.tests;
	if (has_interval)
		index.score.freedom = weights > 0 ? variance * variance / weights : 1e9;
	score_set_interval(&index.score);
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
