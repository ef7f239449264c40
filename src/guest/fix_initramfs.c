/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_initramfs.c - drivers of the boot disk that the guest's kernel has as modules, and that its
 * initramfs lacks: they are added by an archive behind those that it is made of (overlay-anchors.md,
 * M1), so that what is there stays as it is. */
#define _GNU_SOURCE
#include "guest/fix_initramfs.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_rows.h"
#include "guest/initramfs_segment.h"
#include "guest/predict_links.h"
#include "guest/text.h"

enum { LIST_MOST = 16 << 20 };

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->image->guest.kernel_count > 0 &&
	       fix->platform->disk_count > 0;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* A name of an entry may be that of a link to the kernel. */
static bool is_entry_of(const struct guest *guest, const struct guest_entry *entry,
			const struct guest_kernel *kernel)
{
	size_t i;

	if (entry->kernel == NULL)
		return false;
	if (strcmp(name_of(entry->kernel), name_of(kernel->path)) == 0)
		return true;
	for (i = 0; i < guest->boot_file_count; i++)
		if (strcmp(guest->boot_files[i].real, kernel->path) == 0 &&
		    strcmp(name_of(guest->boot_files[i].path), name_of(entry->kernel)) ==
			    0)
			return true;
	return false;
}

/* Whether a loader starts it; where none has an entry, every kernel may be. */
static bool is_started(const struct guest *guest, const struct guest_kernel *kernel)
{
	size_t i, k, entries = 0;

	for (i = 0; i < guest->loader_count; i++) {
		const struct guest_loader *loader = &guest->loaders[i];

		entries += loader->entry_count;
		for (k = 0; k < loader->entry_count; k++)
			if (is_entry_of(guest, &loader->entries[k], kernel))
				return true;
	}
	return entries == 0;
}

/* Modules of a need that lie in a file. */
static void add_files(const struct guest_kernel *kernel, const struct predict_need *need,
		      struct guest_words *out)
{
	size_t i;

	for (i = 0; i < need->any.count; i++) {
		const char *name = need->any.list[i];
		const struct guest_module *module =
			guest_modules_find(&kernel->modules, name);

		if (module != NULL && !module->is_builtin && !guest_words_has(out, name))
			guest_words_add(out, name, strlen(name));
	}
}

/* What the disk and the root need, and the initramfs lacks: of several drivers for one device all, as
 * udev would load them. Returns: whether the kernel has a driver for each at all */
static bool find_missing(const struct fix *fix, const struct guest_kernel *kernel,
			 struct guest_words *out)
{
	struct prediction scratch = {0};
	struct predict_needs needs = {0};
	struct predict predict;
	bool has_all = true;
	size_t i;

	predict_of_kernel(fix->image, fix->platform, kernel, &scratch, &predict);
	if (predict.disk != NULL)
		predict_needs(&predict, &needs);
	for (i = 0; i < needs.count; i++) {
		autostr struct str missing = STR_EMPTY;

		if (predict_is_met(&predict, &needs.list[i], &missing))
			continue;
		has_all = has_all && predict_knows(kernel, &needs.list[i].any);
		add_files(kernel, &needs.list[i], out);
	}
	predict_needs_clear(&needs);
	prediction_clear(&scratch);
	return has_all;
}

/* Why nothing can be added to what lies there. Returns: a reason, or NULL */
static const char *why_not(const struct guest_kernel *kernel)
{
	const struct guest_initramfs *initramfs = &kernel->initramfs;
	const char *maker = initramfs->maker;

	if (initramfs->path == NULL)
		return "it has no initramfs of its own that drivers can be added to: "
		       "make one in the guest";
	if (initramfs->problem != NULL)
		return "it could not be read to its end: make it again in the guest";
	if (maker == NULL ||
	    (strcmp(maker, "initramfs-tools") != 0 && strcmp(maker, "dracut") != 0))
		return "drivers are added to what initramfs-tools and dracut make, and "
		       "it "
		       "is another one's: make it again in the guest with the drivers";
	if (kernel->release == NULL || kernel->modules_path == NULL ||
	    (initramfs->releases.count > 0 &&
	     !guest_words_has(&initramfs->releases, kernel->release)))
		return "its modules are those of another kernel: make it again in the "
		       "guest";
	return NULL;
}

static int read_list(struct fix *fix, const struct guest_kernel *kernel, const char *name,
		     struct str *out, struct error *err)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", kernel->modules_path, name);
	return vfs_read(fix->vfs, path.bytes, LIST_MOST, out, err);
}

static int read_lists(struct fix *fix, const struct guest_kernel *kernel,
		      struct module_lists *out, struct error *err)
{
	autostr struct str dep = STR_EMPTY;

	if (read_list(fix, kernel, "modules.dep", &dep, err) != 0 ||
	    read_list(fix, kernel, "modules.alias", &out->aliases, err) != 0)
		return -1;
	/* most kernels have some, none is no fault */
	(void)!read_list(fix, kernel, "modules.softdep", &out->softdeps, NULL);
	module_lists_parse(dep.bytes, out);
	return 0;
}

static void list_words(const struct guest_words *words, const struct guest_words *but,
		       const char *before, struct str *out)
{
	bool is_first = true;
	size_t i;

	for (i = 0; i < words->count; i++) {
		if (but != NULL && guest_words_has(but, words->list[i]))
			continue;
		str_addf(out, "%s%s", is_first ? before : ", ", words->list[i]);
		is_first = false;
	}
}

static bool append(struct fix *fix, const struct initramfs_drivers *drivers,
		   const struct str *segment)
{
	const struct guest_kernel *kernel = drivers->kernel;
	autostr struct str what = STR_EMPTY, prevents = STR_EMPTY;

	list_words(&drivers->loads, NULL, "gets ", &what);
	list_words(&drivers->added, &drivers->loads, ", with ", &what);
	str_addf(&what, ": a further archive of %zu bytes", segment->length);
	str_addf(&prevents,
		 "%s has no driver for the disk: the initramfs waits for the root and "
		 "gives up",
		 kernel->release);
	return fix_append(fix, kernel->initramfs.path, segment->bytes, segment->length,
			  what.bytes, prevents.bytes);
}

/* Linux before 5.9 does not see that an lz4 stream is over. */
static bool is_closed(const struct guest_kernel *kernel,
		      const struct initramfs_holds *holds)
{
	return holds->has_lz4_end && text_compare_versions(kernel->release, "5.9") < 0;
}

/* Returns: whether the initramfs is a longer one now */
static bool add_with(struct fix *fix, const struct initramfs_holds *holds,
		     struct initramfs_drivers *drivers)
{
	const char *path = drivers->kernel->initramfs.path, *unknown;
	autostr struct str segment = STR_EMPTY;
	struct error err = {0};
	char text[512];
	size_t i;

	initramfs_mark(holds, &drivers->lists, &unknown);
	if (unknown != NULL) {
		fix_gap(fix, path,
			"it holds a module that the kernel's modules.dep does not list: "
			"make it again in the guest with the drivers");
		return false;
	}
	if (is_closed(drivers->kernel, holds)) {
		fix_gap(fix, path,
			"it is compressed by lz4, behind which Linux before 5.9 reads "
			"nothing: make it again in the guest, by gzip or with the "
			"drivers");
		return false;
	}
	for (i = 0; i < drivers->loads.count; i++)
		module_lists_keep(&drivers->lists, drivers->loads.list[i],
				  &drivers->added);
	if (initramfs_segment(fix->vfs, holds, drivers, &segment, &err) != 0) {
		fix_gap(fix, path, error_text(&err, text, sizeof(text)));
		return false;
	}
	return append(fix, drivers, &segment);
}

static bool add_drivers(struct fix *fix, struct initramfs_drivers *drivers)
{
	const struct guest_kernel *kernel = drivers->kernel;
	struct initramfs_holds holds = {0};
	struct error err = {0};
	char text[512];
	bool is_added = false;

	if (read_lists(fix, kernel, &drivers->lists, &err) != 0 ||
	    initramfs_hold(fix->vfs, kernel, &holds, &err) != 0)
		fix_gap(fix, kernel->initramfs.path,
			error_text(&err, text, sizeof(text)));
	else
		is_added = add_with(fix, &holds, drivers);
	initramfs_holds_clear(&holds);
	return is_added;
}

static void plan_kernel(struct fix *fix, const struct guest_kernel *kernel)
{
	struct initramfs_drivers drivers = {.kernel = kernel, .lists = MODULE_LISTS_NONE};
	const char *reason = why_not(kernel);

	if (!find_missing(fix, kernel, &drivers.loads))
		fix_gap(fix, kernel->path,
			"it has no driver for the disk or the root's file system, in no "
			"file of it: install a kernel that has one in the guest");
	else if (drivers.loads.count > 0 && reason != NULL)
		fix_gap(fix,
			kernel->initramfs.path != NULL ? kernel->initramfs.path
						       : kernel->path,
			reason);
	else if (drivers.loads.count > 0 && add_drivers(fix, &drivers))
		fix_initramfs_config(fix, kernel->initramfs.maker, &drivers.loads);
	guest_words_clear(&drivers.loads);
	guest_words_clear(&drivers.added);
	module_lists_clear(&drivers.lists);
}

static int plan(struct fix *fix, struct error *err)
{
	const struct guest *guest = &fix->image->guest;
	size_t i;

	(void)err;
	for (i = 0; i < guest->kernel_count; i++)
		if (is_started(guest, &guest->kernels[i]))
			plan_kernel(fix, &guest->kernels[i]);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	const struct guest *guest = &after->guest;
	bool is_right = true;
	size_t i;

	for (i = 0; i < guest->kernel_count; i++) {
		struct prediction scratch = {0};
		struct predict predict;
		const struct prediction_link *link = &scratch.links[STEP_INITRAMFS];

		if (!is_started(guest, &guest->kernels[i]))
			continue;
		predict_of_kernel(after, fix->platform, &guest->kernels[i], &scratch,
				  &predict);
		predict_initramfs(&predict);
		if (link->verdict == PREDICT_BROKEN) {
			str_addf(why, "%s%s: %s", is_right ? "" : "; ",
				 guest->kernels[i].path, link->says);
			is_right = false;
		}
		prediction_clear(&scratch);
	}
	return is_right;
}

const struct fixer fixer_initramfs_drivers = {
	.name = "initramfs-drivers",
	.does = "adds the missing drivers of the boot disk to the initramfs",
	.detect = detect,
	.plan = plan,
	.check = check,
};
