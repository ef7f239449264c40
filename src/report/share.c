/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/share.h"

#include <string.h>

#include "model/score.h"
#include "report/text.h"

static const char *fact(const struct run *run, const char *key)
{
	const char *value = environment_value(&run->environment, key);

	return value != NULL ? value : "?";
}

/* Text from outside: what a terminal would obey and, where asked for, all beyond ASCII becomes '?';
 * a bar would end a cell, a bracket would begin a tag. At most @most columns. */
static void add_text(struct str *out, const char *text, bool is_ascii, size_t most)
{
	autostr struct str clean = STR_EMPTY;
	size_t i;

	report_add_cut(&clean, text, most);
	for (i = 0; i < clean.length; i++) {
		const unsigned char byte = (unsigned char)clean.bytes[i];

		if (byte == '|' || byte == '[' || byte == ']' ||
		    (is_ascii && byte >= 0x80))
			str_add(out, "?");
		else
			str_add_bytes(out, clean.bytes + i, 1);
	}
}

static void add_reach(struct str *out, const struct score *score, int width)
{
	if (score->low > 0)
		str_addf(out, "%*.1f", width,
			 50 * (score->high - score->low) / score->value);
	else
		str_addf(out, "%*s", width, "-");
}

/* "Provider, plan, location, price", what there is of it. */
static void add_labels(const struct run *run, bool is_ascii, struct str *out)
{
	const char *const labels[] = {run->provider, run->plan, run->location,
				      run->price};
	const char *separator = "";
	size_t i;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (labels[i] == NULL)
			continue;
		str_add(out, separator);
		add_text(out, labels[i], is_ascii, 17);
		separator = ", ";
	}
	if (separator[0] != '\0')
		str_add(out, "\n");
}

static void add_head(const struct run *run, bool is_ascii, const char *end,
		     struct str *out)
{
	add_labels(run, is_ascii, out);
	add_text(out, fact(run, "os.name"), is_ascii, 40);
	str_add(out, ", Linux ");
	add_text(out, fact(run, "kernel.release"), is_ascii, 30);
	str_addf(out, "%s\n", end);
	add_text(out, fact(run, "cpu.model"), is_ascii, 60);
	str_add(out, ", ");
	add_text(out, fact(run, "cpu.usable"), is_ascii, 4);
	str_addf(out, " CPUs%s\n%u cop%s, profile ", end, run->copies,
		 run->copies == 1 ? "y" : "ies");
	add_text(out, run->profile != NULL ? run->profile : "?", is_ascii, 10);
	str_addf(out, ", method %s", run_method_names[run->method]);
	if (run->build.version != NULL) {
		str_add(out, ", moult ");
		add_text(out, run->build.version, is_ascii, 24);
	}
	str_addf(out, "%s\n", end);
}

static void add_markdown_run(const struct run *run, bool is_ascii, struct str *out)
{
	const struct score_index index = score_run(run);
	struct score score;
	size_t i;

	str_addf(out, "**UnixBench index%s %.1f**", index.is_partial ? " (partial)" : "",
		 index.score.value);
	if (index.score.low > 0)
		str_addf(out, " (95%%: %.1f to %.1f)", index.score.low, index.score.high);
	str_add(out, "  \n");
	add_head(run, is_ascii, "  ", out);
	str_addf(out,
		 "\n| Test             |        Score | Unit  | %s %% |    Index |\n"
		 "|:-----------------|-------------:|:------|-----:|---------:|\n",
		 is_ascii ? "+-" : " \xc2\xb1");
	for (i = 0; i < run->test_count; i++) {
		score = score_test(run, &run->tests[i]);
		str_addf(out, "| %-16s | ", run->tests[i].test->key);
		if (score.value > 0) {
			str_addf(out, "%12.1f | %-5s | ", score.value,
				 run->tests[i].test->unit);
			add_reach(out, &score, 4);
			str_addf(out, " | %8.1f |\n",
				 score_test_index(run, &run->tests[i]).value);
		} else {
			str_add(out, "      failed |       |      |          |\n");
		}
	}
}

void report_write_markdown(const struct runs *runs, bool is_ascii, struct str *out)
{
	size_t i;

	for (i = 0; i < runs->count; i++) {
		str_add(out, i > 0 ? "\n" : "");
		add_markdown_run(&runs->runs[i], is_ascii, out);
	}
}

static void add_bbcode_run(const struct run *run, bool is_ascii, struct str *out)
{
	const struct score_index index = score_run(run);
	struct score score;
	size_t i;

	str_addf(out, "[b]UnixBench index%s %.1f[/b]",
		 index.is_partial ? " (partial)" : "", index.score.value);
	if (index.score.low > 0)
		str_addf(out, " (95%%: %.1f to %.1f)", index.score.low, index.score.high);
	str_add(out, "\n[code]\n");
	add_head(run, is_ascii, "", out);
	str_addf(out, "\n%-16s %14s %-5s %6s %9s\n", "Test", "Score", "Unit", "+- %",
		 "Index");
	for (i = 0; i < run->test_count; i++) {
		score = score_test(run, &run->tests[i]);
		str_addf(out, "%-16s ", run->tests[i].test->key);
		if (score.value > 0) {
			str_addf(out, "%14.1f %-5s ", score.value,
				 run->tests[i].test->unit);
			add_reach(out, &score, 6);
			str_addf(out, " %9.1f\n",
				 score_test_index(run, &run->tests[i]).value);
		} else {
			str_add(out, "        failed\n");
		}
	}
	str_add(out, "[/code]\n");
}

void report_write_bbcode(const struct runs *runs, bool is_ascii, struct str *out)
{
	size_t i;

	for (i = 0; i < runs->count; i++)
		add_bbcode_run(&runs->runs[i], is_ascii, out);
}

/* Quoted when it has to be; a formula of a spreadsheet is made a text. */
static void add_cell(struct str *out, const char *text)
{
	const bool is_formula =
		text != NULL && text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;

	if (text == NULL)
		return;
	if (!is_formula && strpbrk(text, ",\"\r\n") == NULL) {
		str_add(out, text);
		return;
	}
	str_add(out, is_formula ? "\"'" : "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"')
			str_add(out, "\"");
		str_add_bytes(out, text, 1);
	}
	str_add(out, "\"");
}

static void add_number(struct str *out, double value)
{
	if (value > 0)
		str_addf(out, ",%.9g", value);
	else
		str_add(out, ",");
}

static void add_csv_row(const struct run *run, const char *test, const char *unit,
			const struct score *score, const struct score *index,
			struct str *out)
{
	const char *const texts[] = {
		run->id,
		run->label,
		run->provider,
		run->plan,
		run->location,
		run->price,
		environment_value(&run->environment, "os.name"),
		environment_value(&run->environment, "kernel.release"),
		environment_value(&run->environment, "cpu.model"),
		run->profile,
		run_method_names[run->method]};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		add_cell(out, texts[i]);
		str_add(out, ",");
	}
	str_addf(out, "%u,%s,%s", run->copies, test, unit);
	add_number(out, score->value);
	add_number(out, score->low);
	add_number(out, score->high);
	add_number(out, index->value);
	add_number(out, index->low);
	add_number(out, index->high);
	str_addf(out, ",%u\r\n", score->used);
}

void report_write_csv(const struct runs *runs, struct str *out)
{
	struct score score, index;
	struct score_index whole;
	size_t i, k;

	str_add(out, "run,label,provider,plan,location,price,os,kernel,cpu,profile,"
		     "method,copies,test,unit,score,"
		     "score_low,score_high,index,index_low,index_high,samples\r\n");
	for (i = 0; i < runs->count; i++) {
		const struct run *run = &runs->runs[i];

		for (k = 0; k < run->test_count; k++) {
			score = score_test(run, &run->tests[k]);
			index = score_test_index(run, &run->tests[k]);
			add_csv_row(run, run->tests[k].test->key,
				    run->tests[k].test->unit, &score, &index, out);
		}
		whole = score_run(run);
		add_csv_row(run, whole.is_partial ? "index-partial" : "index", "",
			    &(struct score){0}, &whole.score, out);
	}
}
