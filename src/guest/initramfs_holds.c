/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs_holds.c - what of an initramfs a further archive has to go with. Sources:
 * initramfs-tools(7), dracut.modules(7); init/initramfs.c: a folder in a later archive takes away a
 * link of that name, so that "lib" must not be made where it leads to usr/lib. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/initramfs_segment.h"
#include "guest/parse.h"
#include "guest/text.h"

static const char *const bases[] = {"usr/lib/modules/", "lib/modules/"};
static const char *const hook_folders[] = {"usr/lib/dracut/hooks/", "lib/dracut/hooks/",
					   "var/lib/dracut/hooks/"};
static const char conf_path[] = "conf/modules";

struct look {
	const char *release;
	struct initramfs_holds *out;
};

/* "usr/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko": the first folder that has modules of the release
 * is the one. */
static void note_module(const struct look *look, const char *name)
{
	const size_t length = strlen(look->release);
	struct initramfs_holds *out = look->out;
	autostr struct str module = STR_EMPTY;
	size_t i, base;

	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		base = strlen(bases[i]);
		if (!text_starts(name, bases[i]) ||
		    strncmp(name + base, look->release, length) != 0 ||
		    name[base + length] != '/' ||
		    !module_name(name, strlen(name), &module))
			continue;
		if (out->base == NULL)
			out->base = strndup(name, base + length);
		if (out->base != NULL && strncmp(name, out->base, strlen(out->base)) == 0)
			guest_words_add(&out->modules, name + base + length + 1,
					strlen(name + base + length + 1));
		return;
	}
}

static void note_hooks(struct initramfs_holds *out, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(hook_folders) / sizeof(hook_folders[0]); i++)
		if (out->hooks == NULL && text_starts(name, hook_folders[i]))
			out->hooks =
				strndup(hook_folders[i], strlen(hook_folders[i]) - 1);
}

static bool want(const struct cpio_member *member, void *data)
{
	const struct look *look = data;

	if (S_ISLNK(member->mode) && strcmp(member->name, "lib") == 0)
		look->out->is_lib_link = true;
	if (!S_ISREG(member->mode))
		return false;
	note_module(look, member->name);
	note_hooks(look->out, member->name);
	return strcmp(member->name, conf_path) == 0;
}

static void take(const struct cpio_member *member, const struct str *content, void *data)
{
	const struct look *look = data;

	(void)member;
	str_clear(&look->out->conf);
	str_add_bytes(&look->out->conf, content->bytes, content->length);
}

static int feed(const void *bytes, size_t length, void *data, struct error *err)
{
	return initramfs_feed(data, bytes, length, false, err);
}

static void conclude(const struct guest_initramfs *read, const struct look *look)
{
	const struct guest_segment *last =
		read->segment_count > 0 ? &read->segments[read->segment_count - 1] : NULL;
	struct str base = STR_EMPTY;

	look->out->size_bytes = read->size_bytes;
	look->out->has_lz4_end =
		last != NULL && strcmp(last->compression, "lz4-legacy") == 0;
	if (look->out->base != NULL)
		return;
	str_addf(&base, "%slib/modules/%s", look->out->is_lib_link ? "usr/" : "",
		 look->release);
	look->out->base = base.bytes;
}

int initramfs_hold(struct vfs *vfs, const struct guest_kernel *kernel,
		   struct initramfs_holds *out, struct error *err)
{
	struct look look = {.release = kernel->release, .out = out};
	const struct cpio_visitor visitor = {.want = want, .take = take, .data = &look};
	struct guest_initramfs read = {0};
	struct initramfs *reader = initramfs_begin(&read);
	int result;

	out->conf = STR_EMPTY;
	initramfs_visit(reader, &visitor);
	result = vfs_stream(vfs, kernel->initramfs.path, feed, reader, err);
	if (result == 0)
		result = initramfs_feed(reader, NULL, 0, true, err);
	initramfs_end(reader);
	if (result == 0)
		conclude(&read, &look);
	guest_initramfs_clear(&read);
	return result;
}

void initramfs_mark(const struct initramfs_holds *holds, struct module_lists *lists,
		    const char **out_unknown)
{
	size_t i;

	*out_unknown = NULL;
	for (i = 0; i < holds->modules.count; i++) {
		const char *path = holds->modules.list[i];
		autostr struct str name = STR_EMPTY;
		struct module_row *row = NULL;

		if (module_name(path, strlen(path), &name))
			row = module_lists_find(lists, name.bytes);
		if (row == NULL) {
			*out_unknown = path;
			continue;
		}
		row->is_kept = true;
		text_replace(&row->path, path);
	}
}

void initramfs_holds_clear(struct initramfs_holds *holds)
{
	free(holds->base);
	free(holds->hooks);
	guest_words_clear(&holds->modules);
	str_clear(&holds->conf);
}
