/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_grub_legacy.c - menu.lst and grub.conf of GRUB 0.97, which Xen's pygrub and pv-grub read
 * too. Source: GRUB 0.97 manual, "Configuration" and "Commands". */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/text.h"

struct legacy {
	struct guest_loader *loader;
	struct guest_entry *entry; /* NULL: before the first title */
	const char *source;
	char *device; /* of a "root" before the first title */
};

/* A word that may be set off by "=": "default=0", "timeout 5". Returns: behind it, or NULL */
static const char *behind(const char *line, const char *word)
{
	const char *value = line + strlen(word);

	if (!text_starts(line, word) || strchr("= \t", *value) == NULL || *value == '\0')
		return NULL;
	return value + strspn(value, "= \t");
}

static void read_kernel(struct guest_entry *entry, const char *value)
{
	autofree char *copy = str_copy(value);
	char *rest = copy, *word = text_next_word(&rest);

	while (word != NULL && text_starts(word, "--"))
		word = text_next_word(&rest); /* "--no-mem-option", "--type=..." */
	if (word == NULL)
		return;
	rest += strspn(rest, " \t");
	entry_set_command(entry, word, rest);
}

/* A module makes the kernel before it the hypervisor. */
static void read_module(struct guest_entry *entry, const char *value)
{
	if (entry->xen == NULL && entry->kernel != NULL) {
		text_replace(&entry->xen, entry->kernel);
		read_kernel(entry, value);
		return;
	}
	guest_words_add(&entry->initrds, value, strcspn(value, " \t"));
}

static void read_in_entry(struct legacy *legacy, const char *line)
{
	struct guest_entry *entry = legacy->entry;
	const char *value;

	if ((value = behind(line, "kernel")) != NULL)
		read_kernel(entry, value);
	else if ((value = behind(line, "initrd")) != NULL)
		text_add_words(&entry->initrds, value, " \t");
	else if ((value = behind(line, "module")) != NULL)
		read_module(entry, value);
	else if ((value = behind(line, "rootnoverify")) != NULL ||
		 (value = behind(line, "root")) != NULL)
		text_replace(&entry->device, value);
	else if ((value = behind(line, "uuid")) != NULL) {
		autostr struct str device = STR_EMPTY;

		str_addf(&device, "uuid=%s", value);
		text_replace(&entry->device, device.bytes);
	}
}

static void read_line(struct legacy *legacy, const char *line)
{
	const char *value = behind(line, "title");

	if (value != NULL) {
		legacy->entry = loader_add_entry(legacy->loader, legacy->source);
		if (legacy->entry == NULL)
			return;
		legacy->entry->title = str_copy(value);
		legacy->entry->device = str_copy(legacy->device);
	} else if (legacy->entry != NULL) {
		read_in_entry(legacy, line);
	} else if ((value = behind(line, "default")) != NULL) {
		text_replace(&legacy->loader->default_rule, value);
	} else if ((value = behind(line, "timeout")) != NULL) {
		legacy->loader->timeout_s = (int)strtol(value, NULL, 10);
	} else if ((value = behind(line, "root")) != NULL) {
		text_replace(&legacy->device, value);
	}
}

static void choose(struct guest_loader *loader, int saved)
{
	const char *rule = loader->default_rule;
	long index = rule != NULL ? strtol(rule, NULL, 10) : 0;

	if (rule != NULL && strcmp(rule, "saved") == 0)
		index = saved >= 0 ? saved : 0;
	loader->default_entry =
		index >= 0 && (size_t)index < loader->entry_count ? (int)index : -1;
}

void grub_legacy_parse(const char *text, const char *source, int saved,
		       struct guest_loader *loader)
{
	struct legacy legacy = {.loader = loader, .source = source};
	autofree char *copy = str_copy(text);
	char *rest = copy;
	const char *line;

	/* "#" begins a comment, also those that Debian's update-grub reads */
	while ((line = text_next_line(&rest)) != NULL)
		if (line[0] != '#')
			read_line(&legacy, line);
	choose(loader, saved);
	free(legacy.device);
}

/* What grub-set-default wrote: a number in the first line. */
static int read_saved(struct inspect *look)
{
	autostr struct str text = STR_EMPTY;
	char *end;
	long saved;

	if (!vfs_exists(look->vfs, "/boot/grub/default") ||
	    !inspect_text(look, "/boot/grub/default", &text))
		return -1;
	saved = strtol(text.bytes, &end, 10);
	return end != text.bytes && saved >= 0 && saved < 1000 ? (int)saved : -1;
}

void read_grub_legacy(struct inspect *look)
{
	static const char *const paths[] = {"/boot/grub/menu.lst", "/boot/grub/grub.conf",
					    "/boot/boot/grub/menu.lst", NULL};
	const char *path = inspect_first(look, paths);
	autostr struct str text = STR_EMPTY;

	if (path == NULL || !inspect_text(look, path, &text))
		return;
	grub_legacy_parse(text.bytes, path, read_saved(look),
			  read_add_loader(look->guest, "grub-legacy", path));
}
