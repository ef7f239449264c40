/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_root_argument.c - the root that kernels are told: a name that the machine does not have becomes
 * the UUID of the root's file system, or the name of its volume, which hold everywhere. With it go
 * the places where GRUB looks for its files, and what else on these lines was for another machine.
 * Sources: kernel-parameters of Linux; Documentation/admin-guide/devices.rst for names; GRUB manual,
 * "search", "set"; grub-mkconfig of Debian (GRUB_DEVICE, GRUB_DISABLE_LINUX_UUID); initramfs-tools(7). */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/text.h"
#include "model/device.h"

struct root_fix {
	struct predict predict;
	struct prediction judged;
	const struct inspect_volume *root; /* NULL: not found */
	struct str what;
};

static const struct guest_entry *entry_of(const struct guest *guest, const char *kernel)
{
	size_t i, k;

	for (i = 0; kernel != NULL && i < guest->loader_count; i++)
		for (k = 0; k < guest->loaders[i].entry_count; k++)
			if (guest->loaders[i].entries[k].kernel != NULL &&
			    strcmp(guest->loaders[i].entries[k].kernel, kernel) == 0)
				return &guest->loaders[i].entries[k];
	return NULL;
}

/* What names the root on any machine. Without an initramfs only the kernel itself looks for it.
 * Returns: whether there is such a name */
static bool add_root(const struct root_fix *root, const struct arguments_line *line,
		     struct str *out)
{
	const struct inspection *image = root->predict.image;
	const struct guest_entry *entry = entry_of(&image->guest, line->kernel);
	const struct layout_partition *part;
	const char *uuid;

	if (root->root == NULL)
		return false;
	uuid = fix_uuid(image, root->root);
	part = fix_partition(image, root->root->partition);
	if (root->root->name != NULL)
		device_add_mapped(out, root->root->name);
	else if (entry != NULL && entry->initrds.count == 0 && part != NULL &&
		 part->uuid[0] != '\0')
		str_addf(out, "PARTUUID=%s", part->uuid);
	else if (uuid != NULL)
		str_addf(out, "UUID=%s", uuid);
	return out->length > 0 && arguments_is_plain(out->bytes);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Whether a line starts a kernel of this guest, and not one of another system on the disk. */
static bool is_own(const struct guest *guest, const char *kernel)
{
	size_t i;

	if (kernel == NULL)
		return true;
	for (i = 0; i < guest->kernel_count; i++)
		if (strcmp(base_name(guest->kernels[i].path), base_name(kernel)) == 0)
			return true;
	for (i = 0; i < guest->boot_file_count; i++)
		if (strcmp(base_name(guest->boot_files[i].path), base_name(kernel)) == 0)
			return true;
	return false;
}

/* As predict_root() judges it; what cannot be told stays, but for names by the order of disks. */
static bool is_wrong_root(const struct root_fix *root, const char *device,
			  const struct arguments_line *line)
{
	const struct guest_entry *entry =
		entry_of(&root->predict.image->guest, line->kernel);
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};
	char disk[64];
	unsigned number;

	if (strcmp(device, "/dev/nfs") == 0 || text_starts(device, "/dev/ram"))
		return false;
	switch (predict_find(&root->predict, device, &place, &why)) {
	case DEVICE_GONE:
		return true;
	case DEVICE_UNKNOWN:
		return device_split(device, disk, sizeof(disk), &number);
	case DEVICE_FOUND:
		break;
	}
	if (place.volume == NULL || place.volume->folder == NULL ||
	    strcmp(place.volume->folder, "/") != 0)
		return true;
	/* what only an initramfs can look for */
	return entry != NULL && entry->initrds.count == 0 &&
	       (text_starts(device, "UUID=") || text_starts(device, "LABEL=") ||
		text_starts(device, "/dev/disk/"));
}

static bool edit_root(const char *word, const struct arguments_line *line,
		      struct str *out, void *data)
{
	struct root_fix *root = data;
	autostr struct str now = STR_EMPTY, text = STR_EMPTY;

	if (!text_starts(word, "root=") ||
	    !is_own(&root->predict.image->guest, line->kernel) ||
	    !is_wrong_root(root, word + strlen("root="), line) ||
	    !add_root(root, line, &now) || strcmp(now.bytes, word + strlen("root=")) == 0)
		return false;
	str_addf(out, "root=%s", now.bytes);
	str_addf(&text, "%s becomes root=%s", word, now.bytes);
	fix_lines_tell(&root->what, text.bytes);
	return true;
}

/* "ext4,xfs" is a list. */
static bool is_listed(const char *list, const char *type)
{
	const size_t length = strlen(type);

	while (list != NULL) {
		if (strncmp(list, type, length) == 0 &&
		    (list[length] == ',' || list[length] == '\0'))
			return true;
		list = strchr(list, ',');
		list += list != NULL;
	}
	return false;
}

static bool edit_type(const char *word, const struct arguments_line *line,
		      struct str *out, void *data)
{
	struct root_fix *root = data;
	const char *now = root->root != NULL ? root->root->type : NULL;
	autostr struct str text = STR_EMPTY;

	if (!text_starts(word, "rootfstype=") || now == NULL ||
	    !arguments_is_plain(now) ||
	    !is_own(&root->predict.image->guest, line->kernel) ||
	    is_listed(word + strlen("rootfstype="), now) ||
	    /* the driver of ext4 mounts the older ones */
	    (text_starts(now, "ext") && is_listed(word + strlen("rootfstype="), "ext4")))
		return false;
	str_addf(out, "rootfstype=%s", now);
	str_addf(&text, "%s becomes rootfstype=%s", word, now);
	fix_lines_tell(&root->what, text.bytes);
	return true;
}

static bool is_gone_value(const char *value, void *data)
{
	const struct root_fix *root = data;

	return value[0] != '\0' && fix_is_gone(&root->predict, value);
}

static bool is_true_value(const char *value, void *data)
{
	(void)data;
	return strcmp(value, "true") == 0;
}

/* The settings by which grub-mkconfig writes a device's name: those that it would have of this
 * machine's kernel are right on it, until its disk gets another name. */
static void edit_settings(struct fix *fix, const char *path, enum arguments_form form,
			  void *data)
{
	static const char *const names[] = {"GRUB_DEVICE", "GRUB_DEVICE_BOOT"};
	struct root_fix *root = data;
	size_t i;

	(void)form;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;

		if (!fix_text(fix, path, &text) ||
		    shell_change(text.bytes, names[i], is_gone_value, root, NULL, &now) ==
			    0)
			continue;
		str_addf(&what, "%s becomes a comment: grub-mkconfig asks the disk",
			 names[i]);
		(void)fix_put(fix, path, &now, NULL, what.bytes,
			      "the next update-grub writes a root that is not there");
	}
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;

	if (fix_text(fix, path, &text) &&
	    shell_change(text.bytes, "GRUB_DISABLE_LINUX_UUID", is_true_value, NULL,
			 "false", &now) > 0)
		(void)fix_put(fix, path, &now, NULL, "GRUB_DISABLE_LINUX_UUID is false",
			      "the next update-grub names the root by its disk, which "
			      "has another name on another machine");
}

static void begin(const struct inspection *image, const struct platform *platform,
		  struct root_fix *out)
{
	predict_to_kernel(&out->predict, image, platform, &out->judged);
	out->root = fix_volume_at(image, "/");
}

static void end(struct root_fix *root)
{
	str_clear(&root->what);
	prediction_clear(&root->judged);
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->image->guest.loader_count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct root_fix root = {.what = STR_EMPTY};
	const struct arguments_editor roots = {.word = edit_root, .data = &root},
				      types = {.word = edit_type, .data = &root};

	(void)err;
	begin(fix->image, fix->platform, &root);
	if (root.root == NULL)
		fix_gap(fix, "root=", "on which volume the root lies was not found");
	fix_lines_edit(fix, &roots, &root.what,
		       "the initramfs waits for a root that is not there, and gives up");
	fix_lines_edit(fix, &types, &root.what,
		       "the root is mounted as what it is not, and the kernel panics");
	fix_lines_visit_shell(fix, edit_settings, &root);
	end(&root);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	return fix_check_link(fix, after, STEP_ROOT, why);
}

const struct fixer fixer_root_argument = {
	.name = "root-argument",
	.does = "names the root so that this machine finds it",
	.detect = detect,
	.plan = plan,
	.check = check,
};
