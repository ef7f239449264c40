/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/compare.h"

#include <math.h>
#include <string.h>

#include "model/score.h"
#include "model/student.h"

static const double confidence = 0.95;

const char *const compare_verdict_texts[COMPARE_VERDICT_COUNT] = {
	[COMPARE_CANNOT_TELL] = "cannot tell",
	[COMPARE_NO_DIFFERENCE] = "no difference shown",
	[COMPARE_FASTER] = "faster",
	[COMPARE_SLOWER] = "slower",
};

const char *const compare_verdict_keys[COMPARE_VERDICT_COUNT] = {
	[COMPARE_CANNOT_TELL] = "cannot_tell",
	[COMPARE_NO_DIFFERENCE] = "no_difference",
	[COMPARE_FASTER] = "faster",
	[COMPARE_SLOWER] = "slower",
};

static const char *digest_of(const struct run *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->build.file_count; i++)
		if (strcmp(run->build.files[i].name, name) == 0)
			return run->build.files[i].sha256;
	return NULL;
}

bool compare_is_same_build(const struct run *first, const struct run *second)
{
	size_t i;

	if (first->build.file_count == 0 || second->build.file_count == 0)
		return false;
	for (i = 0; i < first->build.file_count; i++) {
		const char *other = digest_of(second, first->build.files[i].name);

		if (other != NULL && strcmp(other, first->build.files[i].sha256) != 0)
			return false;
	}
	return true;
}

static const char *profile_of(const struct run *run)
{
	return run->profile != NULL ? run->profile : "unixbench";
}

/* A published report was made by classic passes: it stands beside any method, and has no
 * interval. */
static bool is_classic(const struct run *run)
{
	return run->method == RUN_CLASSIC;
}

static bool has_common_test(const struct run *first, const struct run *second)
{
	size_t i;

	for (i = 0; i < first->test_count; i++) {
		const struct run_test *other =
			run_find_test(second, first->tests[i].test->key);

		if (other != NULL && score_test(first, &first->tests[i]).value > 0 &&
		    score_test(second, other).value > 0)
			return true;
	}
	return false;
}

int compare_check(const struct run *first, const struct run *second, struct error *err)
{
	if (strcmp(profile_of(first), profile_of(second)) != 0)
		return error_set(err, ERROR_REFUSED,
				 "the profiles are '%s' and '%s': they do other work; "
				 "measure both machines with --profile both",
				 profile_of(first), profile_of(second));
	if (first->copies != second->copies && first->copies != 0 && second->copies != 0)
		return error_set(
			err, ERROR_REFUSED,
			"%u and %u copies ran: measure both with the same --copies",
			first->copies, second->copies);
	if (is_classic(first) != is_classic(second) && first->method != RUN_IMPORTED &&
	    second->method != RUN_IMPORTED)
		return error_set(
			err, ERROR_REFUSED,
			"one run was made with --classic, whose rule drops the worst "
			"third: measure both in the same way");
	if (strcmp(profile_of(first), "pinned") == 0 &&
	    !compare_is_same_build(first, second))
		return error_set(
			err, ERROR_REFUSED,
			"the workloads of the profile pinned are not the same bytes "
			"in both runs: take them from one bundle");
	if (!has_common_test(first, second))
		return error_set(err, ERROR_REFUSED, "the runs have no test in common");
	return 0;
}

static void judge(struct compare_row *row, double error_log, double freedom)
{
	const double middle = log(row->ratio);
	double reach;

	row->verdict = COMPARE_CANNOT_TELL;
	if (!(freedom > 0))
		return;
	row->error_log = error_log;
	row->freedom = freedom;
	reach = student_quantile(confidence, freedom) * error_log;
	row->low = exp(middle - reach);
	row->high = exp(middle + reach);
	row->smallest = expm1(reach);
	row->verdict = row->low > 1    ? COMPARE_FASTER
		       : row->high < 1 ? COMPARE_SLOWER
				       : COMPARE_NO_DIFFERENCE;
}

/* Two errors and their freedoms, by Welch and Satterthwaite; no interval when one of them has
 * none. */
static void judge_sum(struct compare_row *row, double first_error, double first_freedom,
		      double second_error, double second_freedom)
{
	const double a = first_error * first_error, b = second_error * second_error;
	double freedom = 0;

	if (first_freedom > 0 && second_freedom > 0) {
		const double weights = a * a / first_freedom + b * b / second_freedom;

		freedom = weights > 0 ? (a + b) * (a + b) / weights : 1e9;
	}
	judge(row, sqrt(a + b), freedom);
}

static void judge_scores(struct compare_row *row, const struct score *first,
			 const struct score *second)
{
	judge_sum(row, first->error_log, first->freedom, second->error_log,
		  second->freedom);
}

static struct score score_in(const struct run *run, const struct test *test)
{
	const struct run_test *there = run_find_test(run, test->key);

	return there != NULL ? score_test(run, there) : (struct score){0};
}

/* The index of the common tests: a copy of the run that has no others. */
static struct score common_index(const struct run *run, const struct run *other,
				 size_t *out_common)
{
	struct run part = *run;
	size_t i;

	part.test_count = 0;
	part.imported_index = 0;
	for (i = 0; i < run->test_count; i++) {
		const struct test *test = run->tests[i].test;

		if (score_in(run, test).value > 0 && score_in(other, test).value > 0)
			part.tests[part.test_count++] = run->tests[i];
	}
	*out_common = part.test_count;
	if (part.test_count == TESTS_COUNT)
		part.imported_index = run->imported_index;
	return score_run(&part).score; /* part owns nothing */
}

void compare_runs(const struct run *first, const struct run *second,
		  struct comparison *out)
{
	struct score a, b;
	size_t i;

	*out = (struct comparison){0};
	for (i = 0; i < TESTS_COUNT; i++) {
		struct compare_row *row = &out->tests[out->test_count];

		a = score_in(first, &tests_all[i]);
		b = score_in(second, &tests_all[i]);
		if (!(a.value > 0) && !(b.value > 0))
			continue;
		*row = (struct compare_row){
			.test = &tests_all[i], .first = a.value, .second = b.value};
		out->test_count++;
		if (!(a.value > 0) || !(b.value > 0))
			continue;
		row->ratio = b.value / a.value;
		judge_scores(row, &a, &b);
	}
	a = common_index(first, second, &out->common);
	b = common_index(second, first, &out->common);
	out->index = (struct compare_row){.first = a.value, .second = b.value};
	if (out->common == 0)
		return;
	out->index.ratio = b.value / a.value;
	judge_scores(&out->index, &a, &b);
}

static struct compare_split_row split_row(const struct compare_row *whole,
					  const struct compare_row *pinned)
{
	struct compare_split_row row = {.test = whole->test, .kernel = *pinned};

	row.userland = (struct compare_row){.test = whole->test,
					    .ratio = whole->ratio / pinned->ratio};
	judge_sum(&row.userland, whole->error_log, whole->freedom, pinned->error_log,
		  pinned->freedom);
	return row;
}

static const struct compare_row *find_row(const struct comparison *comparison,
					  const struct test *test)
{
	size_t i;

	for (i = 0; i < comparison->test_count; i++)
		if (comparison->tests[i].test == test)
			return &comparison->tests[i];
	return NULL;
}

void compare_split(const struct comparison *whole, const struct comparison *pinned,
		   struct compare_split *out)
{
	size_t i;

	*out = (struct compare_split){0};
	for (i = 0; i < whole->test_count; i++) {
		const struct compare_row *row = &whole->tests[i];
		const struct compare_row *other = find_row(pinned, row->test);

		if (row->ratio > 0 && other != NULL && other->ratio > 0)
			out->tests[out->test_count++] = split_row(row, other);
	}
	/* of other tests it would be another index */
	if (out->test_count > 0 && out->test_count == whole->common &&
	    out->test_count == pinned->common)
		out->index = split_row(&whole->index, &pinned->index);
}
