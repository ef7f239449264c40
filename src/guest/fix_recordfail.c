/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_recordfail.c - menus of GRUB that wait for a key, for ever: Ubuntu's after a boot that failed,
 * which a headless machine cannot leave, and a timeout of -1. Sources: GRUB manual, "timeout";
 * 00_header of Ubuntu's grub-common (make_timeout: ${GRUB_RECORDFAIL_TIMEOUT:--1} up to 14.04,
 * :-30 later). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

#define SECONDS "5"

struct menu {
	bool waits; /* for a key after a boot that failed */
};

static const char prevents[] =
	"the menu waits for a key, and nobody is at the machine to press one";

/* Whether a line says what comes after a boot that failed. */
static bool is_recordfail(const char *line, const char *end)
{
	const char *found = line != NULL ? strstr(line, "{recordfail}") : NULL;

	return found != NULL && found < end;
}

/* "set timeout=-1". Returns: how many lines changed */
static size_t edit_menu(struct menu *menu, const char *text, struct str *out)
{
	static const char start[] = "set timeout=";
	const char *before = NULL;
	size_t changed = 0, length;

	for (; *text != '\0'; text += length) {
		const char *verb = text + strspn(text, " \t"),
			   *value = verb + strlen(start);

		length = strcspn(text, "\n");
		length += text[length] == '\n';
		if (!text_starts(verb, start) ||
		    (!text_starts(value, "-1") && !text_starts(value, "\"-1\""))) {
			str_add_bytes(out, text, length);
			before = text;
			continue;
		}
		menu->waits = menu->waits || is_recordfail(before, text);
		before = text;
		str_add_bytes(out, text, (size_t)(value - text));
		value += *value == '"' ? strlen("\"-1\"") : strlen("-1");
		str_add(out, SECONDS);
		str_add_bytes(out, value, (size_t)(text + length - value));
		changed++;
	}
	return changed;
}

static void edit_file(struct fix *fix, const char *path, enum arguments_form form,
		      void *data)
{
	autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;
	size_t changed;

	if (form != ARGUMENTS_GRUB || !fix_text(fix, path, &text))
		return;
	changed = edit_menu(data, text.bytes, &now);
	str_addf(&what, "a timeout of -1 becomes " SECONDS " s in %zu line%s", changed,
		 changed > 1 ? "s" : "");
	if (changed > 0)
		(void)fix_put(fix, path, &now, NULL, what.bytes, prevents);
}

static bool is_endless(const char *value, void *data)
{
	(void)data;
	return strcmp(value, "-1") == 0;
}

static void edit_settings(struct fix *fix, const char *path, enum arguments_form form,
			  void *data)
{
	static const char *const names[] = {"GRUB_TIMEOUT", "GRUB_RECORDFAIL_TIMEOUT"};
	size_t i;

	(void)form;
	(void)data;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;

		if (!fix_text(fix, path, &text) ||
		    shell_change(text.bytes, names[i], is_endless, NULL, SECONDS, &now) ==
			    0)
			continue;
		str_addf(&what, "%s is " SECONDS, names[i]);
		(void)fix_put(fix, path, &now, NULL, what.bytes, prevents);
	}
}

/* What the menu waits after a boot that failed, when the next one is made. */
static void add_setting(struct fix *fix)
{
	const struct guest_settings *now = &fix->image->guest.grub_defaults;
	autostr struct str text = STR_EMPTY;

	if (guest_settings_value(now, "GRUB_RECORDFAIL_TIMEOUT") != NULL ||
	    !fix_text(fix, "/etc/default/grub", &text) ||
	    shell_has(text.bytes, "GRUB_RECORDFAIL_TIMEOUT"))
		return;
	if (text.length > 0 && text.bytes[text.length - 1] != '\n')
		str_add(&text, "\n");
	str_add(&text, "GRUB_RECORDFAIL_TIMEOUT=" SECONDS "\n");
	(void)fix_put(fix, "/etc/default/grub", &text, NULL,
		      "GRUB_RECORDFAIL_TIMEOUT=" SECONDS " is added", prevents);
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->image->guest.loader_count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct menu menu = {0};

	(void)err;
	fix_lines_visit_all(fix, edit_file, &menu);
	fix_lines_visit_shell(fix, edit_settings, &menu);
	/* where it is 30 s the menu goes on by itself */
	if (menu.waits)
		add_setting(fix);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	size_t i;

	(void)fix;
	for (i = 0; i < after->guest.loader_count; i++)
		if (after->guest.loaders[i].timeout_s == -1)
			str_addf(why, "%s still waits for a key",
				 after->guest.loaders[i].config);
	return why->length == 0;
}

const struct fixer fixer_recordfail = {
	.name = "recordfail",
	.does = "lets GRUB's menu go on without a key",
	.detect = detect,
	.plan = plan,
	.check = check,
};
