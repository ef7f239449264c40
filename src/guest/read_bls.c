/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_bls.c - entries of the Boot Loader Specification (uapi-group.org), and systemd-boot, which
 * is made of them (systemd-boot(7), loader.conf(5)). */
#include "guest/read_bls.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/text.h"

enum { EXPANDED_MOST = 16384 }; /* bytes of a line with its variables */

/* GRUB replaces $name in the lines: Fedora and RHEL 8 have "$kernelopts" and "$tuned_initrd". */
static void expand(const char *text, const struct guest_settings *vars, struct str *out)
{
	while (*text != '\0' && out->length < EXPANDED_MOST) {
		autofree char *name = NULL;
		const char *value;
		size_t length = 0;

		while (text[0] == '$' && (isalnum((unsigned char)text[1 + length]) ||
					  text[1 + length] == '_'))
			length++;
		if (length == 0) {
			str_add_bytes(out, text++, 1);
			continue;
		}
		name = mem_zero(length + 1, 1);
		memcpy(name, text + 1, length);
		value = guest_settings_value(vars, name);
		str_add(out, value != NULL ? value : "");
		text += 1 + length;
	}
	(void)str_trim_end(out->bytes);
	out->length = strlen(out->bytes);
}

struct lines {
	struct str kernel, options;
	char *version;
};

static void read_line(const char *key, const char *value, struct lines *lines,
		      struct guest_entry *out)
{
	if (strcmp(key, "title") == 0) {
		text_replace(&out->title, value);
	} else if (strcmp(key, "version") == 0) {
		text_replace(&lines->version, value);
	} else if (strcmp(key, "linux") == 0 || strcmp(key, "efi") == 0) {
		str_clear(&lines->kernel);
		str_add(&lines->kernel, value);
	} else if (strcmp(key, "initrd") == 0) {
		text_add_words(&out->initrds, value, " \t");
	} else if (strcmp(key, "options") == 0) {
		str_addf(&lines->options, "%s%s", lines->options.length > 0 ? " " : "",
			 value);
	}
}

void bls_parse(const char *text, const char *name, const struct guest_settings *vars,
	       struct guest_entry *out)
{
	struct lines lines = {.kernel = STR_EMPTY, .options = STR_EMPTY};
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	text_replace(&out->id, name);
	while ((line = text_next_line(&rest)) != NULL) {
		const char *key = text_next_word(&line);
		autostr struct str value = STR_EMPTY;

		if (key == NULL || key[0] == '#')
			continue;
		expand(line + strspn(line, " \t"), vars, &value);
		read_line(key, value.bytes, &lines, out);
	}
	if (lines.kernel.length > 0)
		entry_set_command(out, lines.kernel.bytes, lines.options.bytes);
	if (out->title == NULL)
		text_replace(&out->title, lines.version != NULL ? lines.version : name);
	free(lines.version);
	str_clear(&lines.kernel);
	str_clear(&lines.options);
}

static int compare_newest_first(const void *a, const void *b)
{
	return text_compare_versions(*(char *const *)b, *(char *const *)a);
}

void read_bls_entries(struct inspect *look, const char *folder,
		      const struct guest_settings *vars, struct guest_loader *loader)
{
	struct guest_words names = {0};
	size_t i;

	inspect_names(look, folder, ".conf", &names);
	for (i = 0; i < names.count; i++)
		names.list[i][strlen(names.list[i]) - strlen(".conf")] = '\0';
	if (names.count > 0)
		qsort(names.list, names.count, sizeof(*names.list), compare_newest_first);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY, text = STR_EMPTY;
		struct guest_entry *entry;

		str_addf(&path, "%s/%s.conf", folder, names.list[i]);
		if (!inspect_text(look, path.bytes, &text))
			continue;
		entry = loader_add_entry(loader, path.bytes);
		if (entry == NULL)
			break;
		bls_parse(text.bytes, names.list[i], vars, entry);
	}
	guest_words_clear(&names);
}

/* The pattern of loader.conf's "default"; without one the first entry is started. */
static void choose(struct guest_loader *loader)
{
	const char *rule = loader->default_rule;
	size_t i;

	loader->default_entry = loader->entry_count > 0 ? 0 : -1;
	for (i = 0; rule != NULL && i < loader->entry_count; i++) {
		autostr struct str name = STR_EMPTY;

		str_addf(&name, "%s.conf", loader->entries[i].id);
		if (fnmatch(rule, name.bytes, 0) != 0 &&
		    fnmatch(rule, loader->entries[i].id, 0) != 0)
			continue;
		loader->default_entry = (int)i;
		return;
	}
}

static void read_loader_conf(const char *text, struct guest_loader *loader)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL) {
		const char *key = text_next_word(&line), *value = text_next_word(&line);

		if (key == NULL || value == NULL)
			continue;
		if (strcmp(key, "default") == 0)
			text_replace(&loader->default_rule, value);
		else if (strcmp(key, "timeout") == 0)
			loader->timeout_s = (int)strtol(value, NULL, 10);
	}
}

void read_systemd_boot(struct inspect *look)
{
	static const char *const folders[] = {"/boot/loader", "/boot/efi/loader",
					      "/efi/loader"};
	const struct guest_settings none = {0};
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		autostr struct str config = STR_EMPTY, entries = STR_EMPTY,
				   text = STR_EMPTY;
		struct guest_loader *loader;

		str_addf(&config, "%s/loader.conf", folders[i]);
		str_addf(&entries, "%s/entries", folders[i]);
		/* RHEL keeps GRUB's entries there too, but has no loader.conf */
		if (!inspect_text(look, config.bytes, &text))
			continue;
		loader = read_add_loader(look->guest, "systemd-boot", config.bytes);
		read_loader_conf(text.bytes, loader);
		read_bls_entries(look, entries.bytes, &none, loader);
		choose(loader);
	}
}
