/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub-cfg.c - a boot loader's configuration: each input is taken as each kind. */
#include "base/own.h"
#include "fuzz.h"
#include "guest/parse.h"
#include "model/guest.h"

static void finish(struct guest_loader *loader)
{
	size_t i;

	fuzz_require(loader->default_entry >= -1 && loader->default_entry < (int)loader->entry_count,
		     "the default is no entry", NULL);
	fuzz_require(loader->entry_count <= 1000, "too many entries", NULL);
	for (i = 0; i < loader->entry_count; i++)
		fuzz_require(loader->entries[i].source != NULL, "an entry without source", NULL);
	guest_loader_clear(loader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	struct guest_settings environment = { 0 };
	struct guest_loader grub = { .default_entry = -1 }, legacy = grub, extlinux = grub, bls = grub;

	grubenv_parse(text, "grubenv", &environment);
	grub_cfg_parse(text, "grub.cfg", size % 2 == 0 ? &environment : NULL, NULL, NULL, &grub);
	finish(&grub);
	grub_legacy_parse(text, "menu.lst", (int)(size % 3), &legacy);
	finish(&legacy);
	extlinux_parse(text, "extlinux.conf", NULL, NULL, &extlinux);
	extlinux_choose(&extlinux);
	finish(&extlinux);
	bls_parse(text, "name", &environment, loader_add_entry(&bls, "bls"));
	finish(&bls);
	guest_settings_clear(&environment);
	return 0;
}
