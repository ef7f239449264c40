/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_access.c - who can log in: passwd(5), shadow(5), authorized_keys (sshd(8)). Of a hash only
 * what it is is kept, and the text that held it is wiped. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { USERS_MOST = 2000, FIELDS = 7 };

/* Cut a line at its colons. Returns: how many fields it has */
static size_t cut_fields(char *line, char **fields, size_t most)
{
	size_t count = 0;

	while (count < most) {
		fields[count++] = line;
		line = strchr(line, ':');
		if (line == NULL)
			break;
		*line++ = '\0';
	}
	return count;
}

static enum guest_password password_of(const char *field)
{
	if (field[0] == '\0')
		return GUEST_PASSWORD_EMPTY;
	if (field[0] == '!')
		return GUEST_PASSWORD_LOCKED;
	/* a hash begins with "$", or is DES's 13 characters; nothing else ever matches */
	if (field[0] == '$' || (strlen(field) == 13 && strchr(field, '*') == NULL))
		return GUEST_PASSWORD_SET;
	return GUEST_PASSWORD_NONE;
}

/* The second field of a user's line in shadow. */
static enum guest_password find_password(const char *shadow, const char *name)
{
	const size_t length = strlen(name);
	enum guest_password password;
	const char *line, *end;

	for (line = shadow; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		char field[64] = "";
		size_t size;

		end = strchrnul(line, '\n');
		if (strncmp(line, name, length) != 0 || line[length] != ':')
			continue;
		size = strcspn(line + length + 1, ":\n");
		/* its beginning is enough */
		if (size >= sizeof(field))
			size = sizeof(field) - 1;
		memcpy(field, line + length + 1, size);
		password = password_of(field);
		explicit_bzero(field, sizeof(field));
		return password;
	}
	return GUEST_PASSWORD_UNKNOWN;
}

static bool is_login_shell(const char *shell)
{
	static const char *const none[] = {"nologin", "false", "sync", "shutdown",
					   "halt"};
	const char *name = strrchr(shell, '/');
	size_t i;

	name = name != NULL ? name + 1 : shell;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcmp(name, none[i]) == 0)
			return false;
	return true; /* an empty field is /bin/sh */
}

static void add_user(char **fields, const char *shadow, struct guest_access *out)
{
	struct guest_user user = {
		.uid = (uint32_t)strtoul(fields[2], NULL, 10),
		.has_login_shell = is_login_shell(fields[6]),
	};

	if (strcmp(fields[1], "x") != 0)
		user.password = password_of(fields[1]);
	else if (shadow != NULL)
		user.password = find_password(shadow, fields[0]);
	if (!user.has_login_shell && user.password != GUEST_PASSWORD_SET &&
	    user.password != GUEST_PASSWORD_EMPTY)
		return;
	user.name = str_copy(fields[0]);
	user.home = str_copy(fields[5]);
	user.shell = str_copy(fields[6]);
	out->users = mem_grow(out->users, out->user_count, sizeof(*out->users));
	out->users[out->user_count++] = user;
}

void users_parse(const char *passwd, const char *shadow, struct guest_access *out)
{
	autofree char *copy = str_copy(passwd);
	char *rest = copy, *line, *fields[FIELDS];
	size_t lines = 0;

	while ((line = text_next_line(&rest)) != NULL && lines++ < USERS_MOST)
		if (line[0] != '#' && line[0] != '+' &&
		    cut_fields(line, fields, FIELDS) == FIELDS)
			add_user(fields, shadow, out);
	if (copy != NULL) /* old systems have the hash here */
		explicit_bzero(copy, strlen(passwd));
}

void read_keys_path(const char *pattern, const struct guest_user *user, struct str *out)
{
	if (pattern[0] != '/' && pattern[0] != '%')
		str_addf(out, "%s/", user->home);
	for (; *pattern != '\0'; pattern++) {
		if (pattern[0] == '%' && pattern[1] != '\0') {
			pattern++;
			if (*pattern == 'h')
				str_add(out, user->home);
			else if (*pattern == 'u')
				str_add(out, user->name);
			else if (*pattern == '%')
				str_add(out, "%");
			continue;
		}
		str_add_bytes(out, pattern, 1);
	}
}

static void read_keys_of(struct inspect *look, const struct guest_words *patterns,
			 struct guest_user *user)
{
	size_t i;

	for (i = 0; i < patterns->count; i++) {
		autostr struct str path = STR_EMPTY, text = STR_EMPTY;

		read_keys_path(patterns->list[i], user, &path);
		if (inspect_text(look, path.bytes, &text))
			keys_parse(text.bytes, path.bytes, &user->keys);
	}
}

static void read_all_keys(struct inspect *look)
{
	struct guest_access *access = &look->guest->access;
	const char *setting = guest_settings_value(&access->sshd, "AuthorizedKeysFile");
	struct guest_words patterns = {0};
	size_t i;

	text_add_words(&patterns,
		       setting != NULL ? setting
				       : ".ssh/authorized_keys .ssh/authorized_keys2",
		       " \t");
	for (i = 0; i < access->user_count; i++)
		read_keys_of(look, &patterns, &access->users[i]);
	guest_words_clear(&patterns);
}

static void wipe(struct str *text)
{
	if (text->room > 0)
		explicit_bzero(text->bytes, text->room);
	str_clear(text);
}

static void read_users(struct inspect *look)
{
	struct str passwd = STR_EMPTY, shadow = STR_EMPTY;

	if (inspect_text(look, "/etc/passwd", &passwd)) {
		const bool has_shadow = inspect_text(look, "/etc/shadow", &shadow);

		users_parse(passwd.bytes, has_shadow ? shadow.bytes : NULL,
			    &look->guest->access);
	}
	wipe(&passwd);
	wipe(&shadow);
}

static void read_access(struct inspect *look)
{
	read_users(look);
	read_sshd(look);
	read_all_keys(look);
	read_gettys(look);
}

const struct guest_reader guest_reader_access = {.name = "access", .read = read_access};
