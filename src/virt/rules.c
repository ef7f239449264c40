/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "virt/rules.h"

#include <string.h>

static bool fits(const struct rule *rule, const char *text)
{
	if (rule->how == RULE_HAS)
		return strstr(text, rule->text) != NULL;
	if (rule->text[0] != text[0])
		return false;
	if (rule->how == RULE_IS)
		return strcmp(text, rule->text) == 0;
	return strncmp(text, rule->text, strlen(rule->text)) == 0;
}

static void apply(const struct rule *rule, const char *text, const char *source,
		  const char *line, struct signs *out)
{
	signs_add(out, rule->claim, rule->weight, source, line != NULL ? line : text,
		  rule->value);
}

bool rules_apply(const struct rule *rules, const char *text, const char *source,
		 const char *line, struct signs *out)
{
	const struct rule *rule = rules, *first;

	while (rule->text != NULL && !fits(rule, text))
		rule++;
	if (rule->text == NULL)
		return false;
	for (first = rule; rule->text != NULL && strcmp(rule->text, first->text) == 0;
	     rule++)
		apply(rule, text, source, line, out);
	return true;
}

void rules_apply_all(const struct rule *rules, const char *text, const char *source,
		     const char *line, struct signs *out)
{
	for (; rules->text != NULL; rules++)
		if (fits(rules, text))
			apply(rules, text, source, line, out);
}

bool rules_has_word(const char *text, const char *word)
{
	const size_t length = strlen(word);
	const char *found = text;

	for (; (found = strstr(found, word)) != NULL; found += length) {
		const char after = found[length];

		if ((found == text || found[-1] == ' ' || found[-1] == '\t') &&
		    (after == '\0' || after == ' ' || after == '\n' || after == '\t'))
			return true;
	}
	return false;
}
