/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_getty.c - login prompts on lines that the machine does not have: they go, or move to the line
 * that it has. systemd starts prompts on the kernel's consoles by itself. Sources:
 * systemd-getty-generator(8); inittab(5); upstart cookbook, "respawn"; securetty(5). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_console.h"
#include "guest/text.h"

static bool is_gone(const struct fix *fix, const char *name)
{
	return console_is_line(name) && !console_is_there(&fix->platform->consoles, name);
}

/* "serial-getty@hvc0.service" -> "hvc0". Returns: whether the name is of such a unit */
static bool line_of_unit(const char *name, char out[32])
{
	const char *at = strchr(name, '@');
	size_t length;

	if (!text_starts(name, "serial-getty@") && !text_starts(name, "getty@"))
		return false;
	length = strcspn(at + 1, ".");
	if (length == 0 || length >= 32)
		return false;
	memcpy(out, at + 1, length);
	out[length] = '\0';
	return true;
}

static void fix_wants(struct fix *fix, const char *folder)
{
	struct error err = {0};
	char **names = NULL, line[32];
	size_t i;

	if (vfs_names(fix->vfs, folder, ".service", &names, &err) != 0)
		return;
	for (i = 0; names[i] != NULL; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "%s/%s", folder, names[i]);
		if (line_of_unit(names[i], line) && is_gone(fix, line))
			(void)fix_remove(fix, path.bytes,
					 "the prompt on a line that is not there goes",
					 "systemd waits 90 s for the device, or starts "
					 "a prompt that fails again and again");
		free(names[i]);
	}
	free(names);
}

static bool ends_line(char byte)
{
	return byte == '\0' || strchr(" \t\r\n", byte) != NULL;
}

/* Puts another line's name where one stands as a word. Returns: whether it did */
static bool rename_line(const char *text, const char *from, const char *to,
			struct str *out)
{
	const size_t length = strlen(from);
	const char *at = text, *found;
	bool is_changed = false;

	while ((found = strstr(at, from)) != NULL) {
		const bool is_word =
			(found == text || strchr(" \t\n/", found[-1]) != NULL) &&
			ends_line(found[length]);

		str_add_bytes(out, at, (size_t)(found - at));
		str_add(out, is_word ? to : from);
		is_changed = is_changed || is_word;
		at = found + length;
	}
	str_add(out, at);
	return is_changed;
}

/* The line of an inittab's prompt that the machine lacks. Returns: whether there is one */
static bool gone_in_command(const struct fix *fix, const char *line, char out[32])
{
	autofree char *copy = str_copy(line);
	char *rest = copy, *word;

	if (line[0] == '#' || strstr(line, "getty") == NULL ||
	    strstr(line, ":respawn:") == NULL)
		return false;
	(void)str_trim_end(copy);
	while ((word = text_next_word(&rest)) != NULL)
		if (is_gone(fix, word) && strlen(word) < 32) {
			memcpy(out, word, strlen(word) + 1);
			return true;
		}
	return false;
}

/* Whether a prompt is there already, as inittab has one. */
static bool has_prompt(const char *text, const char *line)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *each;

	while ((each = text_next_line(&rest)) != NULL) {
		autostr struct str renamed = STR_EMPTY;

		if (each[0] != '#' && strstr(each, "getty") != NULL &&
		    rename_line(each, line, "", &renamed))
			return true;
	}
	return false;
}

static void fix_inittab(struct fix *fix)
{
	const char *to = console_serial(&fix->platform->consoles);
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;
	size_t changed = 0, length;
	const char *at;

	if (!fix_text(fix, "/etc/inittab", &text))
		return;
	for (at = text.bytes; *at != '\0'; at += length) {
		char from[32];

		length = strcspn(at, "\n");
		length += at[length] == '\n';
		autofree char *line = strndup(at, length);

		if (line == NULL || !gone_in_command(fix, line, from)) {
			str_add_bytes(&now, at, length);
			continue;
		}
		changed++;
		if (to == NULL || has_prompt(text.bytes, to) || has_prompt(now.bytes, to))
			str_addf(&now, "#%s", line);
		else
			(void)rename_line(line, from, to, &now);
	}
	if (changed > 0)
		(void)fix_put(fix, "/etc/inittab", &now, NULL,
			      "prompts on lines that are not there move or go",
			      "init starts a prompt that fails again and again, and "
			      "none is where somebody looks");
}

/* /etc/init/hvc0.conf becomes ttyS0.conf. */
static void fix_job(struct fix *fix, const char *name)
{
	const char *to = console_serial(&fix->platform->consoles);
	autostr struct str path = STR_EMPTY, other = STR_EMPTY, text = STR_EMPTY,
			   now = STR_EMPTY, what = STR_EMPTY;

	str_addf(&path, "/etc/init/%s.conf", name);
	if (!fix_text(fix, path.bytes, &text) || strstr(text.bytes, "getty") == NULL)
		return;
	if (to != NULL && rename_line(text.bytes, name, to, &now)) {
		str_addf(&other, "/etc/init/%s.conf", to);
		str_addf(&what, "the prompt on %s is started on %s", name, to);
		if (!vfs_exists(fix->vfs, other.bytes))
			(void)fix_put(fix, other.bytes, &now, NULL, what.bytes,
				      "no prompt is on a line where somebody looks");
	}
	(void)fix_remove(fix, path.bytes, "the prompt on a line that is not there goes",
			 "upstart starts a prompt that fails again and again");
}

static void fix_upstart(struct fix *fix)
{
	struct error err = {0};
	char **names = NULL;
	size_t i;

	if (vfs_names(fix->vfs, "/etc/init", ".conf", &names, &err) != 0)
		return;
	for (i = 0; names[i] != NULL; i++) {
		names[i][strlen(names[i]) - strlen(".conf")] = '\0';
		if (is_gone(fix, names[i]))
			fix_job(fix, names[i]);
		free(names[i]);
	}
	free(names);
}

/* Where that file is, root may come in on its lines alone. */
static void fix_securetty(struct fix *fix)
{
	const char *line = console_serial(&fix->platform->consoles);
	autostr struct str text = STR_EMPTY, more = STR_EMPTY, seen = STR_EMPTY;

	if (line == NULL || !fix_text(fix, "/etc/securetty", &text) ||
	    rename_line(text.bytes, line, "", &seen))
		return;
	if (text.length > 0 && text.bytes[text.length - 1] != '\n')
		str_add(&more, "\n");
	str_addf(&more, "%s\n", line);
	(void)fix_append(fix, "/etc/securetty", more.bytes, more.length,
			 "root may come in on the machine's line",
			 "the prompt there refuses root");
}

void console_fix_gettys(struct fix *fix)
{
	const char *init = fix->image->guest.system.init;

	if (init != NULL && strcmp(init, "systemd") == 0) {
		fix_wants(fix, "/etc/systemd/system/getty.target.wants");
		fix_wants(fix, "/etc/systemd/system/multi-user.target.wants");
	} else {
		fix_inittab(fix);
		if (init != NULL && strcmp(init, "upstart") == 0)
			fix_upstart(fix);
	}
	fix_securetty(fix);
}
