/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/grub_script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/text.h"

enum { VARS_MOST = 256, WORDS_MOST = 1024 };

void grub_set(struct grub_script *script, const char *name, const char *value)
{
	struct guest_settings *vars = &script->vars;
	size_t i;

	for (i = 0; i < vars->count; i++) {
		if (strcmp(vars->list[i].key, name) != 0)
			continue;
		text_replace(&vars->list[i].value, value);
		return;
	}
	if (vars->count < VARS_MOST)
		guest_settings_add(vars, name, value, "grub.cfg");
}

static void add_bytes(struct grub_script *script, struct str *word, const char *bytes,
		      size_t length)
{
	if (length > script->left_bytes)
		length = script->left_bytes;
	script->left_bytes -= length;
	str_add_bytes(word, bytes, length);
}

/* A variable, whose "$" was passed. */
static void add_variable(struct grub_script *script, struct str *word)
{
	const bool is_braced = script->at[0] == '{';
	const char *name = script->at + (is_braced ? 1 : 0), *value;
	size_t length = 0;
	autofree char *copy = NULL;

	while (isalnum((unsigned char)name[length]) || name[length] == '_')
		length++;
	if (length == 0 && (name[0] == '?' || name[0] == '#' || name[0] == '@'))
		length = 1;
	if (length == 0 || (is_braced && name[length] != '}')) {
		add_bytes(script, word, "$", 1);
		return;
	}
	copy = mem_zero(length + 1, 1);
	memcpy(copy, name, length);
	script->at = name + length + (is_braced ? 1 : 0);
	value = guest_settings_value(&script->vars, copy);
	if (value != NULL)
		add_bytes(script, word, value, strlen(value));
}

static void add_double(struct grub_script *script, struct str *word)
{
	while (*script->at != '\0' && *script->at != '"') {
		if (*script->at == '$') {
			script->at++;
			add_variable(script, word);
			continue;
		}
		if (*script->at == '\\' && script->at[1] != '\0' &&
		    strchr("\"\\$", script->at[1]) != NULL)
			script->at++;
		add_bytes(script, word, script->at++, 1);
	}
	if (*script->at == '"')
		script->at++;
}

static void add_single(struct grub_script *script, struct str *word)
{
	const char *end = strchr(script->at, '\'');
	const size_t length =
		end != NULL ? (size_t)(end - script->at) : strlen(script->at);

	add_bytes(script, word, script->at, length);
	script->at += length + (end != NULL ? 1 : 0);
}

/* A word. Returns: whether there is one: what is made of empty variables alone is none */
static bool read_word(struct grub_script *script, struct str *word)
{
	bool is_quoted = false;

	while (*script->at != '\0' && strchr(" \t\r\n;", *script->at) == NULL) {
		const char byte = *script->at++;

		if (byte == '\'' || byte == '"')
			is_quoted = true;
		if (byte == '\'')
			add_single(script, word);
		else if (byte == '"')
			add_double(script, word);
		else if (byte == '$')
			add_variable(script, word);
		else if (byte == '\\' && *script->at == '\n')
			script->at++;
		else if (byte == '\\' && *script->at != '\0')
			add_bytes(script, word, script->at++, 1);
		else
			add_bytes(script, word, &byte, 1);
	}
	return is_quoted || word->length > 0;
}

static void skip_blanks(struct grub_script *script, bool is_first)
{
	for (;;) {
		script->at += strspn(script->at, is_first ? " \t\r\n;" : " \t\r");
		if (script->at[0] == '\\' && script->at[1] == '\n')
			script->at += 2;
		else if (script->at[0] == '#')
			script->at += strcspn(script->at, "\n");
		else
			return;
	}
}

static bool is_brace(const char *at, char brace)
{
	return at[0] == brace && (at[1] == '\0' || strchr(" \t\r\n;", at[1]) != NULL);
}

enum grub_token grub_next_command(struct grub_script *script, struct guest_words *words)
{
	skip_blanks(script, true);
	if (is_brace(script->at, '}')) {
		script->at++;
		return GRUB_CLOSE;
	}
	while (*script->at != '\0' && script->left_bytes > 0) {
		autostr struct str word = STR_EMPTY;

		if (*script->at == '\n' || *script->at == ';') {
			script->at++;
			return GRUB_LINE;
		}
		if (is_brace(script->at, '{')) {
			script->at++;
			return GRUB_OPEN;
		}
		if (read_word(script, &word) && words->count < WORDS_MOST)
			guest_words_add(words, word.bytes, word.length);
		skip_blanks(script, false);
	}
	return words->count > 0 && script->left_bytes > 0 ? GRUB_LINE : GRUB_EOF;
}

/* "-s PATH" and the like: only of grubenv is it known whether it is there. */
static bool is_true_of_one(const char *operator, const char * word, bool has_environment)
{
	if (strcmp(operator, "-n") == 0)
		return word[0] != '\0';
	if (strcmp(operator, "-z") == 0)
		return word[0] == '\0';
	if (strcmp(operator, "!") == 0)
		return word[0] == '\0';
	return has_environment && text_ends(word, "/grubenv");
}

static bool is_true_of_two(const char *a, const char *operator, const char * b)
{
	const long value_a = strtol(a, NULL, 10), value_b = strtol(b, NULL, 10);

	if (strcmp(operator, "!=") == 0)
		return strcmp(a, b) != 0;
	if (strcmp(operator, "-eq") == 0)
		return value_a == value_b;
	if (strcmp(operator, "-ne") == 0)
		return value_a != value_b;
	if (strcmp(operator, "-gt") == 0)
		return value_a > value_b;
	if (strcmp(operator, "-lt") == 0)
		return value_a < value_b;
	return strcmp(operator, "=") == 0 || strcmp(operator, "==") == 0
		       ? strcmp(a, b) == 0
		       : false;
}

/* One test, of the words from @first up to @end. */
static bool is_true_alone(const struct guest_words *words, size_t first, size_t end,
			  bool has_environment)
{
	char *const *list = words->list + first;
	bool is_negated = false;

	while (end - first > 2 && strcmp(list[0], "!") == 0) {
		is_negated = !is_negated;
		first++;
		list++;
	}
	switch (end - first) {
	case 0:
		return is_negated;
	case 1:
		return (list[0][0] != '\0') != is_negated;
	case 2:
		return is_true_of_one(list[0], list[1], has_environment) != is_negated;
	case 3:
		return is_true_of_two(list[0], list[1], list[2]) != is_negated;
	default:
		return false;
	}
}

/* Tests with "-a" between them, in groups with "-o" between these. */
static bool is_true_test(const struct guest_words *words, size_t first, size_t end,
			 bool has_environment)
{
	bool result = true;
	size_t at, begin = first;

	for (at = first; at <= end; at++) {
		const bool is_or = at < end && strcmp(words->list[at], "-o") == 0;

		if (at < end && !is_or && strcmp(words->list[at], "-a") != 0)
			continue;
		result = result && is_true_alone(words, begin, at, has_environment);
		begin = at + 1;
		if (is_or && result)
			return true;
		if (is_or)
			result = true;
	}
	return result;
}

bool grub_is_true(const struct guest_words *words, size_t first, bool has_environment)
{
	bool is_negated = false;
	size_t end = words->count;

	for (; first < end && strcmp(words->list[first], "!") == 0; first++)
		is_negated = !is_negated;
	if (first == end)
		return is_negated;
	if (strcmp(words->list[first], "true") == 0)
		return !is_negated;
	if (strcmp(words->list[first], "[") == 0) {
		if (strcmp(words->list[end - 1], "]") == 0)
			end--;
	} else if (strcmp(words->list[first], "test") != 0) {
		return is_negated; /* it would have to be run */
	}
	if (first + 1 > end)
		return is_negated;
	return is_true_test(words, first + 1, end, has_environment) != is_negated;
}
