/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-fix FOLDER PLATFORM FIXER... - let fixers mend the guest in a folder of the host, for tests.
 *
 * PLATFORM is a file of identify --platform, or a name. What is told, a line each, fields apart by tabs:
 *	line FIXER PLACE WHAT PREVENTS    gap FIXER PLACE REASON
 * With SHOW=1 also how the links of the network stand: before|after LINK VERDICT SAYS. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix.h"
#include "guest/inspect.h"
#include "guest/predict.h"
#include "record/platform_json.h"
#include "sys/file.h"

static int fail(const struct error *err)
{
	char text[600];

	(void)fprintf(stderr, "guest-fix: %s\n", error_text(err, text, sizeof(text)));
	return err->kind != ERROR_NONE ? (int)err->kind : 1;
}

static int read_platform(const char *name, struct platform *out, struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (strchr(name, '/') == NULL)
		return platform_by_name(name, out, err);
	if (sys_file_read(AT_FDCWD, name, 1 << 20, &text, err) != 0)
		return -1;
	return record_read_platform(text.bytes, text.length, out, err);
}

static int look(struct vfs *vfs, struct inspection *out, struct error *err)
{
	out->name = str_copy("folder");
	out->has_guest = true;
	return guest_inspect(vfs, &out->guest, err);
}

static void show_links(const char *when, const struct inspection *image, const struct platform *platform)
{
	static const enum prediction_step steps[] = { STEP_NETWORK, STEP_ADDRESS, STEP_CLOUD };
	struct prediction prediction = { 0 };
	size_t i;

	if (getenv("SHOW") == NULL)
		return;
	guest_predict(image, platform, &prediction);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		(void)printf("%s\t%s\t%s\t%s\n", when, prediction_steps[steps[i]].name,
			     prediction_verdict_names[prediction.links[steps[i]].verdict],
			     prediction.links[steps[i]].says);
	prediction_clear(&prediction);
}

static void show(const struct adaptation *adaptation)
{
	size_t i;

	for (i = 0; i < adaptation->line_count; i++)
		(void)printf("line\t%s\t%s\t%s\t%s\n", adaptation->lines[i].fixer, adaptation->lines[i].place,
			     adaptation->lines[i].what, adaptation->lines[i].prevents);
	for (i = 0; i < adaptation->gap_count; i++)
		(void)printf("gap\t%s\t%s\t%s\n", adaptation->gaps[i].fixer, adaptation->gaps[i].place,
			     adaptation->gaps[i].reason);
}

static int mend(struct fix *fix, const struct guest_words *only, struct error *err)
{
	static const struct guest_words none = { 0 };
	struct inspection after = { 0 };
	int result;

	show_links("before", fix->image, fix->platform);
	if (fix_plan(fix, only, &none, err) != 0)
		return -1;
	result = look(fix->vfs, &after, err);
	if (result == 0) {
		fix_check(fix, &after, only, &none);
		show_links("after", &after, fix->platform);
	}
	inspection_clear(&after);
	return result == 0 && edit_count(fix->edits) > 0 ? edit_commit(fix->edits, err) : result;
}

int main(int argc, char **argv)
{
	struct inspection before = { 0 };
	struct platform platform = { 0 };
	struct adaptation out = { 0 };
	struct fix_wishes wishes = { 0 };
	struct guest_words only = { 0 };
	struct vfs *vfs = NULL;
	struct error err = { 0 };
	struct fix fix = { .image = &before, .platform = &platform, .wishes = &wishes, .out = &out };
	int i, fd, result;

	fd = argc > 3 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		(void)fprintf(stderr, "usage: guest-fix FOLDER PLATFORM FIXER...\n");
		return 2;
	}
	for (i = 3; i < argc; i++)
		guest_words_add(&only, argv[i], strlen(argv[i]));
	if (vfs_open_folder(fd, &vfs, &err) != 0 || read_platform(argv[2], &platform, &err) != 0 ||
	    look(vfs, &before, &err) != 0)
		return fail(&err);
	fix.edits = edit_begin(vfs, 1700000000);
	fix.vfs = edit_vfs(fix.edits);
	result = mend(&fix, &only, &err);
	show(&out);
	edit_end(fix.edits);
	inspection_clear(&before);
	platform_clear(&platform);
	adaptation_clear(&out);
	guest_words_clear(&only);
	vfs_close(vfs);
	return result == 0 ? 0 : fail(&err);
}
