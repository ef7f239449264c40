/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_report.c - what comes from outside is neither obeyed by a terminal nor endless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "report/plan.h"
#include "report/text.h"
#include "sample_plan.h"

/* Checks what a text becomes. */
static void becomes(const char *text, const char *expected)
{
	struct str out = STR_EMPTY;

	report_add_clean(&out, text, strlen(text));
	assert_string_equal(out.bytes, expected);
	str_clear(&out);
}

static void what_a_terminal_obeys_is_taken_out(void **state)
{
	(void)state;
	becomes("plain, \xc3\xa4 and \xe6\x9c\xac", "plain, \xc3\xa4 and \xe6\x9c\xac");
	becomes("a\033]0;x\a\x7f\n", "a?]0;x???");
	becomes("a\xc2\x9b" "b", "a?b");		     /* C1 as UTF-8 */
	becomes("a\x9b" "b", "a?b");			     /* and bare */
	becomes("a\xe2\x80\xae" "b\xe2\x81\xa6", "a?b?");    /* to write from right to left */
	becomes("\xc3", "?");				     /* cut */
	becomes("\xe6\x9c", "??");
	becomes("\xc0\x9b\xed\xa0\x80\xf4\x90\x80\x80", "?????????"); /* too long, a surrogate, too large */
}

static void cut(const char *text, size_t most, const char *expected)
{
	struct str out = STR_EMPTY;

	report_add_cut(&out, text, most);
	assert_string_equal(out.bytes, expected);
	str_clear(&out);
}

static void texts_are_cut_by_columns_behind_whole_characters(void **state)
{
	(void)state;
	cut("12345678", 8, "12345678");
	cut("123456789", 8, "12345...");
	cut("", 8, "");
	cut("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 5, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	cut("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 5, "\xc3\xa4\xc3\xa4...");
	/* wide ones take two columns each */
	cut("\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac", 8, "\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac");
	cut("\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac", 9, "\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac...");
}

/* Marks above a letter take no column: a million of them would make one without end. */
static void marks_without_columns_are_cut_too(void **state)
{
	struct str text = STR_EMPTY, out = STR_EMPTY;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		str_add(&text, "\xcc\x81");
	report_add_cut(&out, text.bytes, 10);
	assert_true(out.length <= 43);
	str_clear(&text);
	str_clear(&out);
}

static void a_list_tells_how_many_it_leaves_out(void **state)
{
	struct str out = STR_EMPTY;
	struct report_list list = {.out = &out, .separator = ", ", .most = 2};

	(void)state;
	report_list_add(&list, "a");
	report_list_add(&list, "b");
	report_add_more(&out, list.count, list.most);
	assert_string_equal(out.bytes, "a, b");
	report_list_add(&list, "c");
	report_list_add(&list, "d");
	report_add_more(&out, list.count, list.most);
	assert_string_equal(out.bytes, "a, b (2 more)");
	str_clear(&out);
}

static void lines_are_broken_by_columns(void **state)
{
	struct str text = STR_EMPTY, out = STR_EMPTY;
	int i;

	(void)state;
	for (i = 0; i < 39; i++)
		str_add(&text, "\xc3\xa4 ");
	str_add(&text, "\xc3\xa4");
	report_add_wrapped(&out, text.bytes, 0, 0);
	assert_null(memchr(out.bytes, '\n', out.length - 1)); /* 79 columns, 119 bytes */
	str_clear(&text);
	str_clear(&out);
}

static void words_are_cut_and_counted(void **state)
{
	struct str text = STR_EMPTY, out = STR_EMPTY;

	(void)state;
	report_add_words(&out, "  one  two\nthree ", 100);
	assert_string_equal(out.bytes, "one two?three");
	out.length = 0;
	report_add_words(&out, "one two three four", 6);
	assert_string_equal(out.bytes, "one two ...");
	while (text.length < 1000)
		str_add(&text, "x");
	out.length = 0;
	report_add_words(&out, text.bytes, 300);
	assert_int_equal(out.length, REPORT_VALUE_MOST);
	str_clear(&text);
	str_clear(&out);
}

static void sizes_are_short(void **state)
{
	char out[REPORT_SIZE_ROOM];

	(void)state;
	assert_string_equal(report_size(0, out), "0 B");
	assert_string_equal(report_size(1023, out), "1023 B");
	assert_string_equal(report_size(1536, out), "1.5 KiB");
	assert_string_equal(report_size((uint64_t)300 << 20, out), "300 MiB");
	assert_string_equal(report_size(UINT64_MAX, out), "16384 PiB");
}

static void a_plan_is_one_screen(void **state)
{
	static const char expected[] =
		"Disk    /dev/vda, 20.0 GiB (21474836480 bytes), sectors of 512\n"
		"        model QEMU HARDDISK, serial QM00001, WWN 0x5000c500a1b2c3d4, table\n"
		"        9f3c1d2e\n"
		"Holds   0b9f1a52-8d3e-4c5f-9a61-2f3e4d5c6b7a, 7A1C-33F0\n"
		"Image   /srv/debian-12-generic-amd64.raw.xz: xz, raw, 2.0 GiB\n"
		"        Debian GNU/Linux 12 (bookworm)\n"
		"SHA-256 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
		"        of the 304087057 bytes as published\n"
		"Undo    full: rollback gives back all that the old systems use, also after the\n"
		"        new system has run, until 'moult overlay commit'.\n"
		"Log     in the disk's tail, from byte 15032385536 on, at most 6.0 GiB, in a\n"
		"        partition of 6.1 GiB that is added to the table\n"
		"Saves   3.0 GiB (3225419776 bytes) of the old systems, before the first write\n"
		"Writes  image 2.0 GiB, stale linux_raid_member 4.0 KiB\n"
		"        then, when that was read back, in this order: GPT backup 17.0 KiB, GPT\n"
		"        and gap 1024 KiB, MBR 512 B\n"
		"Edits   4 bytes at 446: the protective entry spans the disk\n"
		"        8 bytes at 21474835968: the second header lies at the true end\n"
		"Guest   made to fit the machine by 1 changes: 5 B in 1 places\n"
		"        fstab: /etc/fstab: /dev/xvdb1 gets nofail; else: after 90 s the\n"
		"        emergency shell follows\n"
		"Machine kvm-virtio-bios\n"
		"Boots   NO: root: root=/dev/xvda1 will not be there; mended by root-argument\n"
		"Reached cannot be told: address: no address of the machine is known; mended by\n"
		"        network\n"
		"Lets in yes\n"
		"From the first write to the last this disk does not boot by itself.\n"
		"REFUSED memory: the decoder needs 2 GiB and 480 MiB are free: unpack the image\n"
		"        elsewhere first\n"
		"Waived  cpu-level: the image wants x86-64-v3 and this machine has x86-64-v2\n"
		"Good    not-a-disk, in-use\n"
		"You do  Switch the guest from PV to HVM in the provider's panel.\n"
		"        Leave rescue mode.\n"
		"Nothing will be written: 1 check refuses, see above.\n";
	struct plan plan = {0};
	struct str out = STR_EMPTY;

	(void)state;
	sample_plan(&plan);
	report_write_plan(&plan, &out);
	assert_string_equal(out.bytes, expected);
	plan_clear(&plan);
	str_clear(&out);
}

static void assert_says(const struct plan *plan, const char *text)
{
	struct str out = STR_EMPTY;

	report_write_plan(plan, &out);
	if (strstr(out.bytes, text) == NULL)
		fail_msg("no '%s' in:\n%s", text, out.bytes);
	str_clear(&out);
}

static void a_plan_tells_what_it_can_not_give_back(void **state)
{
	struct plan plan = {0};

	(void)state;
	sample_plan(&plan);
	plan.checks[3].verdict = CHECK_WAIVED; /* nothing refuses any more */
	assert_says(&plan, "\nTo write over this disk, type: QM00001\n");
	plan.scope = SCOPE_UNTIL_BOOT;
	assert_says(&plan, "changes, until\n        the new system has been started: then it refuses");
	plan.scope = SCOPE_ALL;
	plan.undo = UNDO_DEVICE;
	plan.undo_path = str_copy("/dev/vdb");
	assert_says(&plan, "\nUndo    all: rollback gives back the whole disk, bit for bit");
	assert_says(&plan, "\nLog     on the device /dev/vdb, at most 6.0 GiB");
	plan.scope = SCOPE_NONE;
	plan.undo = UNDO_NONE;
	assert_says(&plan, "\nUndo    none: NO WAY BACK: nothing is saved");
	plan.image.sha256[0] = '\0';
	assert_says(&plan, "\nDigest  NO DIGEST: nothing is checked\n");
	free(plan.image.system);
	plan.image.system = NULL;
	assert_says(&plan, "\n        no system was found in it\n");
	free(plan.disk.confirm);
	plan.disk.confirm = NULL;
	assert_says(&plan, "\nThis disk has no id that could be typed.\n");
	plan_clear(&plan);
}

static void assert_fits_a_screen(const struct str *text)
{
	const char *line, *end;
	size_t i, lines = 0;

	for (line = text->bytes; *line != '\0'; line = end + 1, lines++) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (report_columns(line, (size_t)(end - line)) > REPORT_WIDTH)
			fail_msg("too wide: %.*s", (int)(end - line), line);
	}
	for (i = 0; i < text->length; i++)
		assert_true(text->bytes[i] == '\n' || (unsigned char)text->bytes[i] >= ' ');
	assert_true(lines < 250);
}

static char *many_times(const char *part)
{
	struct str text = STR_EMPTY;

	while (text.length < 900)
		str_add(&text, part);
	return text.bytes;
}

static void put(char **place, const char *text)
{
	free(*place);
	*place = str_copy(text);
}

static void fits_a_screen_with(const char *part)
{
	struct plan plan = {0};
	struct str out = STR_EMPTY;
	char *text = many_times(part);
	size_t i;

	sample_plan(&plan);
	put(&plan.disk.path, text);
	put(&plan.disk.model, text);
	put(&plan.disk.content_ids[0], text);
	put(&plan.image.name, text);
	put(&plan.image.layers, text);
	put(&plan.image.system, text);
	plan.undo = UNDO_FILE;
	put(&plan.undo_path, text);
	put(&plan.prediction.platform, text);
	put(&plan.prediction.links[STEP_ROOT].says, text);
	for (i = 0; i < 3000; i++) {
		plan_add_range(&plan, i % 2 ? PHASE_BODY : PHASE_BOOT, i, UINT64_MAX / 4, text);
		plan_add_edit(&plan, UINT64_MAX, "x", 1, text);
		plan_add_check(&plan, "unseen", (enum plan_verdict)(i % CHECK_COUNT), "%s", text);
		plan_add_step(&plan, "%s", text);
	}
	report_write_plan(&plan, &out);
	assert_fits_a_screen(&out);
	assert_non_null(strstr(out.bytes, "(2994 more with --json)"));
	plan_clear(&plan);
	str_clear(&out);
	free(text);
}

/* Names of images and labels are anybody's; a plan may come from anybody. */
static void a_hostile_plan_is_neither_obeyed_nor_endless(void **state)
{
	(void)state;
	fits_a_screen_with("\033[2J\nType yes \xe2\x80\xae\xe6\x9c\xac");
	fits_a_screen_with("one-word-without-end\xe6\x9c\xac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_obeys_is_taken_out),
		cmocka_unit_test(texts_are_cut_by_columns_behind_whole_characters),
		cmocka_unit_test(marks_without_columns_are_cut_too),
		cmocka_unit_test(a_list_tells_how_many_it_leaves_out),
		cmocka_unit_test(lines_are_broken_by_columns),
		cmocka_unit_test(words_are_cut_and_counted),
		cmocka_unit_test(sizes_are_short),
		cmocka_unit_test(a_plan_is_one_screen),
		cmocka_unit_test(a_plan_tells_what_it_can_not_give_back),
		cmocka_unit_test(a_hostile_plan_is_neither_obeyed_nor_endless),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
