/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/verdict.h"

#include <string.h>

#include "report/text.h"

enum {
	NAME_COLUMN = 12,
	EVIDENCE_COLUMN = 14,
	EVIDENCE_MOST = 3,
	KEY_COLUMN = 32,
	TEXT_MOST = 200
};

static void add_sign(const struct sign *sign, struct str *out)
{
	autostr struct str line = STR_EMPTY;

	report_add_value(&line, "", sign->source);
	str_add(&line, ": ");
	report_add_cut(&line, sign->text, TEXT_MOST);
	str_addf(&line, " (%s)", sign_weight_names[sign->weight]);
	str_addf(out, "%*s", EVIDENCE_COLUMN, "");
	report_add_wrapped(out, line.bytes, EVIDENCE_COLUMN + 2, EVIDENCE_COLUMN);
}

/* The strongest first, of each source one, as they were found. */
static void add_evidence(const struct layer *layer, const struct signs *signs,
			 struct str *out)
{
	const char *last = "";
	unsigned shown = 0, more = 0;
	int level;
	size_t i;

	for (level = SIGN_PROOF; level >= SIGN_WEAK; level--) {
		for (i = 0; i < signs->count; i++) {
			const struct sign *sign = &signs->list[i];

			if ((int)sign->weight != level ||
			    (layer->claims >> sign->claim & 1) == 0 ||
			    strcmp(sign->text, last) == 0)
				continue;
			last = sign->text;
			if (shown < EVIDENCE_MOST)
				add_sign(sign, out);
			more += shown >= EVIDENCE_MOST;
			shown++;
		}
	}
	if (more > 0)
		str_addf(out, "%*s(%u more with --json)\n", EVIDENCE_COLUMN, "", more);
}

static void add_list(const char *title, char **list, size_t count, struct str *out)
{
	size_t i;

	if (count > 0)
		str_addf(out, "\n%s\n", title);
	for (i = 0; i < count; i++) {
		str_add(out, "  ");
		report_add_wrapped(out, list[i], 4, 2);
	}
}

static void add_costs(const struct behaviour *behaviour, struct str *out)
{
	int i;

	str_add(out, "\nMeasured, nanoseconds of one (median, quartiles)\n");
	for (i = 0; i < BEHAVIOUR_COUNT; i++) {
		const struct behaviour_cost *cost = &behaviour->costs[i];

		if (cost->batches > 0)
			str_addf(out, "  %-14s %12.1f  (%.1f to %.1f)\n",
				 behaviour_names[i], cost->median_ns, cost->low_ns,
				 cost->high_ns);
	}
	add_list("What does not fit", behaviour->findings, behaviour->finding_count, out);
	if (behaviour->finding_count == 0)
		str_add(out, "  Nothing in it speaks against the verdict.\n");
}

void report_write_verdict(const struct verdict *verdict,
			  const struct behaviour *behaviour, struct str *out)
{
	size_t i;

	str_addf(out, "%s (%s)\n\n", verdict->class_name,
		 verdict->weight == SIGN_NONE ? "not decidable"
					      : sign_weight_names[verdict->weight]);
	for (i = 0; i < verdict->layer_count; i++) {
		const struct layer *layer = &verdict->layers[i];
		autostr struct str name = STR_EMPTY;

		str_addf(&name, "%s%s%s", layer->name, layer->version != NULL ? " " : "",
			 layer->version != NULL ? layer->version : "");
		str_addf(out, "%-*s", NAME_COLUMN, layer_kind_names[layer->kind]);
		report_add_wrapped(out, name.bytes, NAME_COLUMN, NAME_COLUMN);
		add_evidence(layer, &verdict->signs, out);
	}
	add_list("What does not fit together", verdict->contradictions,
		 verdict->contradiction_count, out);
	add_list("Not decidable", verdict->undecided, verdict->undecided_count, out);
	if (verdict->signs.unread_count > 0)
		str_add(out, "\nNot readable here\n");
	for (i = 0; i < verdict->signs.unread_count; i++) {
		autostr struct str line = STR_EMPTY;

		str_addf(&line, "%s: %s", verdict->signs.unread[i].source,
			 verdict->signs.unread[i].text);
		str_add(out, "  ");
		report_add_wrapped(out, line.bytes, 4, 2);
	}
	if (behaviour != NULL)
		add_costs(behaviour, out);
}

void report_write_facts(const struct environment *facts, struct str *out)
{
	size_t i;

	for (i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->facts[i];
		autostr struct str line = STR_EMPTY;

		report_add_clean(out, fact->key, strlen(fact->key));
		str_addf(out, "%*s ",
			 strlen(fact->key) < KEY_COLUMN
				 ? KEY_COLUMN - (int)strlen(fact->key)
				 : 0,
			 "");
		if (fact->value != NULL)
			str_addf(&line, "%s",
				 fact->value[0] != '\0' ? fact->value : "\"\"");
		else
			str_addf(&line, "not readable: %s", fact->problem);
		report_add_wrapped(out, line.bytes, KEY_COLUMN + 1, KEY_COLUMN + 1);
	}
}
