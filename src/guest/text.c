/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"

enum {
	VALUE_MOST = 8192,    /* bytes: A="$A$A" doubles with each line */
	SETTINGS_MOST = 4096, /* of a file; each is searched for names */
};

static char *cut_line(char **rest)
{
	char *line = *rest, *end;

	if (line == NULL || *line == '\0')
		return NULL;
	end = strchrnul(line, '\n');
	*rest = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return line;
}

char *text_next_line(char **rest)
{
	char *line = cut_line(rest);

	if (line == NULL)
		return NULL;
	line += strspn(line, " \t");
	return str_trim_end(line);
}

char *text_next_joined(char **rest)
{
	char *end;

	if (*rest == NULL)
		return NULL;
	for (end = strchr(*rest, '\n'); end != NULL; end = strchr(end + 1, '\n')) {
		if (end == *rest || end[-1] != '\\')
			break;
		end[-1] = ' ';
		end[0] = ' ';
	}
	return text_next_line(rest);
}

size_t text_edit_lines(const char *text,
		       bool (*edit)(const void *data, const char *line, struct str *out),
		       const void *data, struct str *out)
{
	autostr struct str line = STR_EMPTY;
	size_t changed = 0, length;

	for (; *text != '\0'; text += length) {
		length = strcspn(text, "\n");
		length += text[length] == '\n';
		str_clear(&line);
		str_add_bytes(&line, text, length);
		if (edit(data, line.bytes, out))
			changed++;
		else
			str_add_bytes(out, text, length);
	}
	return changed;
}

char *text_next_word(char **rest)
{
	char *word;

	if (*rest == NULL)
		return NULL;
	word = *rest + strspn(*rest, " \t");
	if (*word == '\0') {
		*rest = word;
		return NULL;
	}
	*rest = word + strcspn(word, " \t");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

bool text_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends(const char *text, const char *end)
{
	const size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

bool text_is_yes(const char *text)
{
	static const char *const words[] = {"yes", "true", "on", "1", "y"};
	size_t i;

	for (i = 0; text != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

char *text_lower(char *text)
{
	char *at;

	for (at = text; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	return text;
}

void text_replace(char **place, const char *text)
{
	char *copy = str_copy(text);

	free(*place);
	*place = copy;
}

static size_t name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return isdigit((unsigned char)text[0]) ? 0 : length;
}

static void add_bounded(struct str *out, const char *text, size_t length)
{
	if (out->length + length <= VALUE_MOST)
		str_add_bytes(out, text, length);
}

/* What "$NAME" or "${NAME}" stands for. Returns: where to go on */
static const char *expand(const char *at, const struct guest_settings *known,
			  struct str *out)
{
	const bool is_braced = at[1] == '{';
	const char *name = at + (is_braced ? 2 : 1), *value;
	const size_t length = name_length(name);
	autofree char *copy = NULL;

	if (length == 0 || (is_braced && name[length] != '}')) {
		add_bounded(out, at, 1);
		return at + 1;
	}
	copy = mem_zero(length + 1, 1);
	memcpy(copy, name, length);
	value = guest_settings_value(known, copy);
	if (value != NULL)
		add_bounded(out, value, strlen(value));
	return name + length + (is_braced ? 1 : 0);
}

static const char *take_double(const char *at, const struct guest_settings *known,
			       struct str *out)
{
	while (*at != '\0' && *at != '"') {
		if (*at == '$') {
			at = expand(at, known, out);
			continue;
		}
		if (*at == '\\' && at[1] != '\0' && strchr("\"\\$`", at[1]) != NULL)
			at++;
		add_bounded(out, at++, 1);
	}
	return *at == '"' ? at + 1 : at;
}

/* A command in backquotes or "$(", whose output would be the value: nothing is run, so it stands
 * for itself, as a whole. */
static const char *take_command(const char *at, struct str *out)
{
	const char *end = at + 1;
	size_t depth = 0;

	if (*at == '`') {
		end = strchrnul(end, '`');
	} else {
		do
			depth = *end == '(' ? depth + 1 : *end == ')' ? depth - 1 : depth;
		while (depth > 0 && *++end != '\0');
	}
	end += *end != '\0';
	add_bounded(out, at, (size_t)(end - at));
	return end;
}

/* One word of shell. Returns: behind it */
static const char *take_value(const char *at, const struct guest_settings *known,
			      struct str *out)
{
	const char *end;

	while (*at != '\0' && strchr(" \t\r\n;", *at) == NULL) {
		if (*at == '\'') {
			end = strchrnul(at + 1, '\'');
			add_bounded(out, at + 1, (size_t)(end - at - 1));
			at = *end != '\0' ? end + 1 : end;
		} else if (*at == '"') {
			at = take_double(at + 1, known, out);
		} else if (*at == '`' || (at[0] == '$' && at[1] == '(')) {
			at = take_command(at, out);
		} else if (*at == '$') {
			at = expand(at, known, out);
		} else {
			if (*at == '\\' && at[1] != '\0')
				at++;
			add_bounded(out, at++, 1);
		}
	}
	return at;
}

void text_shell_settings(const char *text, const char *source, struct guest_settings *out)
{
	const char *at = text;

	while (*at != '\0' && out->count < SETTINGS_MOST) {
		autostr struct str value = STR_EMPTY;
		autofree char *name = NULL;
		size_t length;

		at += strspn(at, " \t\r\n;");
		if (text_starts(at, "export "))
			at += strlen("export ");
		length = name_length(at);
		if (length > 0 && at[length] == '=') {
			name = mem_zero(length + 1, 1);
			memcpy(name, at, length);
			at = take_value(at + length + 1, out, &value);
			guest_settings_add(out, name, value.bytes, source);
			continue;
		}
		at = strchrnul(at, '\n');
	}
}

void text_add_words(struct guest_words *words, const char *text, const char *between)
{
	size_t length;

	for (text += strspn(text, between); *text != '\0';
	     text += strspn(text, between)) {
		length = strcspn(text, between);
		guest_words_add(words, text, length);
		text += length;
	}
}

int text_prefix_length(const char *netmask)
{
	struct in_addr address;
	uint32_t bits;
	char *end;
	long value;

	if (strchr(netmask, '.') == NULL) {
		value = strtol(netmask, &end, 10);
		return end != netmask && *end == '\0' && value >= 0 && value <= 128
			       ? (int)value
			       : -1;
	}
	if (inet_pton(AF_INET, netmask, &address) != 1)
		return -1;
	bits = ntohl(address.s_addr);
	/* ones first, then zeros alone */
	if ((~bits & (~bits + 1)) != 0)
		return -1;
	return __builtin_popcount(bits);
}

void text_add_address(struct guest_words *words, const char *address, int prefix)
{
	autostr struct str text = STR_EMPTY;

	str_add(&text, address);
	if (prefix >= 0 && strchr(address, '/') == NULL)
		str_addf(&text, "/%d", prefix);
	guest_words_add(words, text.bytes, text.length);
}

static int compare_digits(const char **a, const char **b)
{
	size_t length_a, length_b;
	int result;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	length_a = strspn(*a, "0123456789");
	length_b = strspn(*b, "0123456789");
	if (length_a != length_b)
		return length_a < length_b ? -1 : 1;
	result = strncmp(*a, *b, length_a);
	*a += length_a;
	*b += length_b;
	return result;
}

int text_compare_versions(const char *a, const char *b)
{
	int result = 0;

	while (result == 0 && (*a != '\0' || *b != '\0')) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			result = compare_digits(&a, &b);
			continue;
		}
		if (*a != *b && (*a == '~' || *b == '~'))
			return *a == '~' ? -1 : 1;
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return result;
}
