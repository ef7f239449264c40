/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_debconf.c - where GRUB's packages install it when they are updated. A disk that is gone makes
 * grub-pc's postinst ask, or fail where nobody can answer; GRUB's core.img and its modules are then of
 * two versions, which ends at the next boot.
 *
 * What is put there is the kernel's name of the machine's disk, "/dev/vda": a link of /dev/disk/by-id
 * would be made of the disk's serial number, which is not known here, and postinst itself falls back
 * to that name where a disk has no such link. It holds as long as the disk stays on its controller.
 * Where the machine starts no GRUB from the disk, the answer is "none", which is a question of its
 * own. Sources: grub-pc.postinst and grub-efi-amd64.postinst of Debian 10 to 13; grub-multi-install of
 * Ubuntu; debconf's Debconf/Format/822.pm. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/read.h"
#include "guest/text.h"
#include "model/device.h"

#define DATABASE "/var/cache/debconf/config.dat"

struct debconf {
	struct predict predict;
	struct prediction judged;
	struct str text; /* of the database */
	struct str what;
};

/* The answer to a question: from "Name:" up to the blank line. Returns: its begin, or NULL */
static const char *find_item(const char *text, const char *name, const char **out_end)
{
	autostr struct str line = STR_EMPTY;
	const char *at = text;

	str_addf(&line, "Name: %s\n", name);
	while ((at = strstr(at, line.bytes)) != NULL && at != text && at[-1] != '\n')
		at++;
	if (at == NULL)
		return NULL;
	*out_end = strstr(at, "\n\n");
	*out_end = *out_end != NULL ? *out_end + 1 : at + strlen(at);
	return at;
}

/* A field's line in an item. Returns: it, or NULL. @end: of the item, then of the line */
static const char *find_field(const char *item, const char **end, const char *field)
{
	const size_t length = strlen(field);
	const char *at = item;

	for (; at < *end; at = strchrnul(at, '\n') + 1) {
		if (strncmp(at, field, length) != 0)
			continue;
		*end = strchrnul(at, '\n');
		*end += **end == '\n';
		return at;
	}
	return NULL;
}

/* @field: with its colon. Returns: whether the item has it; @out: added */
static bool get_field(const char *text, const char *name, const char *field,
		      struct str *out)
{
	const char *end, *item = find_item(text, name, &end), *at;

	at = item != NULL ? find_field(item, &end, field) : NULL;
	if (at == NULL)
		return false;
	at += strlen(field);
	at += strspn(at, " ");
	str_add_bytes(out, at, strcspn(at, "\n"));
	return true;
}

/* Gives an item a field; @behind: the field that it follows where it is new. */
static void set_field(struct str *text, const char *name, const char *field,
		      const char *behind, const char *value)
{
	const char *end, *item = find_item(text->bytes, name, &end), *last = end;
	const char *at = find_field(item, &end, field);
	struct str now = STR_EMPTY;

	if (at == NULL) {
		end = last;
		at = find_field(item, &end, behind);
		at = end; /* behind it, or at the item's end */
	}
	str_add_bytes(&now, text->bytes, (size_t)(at - text->bytes));
	str_addf(&now, "%s %s\n%s", field, value, end);
	str_clear(text);
	*text = now;
}

/* Answers a question so that it is not asked again. */
static void answer(struct debconf *debconf, const char *name, const char *value)
{
	autostr struct str flags = STR_EMPTY, text = STR_EMPTY;

	set_field(&debconf->text, name, "Value:", "Template:", value);
	(void)get_field(debconf->text.bytes, name, "Flags:", &flags);
	if (strstr(flags.bytes, "seen") == NULL) {
		str_addf(&flags, "%sseen", flags.length > 0 ? ", " : "");
		set_field(&debconf->text, name, "Flags:", "Owners:", flags.bytes);
	}
	str_addf(&text, "%s is %s", name, value[0] != '\0' ? value : "empty");
	fix_lines_tell(&debconf->what, text.bytes);
}

/* Whether a disk or partition will be there, by the name that the kernel gives it: what is named by a
 * serial number is not known to be. */
static bool is_device_there(const struct predict *predict, const char *device)
{
	autostr struct str why = STR_EMPTY;
	struct predict_place place = {0};
	unsigned number;
	char disk[64];

	if (device_split(device, disk, sizeof(disk), &number) && number == 0)
		return predict->disk != NULL && strcmp(predict->disk->name, disk) == 0;
	return predict_find(predict, device, &place, &why) == DEVICE_FOUND;
}

/* Whether all of a list will be there. */
static bool is_there(const struct predict *predict, const char *list)
{
	struct guest_words words = {0};
	bool is_there = true;
	size_t i;

	text_add_words(&words, list, ", ");
	for (i = 0; i < words.count; i++)
		is_there = is_there && is_device_there(predict, words.list[i]);
	guest_words_clear(&words);
	return is_there;
}

static bool is_true(const char *text, const char *name)
{
	autostr struct str value = STR_EMPTY;

	return get_field(text, name, "Value:", &value) &&
	       strcmp(value.bytes, "true") == 0;
}

/* Whether an answer has to be given: it is about what is not there, or there is none. */
static bool is_wrong(const struct debconf *debconf, const char *name, const char *none)
{
	autostr struct str value = STR_EMPTY;
	const char *end;

	if (find_item(debconf->text.bytes, name, &end) == NULL)
		return false;
	(void)get_field(debconf->text.bytes, name, "Value:", &value);
	if (value.bytes[strspn(value.bytes, " ,")] == '\0')
		return none != NULL && !is_true(debconf->text.bytes, none);
	return !is_there(&debconf->predict, value.bytes);
}

/* The machine starts GRUB from the disk's first sector, or the image has it there. */
static bool has_bios_grub(const struct predict *predict)
{
	return predict->platform->firmware == PLATFORM_BIOS ||
	       (predict->platform->firmware == PLATFORM_UEFI &&
		predict->image->layout.boot.kind == BOOT_GRUB2);
}

static void answer_bios(struct fix *fix, struct debconf *debconf)
{
	static const char devices[] = "grub-pc/install_devices",
			  none[] = "grub-pc/install_devices_empty";
	const struct predict *predict = &debconf->predict;
	autostr struct str disk = STR_EMPTY;
	const char *end;

	if (!is_wrong(debconf, devices, none))
		return;
	if (!has_bios_grub(predict)) {
		answer(debconf, devices, "");
		if (find_item(debconf->text.bytes, none, &end) != NULL)
			answer(debconf, none, "true");
	} else if (predict->disk == NULL) {
		fix_gap(fix, DATABASE,
			"grub-pc installs to a disk that may be gone, and what this "
			"machine calls its disk is not known");
	} else {
		str_addf(&disk, "/dev/%s", predict->disk->name);
		answer(debconf, devices, disk.bytes);
	}
}

/* Ubuntu's grub-efi installs to partitions. */
static void answer_esp(struct debconf *debconf)
{
	static const char devices[] = "grub-efi/install_devices";
	const struct layout *layout = &debconf->predict.image->layout;
	const struct platform_disk *disk = debconf->predict.disk;
	autostr struct str esp = STR_EMPTY;
	size_t i, length;

	if (disk == NULL || !is_wrong(debconf, devices, NULL))
		return;
	length = strlen(disk->name);
	for (i = 0; i < layout->partition_count; i++)
		if (layout->partitions[i].role == ROLE_ESP && esp.length == 0)
			str_addf(&esp, "/dev/%s%s%u", disk->name,
				 length > 0 && strchr("0123456789",
						      disk->name[length - 1]) != NULL
					 ? "p"
					 : "",
				 layout->partitions[i].number);
	if (esp.length > 0)
		answer(debconf, devices, esp.bytes);
}

/* The firmware knows the fallback path alone: an update has to write there too. */
static void answer_fallback(struct debconf *debconf)
{
	static const char fallback[] = "grub2/force_efi_extra_removable";
	autostr struct str owners = STR_EMPTY;

	if (debconf->predict.platform->firmware == PLATFORM_UEFI &&
	    get_field(debconf->text.bytes, fallback, "Owners:", &owners) &&
	    strstr(owners.bytes, "grub-efi") != NULL &&
	    !is_true(debconf->text.bytes, fallback))
		answer(debconf, fallback, "true");
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && vfs_exists(fix->vfs, DATABASE);
}

static int plan(struct fix *fix, struct error *err)
{
	struct debconf debconf = {.text = STR_EMPTY, .what = STR_EMPTY};

	(void)err;
	predict_to_kernel(&debconf.predict, fix->image, fix->platform, &debconf.judged);
	if (fix_text(fix, DATABASE, &debconf.text)) {
		answer_bios(fix, &debconf);
		answer_esp(&debconf);
		answer_fallback(&debconf);
	}
	if (debconf.what.length > 0)
		(void)fix_put(fix, DATABASE, &debconf.text, NULL, debconf.what.bytes,
			      "the next update of GRUB's package fails, or leaves what "
			      "the machine starts out of step with GRUB's modules");
	str_clear(&debconf.text);
	str_clear(&debconf.what);
	prediction_clear(&debconf.judged);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct debconf debconf = {.text = STR_EMPTY, .what = STR_EMPTY};

	predict_to_kernel(&debconf.predict, after, fix->platform, &debconf.judged);
	if (vfs_read(fix->vfs, DATABASE, READ_CONFIG_MOST, &debconf.text, NULL) == 0 &&
	    (is_wrong(&debconf, "grub-pc/install_devices",
		      "grub-pc/install_devices_empty") ||
	     is_wrong(&debconf, "grub-efi/install_devices", NULL)))
		str_add(why, "an update of GRUB's package would install it to a disk "
			     "that is not there");
	str_clear(&debconf.text);
	prediction_clear(&debconf.judged);
	return why->length == 0;
}

const struct fixer fixer_debconf = {
	.name = "debconf",
	.does = "lets the next update of GRUB's package install to this machine's disk",
	.detect = detect,
	.plan = plan,
	.check = check,
};
