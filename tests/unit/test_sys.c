/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sys/: files, folders, children, /proc. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/root.h"

static char *folder;

static int make_folder(void **state)
{
	struct error err;

	(void)state;
	return sys_dir_make_temporary("/tmp", &folder, &err);
}

static int remove_folder(void **state)
{
	int result = sys_dir_remove(folder, NULL);

	(void)state;
	free(folder);
	return result;
}

static char *below(const char *name)
{
	struct str path = STR_EMPTY;

	str_addf(&path, "%s/%s", folder, name);
	return path.bytes;
}

static void a_file_is_written_whole_or_not_at_all(void **state)
{
	autofree char *path = below("file");
	autostr struct str text = STR_EMPTY;
	struct error err = { 0 };
	struct stat info;

	(void)state;
	assert_int_equal(sys_file_write(path, "old", 3, &err), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0666 & ~umask(022));
	assert_int_equal(sys_file_write("/dev/full", "x", 1, &err), -1);
	assert_non_null(strstr(err.cause, "No space left"));
	assert_int_equal(sys_file_read(AT_FDCWD, path, 3, &text, &err), 0);
	assert_string_equal(text.bytes, "old");
	assert_int_equal(sys_file_read(AT_FDCWD, path, 2, &text, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(text.bytes, "old");
}

static void a_tree_is_removed_and_links_are_not_followed(void **state)
{
	autofree char *tree = below("tree"), *inner = below("tree/inner"), *file = below("tree/inner/file");
	autofree char *kept = below("kept"), *link = below("tree/link");
	struct error err;

	(void)state;
	assert_int_equal(mkdir(tree, 0700) | mkdir(inner, 0700) | mkdir(kept, 0700), 0);
	assert_int_equal(sys_file_write(file, "x", 1, &err), 0);
	assert_int_equal(symlink(kept, link), 0);
	assert_int_equal(sys_dir_remove(tree, &err), 0);
	assert_int_equal(access(tree, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_equal(sys_dir_remove(tree, &err), -1);
}

/* The digest of "abc" from FIPS 180-4's examples. */
static void sha256_is_right(void **state)
{
	autofree char *path = below("abc");
	char digest[65];
	struct error err;

	(void)state;
	assert_int_equal(sys_file_write(path, "abc", 3, &err), 0);
	assert_int_equal(sys_file_sha256(path, digest, &err), 0);
	assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(sys_file_sha256(folder, digest, &err), -1);
}

/* A child whose own child ignores everything and stays: both are gone afterwards. */
static void a_child_is_ended_with_its_descendants(void **state)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char script[] = "trap '' TERM INT HUP; sleep 1000 & echo $!; exec sleep 1000";
	char *const argv[] = { shell, option, script, NULL };
	char *const environment[] = { NULL };
	const struct sys_child_plan plan = { shell, argv, environment, "/" };
	struct sys_child child = SYS_CHILD_NONE;
	char line[32] = "";
	struct error err;
	pid_t grandchild;

	(void)state;
	sys_child_adopt_orphans();
	assert_int_equal(sys_child_start(&plan, &child, &err), 0);
	while (read(child.out, line, sizeof(line) - 1) <= 0)
		(void)usleep(1000);
	grandchild = (pid_t)strtol(line, NULL, 10);
	assert_int_equal(kill(grandchild, 0), 0);
	assert_int_equal(sys_child_end(&child), -1);
	assert_int_equal(kill(grandchild, 0), -1);
	assert_int_equal(child.pid, 0);
	assert_int_equal(sys_child_end(&child), -1);
}

static void a_child_s_status_is_returned(void **state)
{
	char shell[] = "/bin/sh", option[] = "-c", script[] = "exit 3";
	char *const argv[] = { shell, option, script, NULL };
	char *const environment[] = { NULL };
	const struct sys_child_plan plan = { shell, argv, environment, "/" };
	struct sys_child_plan missing = plan;
	struct sys_child child = SYS_CHILD_NONE;
	struct error err;
	int status;

	(void)state;
	assert_int_equal(sys_child_start(&plan, &child, &err), 0);
	(void)usleep(200000);
	status = sys_child_end(&child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	missing.path = "/nonexistent";
	assert_int_equal(sys_child_start(&missing, &child, &err), -1);
	assert_int_equal(child.pid, 0);
}

static void cpu_time_is_parsed_from_old_and_new_kernels(void **state)
{
	struct sys_cpu_time time;
	struct error err;

	(void)state;
	assert_int_equal(sys_proc_parse_cpu_time("cpu  10 1 5 100 2 3 4 7 0 0\ncpu0 1", 10000000, &time, &err),
			 0);
	assert_true(time.busy_ns == 230000000 && time.steal_ns == 70000000);
	assert_int_equal(sys_proc_parse_cpu_time("cpu 1 2 3 4\n", 10000000, &time, &err), 0);
	assert_true(time.busy_ns == 60000000 && time.steal_ns == 0);
	assert_int_equal(sys_proc_parse_cpu_time("cpu 1 2 3 4 5 6 7 1844674407370955161", 10000000, &time, &err),
			 -1);
	assert_int_equal(sys_proc_parse_cpu_time("cpu -1 2 3 4", 10000000, &time, &err), -1);
	assert_int_equal(sys_proc_parse_cpu_time("", 10000000, &time, &err), -1);
	assert_int_equal(sys_proc_parse_cpu_time("cpu 1 2 x", 10000000, &time, &err), -1);
	assert_true(time.busy_ns == 60000000);
}

/* Reads @path beneath @root; "" when it could not be read. */
static const char *beneath(int root, const char *path)
{
	static char text[64];
	struct str out = STR_EMPTY;
	struct error err = { 0 };

	text[0] = '\0';
	if (sys_root_read(root, path, sizeof(text) - 1, &out, &err) == 0)
		strcpy(text, out.bytes);
	str_clear(&out);
	return text;
}

static void links_stay_beneath_the_root(void **state)
{
	autofree char *tree = NULL;
	struct str target = STR_EMPTY;
	struct error err;
	int root;

	(void)state;
	assert_int_equal(sys_dir_make_temporary(folder, &tree, &err), 0);
	root = open(tree, O_RDONLY | O_DIRECTORY);
	assert_true(root >= 0);
	assert_int_equal(mkdirat(root, "etc", 0700), 0);
	assert_int_equal(mkdirat(root, "a", 0700), 0);
	assert_int_equal(symlinkat("/etc/hostname", root, "a/absolute"), 0);
	assert_int_equal(symlinkat("../../../../etc/hostname", root, "a/climbing"), 0);
	assert_int_equal(symlinkat("../a", root, "a/again"), 0);
	assert_int_equal(symlinkat("loop", root, "a/loop"), 0);
	assert_int_equal(mkfifoat(root, "a/fifo", 0600), 0);
	/* the host has such a file, the tree has none yet */
	assert_string_equal(beneath(root, "a/absolute"), "");
	assert_string_equal(beneath(root, "a/climbing"), "");
	assert_int_equal(openat(root, "etc/hostname", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0, 1);
	assert_int_equal(write(openat(root, "etc/hostname", O_WRONLY | O_CLOEXEC), "in the tree", 11), 11);
	assert_string_equal(beneath(root, "a/absolute"), "in the tree");
	assert_string_equal(beneath(root, "/a/climbing"), "in the tree");
	assert_string_equal(beneath(root, "../../etc/./hostname"), "in the tree");
	assert_string_equal(beneath(root, "a/again/again/again/../etc/hostname"), "in the tree");
	assert_string_equal(beneath(root, "a/loop"), "");
	assert_string_equal(beneath(root, "a/fifo"), "");
	assert_string_equal(beneath(root, "a"), "");
	assert_int_equal(sys_root_link(root, "a/again/absolute", &target, &err), 0);
	assert_string_equal(target.bytes, "/etc/hostname");
	str_clear(&target);
	(void)close(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_stay_beneath_the_root),
		cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
		cmocka_unit_test(a_tree_is_removed_and_links_are_not_followed),
		cmocka_unit_test(sha256_is_right),
		cmocka_unit_test(a_child_is_ended_with_its_descendants),
		cmocka_unit_test(a_child_s_status_is_returned),
		cmocka_unit_test(cpu_time_is_parsed_from_old_and_new_kernels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
