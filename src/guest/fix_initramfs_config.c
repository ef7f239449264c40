/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "guest/fix_initramfs.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/text.h"

#define TOOLS	    "/etc/initramfs-tools"
#define DRACUT_CONF "/etc/dracut.conf.d/90-moult.conf"
#define PREVENTS                                                                         \
	"the next update of a kernel makes an initramfs without the drivers of the "     \
	"boot disk"

/* "virtio-blk" and "virtio_blk" are one module. */
static void add_module(struct guest_words *words, const char *name, size_t length)
{
	autofree char *copy = strndup(name, length);
	char *at;

	for (at = copy; at != NULL && *at != '\0'; at++)
		if (*at == '-')
			*at = '_';
	if (copy != NULL && !guest_words_has(words, copy))
		guest_words_add(words, copy, strlen(copy));
}

/* The first word of each line; the others are the module's parameters. */
static void read_modules(const char *text, struct guest_words *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line;

	while ((line = text_next_line(&rest)) != NULL)
		if (line[0] != '\0' && line[0] != '#')
			add_module(out, line, strcspn(line, " \t"));
}

static void tell_names(const struct guest_words *modules, struct str *out)
{
	size_t i;

	for (i = 0; i < modules->count; i++)
		str_addf(out, "%s%s", i > 0 ? ", " : "", modules->list[i]);
}

static void add_lines(struct fix *fix, const struct guest_words *modules)
{
	static const char path[] = TOOLS "/modules";
	autostr struct str text = STR_EMPTY, what = STR_EMPTY;
	struct guest_words has = {0};
	size_t i;

	(void)fix_text(fix, path, &text);
	read_modules(text.bytes, &has);
	if (text.length > 0 && !text_ends(text.bytes, "\n"))
		str_add(&text, "\n");
	for (i = 0; i < modules->count; i++)
		if (!guest_words_has(&has, modules->list[i]))
			str_addf(&text, "%s\n", modules->list[i]);
	str_add(&what, "lists ");
	tell_names(modules, &what);
	(void)fix_put(fix, path, &text, NULL, what.bytes, PREVENTS);
	guest_words_clear(&has);
}

/* What MODULES is for mkinitramfs: initramfs.conf first, then the drop-ins by their names. */
static char *modules_policy(struct fix *fix)
{
	struct guest_settings settings = {0};
	autostr struct str text = STR_EMPTY;
	char **names = NULL, *policy;
	size_t i;

	if (fix_text(fix, TOOLS "/initramfs.conf", &text))
		text_shell_settings(text.bytes, "", &settings);
	if (vfs_names(fix->vfs, TOOLS "/conf.d", "", &names, NULL) != 0)
		names = NULL;
	for (i = 0; names != NULL && names[i] != NULL; i++) {
		autostr struct str path = STR_EMPTY, drop_in = STR_EMPTY;

		str_addf(&path, TOOLS "/conf.d/%s", names[i]);
		if (strstr(names[i], ".dpkg-") == NULL &&
		    fix_text(fix, path.bytes, &drop_in))
			text_shell_settings(drop_in.bytes, "", &settings);
		free(names[i]);
	}
	free(names);
	policy = str_copy(guest_settings_value(&settings, "MODULES"));
	guest_settings_clear(&settings);
	return policy;
}

/* MODULES=dep looks at the machine that it runs on: at the next one it may be another again. */
static void widen_policy(struct fix *fix)
{
	autofree char *policy = modules_policy(fix);
	autostr struct str text = STR_EMPTY;

	if (policy == NULL || strcmp(policy, "dep") != 0)
		return;
	str_add(&text,
		"# added by moult: not only what the machine has that this is made on\n"
		"MODULES=most\n");
	(void)fix_put(fix, TOOLS "/conf.d/zz-moult", &text, NULL,
		      "MODULES=dep becomes MODULES=most", PREVENTS);
}

/* Ours alone: what it names already stays. */
static void write_dracut(struct fix *fix, const struct guest_words *modules)
{
	autostr struct str old = STR_EMPTY, text = STR_EMPTY, what = STR_EMPTY;
	struct guest_words all = {0};
	const char *quote;
	size_t i;

	(void)fix_text(fix, DRACUT_CONF, &old);
	quote = strchr(old.bytes, '"');
	if (quote != NULL) {
		autofree char *names = strndup(quote + 1, strcspn(quote + 1, "\"\n"));

		if (names != NULL)
			text_add_words(&all, names, " \t");
	}
	for (i = 0; i < modules->count; i++)
		add_module(&all, modules->list[i], strlen(modules->list[i]));
	str_add(&text, "# added by moult: drivers of the boot disk\nadd_drivers+=\"");
	for (i = 0; i < all.count; i++)
		str_addf(&text, " %s", all.list[i]);
	str_add(&text, " \"\n");
	str_add(&what, "add_drivers names ");
	tell_names(modules, &what);
	(void)fix_put(fix, DRACUT_CONF, &text, NULL, what.bytes, PREVENTS);
	guest_words_clear(&all);
}

void fix_initramfs_config(struct fix *fix, const char *maker,
			  const struct guest_words *modules)
{
	if (maker == NULL || modules->count == 0)
		return;
	if (strcmp(maker, "initramfs-tools") == 0) {
		add_lines(fix, modules);
		widen_policy(fix);
	} else if (strcmp(maker, "dracut") == 0) {
		write_dracut(fix, modules);
	}
}
