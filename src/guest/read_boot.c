/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_boot.c - what boots the system: the configurations of its boot loaders, one reader each. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

enum { ENTRIES_MOST = 1000, COMMAND_MOST = 16384 /* bytes */ };

/* The kernel takes quotes around a value away: root="LABEL=x". In place. */
static void unquote(char *word)
{
	const size_t length = strlen(word);
	char *quote = strchr(word, '"');

	if (quote == NULL || length < 2 || word[length - 1] != '"' ||
	    quote == word + length - 1)
		return;
	memmove(quote, quote + 1, strlen(quote));
	word[length - 2] = '\0';
}

static void set_word(struct guest_entry *entry, char *word)
{
	unquote(word);
	if (text_starts(word, "root="))
		text_replace(&entry->root, word + strlen("root="));
	else if (text_starts(word, "resume="))
		text_replace(&entry->resume, word + strlen("resume="));
	else if (strcmp(word, "ro") == 0 || strcmp(word, "rw") == 0)
		text_replace(&entry->root_flag, word);
	else if (text_starts(word, "console="))
		guest_words_add(&entry->consoles, word + strlen("console="),
				strlen(word) - strlen("console="));
}

void entry_set_command(struct guest_entry *entry, const char *kernel,
		       const char *arguments)
{
	autostr struct str kept = STR_EMPTY;
	char *rest, *word;
	autofree char *copy = NULL;

	str_add_bytes(&kept, arguments, strnlen(arguments, COMMAND_MOST));
	text_replace(&entry->kernel, kernel);
	text_replace(&entry->arguments, kept.bytes);
	guest_words_clear(&entry->consoles);
	text_replace(&entry->root, NULL);
	text_replace(&entry->root_flag, NULL);
	text_replace(&entry->resume, NULL);
	copy = str_copy(kept.bytes);
	for (rest = copy; (word = text_next_word(&rest)) != NULL;)
		set_word(entry, word);
}

struct guest_entry *loader_add_entry(struct guest_loader *loader, const char *source)
{
	struct guest_entry *entry;

	if (loader->entry_count == ENTRIES_MOST)
		return NULL;
	loader->entries =
		mem_grow(loader->entries, loader->entry_count, sizeof(*loader->entries));
	entry = &loader->entries[loader->entry_count++];
	*entry = (struct guest_entry){.source = str_copy(source)};
	return entry;
}

int loader_find(const struct guest_loader *loader, const char *name)
{
	size_t i;

	for (i = 0; i < loader->entry_count; i++) {
		const struct guest_entry *entry = &loader->entries[i];

		if ((entry->id != NULL && strcmp(entry->id, name) == 0) ||
		    (entry->title != NULL && strcmp(entry->title, name) == 0))
			return (int)i;
	}
	return -1;
}

struct guest_loader *read_add_loader(struct guest *guest, const char *kind,
				     const char *config)
{
	struct guest_loader *loader;

	guest->loaders =
		mem_grow(guest->loaders, guest->loader_count, sizeof(*guest->loaders));
	loader = &guest->loaders[guest->loader_count++];
	*loader = (struct guest_loader){
		.kind = str_copy(kind),
		.config = str_copy(config),
		.default_entry = -1,
		.timeout_s = GUEST_TIMEOUT_UNKNOWN,
	};
	return loader;
}

/* /etc/default/grub, then the drop-ins of Debian and its kin, each over the one before. */
static void read_grub_defaults(struct inspect *look)
{
	struct guest_settings *settings = &look->guest->grub_defaults;
	struct guest_words names = {0};
	size_t i;

	(void)inspect_settings(look, "/etc/default/grub", settings); /* may be absent */
	inspect_names(look, "/etc/default/grub.d", ".cfg", &names);
	for (i = 0; i < names.count; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "/etc/default/grub.d/%s", names.list[i]);
		(void)inspect_settings(look, path.bytes, settings);
	}
	guest_words_clear(&names);
}

static void read_boot(struct inspect *look)
{
	static void (*const loaders[])(struct inspect * look) = {
		read_grub2, read_grub_legacy, read_extlinux, read_systemd_boot};
	size_t i;

	for (i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
		loaders[i](look);
	read_boot_files(look);
	read_grub_defaults(look);
}

const struct guest_reader guest_reader_boot = {.name = "boot", .read = read_boot};
