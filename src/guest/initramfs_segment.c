/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs_segment.c - the archive itself. udev loads by modules.alias.bin and modules.dep.bin,
 * busybox's modprobe by the texts: both say the same. What is loaded by name too: conf/modules of
 * initramfs-tools, where a later file stands for the whole; a hook of dracut's before udev. */
#define _GNU_SOURCE
#include "guest/initramfs_segment.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/cpio_write.h"
#include "guest/text.h"
#include "sys/inflate.h"

enum {
	MODULE_MOST = 32 << 20, /* bytes of one, decompressed */
	MEMORY_MOST = 130 << 20,
	SEGMENT_MOST = 128 << 20,
	PIECE = 256 << 10,
};

/* An archive that is being made. */
struct segment {
	struct vfs *vfs;
	const struct initramfs_holds *holds;
	struct initramfs_drivers *drivers;
	struct guest_words folders; /* that are in it */
	struct str archive;
};

/* Behind ".ko": "", ".xz". */
static const char *ending_of(const char *path)
{
	const char *found = strrchr(path, '/');

	found = strstr(found != NULL ? found : path, ".ko");
	return found != NULL ? found + 3 : "";
}

/* Whether the initramfs holds a module that is compressed like this one. */
static bool is_usual(const struct initramfs_holds *holds, const char *ending)
{
	size_t i;

	for (i = 0; i < holds->modules.count; i++)
		if (strcmp(ending_of(holds->modules.list[i]), ending) == 0)
			return true;
	return ending[0] == '\0';
}

static int unpack_all(struct inflate *inflate, const struct str *packed, struct str *out,
		      struct error *err)
{
	autofree uint8_t *room = mem_zero(PIECE, 1);
	struct inflate_io io = {.in = (const uint8_t *)packed->bytes,
				.in_bytes = packed->length,
				.is_last = true};
	enum inflate_state state = INFLATE_MORE;

	while (state == INFLATE_MORE) {
		io.out = room;
		io.out_bytes = PIECE;
		if (inflate_step(inflate, &io, &state, err) != 0)
			return -1;
		str_add_bytes(out, room, PIECE - io.out_bytes);
		if (out->length > MODULE_MOST)
			return error_set(err, ERROR_INPUT,
					 "it unpacks to more than %d bytes", MODULE_MOST);
	}
	return 0;
}

static int unpack(const struct str *packed, struct str *out, struct error *err)
{
	const struct inflate_format *format =
		inflate_detect(packed->bytes, packed->length);
	struct inflate *inflate;
	int result;

	if (format == NULL)
		return error_set(err, ERROR_INPUT,
				 "it is compressed in a way that is not known");
	if (inflate_open(format, MEMORY_MOST, &inflate, err) != 0)
		return -1;
	result = unpack_all(inflate, packed, out, err);
	inflate_close(inflate);
	return result;
}

/* The folders of a path that are not there yet. */
static void add_folders(struct segment *segment, const char *path)
{
	const char *slash;

	for (slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		autofree char *folder = strndup(path, (size_t)(slash - path));

		if (folder == NULL || guest_words_has(&segment->folders, folder))
			continue;
		cpio_write_folder(&segment->archive, folder);
		guest_words_add(&segment->folders, folder, strlen(folder));
	}
}

static void add_file(struct segment *segment, const char *folder, const char *name,
		     uint32_t mode, const struct str *content)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", folder, name);
	add_folders(segment, path.bytes);
	cpio_write_file(&segment->archive, path.bytes, mode, content->bytes,
			content->length);
}

/* The module's name in the archive is that in the lists, whose ending goes with the compression. */
static int add_module(struct segment *segment, const char *name, struct error *err)
{
	const struct initramfs_drivers *drivers = segment->drivers;
	struct module_row *row = module_lists_find(&drivers->lists, name);
	autostr struct str path = STR_EMPTY, packed = STR_EMPTY, plain = STR_EMPTY;
	const char *ending;

	str_addf(&path, "%s/%s", drivers->kernel->modules_path, row->path);
	if (vfs_read(segment->vfs, path.bytes, MODULE_MOST, &packed, err) != 0)
		return -1;
	ending = ending_of(row->path);
	if (is_usual(segment->holds, ending)) {
		add_file(segment, segment->holds->base, row->path, 0644, &packed);
	} else {
		if (unpack(&packed, &plain, err) != 0)
			return error_frame(err, "%s", path.bytes);
		row->path[strlen(row->path) - strlen(ending)] = '\0';
		add_file(segment, segment->holds->base, row->path, 0644, &plain);
	}
	if (segment->archive.length > SEGMENT_MOST)
		return error_set(err, ERROR_INPUT,
				 "the modules that are missing take more than %d bytes",
				 SEGMENT_MOST);
	return 0;
}

static void add_lists(struct segment *segment)
{
	const struct module_lists *lists = &segment->drivers->lists;
	const char *base = segment->holds->base;
	autostr struct str dep = STR_EMPTY, dep_index = STR_EMPTY, alias = STR_EMPTY,
			   alias_index = STR_EMPTY, softdep = STR_EMPTY;

	module_lists_write_dep(lists, &dep, &dep_index);
	module_lists_write_alias(lists, &alias, &alias_index);
	module_lists_write_softdep(lists, &softdep);
	add_file(segment, base, "modules.dep", 0644, &dep);
	add_file(segment, base, "modules.dep.bin", 0644, &dep_index);
	add_file(segment, base, "modules.alias", 0644, &alias);
	add_file(segment, base, "modules.alias.bin", 0644, &alias_index);
	add_file(segment, base, "modules.softdep", 0644, &softdep);
}

static void add_conf(struct segment *segment)
{
	const struct guest_words *loads = &segment->drivers->loads;
	const struct str *old = &segment->holds->conf;
	autostr struct str text = STR_EMPTY;
	size_t i;

	str_add_bytes(&text, old->bytes, old->length);
	if (text.length > 0 && !text_ends(text.bytes, "\n"))
		str_add(&text, "\n");
	for (i = 0; i < loads->count; i++)
		str_addf(&text, "%s\n", loads->list[i]);
	add_file(segment, "conf", "modules", 0644, &text);
}

static void add_hook(struct segment *segment)
{
	const struct guest_words *loads = &segment->drivers->loads;
	autostr struct str text = STR_EMPTY, folder = STR_EMPTY;
	size_t i;

	str_add(&text, "# added by moult: drivers of the boot disk\n");
	for (i = 0; i < loads->count; i++)
		str_addf(&text, "modprobe -b -q %s\n", loads->list[i]);
	str_addf(&folder, "%s/pre-udev", segment->holds->hooks);
	add_file(segment, folder.bytes, "90-moult.sh", 0755, &text);
}

static int make(struct segment *segment, struct error *err)
{
	const struct initramfs_drivers *drivers = segment->drivers;
	size_t i;

	cpio_write_gap(&segment->archive, segment->holds->size_bytes);
	for (i = 0; i < drivers->added.count; i++)
		if (add_module(segment, drivers->added.list[i], err) != 0)
			return -1;
	add_lists(segment);
	if (segment->holds->hooks != NULL)
		add_hook(segment);
	else
		add_conf(segment);
	cpio_write_end(&segment->archive);
	return 0;
}

int initramfs_segment(struct vfs *vfs, const struct initramfs_holds *holds,
		      struct initramfs_drivers *drivers, struct str *out,
		      struct error *err)
{
	struct segment segment = {
		.vfs = vfs, .holds = holds, .drivers = drivers, .archive = STR_EMPTY};
	const int result = make(&segment, err);

	if (result == 0)
		str_add_bytes(out, segment.archive.bytes, segment.archive.length);
	str_clear(&segment.archive);
	guest_words_clear(&segment.folders);
	return result;
}
