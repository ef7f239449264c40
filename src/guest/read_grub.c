/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_grub.c - GRUB 2's configurations, where distributions have them, with the environment
 * block and the Boot Loader Specification's entries that they load. */
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/read_bls.h"
#include "guest/text.h"

enum { GRUBENV_MOST = 65536 }; /* it has 1024 bytes; tools may make larger ones */

void grubenv_parse(const char *text, const char *source, struct guest_settings *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line, *value;

	while ((line = text_next_line(&rest)) != NULL) {
		value = strchr(line, '=');
		if (line[0] == '#' || value == NULL)
			continue;
		*value++ = '\0';
		guest_settings_add(out, line, value, source);
	}
}

static void load_bls(const struct guest_settings *vars, struct guest_loader *loader,
		     void *data)
{
	struct inspect *look = data;

	read_bls_entries(look, "/boot/loader/entries", vars, loader);
}

static bool read_environment(struct inspect *look, const char *config,
			     struct guest_settings *out)
{
	const char *end = strrchr(config, '/');
	autostr struct str path = STR_EMPTY, text = STR_EMPTY;

	str_addf(&path, "%.*s/grubenv", (int)(end - config), config);
	if (!inspect_large(look, path.bytes, GRUBENV_MOST, &text))
		return false;
	grubenv_parse(text.bytes, path.bytes, out);
	return true;
}

/* A configuration without entries only leads to another one, as the ESP's does on Debian. */
static void read_config(struct inspect *look, const char *path)
{
	struct guest *guest = look->guest;
	struct guest_settings environment = {0};
	autostr struct str text = STR_EMPTY;
	struct guest_loader *loader;
	bool has_environment;

	if (!inspect_large(look, path, (size_t)4 * READ_CONFIG_MOST, &text))
		return;
	has_environment = read_environment(look, path, &environment);
	loader = read_add_loader(guest, "grub2", path);
	grub_cfg_parse(text.bytes, path, has_environment ? &environment : NULL, load_bls,
		       look, loader);
	if (loader->entry_count == 0) {
		guest_loader_clear(loader);
		guest->loader_count--;
	}
	guest_settings_clear(&environment);
}

void read_grub2(struct inspect *look)
{
	static const char *const paths[] = {"/boot/grub/grub.cfg",
					    "/boot/grub2/grub.cfg"};
	struct guest_words vendors = {0};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		read_config(look, paths[i]);
	/* RHEL 7 and 8 have the whole menu on the ESP */
	inspect_names(look, "/boot/efi/EFI", "", &vendors);
	for (i = 0; i < vendors.count; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, "/boot/efi/EFI/%s/grub.cfg", vendors.list[i]);
		if (vfs_exists(look->vfs, path.bytes))
			read_config(look, path.bytes);
	}
	guest_words_clear(&vendors);
}
