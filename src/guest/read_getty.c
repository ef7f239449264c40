/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_getty.c - the lines that ask for a login: systemd's getty units, upstart's jobs, inittab(5).
 * What systemd starts by itself for console= of the kernel is not here: the entries tell it. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { GETTYS_MOST = 256 };

static const char *const lines[] = {"ttyS", "ttyAMA", "hvc", "xvc", "tty", "console"};

static bool is_line(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *rest = name + strlen(lines[i]);

		if (text_starts(name, lines[i]) &&
		    rest[strspn(rest, "0123456789")] == '\0')
			return true;
	}
	return false;
}

static void add_getty(struct guest_access *access, const char *line, const char *source)
{
	size_t i;

	for (i = 0; i < access->getty_count; i++)
		if (strcmp(access->gettys[i].line, line) == 0)
			return;
	if (access->getty_count == GETTYS_MOST)
		return;
	access->gettys =
		mem_grow(access->gettys, access->getty_count, sizeof(*access->gettys));
	access->gettys[access->getty_count++] =
		(struct guest_getty){.line = str_copy(line), .source = str_copy(source)};
}

/* "1:2345:respawn:/sbin/getty 38400 tty1": the line is one of the words of the command. */
void inittab_parse(const char *text, const char *source, struct guest_access *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL) {
		char *action, *command, *word;

		if (line[0] == '#' || (action = strchr(line, ':')) == NULL ||
		    (action = strchr(action + 1, ':')) == NULL ||
		    (command = strchr(action + 1, ':')) == NULL ||
		    strstr(command, "getty") == NULL ||
		    (!text_starts(action, ":respawn:") &&
		     !text_starts(action, ":askfirst:")))
			continue;
		command++;
		while ((word = text_next_word(&command)) != NULL)
			if (is_line(word))
				add_getty(out, word, source);
	}
}

/* "serial-getty@ttyS0" as a unit, "ttyS0" as a job. */
static void read_services(struct inspect *look)
{
	static const char *const units[] = {"serial-getty@", "getty@"};
	const char *init = look->guest->system.init;
	size_t i, k;

	for (i = 0; i < look->services.count; i++) {
		const char *name = look->services.list[i];

		if (guest_words_has(&look->masked, name))
			continue;
		for (k = 0; k < sizeof(units) / sizeof(units[0]); k++)
			if (text_starts(name, units[k]))
				add_getty(&look->guest->access, name + strlen(units[k]),
					  name);
		if (init != NULL && strcmp(init, "upstart") == 0 && is_line(name))
			add_getty(&look->guest->access, name, "/etc/init");
	}
}

void read_gettys(struct inspect *look)
{
	autostr struct str text = STR_EMPTY;
	const char *init = look->guest->system.init;
	const bool has_systemd = init != NULL && strcmp(init, "systemd") == 0;

	if (init != NULL)
		read_services(look);
	/* systemd does not read it, and upstart only the runlevel */
	if (!has_systemd && inspect_text(look, "/etc/inittab", &text))
		inittab_parse(text.bytes, "/etc/inittab", &look->guest->access);
}
