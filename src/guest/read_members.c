/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_members.c - what the files in an initramfs say about it. Sources: initramfs-tools(7),
 * dracut(8) and dracut.bootup(7), mkinitcpio(8), booster(1), Alpine's mkinitfs. */
#include "guest/read_members.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"
#include "guest/text.h"

enum { LIST_MOST = 50000 };

/* A file, or a folder when it ends in "/", that one maker alone puts in. */
static const struct {
	const char *path;
	const char *maker;
} marks[] = {
	{"conf/initramfs.conf", "initramfs-tools"},
	{"scripts/functions", "initramfs-tools"},
	{"usr/lib/dracut/", "dracut"},
	{"lib/dracut/", "dracut"},
	{"usr/lib/dracut-lib.sh", "dracut"},
	{"lib/dracut-lib.sh", "dracut"},
	{"init_functions", "mkinitcpio"},
	{"etc/booster.init.yaml", "booster"},
	{"sbin/nlplug-findfs", "mkinitfs"},
	{"usr/sbin/nlplug-findfs", "mkinitfs"},
	{"bin/nash", "mkinitrd"},
	{"lib/mkinitrd/", "mkinitrd"},
};

/* Folders of scripts that run in it. */
static const char *const hook_folders[] = {
	"scripts/",
	"usr/lib/dracut/hooks/",
	"lib/dracut/hooks/",
	"hooks/",
};

static const char *const no_hooks[] = {"ORDER", "functions"};

/* Files that are read: those that end in "/" are folders. */
static const struct content {
	const char *path;
	bool is_shell; /* assignments; else words of a kernel's command line, or names */
	const char *key; /* of words */
} contents[] = {
	{"conf/initramfs.conf", true, NULL},
	{"conf/conf.d/", true, NULL},
	{"conf/param.conf", true, NULL},
	{"config", true, NULL},
	{"etc/cmdline.d/", false, "cmdline"},
	{"etc/cmdline", false, "cmdline"},
	{"usr/lib/dracut/modules.txt", false, "dracut-modules"},
	{"lib/dracut/modules.txt", false, "dracut-modules"},
};

static bool is_at(const char *name, const char *path)
{
	return text_ends(path, "/") ? text_starts(name, path) : strcmp(name, path) == 0;
}

static void note_maker(const char *name, struct guest_initramfs *out)
{
	size_t i;

	for (i = 0; out->maker == NULL && i < sizeof(marks) / sizeof(marks[0]); i++)
		if (is_at(name, marks[i].path))
			text_replace(&out->maker, marks[i].maker);
}

static void add_once(struct guest_words *list, const char *text, size_t length)
{
	/* members of one folder follow each other */
	if (list->count > 0 && strlen(list->list[list->count - 1]) == length &&
	    memcmp(list->list[list->count - 1], text, length) == 0)
		return;
	if (list->count < LIST_MOST)
		guest_words_add(list, text, length);
}

static void note_module(const char *name, struct guest_initramfs *out)
{
	const char *folder = text_starts(name, "usr/") ? name + strlen("usr/") : name;
	autostr struct str module = STR_EMPTY;

	if (!text_starts(folder, "lib/modules/"))
		return;
	folder += strlen("lib/modules/");
	if (strchr(folder, '/') == NULL || !module_name(name, strlen(name), &module))
		return;
	add_once(&out->releases, folder, strcspn(folder, "/"));
	add_once(&out->modules, module.bytes, module.length);
}

static void note_hook(const char *name, struct guest_initramfs *out)
{
	const char *last = strrchr(name, '/');
	size_t i;

	for (i = 0; last != NULL && i < sizeof(no_hooks) / sizeof(no_hooks[0]); i++)
		if (strcmp(last + 1, no_hooks[i]) == 0)
			return;
	for (i = 0; i < sizeof(hook_folders) / sizeof(hook_folders[0]); i++) {
		if (!text_starts(name, hook_folders[i]))
			continue;
		name += text_starts(name, "scripts/") ? strlen("scripts/")
						      : strlen(hook_folders[i]);
		add_once(&out->hooks, name, strlen(name));
		return;
	}
}

static const struct content *content_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++)
		if (is_at(name, contents[i].path))
			return &contents[i];
	return NULL;
}

bool member_note(const struct cpio_member *member, struct guest_initramfs *out)
{
	note_maker(member->name, out);
	if (!S_ISREG(member->mode))
		return false;
	note_module(member->name, out);
	note_hook(member->name, out);
	if (text_ends(member->name, "bin/lvm"))
		out->has_lvm = true;
	return content_of(member->name) != NULL;
}

void member_read(const struct cpio_member *member, const char *content,
		 struct guest_initramfs *out)
{
	const struct content *row = content_of(member->name);
	autofree char *copy = NULL;
	char *at;

	if (row == NULL || out->settings.count >= LIST_MOST)
		return;
	if (row->is_shell) {
		text_shell_settings(content, member->name, &out->settings);
		return;
	}
	copy = str_copy(content);
	for (at = copy; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	(void)str_trim_end(copy);
	if (copy[0] != '\0')
		guest_settings_add(&out->settings, row->key, copy, member->name);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_words(struct guest_words *words)
{
	size_t i, kept = 0;

	if (words->count == 0)
		return;
	qsort(words->list, words->count, sizeof(*words->list), compare_words);
	for (i = 1; i < words->count; i++) {
		if (strcmp(words->list[kept], words->list[i]) == 0)
			free(words->list[i]);
		else
			words->list[++kept] = words->list[i];
	}
	words->count = kept + 1;
}

void members_conclude(struct guest_initramfs *out)
{
	sort_words(&out->modules);
	sort_words(&out->releases);
	sort_words(&out->hooks);
}
