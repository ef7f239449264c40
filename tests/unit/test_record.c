/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/: runs as JSON, out and in, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "model/score.h"
#include "record/run_json.h"

static void fill(struct run *run)
{
	struct run_sample sample = { .count = 123456, .start_ns = 5, .wanted_ns = 500000000,
				     .elapsed_ns = 500123456, .scored_ns = 500123456, .steal_ns = 10000000,
				     .load_before = 0.25, .load_after = -1, .flags = SAMPLE_STEAL };
	struct run_test *test;

	run->id = str_copy("an-id");
	run->label = str_copy("a \"label\" with \xff");
	run->profile = str_copy("unixbench");
	run->copies = 2;
	run->started_ns = 1700000000000000000;
	environment_add(&run->environment, "kernel.release", "6.1.0", "uname(2)", NULL);
	environment_add(&run->environment, "cpu.governor", NULL, "/sys/x", "it is missing");
	run_build_add_file(&run->build, "pipe", "00");
	run_warn(run, "a warning");
	test = run_add_test(run, &tests_all[tests_find("pipe")]);
	sample.parts = mem_zero(2, sizeof(*sample.parts));
	sample.part_count = 2;
	sample.parts[1].count = 23456;
	run_test_add_sample(test, &sample);
	score_mark_kept(test);
	run_add_test(run, &tests_all[tests_find("shell8")])->failure = str_copy("no sort");
}

/* What is read and written again is the same text. */
static void a_run_survives_the_way_out_and_in(void **state)
{
	struct runs runs = { 0 }, back = { 0 };
	autostr struct str first = STR_EMPTY, second = STR_EMPTY;
	struct error err = { 0 };

	(void)state;
	fill(runs_add(&runs));
	record_write_json(&runs, &first);
	assert_int_equal(record_read_json(first.bytes, "test", &back, &err), 0);
	record_write_json(&back, &second);
	assert_string_equal(first.bytes, second.bytes);
	assert_string_equal(back.runs[0].label, "a \"label\" with ?");
	assert_true(back.runs[0].tests[0].samples[0].parts[1].count == 23456);
	assert_int_equal(back.runs[0].tests[0].samples[0].flags, SAMPLE_STEAL);
	runs_clear(&runs);
	runs_clear(&back);
}

/* Nanoseconds since 1970 end in 2262 and begin in 1677. */
static void a_date_that_does_not_fit_is_none(void **state)
{
	static const char text[] = "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":1,\"tests\":[],"
				   "\"started\":\"9999-01-01T00:00:00Z\",\"finished\":\"0346-01-01T00:00:00Z\"}";
	struct runs runs = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(record_read_json(text, "FILE", &runs, &err), 0);
	assert_true(runs.runs[0].started_ns == 0);
	assert_true(runs.runs[0].finished_ns == 0);
	runs_clear(&runs);
}

#define HEAD "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":1,\"tests\":["
#define SAMPLE(text) HEAD "{\"key\":\"pipe\",\"samples\":[" text "]}]}"

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "", "is not JSON" },
		{ "{\"schema\":\"moult.run/1\",\"copies\":1", "is not JSON" },
		{ "[]", "the schema is not" },
		{ "{\"schema\":\"moult.run/2\"}", "the schema is not" },
		{ "{\"schema\":\"moult.run/1\",\"method\":\"x\"}", "unknown method 'x'" },
		{ "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":0}", "copies" },
		{ "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":-1}", "copies" },
		{ "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":1e9}", "copies" },
		{ "{\"schema\":\"moult.run/1\",\"schema\":\"moult.run/1\"}", "is not JSON" },
		{ HEAD "{\"key\":\"dhry2\"}]}", "unknown test 'dhry2'" },
		{ HEAD "{\"key\":\"pipe\"},{\"key\":\"pipe\"}]}", "twice" },
		{ HEAD "{\"key\":\"pipe\",\"score\":-5}]}", "'score' is not a number" },
		{ HEAD "{\"key\":\"pipe\",\"score\":\"5\"}]}", "'score' is not a number" },
		{ HEAD "{\"key\":\"pipe\",\"score\":NaN}]}", "is not JSON" },
		{ HEAD "{\"key\":\"pipe\",\"score\":1e999}]}", "is not JSON" },
		{ SAMPLE("{\"count\":5}"), "no loops or no time" },
		{ SAMPLE("{\"count\":0,\"elapsed_s\":1}"), "no loops or no time" },
		{ SAMPLE("{\"count\":5,\"elapsed_s\":-1}"), "'elapsed_s' is not a number" },
		{ SAMPLE("{\"count\":5,\"elapsed_s\":1e30}"), "'elapsed_s' is not a number" },
		{ SAMPLE("{\"count\":5.5,\"elapsed_s\":1}"), "'count' is not a whole number" },
		{ SAMPLE("{\"count\":9000000000000000000,\"elapsed_s\":1e-9}"), "more than 1e+14 lps" },
		{ HEAD "{\"key\":\"shell8\",\"score\":1e18}]}", "'score' is not a number" },
		{ SAMPLE("{\"count\":5,\"elapsed_s\":1,\"copies\":[{}]},{\"count\":5,\"elapsed_s\":0}"),
		  "sample 2" },
		{ "{\"schema\":\"moult.runs/1\",\"runs\":[{}]}", "run 1" },
		{ "{\"schema\":\"moult.runs/1\",\"runs\":5}", "'runs' is not a list" },
		{ "{\"schema\":\"moult.runs/9\",\"runs\":[]}", "schema is not 'moult.runs/1'" },
		{ "{\"schema\":\"moult.run/1\",\"method\":\"budget\",\"copies\":1,\"tests\":7}",
		  "'tests' is not a list" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct runs runs = { 0 };
		struct error err = { 0 };
		char text[600];

		assert_int_equal(record_read_json(bad[i].text, "FILE", &runs, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		if (strstr(error_text(&err, text, sizeof(text)), bad[i].message) == NULL)
			fail_msg("'%s' instead of '%s'", text, bad[i].message);
		runs_clear(&runs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_survives_the_way_out_and_in),
		cmocka_unit_test(a_date_that_does_not_fit_is_none),
		cmocka_unit_test(bad_files_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
