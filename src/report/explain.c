/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/explain.h"

#include <string.h>

#include "report/text.h"

static void add_tests(struct str *line, unsigned tests)
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < TESTS_COUNT; i++) {
		if ((tests >> i & 1) == 0)
			continue;
		str_addf(line, "%s%s", separator, tests_all[i].key);
		separator = ", ";
	}
}

static void add_values(struct str *line, const struct cause *cause)
{
	str_add(line, cause->fact);
	report_add_value(line, " (", cause->first != NULL ? cause->first : "not known");
	report_add_value(line, " -> ",
			 cause->second != NULL ? cause->second : "not known");
	str_add(line, ")");
}

static void add_line(struct str *out, const char *label, const char *text)
{
	autostr struct str line = STR_EMPTY;

	str_addf(&line, "%s%s", label, text);
	str_add(out, "     ");
	report_add_wrapped(out, line.bytes, 5, 5);
}

static void add_cause(const struct cause *cause, size_t number, struct str *out)
{
	autostr struct str line = STR_EMPTY, tests = STR_EMPTY;

	str_addf(&line, "%2zu. ", number);
	add_values(&line, cause);
	str_addf(&line, ": can account for %.0f%% of the change", 100 * cause->share);
	str_add(out, " ");
	report_add_wrapped(out, line.bytes, 5, 1);
	add_tests(&tests, cause->tests);
	add_line(out, "In ", tests.bytes);
	add_line(out, "", cause->mechanism);
	add_line(out, "Known from: ", cause->source);
	add_line(out, "To prove it: ", cause->check);
}

static const char *held_words(const struct next_check *next)
{
	return next->is_held ? "" : " (these runs do not hold the evidence)";
}

static void add_unexplained(const struct unexplained *unexplained, struct str *out)
{
	autostr struct str tests = STR_EMPTY, line = STR_EMPTY;
	size_t i;

	add_tests(&tests, unexplained->tests);
	str_addf(&line, "Not explained, or for the smaller part alone: %s", tests.bytes);
	report_add_wrapped(out, line.bytes, 2, 0);
	for (i = 0; i < unexplained->next_count; i++) {
		const struct next_check *next = &unexplained->next[i];
		autostr struct str check = STR_EMPTY;

		str_addf(&check, "%s %s%s: %s", i == 0 ? "Check first" : "then",
			 next->fact, held_words(next), next->check);
		str_add(out, "  ");
		report_add_wrapped(out, check.bytes, 4, 2);
	}
}

static const char *summary_of(const struct explanation *explanation)
{
	if (explanation->moved == 0)
		return "No test is shown to differ: there is nothing to explain.";
	if (explanation->cause_count == 0)
		return "Nothing explains this: no fact that both runs hold differs in a "
		       "way that moves these tests.";
	return NULL;
}

void report_write_explanation(const struct explanation *explanation, struct str *out)
{
	const char *summary = summary_of(explanation);
	size_t i;

	str_add(out, "\nWhy\n");
	if (summary != NULL)
		report_add_wrapped(out, summary, 0, 0);
	for (i = 0; i < explanation->cause_count; i++)
		add_cause(&explanation->causes[i], i + 1, out);
	for (i = 0; i < explanation->unexplained_count; i++)
		add_unexplained(&explanation->unexplained[i], out);
}

static void add_markdown_cause(const struct cause *cause, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	str_add(&line, "1. ");
	add_values(&line, cause);
	str_addf(&line, ": can account for %.0f%% of the change, in ",
		 100 * cause->share);
	add_tests(&line, cause->tests);
	str_addf(&line, ". %s", cause->mechanism);
	report_add_clean(out, line.bytes, line.length);
	str_addf(out, " To prove it: `%s`\n", cause->check);
}

void report_write_explanation_markdown(const struct explanation *explanation,
				       struct str *out)
{
	const char *summary = summary_of(explanation);
	size_t i;

	str_add(out, "\n**Why**\n\n");
	if (summary != NULL)
		str_addf(out, "%s\n", summary);
	for (i = 0; i < explanation->cause_count; i++)
		add_markdown_cause(&explanation->causes[i], out);
	for (i = 0; i < explanation->unexplained_count; i++) {
		const struct unexplained *there = &explanation->unexplained[i];
		autostr struct str tests = STR_EMPTY;

		add_tests(&tests, there->tests);
		str_addf(out, "\nNot explained, or for the smaller part alone: %s.",
			 tests.bytes);
		if (there->next_count > 0)
			str_addf(out, " Check first %s%s: `%s`", there->next[0].fact,
				 held_words(&there->next[0]), there->next[0].check);
		str_add(out, "\n");
	}
}

bool report_is_cause(const struct explanation *explanation, const char *fact)
{
	size_t i;

	for (i = 0; i < explanation->cause_count; i++)
		if (strcmp(explanation->causes[i].fact, fact) == 0)
			return true;
	return false;
}
