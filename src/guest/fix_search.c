/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_search.c - where the entries of grub.cfg look for their files: "set root=" and "search" that
 * name what is not on the disk. Hints stay: GRUB holds what it finds to the UUID. What stands before
 * the first entry is for fonts alone. Source: GRUB manual, "search", "set", "Device syntax". */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

struct search {
	struct predict predict;
	struct prediction judged;
	const char *uuid; /* of the file system with /boot's files */
	char device[32];  /* the same as GRUB names it: "hd0,gpt1"; "": not known */
	struct str what;
	size_t lines;
};

static void begin(const struct inspection *image, const struct platform *platform,
		  struct search *out)
{
	/* of the file system that has /boot's files */
	const struct inspect_volume *volume = fix_volume_at(image, "/boot");
	const struct layout *layout = &image->layout;
	struct predict_place place = {0};
	size_t i;

	predict_to_kernel(&out->predict, image, platform, &out->judged);
	if (volume == NULL)
		volume = fix_volume_at(image, "/");
	if (volume == NULL || volume->name != NULL)
		return; /* GRUB knows volumes by other names */
	place = predict_place_of(&out->predict, volume->partition);
	if (place.partition == NULL && layout->partition_count > 0)
		return;
	out->uuid = fix_uuid(image, volume);
	if (place.partition == NULL)
		(void)snprintf(out->device, sizeof(out->device), "hd0");
	else
		(void)snprintf(out->device, sizeof(out->device), "hd0,%s%u",
			       layout->kind == LAYOUT_GPT ? "gpt" : "msdos",
			       place.partition->number);
	for (i = 0; out->uuid != NULL && out->uuid[i] != '\0'; i++)
		if (strchr("0123456789abcdefABCDEF-", out->uuid[i]) == NULL)
			out->uuid = NULL;
}

static void end(struct search *search)
{
	str_clear(&search->what);
	prediction_clear(&search->judged);
}

/* "hd0,msdos1" as this disk has it; names of volumes and of other things are not judged. */
static bool is_wrong_device(const struct search *search, const char *device)
{
	const char *comma = strchr(device, ','), *digits;

	if (text_starts(device, "xen/"))
		return !fix_is_xen(search->predict.platform);
	if (!text_starts(device, "hd"))
		return false;
	if (!text_starts(device, "hd0"))
		return true;
	if (comma == NULL)
		return search->predict.image->layout.partition_count > 0;
	digits = comma + 1 + strcspn(comma + 1, "0123456789");
	return !predict_place_of(&search->predict, (unsigned)strtoul(digits, NULL, 10))
			.is_known;
}

/* "set root='hd0,msdos1'". @begin: behind "set root=" */
static bool edit_set(struct search *search, const char *begin, const char *end,
		     struct str *out)
{
	const bool is_quoted = begin < end && strchr("'\"", *begin) != NULL;
	const char *name = begin + is_quoted;
	autofree char *device = strndup(name, strcspn(name, "'\" \t\n;)"));
	autostr struct str text = STR_EMPTY;

	if (device == NULL || device[0] == '(' || device[0] == '\0' ||
	    search->device[0] == '\0' || !is_wrong_device(search, device))
		return false;
	str_addf(out, "'%s'", search->device);
	str_add(out, name + strlen(device) + is_quoted);
	str_addf(&text, "root=%s becomes %s", device, search->device);
	fix_lines_tell(&search->what, text.bytes);
	return true;
}

/* The last word of a "search" is what it looks for. @line: without its end */
static bool edit_search(struct search *search, const char *line, struct str *out)
{
	const char *kind = strstr(line, " --fs-uuid"), *word;
	autostr struct str tag = STR_EMPTY, text = STR_EMPTY;
	const bool is_uuid = kind != NULL;

	if (kind == NULL)
		kind = strstr(line, " --label");
	word = strrchr(line, ' ');
	if (kind == NULL || search->uuid == NULL || word <= kind ||
	    strpbrk(word, "$'\"-") == word + 1)
		return false;
	str_addf(&tag, "%s=%s", is_uuid ? "UUID" : "LABEL", word + 1);
	if (!fix_is_gone(&search->predict, tag.bytes))
		return false;
	str_add_bytes(out, line, (size_t)(kind - line));
	str_add(out, " --fs-uuid");
	kind += strlen(is_uuid ? " --fs-uuid" : " --label");
	str_add_bytes(out, kind, (size_t)(word + 1 - kind));
	str_add(out, search->uuid);
	str_addf(&text, "the search for %s becomes one for %s", word + 1, search->uuid);
	fix_lines_tell(&search->what, text.bytes);
	return true;
}

/* One line of an entry. @line: with its end */
static void edit_line(struct search *search, const char *line, struct str *out)
{
	const char *verb = line + strspn(line, " \t"), *set = "set root=";
	autofree char *copy = str_copy(line);
	autostr struct str now = STR_EMPTY;
	const size_t length = strcspn(line, "\n");
	bool is_changed = false;

	if (text_starts(verb, set)) {
		const char *value = verb + strlen(set);

		str_add_bytes(&now, line, (size_t)(value - line));
		is_changed = edit_set(search, value, line + length, &now);
	} else if (text_starts(verb, "search ")) {
		copy[length] = '\0';
		is_changed = edit_search(search, str_trim_end(copy), &now);
		if (is_changed)
			str_add(&now, line + length);
	}
	search->lines += is_changed;
	str_add(out, is_changed ? now.bytes : line);
}

static void edit_text(struct search *search, const char *text, struct str *out)
{
	bool is_in_entries = false;
	size_t length;

	for (; *text != '\0'; text += length) {
		length = strcspn(text, "\n");
		length += text[length] == '\n';
		autofree char *line = strndup(text, length);
		const char *verb = line + strspn(line, " \t");

		is_in_entries = is_in_entries || text_starts(verb, "menuentry ") ||
				text_starts(verb, "submenu ");
		if (is_in_entries)
			edit_line(search, line, out);
		else
			str_add(out, line);
	}
}

static void edit_file(struct fix *fix, const char *path, enum arguments_form form,
		      void *data)
{
	struct search *search = data;
	autostr struct str text = STR_EMPTY, now = STR_EMPTY;

	search->lines = 0;
	str_clear(&search->what);
	if (form != ARGUMENTS_GRUB || !fix_text(fix, path, &text))
		return;
	edit_text(search, text.bytes, &now);
	if (search->lines == 0)
		return;
	str_addf(&search->what, " in %zu line%s", search->lines,
		 search->lines > 1 ? "s" : "");
	(void)fix_put(fix, path, &now, NULL, search->what.bytes,
		      "GRUB looks for the kernel where it is not");
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest && fix->image->guest.loader_count > 0;
}

static int plan(struct fix *fix, struct error *err)
{
	struct search search = {.what = STR_EMPTY};

	(void)err;
	begin(fix->image, fix->platform, &search);
	fix_lines_visit_all(fix, edit_file, &search);
	end(&search);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct search search = {.what = STR_EMPTY};
	autostr struct str tag = STR_EMPTY;
	const struct guest_entry *entry;
	const char *device;

	begin(after, fix->platform, &search);
	entry = search.predict.entry;
	device = entry != NULL && entry->device != NULL ? entry->device : "";
	if (text_starts(device, "uuid="))
		str_addf(&tag, "UUID=%s", device + strlen("uuid="));
	else if (text_starts(device, "label="))
		str_addf(&tag, "LABEL=%s", device + strlen("label="));
	if (tag.length > 0 && search.uuid != NULL &&
	    fix_is_gone(&search.predict, tag.bytes))
		str_addf(why, "'%s' looks for %s, which is not on the disk", entry->title,
			 device);
	end(&search);
	return why->length == 0;
}

const struct fixer fixer_grub_search = {
	.name = "grub-search",
	.does = "lets the entries of grub.cfg look for their files on this disk",
	.detect = detect,
	.plan = plan,
	.check = check,
};
