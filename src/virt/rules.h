/* SPDX-License-Identifier: GPL-2.0-or-later */
/** rules.h - tables from a text to the claim that it makes. */
#ifndef VIRT_RULES_H
#define VIRT_RULES_H

#include "model/verdict.h"

/** How a rule's text is looked for. */
enum rule_how { RULE_IS, RULE_STARTS, RULE_HAS };

/** A rule; a table ends in RULE_END. */
struct rule {
	enum rule_how how;
	const char *text;
	enum claim claim;
	enum sign_weight weight;
	const char *value; /* of the sign; NULL: none */
};

/** The last row of a table. */
#define RULE_END                                                                         \
	{                                                                                \
		.text = NULL                                                             \
	}

/** Apply the first rule that fits @text, and the rows right after it that repeat its text.
 *
 * @source, @line: of the signs that are made; @line: NULL means @text
 * @out:    signs are added
 * Returns: whether a rule fitted
 */
bool rules_apply(const struct rule *rules, const char *text, const char *source,
		 const char *line, struct signs *out);

/** Apply every rule that fits. */
void rules_apply_all(const struct rule *rules, const char *text, const char *source,
		     const char *line, struct signs *out);

/** Whether @word stands in @text between blanks, or at its ends. */
bool rules_has_word(const char *text, const char *word);

#endif
