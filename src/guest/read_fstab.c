/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_fstab.c - what is mounted at boot: fstab(5), and the names in crypttab(5). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { MOUNTS_MOST = 4096, VOLUMES_MOST = 256 };

static bool is_octal(char byte)
{
	return byte >= '0' && byte <= '7';
}

/* "\040" is a space: white space and backslashes stand as three octal digits. In place. */
static char *unescape(char *text)
{
	char *from = text, *to = text;

	while (*from != '\0') {
		if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) &&
		    is_octal(from[3]) && from[1] <= '3') {
			const int value = (from[1] - '0') * 64 + (from[2] - '0') * 8 +
					  (from[3] - '0');

			*to++ = value != 0 ? (char)value : '?';
			from += 4;
			continue;
		}
		*to++ = *from++;
	}
	*to = '\0';
	return text;
}

static char *take_field(char **rest, const char *otherwise)
{
	char *word = text_next_word(rest);

	return str_copy(word != NULL ? unescape(word) : otherwise);
}

void fstab_parse(const char *text, struct guest *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL && out->mount_count < MOUNTS_MOST) {
		char *device = text_next_word(&line), *folder = text_next_word(&line);
		struct guest_mount *mount;
		const char *pass;

		if (device == NULL || device[0] == '#' || folder == NULL)
			continue;
		out->mounts =
			mem_grow(out->mounts, out->mount_count, sizeof(*out->mounts));
		mount = &out->mounts[out->mount_count++];
		*mount = (struct guest_mount){
			.device = str_copy(unescape(device)),
			.folder = str_copy(unescape(folder)),
		};
		mount->type = take_field(&line, "auto");
		mount->options = take_field(&line, "defaults");
		(void)text_next_word(&line); /* for dump(8) */
		pass = text_next_word(&line);
		mount->pass = pass != NULL ? (int)strtol(pass, NULL, 10) : 0;
	}
}

void crypttab_parse(const char *text, struct guest_words *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL && out->count < VOLUMES_MOST) {
		const char *name = text_next_word(&line);

		if (name != NULL && name[0] != '#')
			guest_words_add(out, name, strlen(name));
	}
}

static void read_fstab(struct inspect *look)
{
	autostr struct str mounts = STR_EMPTY, volumes = STR_EMPTY;

	if (inspect_text(look, "/etc/fstab", &mounts))
		fstab_parse(mounts.bytes, look->guest);
	if (inspect_text(look, "/etc/crypttab", &volumes))
		crypttab_parse(volumes.bytes, &look->guest->crypt_names);
}

const struct guest_reader guest_reader_fstab = {.name = "fstab", .read = read_fstab};
