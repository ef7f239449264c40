/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/unixbench_check.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"

static void warn_of_missing(struct run *run)
{
	autostr struct str names = STR_EMPTY;
	unsigned missing = 0;
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++) {
		const struct run_test *test = run_find_test(run, tests_all[i].key);

		if (test != NULL && test->imported_score > 0)
			continue;
		str_addf(&names, "%s%s", missing > 0 ? ", " : "", tests_all[i].key);
		missing++;
	}
	if (missing > 0)
		run_warn(run, "the report holds no result of %s", names.bytes);
}

/* The printed score against the one that the rows give: from the results, because a printed
 * index of 2.2 is rounded by 2%. A result of 2.0 is rounded as well: that moves the score by its
 * part. */
static void check_score(struct run *run)
{
	double logs = 0, rounding = 0, computed;
	size_t i, count = 0;

	for (i = 0; i < run->test_count; i++) {
		const struct run_test *test = &run->tests[i];

		if (!(test->imported_score > 0))
			continue;
		logs += log(10 * test->imported_score / test->test->baseline);
		rounding += 0.05 / test->imported_score;
		count++;
	}
	if (!(run->imported_index > 0) || count == 0)
		return;
	computed = exp(logs / (double)count);
	if (fabs(computed - run->imported_index) >
	    fmax(0.1, 0.05 + computed * rounding / (double)count))
		run_warn(run, "the report prints the score %.1f, its rows give %.1f",
			 run->imported_index, computed);
}

void unixbench_check(struct run *run)
{
	warn_of_missing(run);
	check_score(run);
	if (run->copies == 0)
		run_warn(run, "the report does not say how many copies ran");
}

/* FNV-1a */
static void hash_text(uint64_t *hash, const char *text)
{
	for (; *text != '\0'; text++)
		*hash = (*hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
}

/* What tells a section from another: its results, and where there are none its scores. */
static void hash_run(uint64_t *hash, const struct run *run)
{
	static const char *const graphics[] = {"report.score.2d", "report.score.3d"};
	char text[64];
	size_t i;

	for (i = 0; i < run->test_count; i++) {
		(void)snprintf(text, sizeof(text), "%s %.3f", run->tests[i].test->key,
			       run->tests[i].imported_score);
		hash_text(hash, text);
	}
	if (run->test_count > 0)
		return;
	(void)snprintf(text, sizeof(text), "%.1f", run->imported_index);
	hash_text(hash, text);
	for (i = 0; i < sizeof(graphics) / sizeof(graphics[0]); i++) {
		const char *score = environment_value(&run->environment, graphics[i]);

		hash_text(hash, score != NULL ? score : "-");
	}
}

static char *group_of(uint64_t hash)
{
	struct str text = STR_EMPTY;

	str_addf(&text, "import-%016llx", (unsigned long long)hash);
	return text.bytes;
}

void unixbench_set_ids(struct runs *runs)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < runs->count; i++)
		hash_run(&hash, &runs->runs[i]);
	for (i = 0; i < runs->count; i++) {
		struct str id = STR_EMPTY;

		str_addf(&id, "import-%016llx-%zu", (unsigned long long)hash, i + 1);
		runs->runs[i].id = id.bytes;
		if (runs->count > 1)
			runs->runs[i].group = group_of(hash);
	}
}
