/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix.c - the fixers in their order: whose turn it is, and whether it has helped. */
#include "guest/fix.h"

#include <string.h>

#include "guest/card.h"
#include "guest/fix_rows.h"
#include "guest/predict.h"

/* Files that later ones read come first: the loader's configuration before the initramfs, the
 * network before cloud-init, which must not write over it. */
const struct fixer *const fixers[] = {
	&fixer_fstab, &fixer_hostname, &fixer_ssh_keys, &fixer_machine_id, NULL,
};

const struct fixer *fix_by_name(const char *name)
{
	size_t i;

	for (i = 0; fixers[i] != NULL; i++)
		if (strcmp(fixers[i]->name, name) == 0)
			return fixers[i];
	return NULL;
}

static bool is_wanted(const struct fix *fix, const struct guest_words *only,
		      const struct guest_words *skip)
{
	const char *name = fix->fixer->name;

	return (only->count == 0 || guest_words_has(only, name)) &&
	       !guest_words_has(skip, name) && fix->fixer->detect(fix);
}

int fix_plan(struct fix *fix, const struct guest_words *only,
	     const struct guest_words *skip, struct error *err)
{
	size_t i;

	for (i = 0; fixers[i] != NULL; i++) {
		fix->fixer = fixers[i];
		if (is_wanted(fix, only, skip) && fixers[i]->plan(fix, err) != 0)
			return error_frame(err, "%s", fixers[i]->name);
	}
	return 0;
}

void fix_check(struct fix *fix, const struct inspection *after,
	       const struct guest_words *only, const struct guest_words *skip)
{
	size_t i;

	for (i = 0; fixers[i] != NULL; i++) {
		autostr struct str why = STR_EMPTY;

		fix->fixer = fixers[i];
		if (is_wanted(fix, only, skip) && !fixers[i]->check(fix, after, &why))
			fix_gap(fix, "after the edits", why.bytes);
	}
}

bool fix_check_link(const struct fix *fix, const struct inspection *after,
		    enum prediction_step step, struct str *why)
{
	struct prediction prediction = {0};
	bool is_right;

	guest_predict(after, fix->platform, &prediction);
	is_right = prediction.links[step].verdict != PREDICT_BROKEN;
	if (!is_right)
		str_add(why, prediction.links[step].says);
	prediction_clear(&prediction);
	return is_right;
}

/* What the first loader starts by default: a guest with two is not told apart here. */
static const struct guest_entry *default_entry(const struct guest *guest)
{
	const struct guest_loader *loader =
		guest->loader_count > 0 ? &guest->loaders[0] : NULL;

	if (loader == NULL || loader->default_entry < 0 ||
	    (size_t)loader->default_entry >= loader->entry_count)
		return NULL;
	return &loader->entries[loader->default_entry];
}

char *fix_nic_name(const struct fix *fix, const struct platform_nic *nic)
{
	const struct guest *guest = &fix->image->guest;

	return card_name(guest, default_entry(guest), fix->platform, nic, NULL);
}
