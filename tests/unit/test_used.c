/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a disk is in use: runs in any order, and gaps of tables that only the layout tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "flow/overlay_used.h"

enum { MIB = 1024 * 1024, DISK_MIB = 100 };

static void runs_are_ordered_and_joined(void **state)
{
	struct usage usage = {0};

	(void)state;
	usage_add(&usage, 50, 10);
	usage_add(&usage, 0, 20);
	usage_add(&usage, 5, 5); /* inside another one */
	usage_add(&usage, 20, 5);
	usage_add(&usage, 70, 0);
	usage_add(&usage, 55, 10);
	usage_join(&usage);
	assert_int_equal(usage.count, 2);
	assert_int_equal(usage.runs[0].offset, 0);
	assert_int_equal(usage.runs[0].length, 25);
	assert_int_equal(usage.runs[1].offset, 50);
	assert_int_equal(usage.runs[1].length, 15);
	assert_int_equal(usage_bytes_in(&usage, 10, 45), 20);
	assert_int_equal(usage_bytes_in(&usage, 25, 25), 0);
	assert_int_equal(usage_bytes_in(&usage, 0, 100), 40);
	assert_true(usage_is_free(&usage, 25, 25));
	assert_false(usage_is_free(&usage, 25, 26));
	usage_clear(&usage);
}

static int read_zeros(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		      struct error *err)
{
	(void)blocks;
	(void)offset;
	(void)err;
	memset(buffer, 0, length);
	return 0;
}

static const struct blocks_ops zeros_ops = {.read = read_zeros};

/* A data partition, and an extended one with a logical one at its end. */
static void the_chain_of_an_extended_partition_is_in_use(void **state)
{
	struct blocks disk = {
		.ops = &zeros_ops, .size_bytes = (uint64_t)DISK_MIB * MIB, .fd = -1};
	struct layout_partition parts[] = {
		{.start_bytes = 10 * MIB, .inside_bytes = 20 * MIB, .role = ROLE_DATA},
		{.start_bytes = 40 * MIB,
		 .inside_bytes = 30 * MIB,
		 .role = ROLE_EXTENDED},
		{.start_bytes = 60 * MIB, .inside_bytes = 10 * MIB, .role = ROLE_SWAP},
	};
	const struct layout layout = {
		.kind = LAYOUT_MBR, .partitions = parts, .partition_count = 3};
	struct overlay_used used = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(overlay_used_read(&disk, &layout, MIB, &used, &err), 0);
	assert_true(usage_is_free(&used.busy, 0, 10 * MIB));
	assert_int_equal(usage_bytes_in(&used.busy, 10 * MIB, 20 * MIB), 20 * MIB);
	assert_true(usage_is_free(&used.busy, 30 * MIB, 10 * MIB));
	assert_int_equal(usage_bytes_in(&used.busy, 40 * MIB, 30 * MIB), 30 * MIB);
	assert_true(usage_is_free(&used.busy, 70 * MIB, 30 * MIB));
	/* nobody says that anything of it is free */
	assert_int_equal(usage_bytes_in(&used.chunks, 0, disk.size_bytes),
			 disk.size_bytes);
	overlay_used_clear(&used);
}

static void a_disk_whose_shape_nobody_knows_is_in_use(void **state)
{
	struct blocks disk = {
		.ops = &zeros_ops, .size_bytes = (uint64_t)DISK_MIB * MIB, .fd = -1};
	struct layout_content contents[2] = {{0}};
	const struct layout layout = {
		.kind = LAYOUT_NONE, .contents = contents, .content_count = 2};
	struct overlay_used used = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(overlay_used_read(&disk, &layout, MIB, &used, &err), 0);
	assert_int_equal(usage_bytes_in(&used.busy, 0, disk.size_bytes), disk.size_bytes);
	overlay_used_clear(&used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_ordered_and_joined),
		cmocka_unit_test(the_chain_of_an_extended_partition_is_in_use),
		cmocka_unit_test(a_disk_whose_shape_nobody_knows_is_in_use),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
