/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/predict.h"

#include "report/text.h"

enum { INDENT = 23, TEXT_MOST = 300, EVIDENCE_SHOWN = 8 };

/* Words for people, as wide as the longest. */
static const char *const words[PREDICT_VERDICT_COUNT] = {
	[PREDICT_HOLDS] = "yes",
	[PREDICT_UNKNOWN] = "?",
	[PREDICT_BROKEN] = "NO",
};

static const char *const questions[CHAIN_COUNT] = {
	[CHAIN_BOOT] = "Boots",
	[CHAIN_REACH] = "Is reached",
	[CHAIN_LOGIN] = "Lets in",
};

static const char *const answers[PREDICT_VERDICT_COUNT] = {
	[PREDICT_HOLDS] = "yes",
	[PREDICT_UNKNOWN] = "cannot be told",
	[PREDICT_BROKEN] = "no",
};

static void add_text(struct str *out, const char *text, size_t indent, size_t begun)
{
	autostr struct str line = STR_EMPTY;

	report_add_words(&line, text, TEXT_MOST);
	report_add_wrapped(out, line.bytes, indent, begun);
}

static void add_evidence(const struct prediction_link *link, struct str *out)
{
	size_t i;

	for (i = 0; i < link->evidence_count && i < EVIDENCE_SHOWN; i++) {
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "%s: %s", link->evidence[i].source,
			 link->evidence[i].text);
		str_addf(out, "%*s", INDENT, "");
		add_text(out, line.bytes, INDENT + 2, INDENT);
	}
}

static void add_link(const struct prediction *prediction, unsigned step, struct str *out)
{
	const struct prediction_link *link = &prediction->links[step];
	const struct prediction_fixer_row *fixer = &prediction_fixers[link->fixer];
	autostr struct str mended = STR_EMPTY;

	str_addf(out, "  %-12s %-4s    ", prediction_steps[step].name,
		 words[link->verdict]);
	add_text(out, link->says, INDENT, INDENT);
	if (link->verdict == PREDICT_HOLDS && link->fixer == FIXER_NONE)
		return;
	add_evidence(link, out);
	if (fixer->name == NULL)
		return;
	str_addf(&mended, "mended by %s: %s", fixer->name, fixer->does);
	str_addf(out, "%*s", INDENT, "");
	add_text(out, mended.bytes, INDENT + 2, INDENT);
}

const char *report_question_of(enum prediction_chain chain)
{
	return questions[chain];
}

void report_add_answer(struct str *out, const struct prediction *prediction,
		       enum prediction_chain chain)
{
	const enum prediction_step first = prediction_first_bad(prediction, chain);

	str_add(out, answers[prediction_of_chain(prediction, chain)]);
	if (first < STEP_COUNT)
		str_addf(out, " (%s)", prediction_steps[first].name);
}

static void add_chain(const struct prediction *prediction, unsigned chain,
		      struct str *out)
{
	const enum prediction_chain which = (enum prediction_chain)chain;
	unsigned i;

	str_addf(out, "\n%s: ", questions[chain]);
	report_add_answer(out, prediction, which);
	str_add(out, "\n");
	for (i = 0; i < STEP_COUNT; i++)
		if (prediction_steps[i].chain == which)
			add_link(prediction, i, out);
}

static void add_head(struct str *out, const char *word, const char *text)
{
	str_addf(out, "%-9s", word);
	report_add_cut(out, text, REPORT_VALUE_MOST);
	str_add(out, "\n");
}

void report_write_prediction(const struct prediction *prediction, struct str *out)
{
	size_t i;

	add_head(out, "Image", prediction->image);
	add_head(out, "System",
		 prediction->system != NULL ? prediction->system : "none was found");
	add_head(out, "Machine", prediction->platform);
	for (i = 0; i < CHAIN_COUNT; i++)
		add_chain(prediction, (unsigned)i, out);
	if (prediction->provider.count > 0)
		str_add(out, "\nTell the provider\n");
	for (i = 0; i < prediction->provider.count; i++) {
		str_add(out, "  - ");
		add_text(out, prediction->provider.list[i], 4, 4);
	}
}
