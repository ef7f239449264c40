/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/plan: plans that somebody made by hand to write where they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "model/plan.h"

enum { MIB = 1024 * 1024, DISK = 64 * MIB, LOG = 48 * MIB, LOG_BYTES = 8 * MIB };

static struct plan plan;
static struct error err;

/* A good plan: body, a boot range, one edit over the seam of both, a log behind them. */
static int begin(void **state)
{
	(void)state;
	err = (struct error){0};
	plan = (struct plan){.chunk_bytes = PLAN_CHUNK_BYTES,
			     .scope = SCOPE_FULL,
			     .undo = UNDO_TAIL,
			     .undo_offset = LOG,
			     .undo_bytes = LOG_BYTES};
	plan.disk.size_bytes = DISK;
	plan.disk.sector_bytes = 512;
	plan_add_range(&plan, PHASE_BODY, MIB, 31 * MIB, "image");
	plan_add_range(&plan, PHASE_BOOT, 0, MIB, "MBR");
	plan_add_edit(&plan, MIB - 4, "12345678", 8, "seam");
	return 0;
}

static int end(void **state)
{
	(void)state;
	plan_clear(&plan);
	return 0;
}

static void assert_good(void)
{
	assert_int_equal(plan_check_shape(&plan, &err), 0);
}

/* @cause: a part of the message, so that it is this check that refuses */
static void assert_bad(const char *cause)
{
	assert_int_equal(plan_check_shape(&plan, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	if (strstr(err.cause, cause) == NULL)
		fail_msg("'%s' instead of '%s'", err.cause, cause);
}

static void put_range(uint64_t offset, uint64_t length)
{
	plan.ranges[0].offset = offset;
	plan.ranges[0].length = length;
}

static void a_good_plan_is_good(void **state)
{
	(void)state;
	assert_good();
	put_range(LOG + LOG_BYTES, DISK - LOG - LOG_BYTES); /* up to the last byte */
	plan.edits[0].offset = 0;
	assert_good();
	plan.disk.sector_bytes = 4096;
	assert_good();
	put_range(MIB, LOG - MIB); /* up to the log */
	assert_good();
}

static void ranges_end_with_the_disk(void **state)
{
	static const uint64_t places[][2] = {
		{DISK - 512, 1024},	  {DISK, 512},
		{DISK + 512, 512},	  {UINT64_MAX - 511, 512},
		{UINT64_MAX - 511, 1024}, {MIB, UINT64_MAX - MIB + 1},
		{MIB, UINT64_MAX - 511},  {512, UINT64_MAX & ~UINT64_C(511)},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put_range(places[i][0], places[i][1]);
		assert_bad("beyond the disk's end");
	}
}

static void ranges_are_whole_sectors(void **state)
{
	(void)state;
	put_range(MIB + 1, 512);
	assert_bad("no whole sectors");
	put_range(MIB, 513);
	assert_bad("no whole sectors");
	put_range(MIB + 512, 4096); /* whole ones of 512 only */
	plan.edits[0].offset = 0;
	assert_good();
	plan.disk.sector_bytes = 4096;
	assert_bad("no whole sectors");
	plan.disk.sector_bytes = 0;
	assert_bad("not 512 or 4096");
	plan.disk.sector_bytes = 1024;
	assert_bad("not 512 or 4096");
}

static void ranges_do_not_overlap(void **state)
{
	(void)state;
	put_range(MIB - 512, MIB);
	assert_bad("overlap");
	put_range(0, MIB);
	assert_bad("overlap");
	put_range(512, 512); /* inside the other one */
	assert_bad("overlap");
	put_range(0, 32 * MIB); /* round the other one */
	assert_bad("overlap");
}

static void the_log_is_not_written_over(void **state)
{
	(void)state;
	put_range(LOG - 512, 1024);
	assert_bad("over its own log");
	put_range(LOG + LOG_BYTES - 512, 512);
	assert_bad("over its own log");
	put_range(LOG + 4096, 512);
	assert_bad("over its own log");
	put_range(MIB, DISK - MIB);
	assert_bad("over its own log");
	plan.undo = UNDO_FILE; /* lies elsewhere */
	assert_good();
}

static void the_log_lies_on_the_disk(void **state)
{
	(void)state;
	plan.undo_bytes = DISK;
	assert_bad("log is beyond");
	plan.undo_offset = UINT64_MAX - 4095;
	plan.undo_bytes = 4096;
	assert_bad("log is beyond");
	plan.undo_offset = 4096;
	plan.undo_bytes = UINT64_MAX - 4095;
	assert_bad("log is beyond");
	plan.undo = UNDO_NONE;
	assert_bad("do not fit");
	plan.undo = UNDO_TAIL;
	plan.undo_offset = LOG;
	plan.undo_bytes = LOG_BYTES;
	plan.scope = SCOPE_NONE;
	assert_bad("do not fit");
}

static void put_edit(uint64_t offset, size_t length)
{
	plan.edits[0].offset = offset;
	plan.edits[0].length = length;
}

static void edits_lie_in_ranges(void **state)
{
	(void)state;
	put_edit(32 * MIB - 4, 8); /* half of it behind the image */
	assert_bad("in no range");
	put_edit(40 * MIB, 8);
	assert_bad("in no range");
	put_edit(LOG, 8);
	assert_bad("in no range");
	put_edit(32 * MIB, 8);
	assert_bad("in no range");
	put_edit(32 * MIB - 8, 8);
	assert_good();
}

static void edits_end_with_the_disk(void **state)
{
	(void)state;
	put_edit(DISK - 4, 8);
	assert_bad("edit 'seam' is beyond");
	put_edit(UINT64_MAX - 3, 8);
	assert_bad("edit 'seam' is beyond");
	put_edit(UINT64_MAX, SIZE_MAX);
	assert_bad("edit 'seam' is beyond");
	put_edit(8, SIZE_MAX - 7);
	assert_bad("edit 'seam' is beyond");
}

static void an_edit_may_lie_in_several_ranges(void **state)
{
	(void)state;
	plan_add_range(&plan, PHASE_BODY, 32 * MIB, MIB, "one");
	plan_add_range(&plan, PHASE_BODY, 33 * MIB, 512, "two");
	put_edit(32 * MIB - 4, MIB + 4 + 512);
	assert_good();
	put_edit(32 * MIB - 4, MIB + 4 + 513);
	assert_bad("in no range");
	plan.ranges[2].offset =
		32 * MIB + 512; /* a gap before it, and it meets the last */
	plan.ranges[2].length = MIB - 512;
	assert_bad("in no range");
}

/* A square of the ranges would take minutes. */
static void many_ranges_are_soon_checked(void **state)
{
	static const unsigned char byte;
	const clock_t begun = clock();
	size_t i;

	(void)state;
	plan.disk.size_bytes = (uint64_t)1 << 40;
	for (i = 300000; i > 0; i--)
		plan_add_range(&plan, PHASE_BODY, DISK + i * 1024, 512, "many");
	for (i = 1; i < 100000; i++)
		plan_add_edit(&plan, DISK + i * 1024, &byte, 1, "many");
	assert_good();
	plan.ranges[plan.range_count / 2].length = 2048;
	assert_bad("overlap");
	assert_true(clock() - begun < 8 * CLOCKS_PER_SEC);
}

static void the_log_does_not_keep_itself(void **state)
{
	(void)state;
	plan_add_keep(&plan, LOG - MIB, MIB);
	assert_good();
	plan.keeps[0].length = MIB + 512;
	assert_bad("its own log");
	plan.keeps[0].offset = LOG + LOG_BYTES - 512;
	assert_bad("its own log");
	plan.keeps[0].offset = LOG + LOG_BYTES;
	assert_good();
	plan.keeps[0].offset = LOG;
	plan.undo = UNDO_DEVICE; /* lies elsewhere */
	assert_good();
}

static void chunks_have_bounds(void **state)
{
	static const uint32_t bad[] = {0, 512, 4095, 4097, 16 * MIB + 4096, UINT32_MAX};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		plan.chunk_bytes = bad[i];
		assert_bad("are not 4 KiB to 16 MiB");
	}
	plan.chunk_bytes = 4096;
	assert_good();
}

static void edits_are_laid_over_what_they_touch(void **state)
{
	unsigned char bytes[6] = "......";

	(void)state;
	plan_add_edit(&plan, MIB, "xy", 2, "later");
	plan_lay_edits(&plan, MIB - 2, bytes, sizeof(bytes));
	assert_memory_equal(bytes, "34xy78", 6);
	memset(bytes, '.', sizeof(bytes));
	plan_lay_edits(&plan, MIB - 6, bytes, 3);
	plan_lay_edits(&plan, MIB + 3, bytes + 3, 3);
	assert_memory_equal(bytes, "..18..", 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_good_plan_is_good),
		TEST(ranges_end_with_the_disk),
		TEST(ranges_are_whole_sectors),
		TEST(ranges_do_not_overlap),
		TEST(the_log_is_not_written_over),
		TEST(the_log_lies_on_the_disk),
		TEST(edits_lie_in_ranges),
		TEST(edits_end_with_the_disk),
		TEST(an_edit_may_lie_in_several_ranges),
		TEST(many_ranges_are_soon_checked),
		TEST(the_log_does_not_keep_itself),
		TEST(chunks_have_bounds),
		TEST(edits_are_laid_over_what_they_touch),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
