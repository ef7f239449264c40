/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_storage.c - encrypted volumes whose device is gone, and the list of the devices that LVM may
 * look at. Sources: crypttab(5) of systemd and of cryptsetup; lvmdevices(8). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/read.h"
#include "guest/text.h"

#define CRYPTTAB "/etc/crypttab"
#define DEVICES	 "/etc/lvm/devices/system.devices"

enum { FIELDS = 4 };

/* Nothing of the boot waits for it. */
static bool is_free(const char *options, size_t length)
{
	autofree char *copy = strndup(options, length);
	char *place = NULL, *word;

	if (copy == NULL)
		return false;
	for (word = strtok_r(copy, ",", &place); word != NULL;
	     word = strtok_r(NULL, ",", &place))
		if (strcmp(word, "nofail") == 0 || strcmp(word, "noauto") == 0)
			return true;
	return false;
}

/* A line of crypttab: name, device, key, options.
 *
 * @predict: of predict_to_kernel()
 * @out:     the line as it is to be
 * Returns:  whether it changed */
static bool edit_line(const void *data, const char *line, struct str *out)
{
	const struct predict *predict = data;
	const char *begin[FIELDS] = {NULL}, *at = line;
	size_t length[FIELDS] = {0}, i;
	autofree char *device = NULL;

	for (i = 0; i < FIELDS; i++) {
		at += strspn(at, " \t");
		begin[i] = at;
		length[i] = strcspn(at, " \t\r\n");
		at += length[i];
	}
	if (line[strspn(line, " \t")] == '#' || length[1] == 0)
		return false;
	device = strndup(begin[1], length[1]);
	if (device == NULL || is_free(begin[3], length[3]) ||
	    !fix_is_gone(predict, device))
		return false;
	at = begin[3] + length[3];
	if (length[3] == 0)
		at = begin[length[2] > 0 ? 2 : 1] + length[length[2] > 0 ? 2 : 1];
	str_add_bytes(out, line, (size_t)(at - line));
	if (length[2] == 0)
		str_add(out, " none");
	str_addf(out, "%snofail%s", length[3] > 0 ? "," : " ", at);
	return true;
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest &&
	       (vfs_exists(fix->vfs, CRYPTTAB) || vfs_exists(fix->vfs, DEVICES));
}

static int plan(struct fix *fix, struct error *err)
{
	autostr struct str text = STR_EMPTY, now = STR_EMPTY, what = STR_EMPTY;
	struct prediction judged = {0};
	struct predict predict;
	size_t changed = 0;

	(void)err;
	predict_to_kernel(&predict, fix->image, fix->platform, &judged);
	if (fix_text(fix, CRYPTTAB, &text))
		changed = text_edit_lines(text.bytes, edit_line, &predict, &now);
	str_addf(&what, "nofail is added to %zu volume%s whose device is not there",
		 changed, changed > 1 ? "s" : "");
	if (changed > 0)
		(void)fix_put(fix, CRYPTTAB, &now, NULL, what.bytes,
			      "the boot waits 90 s for the device, and what needs the "
			      "volume fails");
	(void)fix_remove(fix, DEVICES,
			 "it goes: without it LVM looks at all devices, as on a system "
			 "that was never told which",
			 "LVM knows disks by serial numbers there, and does not look at "
			 "this machine's");
	prediction_clear(&judged);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;
	struct prediction judged = {0};
	struct predict predict;

	predict_to_kernel(&predict, after, fix->platform, &judged);
	if (vfs_exists(fix->vfs, DEVICES))
		str_add(why, DEVICES " still says which disks LVM looks at");
	else if (vfs_read(fix->vfs, CRYPTTAB, READ_CONFIG_MOST, &text, NULL) == 0 &&
		 text_edit_lines(text.bytes, edit_line, &predict, &now) > 0)
		str_add(why, CRYPTTAB " still names a device that is not there");
	prediction_clear(&judged);
	return why->length == 0;
}

const struct fixer fixer_storage = {
	.name = "storage",
	.does = "lets the boot go on without encrypted volumes that are gone, and LVM "
		"look at "
		"all disks",
	.detect = detect,
	.plan = plan,
	.check = check,
};
