/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/: errors, numbers, texts, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/opt.h"
#include "base/str.h"

static void error_keeps_the_cause_when_the_trail_is_long(void **state)
{
	struct error err;
	char text[600];
	int i;

	(void)state;
	assert_int_equal(error_set(&err, ERROR_INPUT, "the cause"), -1);
	for (i = 0; i < 50; i++)
		assert_int_equal(error_frame(&err, "a frame with some words %d", i), -1);
	assert_non_null(strstr(error_text(&err, text, sizeof(text)), ": the cause"));
	assert_true(strncmp(text, "a frame with some words 49: ", 28) == 0);
}

static void error_sys_tells_errno(void **state)
{
	struct error err;

	(void)state;
	errno = ENOSPC;
	(void)error_sys(&err, "write '%s'", "x");
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_int_equal(err.os, ENOSPC);
	assert_string_equal(err.cause, "write 'x': No space left on device");
}

static void time_is_parsed_with_units(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = { { "90", 90000000000 },  { "90s", 90000000000 }, { "5m", 300000000000 },
		     { "500ms", 500000000 }, { "1.5m", 90000000000 }, { "1h", 3600000000000 } };
	static const char *const bad[] = { "", "0", "-1", "x", "5 m", "5mm", "1e3", "nan", "inf", "25h", "0x10",
					   "1,5", " 5" };
	int64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_parse_time(good[i].text, "--budget", &ns, NULL), 0);
		assert_true(ns == good[i].ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { 0 };

		ns = 77;
		assert_int_equal(num_parse_time(bad[i], "--budget", &ns, &err), -1);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_true(ns == 77);
	}
}

static void uint_is_parsed_within_bounds(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "+1", "17", "1x", "x", " 1",
					   "18446744073709551616", "99999999999999999999999" };
	uint64_t value = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { 0 };

		assert_int_equal(num_parse_uint(bad[i], "--copies", 1, 16, &value, &err), -1);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_int_equal(value, 7);
	}
	assert_int_equal(num_parse_uint("16", "--copies", 1, 16, &value, NULL), 0);
	assert_int_equal(value, 16);
}

static void str_grows(void **state)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	(void)state;
	assert_string_equal(text.bytes, "");
	for (i = 0; i < 1000; i++)
		str_addf(&text, "%zu,", i % 10);
	assert_int_equal(text.length, 2000);
	assert_int_equal(strlen(text.bytes), 2000);
	assert_string_equal(text.bytes + 1996, "8,9,");
}

static const struct opt options[] = {
	{ "budget", 'b', "TIME", "a time", NULL },
	{ "json", 'j', NULL, "a switch", NULL },
	{ "label", 0, "TEXT", "a text", NULL },
	OPT_END,
};

static int note_option(const struct opt *row, const char *argument, void *data, struct error *err)
{
	(void)err;
	str_addf(data, "%s=%s;", row->name, argument != NULL ? argument : "");
	return 0;
}

static int parse(char *line, struct str *out, int *out_first, struct error *err)
{
	char *argv[16] = { NULL }, *word;
	int argc = 0;

	while ((word = strsep(&line, " ")) != NULL)
		argv[argc++] = word;
	return opt_parse(options, argc, argv, note_option, out, out_first, err);
}

static void options_are_parsed_in_all_forms(void **state)
{
	char line[] = "cmd -b5 --budget=6 x -j --label a --bud 7 -- --json";
	autostr struct str seen = STR_EMPTY;
	int first = 0;

	(void)state;
	assert_int_equal(parse(line, &seen, &first, NULL), 0);
	assert_string_equal(seen.bytes, "budget=5;budget=6;json=;label=a;budget=7;");
	assert_int_equal(first, 9);
}

static void wrong_options_are_named(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} wrong[] = {
		{ "cmd --budgt 5", "unknown option '--budgt' (did you mean '--budget'?)" },
		{ "cmd --quux", "unknown option '--quux' (see --help)" },
		{ "cmd -x", "unknown option '-x' (see --help)" },
		{ "cmd -jx", "unknown option '-x' (see --help)" },
		{ "cmd x -\303\251", "unknown option '-\303\251' (see --help)" },
		{ "cmd -b", "option '-b' needs an argument" },
		{ "cmd --label", "option '--label' needs an argument" },
		{ "cmd --json=1", "option '--json' takes no argument" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		autostr struct str seen = STR_EMPTY;
		char *line = str_copy(wrong[i].line);
		struct error err = { 0 };
		int first = -1;

		assert_int_equal(parse(line, &seen, &first, &err), -1);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_string_equal(err.cause, wrong[i].message);
		assert_int_equal(first, -1);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_keeps_the_cause_when_the_trail_is_long),
		cmocka_unit_test(error_sys_tells_errno),
		cmocka_unit_test(time_is_parsed_with_units),
		cmocka_unit_test(uint_is_parsed_within_bounds),
		cmocka_unit_test(str_grows),
		cmocka_unit_test(options_are_parsed_in_all_forms),
		cmocka_unit_test(wrong_options_are_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
