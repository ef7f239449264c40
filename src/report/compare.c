/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/score.h"
#include "report/explain.h"
#include "report/text.h"

enum { BAR_HALF = 5, KEY_WIDTH = 16, DIFFERENCES_SHOWN = 60 };

static const char *name_of(const struct run *run)
{
	if (run->label != NULL)
		return run->label;
	return run->source != NULL ? run->source : run->id != NULL ? run->id : "?";
}

static const char *fact(const struct run *run, const char *key)
{
	const char *value = environment_value(&run->environment, key);

	return value != NULL ? value : "?";
}

/* A sign a quarter: "<<  |" is half as fast, "|>>>>" twice as fast or more. */
static void add_bar(const struct compare_row *row, struct str *out)
{
	const int length = (int)fmin(BAR_HALF, ceil(fabs(log2(row->ratio)) * 4 - 0.2));
	char bar[2 * BAR_HALF + 2];
	int i;

	memset(bar, ' ', sizeof(bar) - 1);
	bar[sizeof(bar) - 1] = '\0';
	bar[BAR_HALF] = '|';
	for (i = 1; i <= length; i++)
		bar[BAR_HALF + (row->ratio > 1 ? i : -i)] = row->ratio > 1 ? '>' : '<';
	str_add(out, bar);
}

static const char *word_of(const struct compare_row *row)
{
	static const char *const words[COMPARE_VERDICT_COUNT] = {
		[COMPARE_CANNOT_TELL] = "?",
		[COMPARE_NO_DIFFERENCE] = "=",
		[COMPARE_FASTER] = "faster",
		[COMPARE_SLOWER] = "slower",
	};

	return words[row->verdict];
}

static void add_row(const char *name, const struct compare_row *row, struct str *out)
{
	str_addf(out, "%-*s", KEY_WIDTH, name);
	if (!(row->ratio > 0)) {
		str_addf(out, " %11.1f %11.1f   only in one\n", row->first, row->second);
		return;
	}
	str_addf(out, " %11.1f %11.1f %6.3f", row->first, row->second, row->ratio);
	if (row->low > 0)
		str_addf(out, " %5.3f-%5.3f", row->low, row->high);
	else
		str_addf(out, " %-11s", "no interval");
	str_addf(out, " %-6s ", word_of(row));
	add_bar(row, out);
	(void)str_trim_end(out->bytes);
	out->length = strlen(out->bytes);
	str_add(out, "\n");
}

static void add_title(const char *word, const struct run *run, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	str_addf(&line, "%-7s", word);
	report_add_value(&line, " ", name_of(run));
	report_add_value(&line, ": ", fact(run, "os.name"));
	report_add_value(&line, ", Linux ", fact(run, "kernel.release"));
	report_add_value(&line, ", ", fact(run, "cpu.model"));
	report_add_value(&line, "; machine ", fact(run, "virt.class"));
	report_add_wrapped(out, line.bytes, 8, 0);
}

static void add_notes(const struct run *first, const struct run *second,
		      const struct comparison *comparison, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	if (comparison->index.smallest > 0)
		str_addf(
			&line,
			"The smallest change of the index that these two runs could have "
			"shown is %.1f%%. ",
			100 * comparison->index.smallest);
	if (first->method == RUN_IMPORTED || second->method == RUN_IMPORTED)
		str_add(&line,
			"A report that was imported has no samples: its ratios carry "
			"no interval, and \"?\" is all that can be said of them. ");
	if (comparison->common < TESTS_COUNT)
		str_addf(&line, "The index is made of the %zu tests that both have. ",
			 comparison->common);
	if (first->copies == 0 || second->copies == 0)
		str_add(&line,
			"One report does not say how many copies ran: they may differ. ");
	if (!compare_is_same_build(first, second))
		str_add(&line,
			"The workloads are not known to be the same bytes: compiler, "
			"libc, shell and text tools are part of the change. ");
	if (line.length > 0) {
		str_add(out, "\n");
		report_add_wrapped(out, line.bytes, 0, 0);
	}
}

static void add_difference(const struct compared *compared, const struct fact *fact,
			   const char *other, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	report_add_value(&line, "", fact->key);
	report_add_value(&line, ": ", fact->value);
	report_add_value(&line, " -> ", other);
	str_addf(out, "%c ",
		 report_is_cause(&compared->explanation, fact->key) ? '*' : ' ');
	report_add_wrapped(out, line.bytes, 4, 2);
}

/* What one run alone knows says nothing of a difference. */
static void add_environment(const struct compared *compared, struct str *out)
{
	const struct environment *first = &compared->first->environment;
	const struct environment *second = &compared->second->environment;
	size_t i, equal = 0, different = 0, alone = 0;

	for (i = 0; i < first->count; i++) {
		const struct fact *one = &first->facts[i];
		const char *other = environment_value(second, one->key);

		if (environment_is_of_a_moment(one->key) ||
		    (one->value == NULL && other == NULL))
			continue;
		if (one->value == NULL || other == NULL) {
			alone++;
		} else if (strcmp(one->value, other) == 0) {
			equal++;
		} else {
			if (different++ == 0)
				str_add(out, "\nWhat differs between the machines (*: a "
					     "cause)\n");
			if (different <= DIFFERENCES_SHOWN)
				add_difference(compared, one, other, out);
		}
	}
	report_add_more_line(out, different, DIFFERENCES_SHOWN);
	if (equal + different + alone > 0)
		str_addf(out, "(%zu facts are equal, %zu are known in one run alone)\n",
			 equal, alone);
}

static void add_split_row(const char *name, const struct compare_split_row *row,
			  struct str *out)
{
	const struct compare_row *const parts[] = {&row->kernel, &row->userland};
	size_t i;

	str_addf(out, "%-*s", KEY_WIDTH, name);
	for (i = 0; i < 2; i++) {
		str_addf(out, " %8.3f", parts[i]->ratio);
		if (parts[i]->low > 0)
			str_addf(out, " %5.3f-%5.3f %-6s", parts[i]->low, parts[i]->high,
				 word_of(parts[i]));
		else
			str_addf(out, " %-18s", "no interval");
	}
	(void)str_trim_end(out->bytes);
	out->length = strlen(out->bytes);
	str_add(out, "\n");
}

static void add_split(const struct compare_split *split, struct str *out)
{
	size_t i;

	str_addf(out, "\nThe change in its two parts\n%-*s %-27s %s\n", KEY_WIDTH, "",
		 "kernel and hypervisor", "userland and compiler");
	for (i = 0; i < split->test_count; i++)
		add_split_row(split->tests[i].test->key, &split->tests[i], out);
	if (split->index.userland.ratio > 0)
		add_split_row("Index", &split->index, out);
}

void report_write_comparison(const struct compared *compared, struct str *out)
{
	const struct comparison *comparison = &compared->comparison;
	size_t i;

	add_title("before", compared->first, out);
	add_title("after", compared->second, out);
	str_addf(out, "\n%-*s %11s %11s %6s %-11s\n", KEY_WIDTH, "Test", "before",
		 "after", "ratio", "95%");
	for (i = 0; i < comparison->test_count; i++)
		add_row(comparison->tests[i].test->key, &comparison->tests[i], out);
	add_row("Index", &comparison->index, out);
	add_notes(compared->first, compared->second, comparison, out);
	if (compared->has_split)
		add_split(&compared->split, out);
	report_write_explanation(&compared->explanation, out);
	add_environment(compared, out);
}

static void add_markdown_row(const char *name, const struct compare_row *row,
			     struct str *out)
{
	str_addf(out, "| %s | %.1f | %.1f |", name, row->first, row->second);
	if (row->ratio > 0)
		str_addf(out, " %.3f |", row->ratio);
	else
		str_add(out, " |");
	if (row->low > 0)
		str_addf(out, " %.3f to %.3f |", row->low, row->high);
	else
		str_add(out, " |");
	str_addf(out, " %s |\n", compare_verdict_texts[row->verdict]);
}

static void add_markdown_split(const struct compare_split *split, struct str *out)
{
	size_t i;

	str_add(out, "\n| test | kernel and hypervisor | userland and compiler |\n"
		     "|---|---:|---:|\n");
	for (i = 0; i < split->test_count; i++)
		str_addf(out, "| %s | %.3f | %.3f |\n", split->tests[i].test->key,
			 split->tests[i].kernel.ratio, split->tests[i].userland.ratio);
	if (split->index.userland.ratio > 0)
		str_addf(out, "| **index** | %.3f | %.3f |\n", split->index.kernel.ratio,
			 split->index.userland.ratio);
}

void report_write_comparison_markdown(const struct compared *compared, struct str *out)
{
	const struct comparison *comparison = &compared->comparison;
	const char *before = name_of(compared->first), *after = name_of(compared->second);
	size_t i;

	str_add(out, "**");
	report_add_cut(out, after, REPORT_VALUE_MOST);
	str_add(out, "** against **");
	report_add_cut(out, before, REPORT_VALUE_MOST);
	str_add(out, "** (moult)\n\n");
	str_add(out, "| test | before | after | ratio | 95% interval | verdict |\n"
		     "|---|---:|---:|---:|---|---|\n");
	for (i = 0; i < comparison->test_count; i++)
		add_markdown_row(comparison->tests[i].test->key, &comparison->tests[i],
				 out);
	add_markdown_row("**index**", &comparison->index, out);
	if (compared->has_split)
		add_markdown_split(&compared->split, out);
	report_write_explanation_markdown(&compared->explanation, out);
}
