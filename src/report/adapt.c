/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/adapt.h"

#include "report/predict.h"
#include "report/text.h"

enum { INDENT = 20, TEXT_MOST = 300, LINES_SHOWN = 200, GAPS_SHOWN = 50, COLUMN = 24 };

static void add_head(struct str *out, const char *word, const char *text)
{
	str_addf(out, "%-9s", word);
	report_add_cut(out, text, REPORT_VALUE_MOST);
	str_add(out, "\n");
}

/* A paragraph; @begun: the fixer's name stands in front of it */
static void add_text(struct str *out, const char *text, bool begun)
{
	autostr struct str line = STR_EMPTY;

	if (!begun)
		str_addf(out, "%*s", INDENT, "");
	report_add_words(&line, text, TEXT_MOST);
	report_add_wrapped(out, line.bytes, INDENT + 2, INDENT);
}

static void add_line(const struct adaptation_line *line, struct str *out)
{
	autostr struct str prevents = STR_EMPTY;

	str_addf(out, "  %-*s", INDENT - 2, line->fixer);
	add_text(out, line->place, true);
	add_text(out, line->what, false);
	str_addf(&prevents, "else: %s", line->prevents);
	add_text(out, prevents.bytes, false);
}

static void add_lines(const struct adaptation *adaptation, struct str *out)
{
	size_t i;

	if (adaptation->line_count == 0) {
		str_add(out, "\nChanges: none\n");
		return;
	}
	str_addf(out, "\nChanges: %zu\n", adaptation->line_count);
	for (i = 0; i < adaptation->line_count && i < LINES_SHOWN; i++)
		add_line(&adaptation->lines[i], out);
	report_add_more_line(out, adaptation->line_count, LINES_SHOWN);
}

static void add_gaps(const struct adaptation *adaptation, struct str *out)
{
	size_t i;

	if (adaptation->gap_count == 0)
		return;
	str_add(out, "\nNot done\n");
	for (i = 0; i < adaptation->gap_count && i < GAPS_SHOWN; i++) {
		const struct adaptation_gap *gap = &adaptation->gaps[i];

		str_addf(out, "  %-*s", INDENT - 2, gap->fixer);
		add_text(out, gap->place, true);
		add_text(out, gap->reason, false);
	}
	report_add_more_line(out, adaptation->gap_count, GAPS_SHOWN);
}

static void add_chain(const struct adaptation *adaptation, enum prediction_chain chain,
		      struct str *out)
{
	const enum prediction_step bad = prediction_first_bad(&adaptation->after, chain);
	autostr struct str before = STR_EMPTY;

	str_addf(out, "  %-*s", INDENT - 2, report_question_of(chain));
	report_add_answer(&before, &adaptation->before, chain);
	str_addf(out, "%-*s", COLUMN, before.bytes);
	report_add_answer(out, &adaptation->after, chain);
	str_add(out, "\n");
	if (bad < STEP_COUNT)
		add_text(out, adaptation->after.links[bad].says, false);
}

void report_write_adaptation(const struct adaptation *adaptation, struct str *out)
{
	const struct prediction *after = &adaptation->after;
	unsigned i;
	size_t k;

	add_head(out, "Image", adaptation->image);
	add_head(out, "System", after->system != NULL ? after->system : "not known");
	add_head(out, "Machine", adaptation->platform);
	add_lines(adaptation, out);
	add_gaps(adaptation, out);
	str_addf(out, "\n%-*s%-*s%s\n", INDENT, "Prediction", COLUMN, "before", "after");
	for (i = 0; i < CHAIN_COUNT; i++)
		add_chain(adaptation, (enum prediction_chain)i, out);
	if (after->provider.count > 0)
		str_add(out, "\nTell the provider\n");
	for (k = 0; k < after->provider.count; k++) {
		autostr struct str line = STR_EMPTY;

		report_add_words(&line, after->provider.list[k], TEXT_MOST);
		str_add(out, "  - ");
		report_add_wrapped(out, line.bytes, 4, 4);
	}
}
