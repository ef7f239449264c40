/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record/plan_json: plans out and in, and those that somebody made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "record/plan_json.h"
#include "sample_plan.h"

static struct plan plan;
static struct str text;
static struct error err;

static int begin(void **state)
{
	(void)state;
	err = (struct error){0};
	text = STR_EMPTY;
	sample_plan(&plan);
	record_write_plan(&plan, &text);
	return 0;
}

static int end(void **state)
{
	(void)state;
	str_clear(&text);
	plan_clear(&plan);
	return 0;
}

static void assert_same_twice(const struct str *first)
{
	autostr struct str second = STR_EMPTY;
	struct plan back = {0};

	if (record_read_plan(first->bytes, first->length, &back, &err) != 0)
		fail_msg("%s: %s", err.trail, err.cause);
	record_write_plan(&back, &second);
	assert_string_equal(first->bytes, second.bytes);
	plan_clear(&back);
}

static void a_plan_survives_the_way_out_and_in(void **state)
{
	(void)state;
	assert_same_twice(&text);
}

static void nothing_of_a_plan_is_lost(void **state)
{
	struct plan back = {0};

	(void)state;
	assert_int_equal(record_read_plan(text.bytes, text.length, &back, &err), 0);
	assert_string_equal(back.id, plan.id);
	assert_true(back.created_s == plan.created_s && back.scope == SCOPE_FULL);
	assert_true(back.undo == UNDO_TAIL && back.undo_path == NULL);
	assert_true(back.undo_offset == plan.undo_offset &&
		    back.undo_bytes == plan.undo_bytes);
	assert_true(back.partition_offset == plan.partition_offset &&
		    back.partition_bytes == plan.partition_bytes);
	assert_string_equal(back.disk.confirm, "QM00001");
	assert_int_equal(back.disk.content_count, 2);
	assert_string_equal(back.disk.content_ids[1], "7A1C-33F0");
	assert_string_equal(back.disk.ends_sha256, plan.disk.ends_sha256);
	assert_string_equal(back.image.sha256, plan.image.sha256);
	assert_string_equal(back.image.sha512, "");
	assert_int_equal(back.range_count, plan.range_count);
	assert_true(back.ranges[2].offset == plan.ranges[2].offset);
	assert_int_equal(back.ranges[4].phase, PHASE_BOOT);
	assert_int_equal(back.edit_count, 3);
	assert_true(back.edits[2].is_guest && !back.edits[1].is_guest);
	assert_true(back.is_adapted);
	assert_string_equal(back.lines[0].what, "/dev/xvdb1 gets nofail");
	assert_int_equal(back.edits[0].length, 4);
	assert_memory_equal(back.edits[0].bytes, "\x00\x7f\x80\xff", 4);
	assert_true(back.keeps[1].length == 4 * SAMPLE_MIB);
	assert_ptr_equal(back.checks[2].name, plan_check_row_of("cpu-level")->name);
	assert_int_equal(back.checks[2].verdict, CHECK_WAIVED);
	assert_string_equal(back.steps[1], "Leave rescue mode.");
	assert_string_equal(back.platform.name, "kvm-virtio-bios");
	assert_string_equal(back.platform.nics[0].routes[0].gateway, "192.0.2.1");
	assert_int_equal(prediction_error(&back.prediction), ERROR_VERIFY);
	assert_int_equal(prediction_first_bad(&back.prediction, CHAIN_BOOT), STEP_ROOT);
	assert_int_equal(back.prediction.links[STEP_ROOT].fixer, FIXER_ROOT_ARGUMENT);
	assert_string_equal(back.prediction.links[STEP_ROOT].evidence[0].text,
			    "the disk is called vda on this machine");
	assert_string_equal(back.prediction.provider.list[0],
			    "set its mode to HVM, not PV");
	plan_clear(&back);
}

static void drop(char **text_of)
{
	free(*text_of);
	*text_of = NULL;
}

static void a_bare_plan_survives_too(void **state)
{
	autostr struct str bare = STR_EMPTY;

	(void)state;
	drop(&plan.disk.serial);
	drop(&plan.disk.wwn);
	drop(&plan.disk.model);
	drop(&plan.disk.table_id);
	drop(&plan.image.layers);
	drop(&plan.image.system);
	plan.image.sha256[0] = '\0';
	memset(plan.image.sha512, 'b', sizeof(plan.image.sha512) - 1);
	plan.image.published_bytes = UINT64_MAX;
	plan.scope = SCOPE_ALL;
	plan.undo = UNDO_FILE;
	plan.undo_path = str_copy("/mnt/\xc3\xbcndo.log");
	record_write_plan(&plan, &bare);
	assert_same_twice(&bare);
}

/* Put @to in place of the first @from behind @behind, and read. */
static void read_changed(const char *behind, const char *from, const char *to)
{
	autostr struct str changed = STR_EMPTY;
	struct plan back = {0};
	const char *at = strstr(text.bytes, behind);

	at = at != NULL ? strstr(at, from) : NULL;
	if (at == NULL)
		fail_msg("no '%s' behind '%s'", from, behind);
	str_add_bytes(&changed, text.bytes, (size_t)(at - text.bytes));
	str_add(&changed, to);
	str_add(&changed, at + strlen(from));
	err = (struct error){0};
	if (record_read_plan(changed.bytes, changed.length, &back, &err) == 0)
		fail_msg("'%s' in place of '%s' was taken", to, from);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_null(back.disk.path); /* untouched */
}

static void assert_refused(const char *behind, const char *from, const char *to,
			   const char *said)
{
	char whole[600];

	read_changed(behind, from, to);
	(void)error_text(&err, whole, sizeof(whole));
	if (strstr(whole, said) == NULL)
		fail_msg("'%s' instead of '%s'", whole, said);
}

static const struct {
	const char *behind, *from, *to, *said;
} bad_fields[] = {
	{"", "moult.plan/1", "moult.plan/2", "the schema is not 'moult.plan/1'"},
	{"", "\"id\": \"0", "\"id\": \"A",
	 "'id' is not 32 lower-case hexadecimal digits"},
	{"", "\"id\": \"0", "\"id\": \"", "'id' is not 32"},
	{"", "1700000000", "-1", "'created_s' is not a whole number"},
	{"", "1700000000", "17e8", "'created_s' is not a whole number"},
	{"", "1700000000", "null", "'created_s' is not a whole number"},
	{"", "\"created_s\"", "\"made_s\"", "'created_s' is missing"},
	{"", "\"created_s\"", "\"created_s\": 1, \"more\"", "'more' is not known"},
	{"", "\"chunk_bytes\": 1048576", "\"chunk_bytes\": 4294967296",
	 "'chunk_bytes' is more than 4294967295"},
	{"", "\"chunk_bytes\": 1048576", "\"chunk_bytes\": 0", "chunks of 0 bytes"},
	{"", "\"scope\": \"full\"", "\"scope\": \"half\"", "unknown scope 'half'"},
	{"", "\"scope\": \"full\"", "\"scope\": 1", "unknown scope ''"},
	{"", "\"scope\": \"full\"", "\"scope\": \"none\"", "do not fit"},
	{"", "\"/dev/vda\"", "null", "disk: the field 'path' is not a text"},
	{"", "\"/dev/vda\"", "\"/dev/v\\u0000da\"", "not JSON"},
	{"", "\"is_file\": false", "\"is_file\": 0", "'is_file' is neither"},
	{"", "21474836480", "-512", "disk: the field 'size_bytes' is not a whole"},
	{"", "21474836480", "21474836480.0", "'size_bytes' is not a whole number"},
	{"", "21474836480", "\"20 GiB\"", "'size_bytes' is not a whole number"},
	{"", "21474836480", "9223372036854775808", "line 11: too big integer"},
	{"", "\"sector_bytes\": 512", "\"sector_bytes\": 520", "520 bytes is not"},
	{"ends_sha256", "\"eee", "\"ee", "'ends_sha256' is not 64"},
	{"content_ids", "\"7A1C-33F0\"", "7", "entry 2 of 'content_ids'"},
	{"\"image\"", "\"no_digest\": false,", "",
	 "image: the field 'no_digest' is missing"},
	{"\"image\"", "\"sha512\": null", "\"sha512\": \"\"", "'sha512' is not 128"},
	{"\"undo\"", "\"tail\"", "\"cloud\"", "undo: unknown place 'cloud'"},
	{"\"undo\"", "\"start_bytes\": 15", "\"start_bytes\": 215", "log is beyond"},
	{"\"ranges\"", "\"boot\"", "\"late\"",
	 "entry 3 of 'ranges': unknown phase 'late'"},
	{"\"ranges\"", "\"size_bytes\": 2146435072", "\"size_bytes\": 0",
	 "entry 1 of 'ranges': the field 'size_bytes' is 0"},
	{"\"ranges\"", "\"start_bytes\": 512", "\"start_bytes\": 5120", "overlap"},
	{"\"ranges\"", "\"start_bytes\": 512", "\"start_bytes\": 9223372036854775296",
	 "beyond the disk's end"},
	{"\"ranges\"", "\"start_bytes\": 5368709120", "\"start_bytes\": 15032385536",
	 "over its own log"},
	{"\"edits\"", "007f80ff", "007f80f", "entry 1 of 'edits': the field 'bytes'"},
	{"\"edits\"", "007f80ff", "007F80FF", "the field 'bytes' is not pairs"},
	{"\"edits\"", "007f80ff", "007f80g0", "the field 'bytes' is not pairs"},
	{"\"edits\"", "007f80ff", "", "the field 'bytes' is not pairs"},
	{"\"edits\"", "\"007f80ff\"", "[0, 127]", "the field 'bytes' is not pairs"},
	{"\"edits\"", "\"start_bytes\": 446", "\"start_bytes\": 9663676416",
	 "in no range"},
	{"\"keeps\"", "\"start_bytes\": 8589934592", "\"start_bytes\": 512",
	 "what the plan keeps at byte 512 cannot be"},
	{"\"keeps\"", "\"size_bytes\": 4194304", "\"size_bytes\": 0",
	 "entry 2 of 'keeps': the field 'size_bytes' is 0"},
	{"\"checks\"", "\"memory\"", "\"mood\"",
	 "entry 4 of 'checks': unknown check 'mood'"},
	{"\"checks\"", "\"refused\"", "\"waived\"", "'memory' cannot be waived"},
	{"\"checks\"", "\"good\"", "\"fine\"", "unknown verdict 'fine'"},
	{"\"steps\"", "\"Leave rescue mode.\"", "null", "entry 2 of 'steps'"},
	{"", "moult.platform/1", "moult.platform/2",
	 "platform: the schema is not 'moult.platform/1'"},
	{"\"platform\"", "\"bios\"", "\"dos\"", "platform: unknown firmware 'dos'"},
	{"", "moult.prediction/1", "moult.prediction/2",
	 "prediction: the schema is not 'moult.prediction/1'"},
	{"\"chains\"", "\"boot\"", "\"reach\"", "unknown chain 'reach'"},
	{"\"chains\"", "\"boot\"", "\"reach\"", "prediction: boot"},
	{"\"chains\"", "\"broken\"", "\"holds\"", "does not follow from its links"},
	{"\"chains\"", "\"first_bad\": \"root\"", "\"first_bad\": \"loader\"",
	 "does not follow from its links"},
	{"\"chains\"", "\"name\": \"loader\"", "\"name\": \"kernel\"",
	 "boot: loader: unknown link 'kernel'"},
	{"\"chains\"", "\"root-argument\"", "\"prayer\"",
	 "boot: root: unknown fixer 'prayer'"},
	{"\"chains\"", "\"text\": \"the disk", "\"test\": \"the disk",
	 "'text' is missing"},
	{"\"provider\"", "\"set its", "1, \"set its", "'provider' is not a text"},
};

static void lists_are_lists(void **state)
{
	(void)state;
	str_clear(&text);
	plan.step_count = 0;
	record_write_plan(&plan, &text);
	plan.step_count = 2;
	assert_refused("", "\"steps\": []", "\"steps\": {}", "'steps' is not a list");
}

static void each_bad_field_is_named(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_fields) / sizeof(bad_fields[0]); i++)
		assert_refused(bad_fields[i].behind, bad_fields[i].from, bad_fields[i].to,
			       bad_fields[i].said);
}

static void what_is_too_long_is_refused(void **state)
{
	autofree char *step = mem_zero(PLAN_LINE_MOST_BYTES + 2, 1);
	autofree char *path = mem_zero(PLAN_JSON_TEXT_MOST_BYTES + 2, 1);

	(void)state;
	memset(step, 'x', PLAN_LINE_MOST_BYTES + 1);
	memset(path, 'x', PLAN_JSON_TEXT_MOST_BYTES + 1);
	assert_refused("", "Leave rescue mode.", step, "longer than 1023 bytes");
	assert_refused("", "/dev/vda", path, "longer than 4096 bytes");
}

static void too_many_ranges_are_refused(void **state)
{
	autostr struct str list = STR_EMPTY;
	size_t i;

	(void)state;
	str_add(&list, "\"ranges\": [");
	for (i = 0; i < PLAN_JSON_ROWS_MOST; i++)
		str_add(&list, "0,");
	assert_refused("", "\"ranges\": [", list.bytes,
		       "'ranges' has more than 1000000 entries");
}

static void what_is_no_plan_is_refused(void **state)
{
	static const char *const texts[] = {"",	   "[]", "null", "{}", "{\"schema\":1}",
					    "\xff"};
	struct plan back = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(
			record_read_plan(texts[i], strlen(texts[i]), &back, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	/* cut anywhere */
	for (i = 0; i < text.length - 2; i += 7)
		assert_int_equal(record_read_plan(text.bytes, i, &back, &err), -1);
	/* a second field of the same name */
	assert_refused("", "\"scope\"", "\"scope\": \"full\", \"scope\"", "duplicate");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_plan_survives_the_way_out_and_in),
		TEST(nothing_of_a_plan_is_lost),
		TEST(a_bare_plan_survives_too),
		TEST(lists_are_lists),
		TEST(each_bad_field_is_named),
		TEST(what_is_too_long_is_refused),
		TEST(too_many_ranges_are_refused),
		TEST(what_is_no_plan_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
