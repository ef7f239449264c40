/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_arguments.c - the command lines in a text, one after the other: each is a span of bytes whose
 * words are asked for one by one. */
#define _GNU_SOURCE
#include "guest/fix_arguments.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "guest/text.h"

/* How the words of a span are quoted. */
enum quoting {
	QUOTE_NONE,   /* a word ends at a blank */
	QUOTE_SCRIPT, /* as in grub.cfg */
	QUOTE_DOUBLE, /* inside "..." of sh */
	QUOTE_BARE,   /* a value of sh that has no quotes */
};

/* A command line in the text. */
struct span {
	const char *begin, *end;
	enum quoting quoting;
	bool is_whole;
	char kernel[256]; /* "": for all */
};

/* A text that is gone through. */
struct scan {
	const char *at;
	enum arguments_form form;
	bool is_behind_hypervisor; /* the next module is the kernel */
};

static const char *line_end(const char *at)
{
	return strchrnul(at, '\n');
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Where a word of grub.cfg ends: quotes keep blanks together. */
static const char *script_word_end(const char *at, const char *end)
{
	char quote = '\0';

	for (; at < end; at++) {
		if (quote == '\0' && strchr(" \t\r\n;", *at) != NULL)
			break;
		if (*at == '\\' && quote != '\'' && at + 1 < end)
			at++;
		else if (quote == '\0' && (*at == '"' || *at == '\''))
			quote = *at;
		else if (*at == quote)
			quote = '\0';
	}
	return at;
}

static const char *word_end(const char *at, const char *end, enum quoting quoting)
{
	if (quoting == QUOTE_SCRIPT)
		return script_word_end(at, end);
	while (at < end && strchr(" \t\r\n", *at) == NULL)
		at++;
	return at;
}

/* The end of a command of grub.cfg: of the line that backslashes continue, a ";" or a comment. */
static const char *script_end(const char *at)
{
	const char *const begin = at, *end = line_end(at);

	while (*end == '\n' && end > at && end[-1] == '\\')
		end = line_end(end + 1);
	while (at < end && *at != ';' && *at != '#') {
		at = script_word_end(at, end);
		while (at < end && strchr(" \t\r\n", *at) != NULL)
			at++;
	}
	while (at > begin && strchr(" \t\r\n", at[-1]) != NULL)
		at--;
	return at;
}

static bool is_verb(const char *begin, const char *end, const char *const *verbs)
{
	for (; *verbs != NULL; verbs++)
		if (strlen(*verbs) == (size_t)(end - begin) &&
		    strncasecmp(begin, *verbs, (size_t)(end - begin)) == 0)
			return true;
	return false;
}

/* The kernel's file behind the verb, whose options begin with "--". Returns: behind it */
static const char *take_kernel(const char *at, const char *end, struct span *out)
{
	const char *begin;
	size_t length;

	do {
		begin = skip_blanks(at, end);
		at = word_end(begin, end, out->quoting);
	} while (at > begin && text_starts(begin, "--"));
	length = (size_t)(at - begin);
	if (length < sizeof(out->kernel)) {
		memcpy(out->kernel, begin, length);
		out->kernel[length] = '\0';
	}
	return at;
}

/* @begin, @verb: the first word of a line and its end */
static bool take_command(struct scan *scan, const char *begin, const char *verb,
			 struct span *out)
{
	static const char *const kernels[] = {"linux", "linux16", "linuxefi", "kernel",
					      NULL},
				 *const hypervisors[] = {"multiboot", "multiboot2",
							 "xen_hypervisor", NULL},
				 *const modules[] = {"module", "module2", "xen_module",
						     NULL};
	const bool is_script = scan->form == ARGUMENTS_GRUB;
	bool is_kernel = is_verb(begin, verb, kernels);

	if (is_verb(begin, verb, hypervisors))
		scan->is_behind_hypervisor = true;
	if (scan->is_behind_hypervisor && is_verb(begin, verb, modules)) {
		scan->is_behind_hypervisor = false;
		is_kernel = true;
	}
	if (!is_kernel)
		return false;
	out->quoting = is_script ? QUOTE_SCRIPT : QUOTE_NONE;
	out->end = is_script ? script_end(begin) : line_end(begin);
	out->begin = take_kernel(verb, out->end, out);
	out->is_whole = true;
	/* of GRUB legacy, a hypervisor is started as a kernel is */
	if (!is_script && strstr(out->kernel, "/xen") != NULL) {
		scan->is_behind_hypervisor = true;
		return false;
	}
	return true;
}

/* "# kopt=root=/dev/xvda1 ro", "# kopt_2_6=...", "# defoptions=quiet": what update-grub of Debian's
 * GRUB legacy makes kernel lines of. */
static bool take_kopt(const char *begin, struct span *out)
{
	const char *end = line_end(begin), *at = begin + 1, *equals;

	if (*begin != '#')
		return false;
	at = skip_blanks(at, end);
	equals = memchr(at, '=', (size_t)(end - at));
	if (equals == NULL || (!text_starts(at, "kopt=") && !text_starts(at, "kopt_") &&
			       !text_starts(at, "defoptions=")))
		return false;
	out->quoting = QUOTE_NONE;
	out->is_whole = !text_starts(at, "defoptions=");
	out->begin = equals + 1;
	out->end = end;
	return true;
}

static bool take_append(const char *begin, const char *verb, struct span *out)
{
	static const char *const verbs[] = {"append", NULL};

	if (!is_verb(begin, verb, verbs))
		return false;
	out->quoting = QUOTE_NONE;
	out->is_whole = true;
	out->end = line_end(begin);
	out->begin = skip_blanks(verb, out->end);
	return true;
}

static bool next_in_lines(struct scan *scan, struct span *out)
{
	const char *begin, *end, *verb;
	bool is_found;

	while (*scan->at != '\0') {
		end = line_end(scan->at);
		begin = skip_blanks(scan->at, end);
		verb = word_end(begin, end, QUOTE_NONE);
		if (*begin != '#' && scan->form == ARGUMENTS_LEGACY)
			verb = begin + strcspn(begin, "= \t\n");
		if (scan->form == ARGUMENTS_EXTLINUX)
			is_found = take_append(begin, verb, out);
		else
			is_found =
				take_command(scan, begin, verb, out) ||
				(scan->form == ARGUMENTS_LEGACY && take_kopt(begin, out));
		scan->at = is_found ? line_end(out->end) : end;
		scan->at += *scan->at == '\n';
		if (is_found)
			return true;
	}
	return false;
}

/* An assignment of a shell file. */
struct assignment {
	const char *begin; /* of its line's words: "export" counts */
	const char *name;
	size_t name_length;
	const char *value, *end; /* with its quotes */
	bool is_simple;		 /* one pair of quotes around it, or none */
};

static size_t name_length(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return isdigit((unsigned char)text[0]) ? 0 : length;
}

/* Behind a word of sh. @out_pieces: how many quoted pieces it has */
static const char *shell_word_end(const char *at, unsigned *out_pieces)
{
	char quote = '\0';

	*out_pieces = 0;
	for (; *at != '\0'; at++) {
		if (quote == '\0' && strchr(" \t\r\n;", *at) != NULL)
			break;
		if (*at == '\\' && quote != '\'' && at[1] != '\0') {
			at++;
		} else if (quote == '\0' && strchr("\"'`", *at) != NULL) {
			quote = *at;
			(*out_pieces)++;
		} else if (*at == quote) {
			quote = '\0';
		}
	}
	return at;
}

/* The next assignment, where text_shell_settings() sees one. */
static bool next_assignment(const char **at, struct assignment *out)
{
	unsigned pieces;

	for (;;) {
		*at += strspn(*at, " \t\r\n;");
		if (**at == '\0')
			return false;
		out->begin = *at;
		if (text_starts(*at, "export "))
			*at += strlen("export ");
		out->name = *at;
		out->name_length = name_length(*at);
		if (out->name_length == 0 || (*at)[out->name_length] != '=') {
			*at = line_end(*at);
			continue;
		}
		out->value = *at + out->name_length + 1;
		out->end = shell_word_end(out->value, &pieces);
		out->is_simple =
			pieces == 0 || (pieces == 1 && out->end - out->value >= 2 &&
					strchr("\"'", *out->value) != NULL &&
					out->end[-1] == *out->value);
		*at = out->end;
		return true;
	}
}

static bool is_command_line(const struct assignment *found)
{
	static const char *const starts[] = {"GRUB_CMDLINE_LINUX", "EXTLINUX_PARAMETERS",
					     "EXTLINUX_ROOT"};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (found->name_length >= strlen(starts[i]) &&
		    text_starts(found->name, starts[i]))
			return true;
	return false;
}

static bool next_in_shell(struct scan *scan, struct span *out)
{
	struct assignment found;

	while (next_assignment(&scan->at, &found)) {
		if (!is_command_line(&found) || !found.is_simple)
			continue;
		out->begin = found.value;
		out->end = found.end;
		out->quoting = QUOTE_BARE;
		if (found.end > found.value && strchr("\"'", *found.value) != NULL) {
			out->quoting = *found.value == '"' ? QUOTE_DOUBLE : QUOTE_NONE;
			out->begin++;
			out->end--;
		}
		return true;
	}
	return false;
}

static bool next_span(struct scan *scan, struct span *out)
{
	*out = (struct span){0};
	return scan->form == ARGUMENTS_SHELL ? next_in_shell(scan, out)
					     : next_in_lines(scan, out);
}

/* A word without its quotes. Returns: whether it can be told: one with variables cannot */
static bool plain_word(const char *begin, const char *end, enum quoting quoting,
		       struct str *out)
{
	char quote = '\0';

	for (; begin < end; begin++) {
		if (quoting == QUOTE_NONE) {
			str_add_bytes(out, begin, 1);
			continue;
		}
		if (quote != '\'' && (*begin == '$' || *begin == '`'))
			return false;
		if (*begin == '\\' && quote != '\'' && begin + 1 < end) {
			str_add_bytes(out, ++begin, 1);
		} else if (quoting == QUOTE_SCRIPT &&
			   (*begin == quote ||
			    (quote == '\0' && strchr("\"'", *begin) != NULL))) {
			quote = quote == '\0' ? *begin : '\0';
		} else {
			str_add_bytes(out, begin, 1);
		}
	}
	return true;
}

/* Edits one word. Returns: whether it changed; @out: then added to, "" when it goes */
static bool edit_word(const char *begin, const char *end, const struct span *span,
		      const struct arguments_line *line,
		      const struct arguments_editor *editor, struct str *out)
{
	autostr struct str word = STR_EMPTY;

	return editor->word != NULL && plain_word(begin, end, span->quoting, &word) &&
	       editor->word(word.bytes, line, out, editor->data);
}

static bool edit_words(const struct span *span, const struct arguments_line *line,
		       const struct arguments_editor *editor, struct str *out)
{
	const char *at = span->begin, *begin, *end;
	bool is_changed = false, skips_blanks = false;

	while (at < span->end) {
		autostr struct str now = STR_EMPTY;

		for (begin = at; begin < span->end && strchr(" \t\r\n\\", *begin) != NULL;
		     begin++)
			if (*begin == '\\' && begin[1] != '\n')
				break;
		end = word_end(begin, span->end, span->quoting);
		if (begin == end || !edit_word(begin, end, span, line, editor, &now)) {
			if (!skips_blanks)
				str_add_bytes(out, at, (size_t)(begin - at));
			str_add_bytes(out, begin, (size_t)(end - begin));
			skips_blanks = false;
		} else {
			is_changed = true;
			/* a word that goes takes the blanks in front along, the first word
			 * those behind it */
			if (now.length > 0 && !skips_blanks)
				str_add_bytes(out, at, (size_t)(begin - at));
			str_add(out, now.bytes);
			skips_blanks = now.length == 0 && (at == begin || skips_blanks);
		}
		at = end;
	}
	return is_changed;
}

static bool edit_end(const struct arguments_line *line,
		     const struct arguments_editor *editor, struct str *out)
{
	autostr struct str more = STR_EMPTY;

	if (editor->end == NULL)
		return false;
	editor->end(line, &more, editor->data);
	if (more.length == 0)
		return false;
	if (out->length > 0 && strchr(" \t", out->bytes[out->length - 1]) == NULL)
		str_add(out, " ");
	str_add(out, more.bytes);
	return true;
}

/* A command line as it is to be. Returns: whether it changed */
static bool edit_span(const struct span *span, const struct arguments_editor *editor,
		      struct str *out)
{
	const struct arguments_line line = {
		.kernel = span->kernel[0] != '\0' ? span->kernel : NULL,
		.words = span->begin,
		.length = (size_t)(span->end - span->begin),
		.is_whole = span->is_whole,
	};
	autostr struct str now = STR_EMPTY;
	bool is_changed = edit_words(span, &line, editor, &now);
	bool has_grown;

	has_grown = edit_end(&line, editor, &now);
	is_changed = is_changed || has_grown;
	/* behind the kernel's file comes a blank */
	if (has_grown && span->kernel[0] != '\0' && now.bytes[0] != ' ' &&
	    now.bytes[0] != '\t')
		str_add(out, " ");
	if (is_changed && span->quoting == QUOTE_BARE &&
	    strpbrk(now.bytes, " \t") != NULL)
		str_addf(out, "\"%s\"", now.bytes);
	else
		str_add_bytes(out, now.bytes, now.length);
	return is_changed;
}

size_t arguments_edit(const char *text, enum arguments_form form,
		      const struct arguments_editor *editor, struct str *out)
{
	struct scan scan = {.at = text, .form = form};
	const char *done = text;
	size_t changed = 0;
	struct span span;

	while (next_span(&scan, &span)) {
		str_add_bytes(out, done, (size_t)(span.begin - done));
		changed += edit_span(&span, editor, out);
		done = span.end;
	}
	str_add(out, done);
	return changed;
}

bool arguments_has(const struct arguments_line *line, const char *start)
{
	const size_t length = strlen(start);
	const char *at = line->words, *end = line->words + line->length;

	for (; at < end && (size_t)(end - at) >= length; at++)
		if ((at == line->words || strchr(" \t\"'", at[-1]) != NULL) &&
		    strncmp(at, start, length) == 0)
			return true;
	return false;
}

bool arguments_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) && strchr("+-_./=:,@ ", *text) == NULL)
			return false;
	return true;
}

static bool is_named(const struct assignment *found, const char *name)
{
	return found->name_length == strlen(name) &&
	       memcmp(found->name, name, found->name_length) == 0;
}

/* The value without quotes around it. */
static char *bare_value(const struct assignment *found)
{
	const bool is_quoted =
		found->end > found->value && strchr("\"'", *found->value) != NULL;
	struct str value = STR_EMPTY;

	str_add_bytes(&value, found->value + (is_quoted ? 1 : 0),
		      (size_t)(found->end - found->value) - (is_quoted ? 2 : 0));
	return value.length > 0 ? value.bytes : str_copy("");
}

size_t shell_change(const char *text, const char *name,
		    bool (*is_wrong)(const char *value, void *data), void *data,
		    const char *value, struct str *out)
{
	const char *at = text, *done = text;
	struct assignment found;
	size_t changed = 0;

	while (next_assignment(&at, &found)) {
		autofree char *now = NULL;

		if (!is_named(&found, name) || !found.is_simple ||
		    memchr(found.value, '\n', (size_t)(found.end - found.value)) != NULL)
			continue;
		now = bare_value(&found);
		if (is_wrong != NULL && !is_wrong(now, data))
			continue;
		str_add_bytes(
			out, done,
			(size_t)((value != NULL ? found.value : found.begin) - done));
		done = value != NULL ? found.end : found.begin;
		if (value == NULL)
			str_add(out, "#");
		else if (strpbrk(value, " \t") != NULL)
			str_addf(out, "\"%s\"", value);
		else
			str_add(out, value);
		changed++;
	}
	str_add(out, done);
	return changed;
}

bool shell_has(const char *text, const char *name)
{
	struct assignment found;

	while (next_assignment(&text, &found))
		if (is_named(&found, name))
			return true;
	return false;
}

bool shell_value(const char *text, const char *name, struct str *out)
{
	struct assignment found, last = {0};

	while (next_assignment(&text, &found))
		if (is_named(&found, name))
			last = found;
	if (last.name == NULL || !last.is_simple)
		return false;
	autofree char *value = bare_value(&last);

	str_add(out, value);
	return true;
}
