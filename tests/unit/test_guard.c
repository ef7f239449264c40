/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flow/overlay_trust.h and guest/vfs_aside.h: what is not believed. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "flow/overlay_trust.h"
#include "guest/vfs_aside.h"
#include "sys/file.h"

static char *folder;
static struct error err;

static int begin(void **state)
{
	(void)state;
	err = (struct error){0};
	return sys_dir_make_temporary("/tmp", &folder, &err);
}

static int end(void **state)
{
	int result = sys_dir_remove(folder, NULL);

	(void)state;
	free(folder);
	return result;
}

static char serial[] = "S1", wwn[] = "W1", table[] = "T1", path[] = "/dev/sdx", base[] = "sdx", other[] = "S2";
static char empty[] = "";

static void an_id_is_one_of_the_disk(void **state)
{
	char *const good[] = {serial, wwn, table, base}, *const bad[] = {other, path, empty, NULL};
	struct plan plan = {.disk = {.path = path, .serial = serial, .wwn = wwn, .table_id = table}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		plan.disk.confirm = good[i];
		assert_int_equal(overlay_trust_id(&plan, &err), 0);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		plan.disk.confirm = bad[i];
		assert_int_equal(overlay_trust_id(&plan, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	/* one without any of them has its name alone */
	plan.disk.serial = plan.disk.wwn = plan.disk.table_id = empty;
	plan.disk.confirm = empty;
	assert_int_equal(overlay_trust_id(&plan, &err), -1);
}

static void a_log_of_another_disk_is_refused(void **state)
{
	struct plan plan = {.disk = {.serial = serial, .wwn = wwn}};
	struct target target = {.serial = serial, .wwn = wwn};

	(void)state;
	assert_int_equal(overlay_trust_disk(&plan, &target, &err), 0);
	target.serial = other;
	assert_int_equal(overlay_trust_disk(&plan, &target, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_non_null(strstr(err.cause, "'S1', and this one has 'S2'"));
	/* a file, or a disk that tells none: nothing speaks against it */
	target.serial = NULL;
	assert_int_equal(overlay_trust_disk(&plan, &target, &err), 0);
	target.wwn = other;
	assert_int_equal(overlay_trust_disk(&plan, &target, &err), -1);
	plan.disk.wwn = NULL;
	assert_int_equal(overlay_trust_disk(&plan, &target, &err), 0);
}

static void a_log_is_not_written_over_what_was_not_named(void **state)
{
	autostr struct str there = STR_EMPTY, new = STR_EMPTY;
	struct plan plan = {.undo = UNDO_FILE, .id = "x"};

	(void)state;
	str_addf(&there, "%s/there", folder);
	str_addf(&new, "%s/new", folder);
	assert_int_equal(sys_file_write(there.bytes, serial, 1, &err), 0);
	plan.undo_path = new.bytes;
	assert_int_equal(overlay_trust_place(&plan, NULL, &err), 0);
	plan.undo_path = there.bytes;
	assert_int_equal(overlay_trust_place(&plan, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_int_equal(overlay_trust_place(&plan, new.bytes, &err), -1);
	assert_int_equal(overlay_trust_place(&plan, there.bytes, &err), 0);
	plan.undo = UNDO_DEVICE;
	assert_int_equal(overlay_trust_place(&plan, NULL, &err), -1);
	plan.undo = UNDO_TAIL;
	assert_int_equal(overlay_trust_place(&plan, NULL, &err), 0);
}

/* It may have been asked by what an image led astray. */
static void what_mounts_takes_nothing_of_others(void **state)
{
	static const char *const none[] = {NULL};
	char long_option[400] = "subvol=", device[LOOP_PATH_BYTES] = "";
	const char *const options[] = {long_option, NULL};
	const char *const types[] = {"xfs", "btrfs", "ext4", "proc"};
	autoclose int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	autoclose int loop = -1;
	size_t i;

	(void)state;
	memset(long_option + 7, 'x', sizeof(long_option) - 8);
	assert_int_equal(ftruncate(file, 1 << 20), 0);
	assert_int_equal(vfs_aside_begin(&err), 0);
	assert_true(vfs_aside_is_there());
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_int_equal(vfs_mount_open("/dev/loop0", types[i], none, true, &err), -1);
		assert_int_equal(err.kind, ERROR_PARTIAL);
		assert_non_null(strstr(err.cause, "not made here"));
	}
	assert_int_equal(vfs_mount_open("/dev/loop0", "btrfs", options, false, &err), -1);
	assert_non_null(strstr(err.cause, "more than 319 bytes"));
	loop = vfs_loop_open(file, 0, 1 << 20, false, device, &err);
	if (loop >= 0) {
		/* it is made, and read-only: not to be mounted for writing, and only as what it may be */
		assert_int_equal(vfs_mount_open(device, "xfs", none, true, &err), -1);
		assert_non_null(strstr(err.cause, "not made here"));
		assert_int_equal(vfs_mount_open(device, "ext4", none, false, &err), -1);
		assert_non_null(strstr(err.cause, "not made here"));
		assert_int_equal(vfs_mount_open(device, "xfs", none, false, &err), -1);
		assert_null(strstr(err.cause, "not made here")); /* it is no xfs */
	} else {
		assert_int_equal(err.kind, ERROR_PARTIAL);
	}
	vfs_aside_end();
	assert_false(vfs_aside_is_there());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_id_is_one_of_the_disk, begin, end),
		cmocka_unit_test_setup_teardown(a_log_of_another_disk_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_log_is_not_written_over_what_was_not_named, begin, end),
		cmocka_unit_test_setup_teardown(what_mounts_takes_nothing_of_others, begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
