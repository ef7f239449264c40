/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/terminal.h"

#include <stdio.h>
#include <string.h>

#include "model/score.h"
#include "report/text.h"

enum { BESIDE_MOST = 5, LABEL_MOST = 11, WARNINGS_SHOWN = 20, TEXT_MOST = 400 };

static const char *fact_or_unknown(const struct run *run, const char *key)
{
	const char *value = environment_value(&run->environment, key);

	return value != NULL ? value : "unknown";
}

static void add_title(const struct run *run, struct str *out)
{
	autostr struct str system = STR_EMPTY, machine = STR_EMPTY;
	char copies[16] = "unknown"; /* an imported report may not tell */

	if (run->copies > 0)
		(void)snprintf(copies, sizeof(copies), "%u", run->copies);
	report_add_value(&system, "", run->label);
	report_add_value(&system, run->label != NULL ? ": " : "",
			 fact_or_unknown(run, "os.name"));
	report_add_value(&system, ", Linux ", fact_or_unknown(run, "kernel.release"));
	report_add_value(&machine, "", fact_or_unknown(run, "cpu.model"));
	report_add_value(&machine, ", ", fact_or_unknown(run, "cpu.usable"));
	report_add_value(&machine, " CPUs usable; machine ",
			 fact_or_unknown(run, "virt.class"));
	str_addf(&machine, "; %s cop%s", copies, run->copies == 1 ? "y" : "ies");
	report_add_value(&machine, "; profile ",
			 run->profile != NULL ? run->profile : "?");
	str_addf(&machine, ", %s", run_method_names[run->method]);
	report_add_wrapped(out, system.bytes, 0, 0);
	report_add_wrapped(out, machine.bytes, 0, 0);
	str_add(out, "\n");
}

/* Half the width of the interval in percent: what stands behind a plus-minus sign. */
static void add_reach(const struct score *score, struct str *out)
{
	if (score->low > 0)
		str_addf(out, " %6.1f", 50 * (score->high - score->low) / score->value);
	else
		str_add(out, "      -");
}

static void add_test(const struct run_test *test, const struct run *run, struct str *out)
{
	const struct score score = score_test(run, test);
	autostr struct str line = STR_EMPTY;

	if (!(score.value > 0)) {
		str_addf(&line, "%s: ", test->test->name);
		report_add_cut(&line,
			       test->failure != NULL ? test->failure : "not measured",
			       TEXT_MOST);
		report_add_wrapped(out, line.bytes, 0, 0);
		return;
	}
	str_addf(out, "%-37s %12.1f %-5s", test->test->name, score.value,
		 test->test->unit);
	add_reach(&score, out);
	str_addf(out, " %4u %8.1f\n", score.used, score_test_index(run, test).value);
}

static void add_index(const struct run *run, struct str *out)
{
	const struct score_index index = score_run(run);

	if (!(index.score.value > 0)) {
		str_add(out, "No test could be measured: there is no index.\n");
		return;
	}
	str_addf(out, "%-56s", index.is_partial ? "Index (partial)" : "Index");
	add_reach(&index.score, out);
	str_addf(out, "      %8.1f\n\n", index.score.value);
	if (index.is_partial)
		str_addf(out,
			 "Partial: %u of %d tests; it cannot be compared with a full "
			 "index.\n",
			 index.tests, TESTS_COUNT);
	if (index.score.low > 0)
		str_addf(out,
			 "95%% interval of the index: %.1f to %.1f. A second run like "
			 "this one would show\n"
			 "a change of %.1f%% or more.\n",
			 index.score.low, index.score.high,
			 100 * score_smallest_change(&index.score));
	if (run->method != RUN_CLASSIC && index.score.classic > 0 && run->source == NULL)
		str_addf(out,
			 "By UnixBench's own rule (worst third dropped) the same samples "
			 "give %.1f.\n",
			 index.score.classic);
}

static void add_run(const struct run *run, struct str *out)
{
	size_t i;

	add_title(run, out);
	str_addf(out, "%-37s %12s %-5s %6s %4s %8s\n", "Test", "Score", "Unit", "+- %",
		 "N", "Index");
	for (i = 0; i < run->test_count; i++)
		add_test(&run->tests[i], run, out);
	add_index(run, out);
	if (run->interrupted)
		str_add(out,
			"Interrupted: this is what was measured before the signal.\n");
	for (i = 0; i < run->warning_count && i < WARNINGS_SHOWN; i++) {
		autostr struct str note = STR_EMPTY;

		str_add(&note, "Note: ");
		report_add_cut(&note, run->warnings[i], TEXT_MOST);
		str_add(&note, ".");
		report_add_wrapped(out, note.bytes, 0, 0);
	}
	report_add_more_line(out, run->warning_count, WARNINGS_SHOWN);
}

static void add_beside_row(const struct run *const *columns, size_t count,
			   const struct test *test, struct str *out)
{
	const struct run_test *there;
	struct score score;
	size_t i;

	str_addf(out, "%-18s", test->key);
	for (i = 0; i < count; i++) {
		there = run_find_test(columns[i], test->key);
		score = there != NULL ? score_test_index(columns[i], there)
				      : (struct score){0};
		if (score.value > 0)
			str_addf(out, " %11.1f", score.value);
		else
			str_addf(out, " %11s", "-");
	}
	str_add(out, "\n");
}

static void add_label(struct str *out, const char *label, int width)
{
	autostr struct str text = STR_EMPTY;
	size_t columns;

	report_add_cut(&text, label != NULL ? label : "?", LABEL_MOST);
	columns = report_columns(text.bytes, text.length);
	str_addf(out, " %*s%s", columns < (size_t)width ? width - (int)columns : 0, "",
		 text.bytes);
}

static void add_source(struct str *out, const char *source)
{
	autostr struct str line = STR_EMPTY;

	str_add(&line, "From ");
	report_add_cut(&line, source, TEXT_MOST);
	str_add(&line, ".");
	report_add_wrapped(out, line.bytes, 0, 0);
}

static void add_beside(const struct runs *runs, const struct runs *beside,
		       struct str *out)
{
	const struct run *columns[BESIDE_MOST];
	size_t count = 0, i;

	columns[count++] = &runs->runs[0];
	for (i = 0; i < beside->count && count < BESIDE_MOST; i++)
		columns[count++] = &beside->runs[i];
	str_addf(out, "\n%-18s", "Index, side by side");
	for (i = 0; i < count; i++)
		add_label(out, i == 0 ? "this one" : columns[i]->label, i == 0 ? 10 : 11);
	str_add(out, "\n");
	for (i = 0; i < TESTS_COUNT; i++)
		add_beside_row(columns, count, &tests_all[i], out);
	str_addf(out, "%-18s", "Index");
	for (i = 0; i < count; i++)
		str_addf(out, " %11.1f", score_run(columns[i]).score.value);
	str_add(out, "\n");
	for (i = 1; i < count; i++)
		if (columns[i]->source != NULL &&
		    (i == 1 || columns[i - 1]->source == NULL ||
		     strcmp(columns[i]->source, columns[i - 1]->source) != 0))
			add_source(out, columns[i]->source);
}

void report_write_terminal(const struct runs *runs, const struct runs *beside,
			   struct str *out)
{
	size_t i;

	for (i = 0; i < runs->count; i++) {
		if (i > 0)
			str_addf(out, "\n");
		add_run(&runs->runs[i], out);
	}
	if (beside != NULL && beside->count > 0 && runs->count > 0)
		add_beside(runs, beside, out);
}
