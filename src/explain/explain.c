/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/explain.h"

#include <math.h>
#include <string.h>

#include "explain/next.h"
#include "explain/rules.h"

/* Without an interval a tenth is taken for a change: UnixBench's own runs differ by less. */
static const double imported_reach = 0.0953;
/* A smaller share is not worth a line. */
static const double least_share = 0.05;
/* What is left of a test's change when it counts as unexplained. */
static const double left_share = 0.3;
static const double size_worth_telling = 1.05;

/* How all tests changed: logarithms of how many times slower the second run is. */
struct change {
	double size[TESTS_COUNT];
	double reach[TESTS_COUNT];     /* half the interval */
	double explained[TESTS_COUNT]; /* by the causes that were found */
	unsigned known, moved;
	double total; /* sum of the sizes of the tests that moved */
};

static struct change change_of(const struct comparison *comparison)
{
	struct change change = {0};
	size_t i;

	for (i = 0; i < comparison->test_count; i++) {
		const struct compare_row *row = &comparison->tests[i];
		const int test = tests_find(row->test->key);
		bool is_moved;

		if (!(row->ratio > 0) || test < 0)
			continue;
		change.known |= 1u << test;
		change.size[test] = -log(row->ratio);
		change.reach[test] =
			row->low > 0 ? log(row->high / row->low) / 2 : imported_reach;
		is_moved = row->low > 0 ? row->verdict == COMPARE_FASTER ||
						  row->verdict == COMPARE_SLOWER
					: fabs(change.size[test]) > imported_reach;
		if (!is_moved)
			continue;
		change.moved |= 1u << test;
		change.total += fabs(change.size[test]);
	}
	return change;
}

/* An effect in logarithms. */
struct bounds {
	double least, most;
};

/* @lead: how much the test that feels it most moved, INFINITY when that is not known */
static struct bounds bounds_of(const struct effect *effect, double size, double lead)
{
	struct bounds bounds = {log(effect->least), log(effect->most)};

	if (effect->of_lead > 0)
		bounds.most = fmin(bounds.most, fmax(0, lead) * effect->of_lead);
	if (effect->most > 0)
		return bounds;
	/* what the size says is never exact: a test of two processes sees more of it */
	bounds.most = log(1 + (size - 1) * 1.4);
	bounds.least = effect->least > 1 ? log(1 + (size - 1) * 0.4) : 0;
	return bounds;
}

/* How a rule fits what changed. */
struct fit {
	double explained[TESTS_COUNT];
	double sum, missing;
	unsigned tests;
};

/* How many times slower, as a logarithm, the slow side is in a test. */
static double slower_by(const struct change *change, int test, enum side side)
{
	return side == SIDE_SECOND  ? change->size[test]
	       : side == SIDE_FIRST ? -change->size[test]
				    : fabs(change->size[test]);
}

static double lead_of(const struct rule *rule, enum side side,
		      const struct change *change)
{
	const int test = rule->lead != NULL ? tests_find(rule->lead) : -1;

	if (test < 0 || (change->known >> test & 1) == 0)
		return INFINITY;
	return slower_by(change, test, side) + change->reach[test];
}

/* One test: what the rule accounts for of its change, and what it should have moved and did
 * not. */
static void fit_test(const struct change *change, int test, enum side side,
		     struct bounds bounds, struct fit *fit)
{
	const double slower = slower_by(change, test, side);

	if (side != SIDE_EITHER && slower + change->reach[test] < bounds.least)
		fit->missing += bounds.least - slower - change->reach[test];
	if ((change->moved >> test & 1) == 0 || !(slower > 0))
		return;
	fit->explained[test] = fmin(slower, bounds.most);
	fit->sum += fit->explained[test];
	if (fit->explained[test] > 0)
		fit->tests |= 1u << test;
}

static struct fit fit_rule(const struct rule *rule, enum side side, double size,
			   const struct change *change)
{
	const double lead = lead_of(rule, side, change);
	const struct effect *effect;
	struct fit fit = {0};
	int test;

	for (effect = rule->effects; effect->test != NULL; effect++) {
		test = tests_find(effect->test);
		if (test >= 0 && (change->known >> test & 1) != 0)
			fit_test(change, test, side, bounds_of(effect, size, lead), &fit);
	}
	return fit;
}

static void add_cause(const struct rule *rule, const struct rule_case *about,
		      const struct fit *fit, struct change *change,
		      struct explanation *out)
{
	const struct cause cause = {
		.fact = rule->fact,
		.tests = fit->tests,
		.share = fmin(1, (fit->sum - fit->missing) / change->total),
		.mechanism = rule->mechanism,
		.source = rule->source,
		.check = rule->check,
		.weight = rule->weight,
	};
	size_t i;

	explanation_add(out, &cause, about->first_value, about->second_value);
	for (i = 0; i < TESTS_COUNT; i++)
		change->explained[i] += fit->explained[i];
}

static void try_rule(const struct rule *rule, const struct run *first,
		     const struct run *second, struct change *change,
		     struct explanation *out)
{
	const struct rule_case about = {first, second, explain_value(first, rule->fact),
					explain_value(second, rule->fact)};
	const enum side side = rule->judge(&about);
	double size = 1;
	struct fit fit;

	if (side == SIDE_NONE || (rule->is_userland && first->profile != NULL &&
				  strcmp(first->profile, "pinned") == 0))
		return;
	if (rule->size != NULL)
		size = rule->size(&about);
	if (rule->size != NULL && !(size > size_worth_telling))
		return;
	fit = fit_rule(rule, side, size, change);
	if (fit.tests != 0 && fit.sum - fit.missing >= least_share * change->total)
		add_cause(rule, &about, &fit, change, out);
}

static double rank_of(const struct cause *cause)
{
	return cause->share * cause->weight;
}

/* The order of the table decides between equals. */
static void sort_causes(struct explanation *explanation)
{
	struct cause *list = explanation->causes;
	size_t i, k;

	for (i = 1; i < explanation->cause_count; i++) {
		const struct cause cause = list[i];

		for (k = i; k > 0 && rank_of(&list[k - 1]) < rank_of(&cause); k--)
			list[k] = list[k - 1];
		list[k] = cause;
	}
}

static unsigned unexplained_of(const struct change *change)
{
	unsigned tests = 0;
	double left;
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++) {
		left = fabs(change->size[i]) - change->explained[i];
		if ((change->moved >> i & 1) != 0 && left > change->reach[i] &&
		    left > left_share * fabs(change->size[i]))
			tests |= 1u << i;
	}
	return tests;
}

void explain_runs(const struct run *first, const struct run *second,
		  const struct comparison *comparison, struct explanation *out)
{
	struct change change = change_of(comparison);
	unsigned slower = 0;
	size_t i;

	out->moved = change.moved;
	for (i = 0; change.moved != 0 && i < explain_rule_count; i++)
		try_rule(&explain_rules[i], first, second, &change, out);
	sort_causes(out);
	for (i = 0; i < TESTS_COUNT; i++)
		if (change.size[i] > 0)
			slower |= 1u << i;
	explain_add_next(first, second, unexplained_of(&change), slower, out);
}
