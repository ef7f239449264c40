/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_report.c - what comes from outside is neither obeyed by a terminal nor endless. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "report/text.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_terminal_obeys_is_taken_out),
		cmocka_unit_test(texts_are_cut_by_columns_behind_whole_characters),
		cmocka_unit_test(marks_without_columns_are_cut_too),
		cmocka_unit_test(a_list_tells_how_many_it_leaves_out),
		cmocka_unit_test(lines_are_broken_by_columns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
