/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_resume.c - the swap that a hibernated system would be in: where it is gone, the initramfs waits
 * 30 s for it. What an initramfs was made with stays in it until the next one is made: until then the
 * kernel is told "noresume". Sources: kernel-parameters of Linux; initramfs.conf(5); initramfs-tools'
 * scripts/local-premount/resume and init. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix_lines.h"
#include "guest/fix_rows.h"
#include "guest/text.h"

#define CONFIGURATION "/etc/initramfs-tools/conf.d"

struct resume {
	struct predict predict;
	struct prediction judged;
	struct str what;
};

static bool is_gone(const char *value, void *data)
{
	const struct resume *resume = data;

	return value[0] != '\0' && strcmp(value, "none") != 0 &&
	       strcmp(value, "auto") != 0 && fix_is_gone(&resume->predict, value);
}

/* Whether the line itself names a device that is gone. */
static bool is_gone_in(const struct arguments_line *line, struct resume *resume)
{
	autofree char *copy = strndup(line->words, line->length);
	char *rest = copy, *word;

	while (copy != NULL && (word = text_next_word(&rest)) != NULL)
		if (text_starts(word, "resume="))
			return is_gone(word + strlen("resume="), resume);
	return false;
}

static bool edit_word(const char *word, const struct arguments_line *line,
		      struct str *out, void *data)
{
	struct resume *resume = data;
	autostr struct str text = STR_EMPTY;

	(void)out;
	if (!(text_starts(word, "resume=") &&
	      is_gone(word + strlen("resume="), resume)) &&
	    !(text_starts(word, "resume_offset=") && is_gone_in(line, resume)))
		return false;
	str_addf(&text, "%s goes", word);
	fix_lines_tell(&resume->what, text.bytes);
	return true;
}

/* What the initramfs of a guest's kernel has in itself. Returns: a device that is gone, or NULL */
static const char *gone_inside(struct resume *resume)
{
	const struct guest *guest = &resume->predict.image->guest;
	size_t i;

	for (i = 0; i < guest->kernel_count; i++) {
		const char *value = guest_settings_value(
			&guest->kernels[i].initramfs.settings, "RESUME");

		if (value != NULL && is_gone(value, resume))
			return value;
	}
	return NULL;
}

static void add_end(const struct arguments_line *line, struct str *out, void *data)
{
	struct resume *resume = data;

	if (!line->is_whole || arguments_has(line, "noresume") ||
	    (arguments_has(line, "resume=") && !is_gone_in(line, resume)))
		return;
	str_add(out, "noresume");
	fix_lines_tell(&resume->what, "noresume is added");
}

/* Settings that the next initramfs is made with. */
static void edit_configuration(struct fix *fix, struct resume *resume)
{
	struct error err = {0};
	char **names = NULL;
	size_t i;

	if (vfs_names(fix->vfs, CONFIGURATION, "", &names, &err) != 0)
		return;
	for (i = 0; names[i] != NULL; i++) {
		autostr struct str path = STR_EMPTY, text = STR_EMPTY, now = STR_EMPTY;

		str_addf(&path, CONFIGURATION "/%s", names[i]);
		free(names[i]);
		if (fix_text(fix, path.bytes, &text) &&
		    shell_change(text.bytes, "RESUME", is_gone, resume, "none", &now) > 0)
			(void)fix_put(fix, path.bytes, &now, NULL, "RESUME is none",
				      "the next initramfs waits 30 s for a swap that is "
				      "not there");
	}
	free(names);
}

static bool detect(const struct fix *fix)
{
	return fix->image->has_guest;
}

static int plan(struct fix *fix, struct error *err)
{
	struct resume resume = {.what = STR_EMPTY};
	struct arguments_editor editor = {.word = edit_word, .data = &resume};

	(void)err;
	predict_to_kernel(&resume.predict, fix->image, fix->platform, &resume.judged);
	if (gone_inside(&resume) != NULL)
		editor.end = add_end;
	fix_lines_edit(fix, &editor, &resume.what,
		       "the initramfs waits 30 s for a swap that is not there");
	edit_configuration(fix, &resume);
	str_clear(&resume.what);
	prediction_clear(&resume.judged);
	return 0;
}

static bool check(const struct fix *fix, const struct inspection *after, struct str *why)
{
	struct resume resume = {.what = STR_EMPTY};
	const struct guest_entry *entry;

	predict_to_kernel(&resume.predict, after, fix->platform, &resume.judged);
	entry = resume.predict.entry;
	if (entry != NULL && entry->resume != NULL && is_gone(entry->resume, &resume))
		str_addf(why, "resume=%s will not be there", entry->resume);
	else if (entry != NULL && entry->resume == NULL && gone_inside(&resume) != NULL &&
		 !predict_has_argument(entry, "noresume"))
		str_addf(why, "the initramfs waits for %s", gone_inside(&resume));
	prediction_clear(&resume.judged);
	return why->length == 0;
}

const struct fixer fixer_resume = {
	.name = "resume",
	.does = "lets nothing wait for a swap to resume from that is gone",
	.detect = detect,
	.plan = plan,
	.check = check,
};
