/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_console.c - the consoles that the kernel is told: those that the machine does not have give way
 * to those that it has. The last one is /dev/console; a screen is told before it, and stays where
 * there is none: to a kernel with terminals it is always there. GRUB's own terminal goes with them. Sources: Documentation/admin-guide/serial-console.rst; GRUB manual,
 * "Simple configuration", "serial", "terminal_input"; systemd-getty-generator(8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_console.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

struct console_fix {
	const struct guest_words *has; /* consoles of the machine */
	struct str what;
	bool has_default; /* GRUB's settings name one that is there */
	bool is_told;	  /* the line at hand got its console */
	const char *line; /* whose turn it is */
};

/* "tty0", "tty1": a screen has many. */
static bool is_screen(const char *console)
{
	const char *digits = console + strlen("tty");

	return text_starts(console, "tty") && digits[0] != '\0' &&
	       digits[strspn(digits, "0123456789")] == '\0';
}

/* "ttyS0,115200n8" counts without its speed. */
bool console_is_there(const struct guest_words *has, const char *console)
{
	const size_t length = strcspn(console, ",");
	size_t i;

	for (i = 0; i < has->count; i++)
		if (strlen(has->list[i]) == length &&
		    strncmp(has->list[i], console, length) == 0)
			return true;
	return false;
}

bool console_is_line(const char *name)
{
	static const char *const starts[] = {"ttyS", "ttyAMA", "hvc", "xvc"};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		const char *rest = name + strlen(starts[i]);

		if (text_starts(name, starts[i]) && *rest != '\0' &&
		    rest[strspn(rest, "0123456789")] == '\0')
			return true;
	}
	return false;
}

const char *console_serial(const struct guest_words *has)
{
	static const char *const starts[] = {"ttyS", "ttyAMA", "hvc", "xvc"};
	size_t i, k;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		for (k = 0; k < has->count; k++)
			if (text_starts(has->list[k], starts[i]))
				return has->list[k];
	return NULL;
}

static void add_console(const struct arguments_line *line, const char *name,
			struct str *out)
{
	autostr struct str word = STR_EMPTY;

	str_addf(&word, "console=%s", name);
	if (line != NULL && arguments_has(line, word.bytes))
		return;
	str_addf(out, "%s%s%s", out->length > 0 ? " " : "", word.bytes,
		 text_starts(name, "ttyS") ? ",115200n8" : "");
}

/* What a line is told in the place of a console that is not there; what it has already is not
 * told again. */
static void add_consoles(const struct console_fix *console,
			 const struct arguments_line *line, struct str *out)
{
	const char *serial = console_serial(console->has);

	if (guest_words_has(console->has, "tty0") && !arguments_has(line, "console=tty1"))
		add_console(line, "tty0", out);
	if (serial != NULL)
		add_console(line, serial, out);
}

static bool edit_word(const char *word, const struct arguments_line *line,
		      struct str *out, void *data)
{
	struct console_fix *console = data;
	autostr struct str text = STR_EMPTY;

	if (!text_starts(word, "console=") || is_screen(word + strlen("console=")) ||
	    console_is_there(console->has, word + strlen("console=")))
		return false;
	if (console->line != line->words)
		console->is_told = false;
	console->line = line->words;
	if (!console->is_told)
		add_consoles(console, line, out);
	console->is_told = true;
	str_addf(&text, "%s %s%s", word, out->length > 0 ? "becomes " : "goes",
		 out->bytes);
	fix_lines_tell(&console->what, text.bytes);
	return true;
}

/* Whether words name a console that is there and no screen. */
static bool has_console(const struct guest_words *has, const char *words, size_t length)
{
	autofree char *copy = strndup(words, length);
	char *rest = copy, *word;

	while (copy != NULL && (word = text_next_word(&rest)) != NULL)
		if (text_starts(word, "console=") &&
		    !is_screen(word + strlen("console=")) &&
		    console_is_there(has, word + strlen("console=")))
			return true;
	return false;
}

/* Without a word the kernel takes the screen: where there is none, it is told. */
static void add_end(const struct arguments_line *line, struct str *out, void *data)
{
	struct console_fix *console = data;
	autostr struct str text = STR_EMPTY;

	if (!line->is_whole || has_console(console->has, line->words, line->length) ||
	    (console->line == line->words && console->is_told))
		return;
	add_consoles(console, line, out);
	if (out->length == 0)
		return;
	str_addf(&text, "%s is added", out->bytes);
	fix_lines_tell(&console->what, text.bytes);
}

/* Looks at a word of GRUB's settings, as edited so far. */
static bool see_default(const char *word, const struct arguments_line *line,
			struct str *out, void *data)
{
	struct console_fix *console = data;

	(void)line;
	(void)out;
	console->has_default =
		console->has_default || has_console(console->has, word, strlen(word));
	return false;
}

static void see_defaults(struct fix *fix, const char *path, enum arguments_form form,
			 void *data)
{
	const struct arguments_editor editor = {.word = see_default, .data = data};
	autostr struct str text = STR_EMPTY, same = STR_EMPTY;

	if (fix_text(fix, path, &text))
		(void)arguments_edit(text.bytes, form, &editor, &same);
}

/* The defaults are several settings of one command line: one of them is told. */
static void add_default(struct fix *fix, struct console_fix *console)
{
	const char *serial = console_serial(console->has);
	autostr struct str text = STR_EMPTY, out = STR_EMPTY, value = STR_EMPTY,
			   what = STR_EMPTY;

	fix_lines_visit_shell(fix, see_defaults, console);
	if (serial == NULL || console->has_default ||
	    !fix_text(fix, "/etc/default/grub", &text) ||
	    !shell_value(text.bytes, "GRUB_CMDLINE_LINUX", &value) ||
	    strpbrk(value.bytes, "$`\\\"") != NULL)
		return;
	add_console(NULL, serial, &value);
	str_addf(&what, "console=%s is added to GRUB_CMDLINE_LINUX", serial);
	(void)shell_change(text.bytes, "GRUB_CMDLINE_LINUX", NULL, NULL, value.bytes,
			   &out);
	(void)fix_put(fix, "/etc/default/grub", &out, NULL, what.bytes,
		      "the next update-grub leaves the machine without a console");
}

/* The unit of "serial --unit=1 --speed=9600". */
static bool has_unit(const struct guest_words *has, const char *command)
{
	const char *unit = strstr(command, "--unit=");
	char name[16];

	(void)snprintf(name, sizeof(name), "ttyS%lu",
		       unit != NULL ? strtoul(unit + strlen("--unit="), NULL, 10) % 100
				    : 0);
	return guest_words_has(has, name);
}

static bool is_wrong_serial(const char *value, void *data)
{
	const struct console_fix *console = data;

	return text_starts(value, "serial") && !has_unit(console->has, value);
}

static bool is_wrong_terminal(const char *value, void *data)
{
	const struct console_fix *console = data;

	return strstr(value, "serial") != NULL &&
	       (console_serial(console->has) == NULL ||
		!text_starts(console_serial(console->has), "ttyS"));
}

static void edit_terminal(struct fix *fix, const char *path, enum arguments_form form,
			  void *data)
{
	static const char *const names[] = {"GRUB_TERMINAL", "GRUB_TERMINAL_INPUT",
					    "GRUB_TERMINAL_OUTPUT"};
	struct console_fix *console = data;
	const char *prevents =
		"the next update-grub gives GRUB a terminal that is not there";
	size_t i;

	(void)form;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;

		if (!fix_text(fix, path, &text) ||
		    shell_change(text.bytes, names[i], is_wrong_terminal, console,
				 "console", &now) == 0)
			continue;
		str_addf(&what, "%s is console", names[i]);
		(void)fix_put(fix, path, &now, NULL, what.bytes, prevents);
	}
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;
	const char *serial = console_serial(console->has);
	const bool has_serial = serial != NULL && text_starts(serial, "ttyS");
	autostr struct str command = STR_EMPTY;

	if (has_serial)
		str_addf(&command, "serial --unit=%s --speed=115200",
			 serial + strlen("ttyS"));
	if (fix_text(fix, path, &text) &&
	    shell_change(text.bytes, "GRUB_SERIAL_COMMAND", is_wrong_serial, console,
			 has_serial ? command.bytes : NULL, &now) > 0)
		(void)fix_put(fix, path, &now, NULL,
			      has_serial ? "GRUB_SERIAL_COMMAND names the machine's port"
					 : "GRUB_SERIAL_COMMAND becomes a comment",
			      prevents);
}

/* A line of grub.cfg that names a terminal: "terminal_input serial" and "serial --unit=...".
 * Returns: whether it changed */
static bool edit_menu_line(const void *data, const char *line, struct str *out)
{
	const struct console_fix *console = data;
	const char *serial = console_serial(console->has);
	const bool has_serial = serial != NULL && text_starts(serial, "ttyS");
	const char *verb = line + strspn(line, " \t");
	const int indent = (int)(verb - line);

	if (text_starts(verb, "terminal_") && strstr(verb, "serial") != NULL &&
	    !has_serial)
		str_addf(out, "%.*s console\n", indent + (int)strcspn(verb, " \t"), line);
	else if (text_starts(verb, "serial ") && !has_unit(console->has, verb) &&
		 has_serial)
		str_addf(out, "%.*sserial --unit=%s --speed=115200\n", indent, line,
			 serial + strlen("ttyS"));
	else if (text_starts(verb, "serial ") && !has_serial)
		str_addf(out, "%.*s# no such port: %s", indent, line, verb);
	else
		return false;
	return true;
}

static void edit_grub(struct fix *fix, const char *path, enum arguments_form form,
		      void *data)
{
	autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;
	size_t changed;

	if (form != ARGUMENTS_GRUB || !fix_text(fix, path, &text))
		return;
	changed = text_edit_lines(text.bytes, edit_menu_line, data, &now);
	str_addf(&what, "GRUB's terminal is one of this machine in %zu line%s", changed,
		 changed > 1 ? "s" : "");
	if (changed > 0)
		(void)fix_put(fix, path, &now, NULL, what.bytes,
			      "GRUB's menu is on a serial port that is not there");
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->platform->consoles.count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct console_fix console = {.has = &fix->platform->consoles, .what = STR_EMPTY};
	const bool has_screen = guest_words_has(console.has, "tty0");
	const struct arguments_editor editor = {
		.word = edit_word, .end = has_screen ? NULL : add_end, .data = &console};

	(void)err;
	fix_lines_edit(fix, &editor, &console.what,
		       "the system runs, and nobody sees it: it looks hung");
	if (!has_screen)
		add_default(fix, &console);
	fix_lines_visit_shell(fix, edit_terminal, &console);
	fix_lines_visit_all(fix, edit_grub, &console);
	str_clear(&console.what);
	console_fix_gettys(fix);
	return 0;
}

/* A prompt that nobody can answer is another fixer's matter. */
static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct prediction judged = {0};
	const struct prediction_link *link = &judged.links[STEP_CONSOLE];

	guest_predict(after, fix->platform, &judged);
	if (link->verdict == PREDICT_BROKEN && link->fixer == FIXER_CONSOLE)
		str_add(why, link->says);
	prediction_clear(&judged);
	return why->length == 0;
}

const struct fixer fixer_console = {
	.name = "console",
	.does = "lets the kernel, GRUB and login prompts use this machine's consoles",
	.detect = detect,
	.plan = plan,
	.check = check,
};
