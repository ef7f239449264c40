/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_sshd.c - sshd_config(5) with the files that it includes: for each keyword the first value
 * counts, so that a drop-in that is included at the top wins. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { FILES_MOST = 64, DEPTH_MOST = 8 };

static const char *const keywords[] = {
	"PermitRootLogin",
	"PasswordAuthentication",
	"PubkeyAuthentication",
	"KbdInteractiveAuthentication",
	"ChallengeResponseAuthentication",
	"UsePAM",
	"AuthorizedKeysFile",
	"AllowUsers",
	"DenyUsers",
	"AllowGroups",
	"Port",
	"PermitEmptyPasswords",
};

static const char *find_keyword(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (strcasecmp(keywords[i], word) == 0)
			return keywords[i];
	return NULL;
}

/* The first word of a line, which "=" may end too. @rest: moved behind it */
static char *take_keyword(char **rest)
{
	char *word = *rest + strspn(*rest, " \t");
	const size_t length = strcspn(word, " \t=");

	if (length == 0)
		return NULL;
	*rest = word + length;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	*rest += strspn(*rest, " \t=");
	return word;
}

/* A value without quotes around it, and without a comment behind it. */
static char *plain_value(char *value)
{
	size_t length;

	if (value[0] == '"') {
		value++;
		value[strcspn(value, "\"")] = '\0';
		return value;
	}
	length = strcspn(value, "#");
	value[length] = '\0';
	return str_trim_end(value);
}

void sshd_config_parse(const char *text, const char *source, include_read *include,
		       void *data, struct guest_settings *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL) {
		char *word = line[0] != '#' ? take_keyword(&line) : NULL;
		const char *known;

		if (word == NULL)
			continue;
		if (strcasecmp(word, "Match") == 0)
			break; /* up to the end of the file all is conditional */
		if (strcasecmp(word, "Include") == 0 && include != NULL) {
			while ((word = text_next_word(&line)) != NULL)
				include(word, data);
			continue;
		}
		known = find_keyword(word);
		if (known != NULL && guest_settings_value(out, known) == NULL)
			guest_settings_add(out, known, plain_value(line), source);
	}
}

struct including {
	struct inspect *look;
	unsigned count, depth;
};

static void include_pattern(const char *pattern, void *data);

static void include_file(struct including *including, const char *path)
{
	autostr struct str text = STR_EMPTY;

	if (including->count++ >= FILES_MOST || including->depth == DEPTH_MOST)
		return;
	including->depth++;
	if (inspect_text(including->look, path, &text))
		sshd_config_parse(text.bytes, path, include_pattern, including,
				  &including->look->guest->access.sshd);
	including->depth--;
}

static void include_pattern(const char *pattern, void *data)
{
	struct including *including = data;
	autostr struct str whole = STR_EMPTY, folder = STR_EMPTY;
	struct guest_words names = {0};
	const char *name;
	size_t i;

	str_addf(&whole, "%s%s", pattern[0] != '/' ? "/etc/ssh/" : "", pattern);
	name = strrchr(whole.bytes, '/');
	str_add_bytes(&folder, whole.bytes, (size_t)(name - whole.bytes));
	inspect_names(including->look, folder.bytes, "", &names);
	for (i = 0; i < names.count && including->count < FILES_MOST; i++) {
		autostr struct str path = STR_EMPTY;

		if (fnmatch(name + 1, names.list[i], FNM_PERIOD) != 0)
			continue;
		str_addf(&path, "%s/%s", folder.bytes, names.list[i]);
		include_file(including, path.bytes);
	}
	guest_words_clear(&names);
}

void read_sshd(struct inspect *look)
{
	static const char *const programs[] = {"/usr/sbin/sshd", "/usr/bin/sshd", NULL};
	static const char *const services[] = {"ssh", "sshd", "ssh.socket", "sshd.socket",
					       NULL};
	static const char *const configs[] = {"/etc/ssh/sshd_config",
					      "/usr/etc/ssh/sshd_config", NULL};
	struct guest_access *access = &look->guest->access;
	struct including including = {.look = look};
	const char *path = inspect_first(look, configs);

	access->has_sshd = inspect_first(look, programs) != NULL;
	access->is_sshd_enabled = access->has_sshd && inspect_is_started(look, services);
	if (path != NULL)
		include_file(&including, path);
}
