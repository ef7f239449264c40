/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/fix_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/text.h"

#define DROP_INS "/etc/default/grub.d"

void fix_lines_visit_shell(struct fix *fix, fix_lines_visit *visit, void *data)
{
	struct error err = {0};
	char **names = NULL;
	size_t i;

	visit(fix, "/etc/default/grub", ARGUMENTS_SHELL, data);
	if (vfs_names(fix->vfs, DROP_INS, ".cfg", &names, &err) != 0)
		return; /* not a folder: grub-mkconfig passes it over too */
	for (i = 0; names[i] != NULL; i++) {
		autostr struct str path = STR_EMPTY;

		str_addf(&path, DROP_INS "/%s", names[i]);
		visit(fix, path.bytes, ARGUMENTS_SHELL, data);
		free(names[i]);
	}
	free(names);
}

/* extlinux reads what its configuration includes. */
static void visit_sources(struct fix *fix, const struct guest_loader *loader,
			  fix_lines_visit *visit, void *data)
{
	struct guest_words seen = {0};
	size_t i;

	guest_words_add(&seen, loader->config, strlen(loader->config));
	visit(fix, loader->config, ARGUMENTS_EXTLINUX, data);
	for (i = 0; i < loader->entry_count; i++) {
		const char *source = loader->entries[i].source;

		if (source == NULL || guest_words_has(&seen, source))
			continue;
		guest_words_add(&seen, source, strlen(source));
		visit(fix, source, ARGUMENTS_EXTLINUX, data);
	}
	guest_words_clear(&seen);
}

void fix_lines_visit_all(struct fix *fix, fix_lines_visit *visit, void *data)
{
	const struct guest *guest = &fix->image->guest;
	size_t i;

	for (i = 0; i < guest->loader_count; i++) {
		const struct guest_loader *loader = &guest->loaders[i];

		if (strcmp(loader->kind, "grub2") == 0)
			visit(fix, loader->config, ARGUMENTS_GRUB, data);
		else if (strcmp(loader->kind, "grub-legacy") == 0)
			visit(fix, loader->config, ARGUMENTS_LEGACY, data);
		else if (strcmp(loader->kind, "extlinux") == 0)
			visit_sources(fix, loader, visit, data);
	}
	fix_lines_visit_shell(fix, visit, data);
	visit(fix, "/etc/default/extlinux", ARGUMENTS_SHELL, data);
}

struct edit_all {
	const struct arguments_editor *editor;
	struct str *what;
	const char *prevents;
};

static void edit_file(struct fix *fix, const char *path, enum arguments_form form,
		      void *data)
{
	const struct edit_all *all = data;
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;
	size_t changed;

	str_clear(all->what);
	if (!fix_text(fix, path, &text))
		return;
	changed = arguments_edit(text.bytes, form, all->editor, &now);
	if (changed == 0)
		return;
	str_addf(all->what, " in %zu line%s", changed, changed > 1 ? "s" : "");
	(void)fix_put(fix, path, &now, NULL, all->what->bytes, all->prevents);
}

void fix_lines_edit(struct fix *fix, const struct arguments_editor *editor,
		    struct str *what, const char *prevents)
{
	struct edit_all all = {editor, what, prevents};

	fix_lines_visit_all(fix, edit_file, &all);
}

void fix_lines_tell(struct str *what, const char *text)
{
	if (strstr(what->bytes, text) == NULL)
		str_addf(what, "%s%s", what->length > 0 ? "; " : "", text);
}

static bool has_xen(const struct platform_chain *chain)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if (chain->list[i].modalias != NULL &&
		    text_starts(chain->list[i].modalias, "xen:"))
			return true;
	return false;
}

bool fix_is_xen(const struct platform *platform)
{
	size_t i;

	for (i = 0; i < platform->disk_count; i++)
		if (has_xen(&platform->disks[i].chain))
			return true;
	return platform->firmware == PLATFORM_XEN_PV ||
	       platform->firmware == PLATFORM_XEN_PVH;
}

bool fix_is_gone(const struct predict *predict, const char *device)
{
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};

	return predict_find(predict, device, &place, &why) == DEVICE_GONE;
}

const struct layout_partition *fix_partition(const struct inspection *image,
					     unsigned number)
{
	size_t i;

	for (i = 0; i < image->layout.partition_count; i++)
		if (image->layout.partitions[i].number == number)
			return &image->layout.partitions[i];
	return NULL;
}

const struct inspect_volume *fix_volume_at(const struct inspection *image,
					   const char *folder)
{
	size_t i;

	for (i = 0; i < image->volume_count; i++)
		if (image->volumes[i].folder != NULL &&
		    strcmp(image->volumes[i].folder, folder) == 0)
			return &image->volumes[i];
	return NULL;
}

const char *fix_uuid(const struct inspection *image, const struct inspect_volume *volume)
{
	const struct layout_partition *part = fix_partition(image, volume->partition);
	const struct layout_content *list =
		part != NULL ? part->contents : image->layout.contents;
	const size_t count =
		part != NULL ? part->content_count : image->layout.content_count;
	size_t i;

	if (volume->name != NULL || (part == NULL && volume->partition != 0))
		return NULL;
	for (i = 0; i < count; i++)
		if (list[i].uuid != NULL && list[i].uuid[0] != '\0' &&
		    (volume->type == NULL || strcmp(list[i].type, volume->type) == 0))
			return list[i].uuid;
	return NULL;
}
