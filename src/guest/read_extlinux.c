/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_extlinux.c - extlinux.conf and syslinux.cfg. Source: wiki.syslinux.org, "Config" and "Menu". */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { INCLUDES_MOST = 32 };

/* What stands before the first label, or in one. */
struct label {
	struct guest_loader *loader;
	struct guest_entry *entry; /* NULL: before the first */
	const char *source;
	include_read *include;
	void *data;
};

/* "initrd=/a,/b" among the arguments names files, and is an argument all the same. */
static void find_initrds(struct guest_entry *entry)
{
	autofree char *copy = str_copy(entry->arguments);
	char *rest = copy, *word;

	while (copy != NULL && (word = text_next_word(&rest)) != NULL)
		if (text_starts(word, "initrd="))
			text_add_words(&entry->initrds, word + strlen("initrd="), ",");
}

static void set_kernel(struct guest_entry *entry, const char *kernel,
		       const char *arguments)
{
	entry_set_command(entry, kernel, arguments != NULL ? arguments : "");
}

static void read_menu(struct label *label, char *rest)
{
	const char *word = text_next_word(&rest);

	if (word == NULL || label->entry == NULL)
		return;
	rest += strspn(rest, " \t");
	if (strcasecmp(word, "label") == 0)
		text_replace(&label->entry->title, rest);
	else if (strcasecmp(word, "default") == 0)
		text_replace(&label->loader->default_rule, label->entry->id);
}

static void read_in_label(struct guest_entry *entry, const char *key, const char *value)
{
	if (strcasecmp(key, "kernel") == 0 || strcasecmp(key, "linux") == 0)
		set_kernel(entry, value, entry->arguments);
	else if (strcasecmp(key, "append") == 0)
		set_kernel(entry, entry->kernel, value);
	else if (strcasecmp(key, "initrd") == 0)
		text_add_words(&entry->initrds, value, " \t,");
}

static void read_global(struct label *label, const char *key, const char *value)
{
	if ((strcasecmp(key, "default") == 0 || strcasecmp(key, "ontimeout") == 0) &&
	    label->loader->default_rule == NULL)
		text_replace(&label->loader->default_rule, value);
	else if (strcasecmp(key, "timeout") == 0)
		label->loader->timeout_s =
			(int)(strtoul(value, NULL, 10) / 10 % 100000); /* tenths */
}

static void read_line(struct label *label, char *line)
{
	const char *key = text_next_word(&line);

	if (key == NULL || key[0] == '#')
		return;
	line += strspn(line, " \t");
	if (strcasecmp(key, "label") == 0) {
		label->entry = loader_add_entry(label->loader, label->source);
		if (label->entry != NULL)
			label->entry->id = str_copy(line);
	} else if (strcasecmp(key, "include") == 0 && label->include != NULL) {
		label->include(line, label->data);
	} else if (strcasecmp(key, "menu") == 0) {
		read_menu(label, line);
	} else {
		if (label->entry != NULL)
			read_in_label(label->entry, key, line);
		read_global(label, key, line);
	}
}

void extlinux_parse(const char *text, const char *source, include_read *include,
		    void *data, struct guest_loader *loader)
{
	struct label label = {
		.loader = loader, .source = source, .include = include, .data = data};
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL)
		read_line(&label, line);
}

void extlinux_choose(struct guest_loader *loader)
{
	size_t i;

	for (i = 0; i < loader->entry_count; i++) {
		struct guest_entry *entry = &loader->entries[i];

		find_initrds(entry);
		if (entry->title == NULL)
			text_replace(&entry->title, entry->id);
	}
	if (loader->default_rule != NULL)
		loader->default_entry = loader_find(loader, loader->default_rule);
	else if (loader->entry_count > 0)
		loader->default_entry = 0;
}

struct including {
	struct inspect *look;
	const char *folder; /* of the configuration: relative names begin there */
	struct guest_loader *loader;
	unsigned count;
};

static void include_file(const char *name, void *data)
{
	struct including *including = data;
	autostr struct str path = STR_EMPTY, text = STR_EMPTY;

	if (including->count++ >= INCLUDES_MOST)
		return;
	if (name[0] != '/')
		str_addf(&path, "%s/", including->folder);
	str_add_bytes(&path, name, strcspn(name, " \t"));
	if (inspect_text(including->look, path.bytes, &text))
		extlinux_parse(text.bytes, path.bytes, include_file, including,
			       including->loader);
}

void read_extlinux(struct inspect *look)
{
	static const char *const paths[] = {"/boot/extlinux/extlinux.conf",
					    "/boot/extlinux.conf",
					    "/extlinux.conf",
					    "/boot/syslinux/extlinux.conf",
					    "/boot/syslinux/syslinux.cfg",
					    "/syslinux/syslinux.cfg",
					    "/syslinux.cfg",
					    NULL};
	const char *path = inspect_first(look, paths);
	struct including including = {.look = look};
	autostr struct str text = STR_EMPTY, folder = STR_EMPTY;

	if (path == NULL || !inspect_text(look, path, &text))
		return;
	str_add_bytes(&folder, path, (size_t)(strrchr(path, '/') - path));
	including.folder = folder.bytes;
	including.loader = read_add_loader(look->guest, "extlinux", path);
	extlinux_parse(text.bytes, path, include_file, &including, including.loader);
	extlinux_choose(including.loader);
}
