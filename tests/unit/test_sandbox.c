/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sys/sandbox.h, and what a process in it needs: sys/apart.h, sys/letter.h, sys/nameless.h. Each call is made in a
 * process of its own, first as it is, then in the sandbox: no EPERM may come from anywhere else. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/apart.h"
#include "sys/file.h"
#include "sys/letter.h"
#include "sys/nameless.h"
#include "sys/sandbox.h"

static char *folder;
static char file[256], nothing[256], below[256];

static int begin(void **state)
{
	struct error err;

	(void)state;
	if (sys_dir_make_temporary("/tmp", &folder, &err) != 0)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/file", folder);
	(void)snprintf(nothing, sizeof(nothing), "%s/nothing", folder);
	(void)snprintf(below, sizeof(below), "%s/nothing/below", folder);
	return sys_file_write(file, "as it was", 9, &err);
}

static int end(void **state)
{
	int result = sys_dir_remove(folder, NULL);

	(void)state;
	free(folder);
	return result;
}

/* Closes what came. Returns: 0, or errno */
static int answer(int result)
{
	if (result < 0)
		return errno;
	(void)close(result);
	return 0;
}

static int call(long number, const void *one, const void *two, long three)
{
	return syscall(number, one, two, three, 0L, 0L, 0L) < 0 ? errno : 0;
}

static int try_ioctl(unsigned long command)
{
	autoclose int fd = open(file, O_RDONLY | O_CLOEXEC);
	uint64_t range[2] = {0, 4096};

	return ioctl(fd, command, range) < 0 ? errno : 0;
}

static int open_wronly(void) { return answer(open(file, O_WRONLY | O_CLOEXEC)); }
static int open_rdwr(void) { return answer(open(file, O_RDWR | O_CLOEXEC)); }
static int open_trunc(void) { return answer(open(file, O_RDONLY | O_TRUNC | O_CLOEXEC)); }
static int open_creat(void) { return answer(open(file, O_RDONLY | O_CREAT | O_CLOEXEC, 0600)); }
static int open_nameless(void) { return answer(open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)); }
static int old_open(void) { return answer((int)syscall(SYS_open, file, O_WRONLY)); }
static int old_creat(void) { return answer((int)syscall(SYS_creat, file, 0600)); }
static int do_truncate(void) { return truncate(file, 9) != 0 ? errno : 0; }
static int do_rename(void) { return rename(nothing, file) != 0 ? errno : 0; }
static int do_renameat2(void) { return call(SYS_renameat2, (const void *)-100L, nothing, -100); }
static int do_unlink(void) { return unlink(nothing) != 0 ? errno : 0; }
static int do_unlinkat(void) { return unlinkat(AT_FDCWD, nothing, 0) != 0 ? errno : 0; }
static int do_rmdir(void) { return rmdir(nothing) != 0 ? errno : 0; }
static int do_mkdir(void) { return mkdir(below, 0700) != 0 ? errno : 0; }
static int do_link(void) { return link(file, below) != 0 ? errno : 0; }
static int do_symlink(void) { return symlink("x", below) != 0 ? errno : 0; }
static int do_mknod(void) { return mknod(below, S_IFREG | 0600, 0) != 0 ? errno : 0; }
static int do_chmod(void) { return chmod(nothing, 0600) != 0 ? errno : 0; }
static int do_chown(void) { return chown(nothing, 0, 0) != 0 ? errno : 0; }
static int do_setxattr(void) { return setxattr(nothing, "user.x", "", 0, 0) != 0 ? errno : 0; }
static int do_utimensat(void) { return utimensat(AT_FDCWD, nothing, NULL, 0) != 0 ? errno : 0; }
static int do_mount(void) { return mount("none", nothing, "tmpfs", 0, NULL) != 0 ? errno : 0; }
static int do_umount(void) { return umount2(nothing, 0) != 0 ? errno : 0; }
static int do_ptrace(void) { return ptrace(PTRACE_ATTACH, -1, NULL, NULL) != 0 ? errno : 0; }
static int do_vm_writev(void) { return process_vm_writev(-1, NULL, 0, NULL, 0, 0) < 0 ? errno : 0; }
static int do_io_uring(void) { return call(SYS_io_uring_enter, (const void *)-1L, NULL, 0); }
static int zero_out(void) { return try_ioctl(BLKZEROOUT); }
static int discard(void) { return try_ioctl(BLKDISCARD); }
static int read_table(void) { return try_ioctl(BLKRRPART); }
static int set_read_only(void) { return try_ioctl(BLKROSET); }
static int scsi_command(void) { return try_ioctl(SG_IO); }
static int loop_set(void) { return try_ioctl(LOOP_SET_FD); }
static int clone_range(void) { return try_ioctl(FICLONE); }
static int nvme_command(void) { return try_ioctl(_IOWR('N', 0x41, char[72])); }
static int push_key(void) { return try_ioctl(TIOCSTI); }

static const struct {
	const char *name;
	int (*run)(void);
} refused[] = {
	{"open, O_WRONLY", open_wronly}, {"open, O_RDWR", open_rdwr}, {"open, O_TRUNC", open_trunc},
	{"open, O_CREAT", open_creat}, {"open, O_TMPFILE", open_nameless}, {"the old open", old_open},
	{"creat", old_creat}, {"truncate", do_truncate}, {"rename", do_rename}, {"renameat2", do_renameat2},
	{"unlink", do_unlink}, {"unlinkat", do_unlinkat}, {"rmdir", do_rmdir}, {"mkdir", do_mkdir},
	{"link", do_link}, {"symlink", do_symlink}, {"mknod", do_mknod}, {"chmod", do_chmod}, {"chown", do_chown},
	{"setxattr", do_setxattr}, {"utimensat", do_utimensat}, {"mount", do_mount}, {"umount", do_umount},
	{"ptrace", do_ptrace}, {"process_vm_writev", do_vm_writev}, {"io_uring", do_io_uring},
	{"BLKZEROOUT", zero_out}, {"BLKDISCARD", discard}, {"BLKRRPART", read_table}, {"BLKROSET", set_read_only},
	{"SG_IO", scsi_command}, {"LOOP_SET_FD", loop_set}, {"FICLONE", clone_range},
	{"an NVMe command", nvme_command}, {"TIOCSTI", push_key},
};

enum { REFUSED = sizeof(refused) / sizeof(refused[0]) };

/* What a process found. */
struct found {
	int os[REFUSED];
	int others[16];
};

static void try_all(int fd, bool is_in, void (*more)(struct found *found))
{
	struct found found = {.os = {0}};
	struct error err;
	size_t i;

	if (is_in && sys_sandbox_enter(&err) != 0)
		_exit(1);
	for (i = 0; i < REFUSED; i++)
		found.os[i] = refused[i].run();
	more(&found);
	if (sys_fd_write(fd, &found, sizeof(found), &err) != 0)
		_exit(2);
}

static void nothing_more(struct found *found)
{
	(void)found;
}

static int run_true(void)
{
	const pid_t child = fork();
	int status = -1;

	if (child == 0) {
		(void)execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	return waitpid(child, &status, 0) == child ? status : -1;
}

/* The descriptor that was there before. */
static int written = -1;

/* What a reader needs, and its children. */
static void all_else(struct found *found)
{
	int ends[2] = {-1, -1}, i = 0;

	found->others[i++] = answer(open(file, O_RDONLY | O_CLOEXEC));
	found->others[i++] = answer(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	found->others[i++] = pwrite(written, "new", 3, 0) == 3 ? 0 : errno;
	found->others[i++] = ftruncate(written, 4096) != 0 ? errno : 0;
	found->others[i++] = run_true();
	found->others[i++] = pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;
	found->others[i++] = answer(memfd_create("x", MFD_CLOEXEC));
	found->others[i++] = try_ioctl(FIGETBSZ);
	found->others[i++] = call(SYS_openat2, NULL, NULL, 0);
}

static void outside(int fd, void *data)
{
	(void)data;
	try_all(fd, false, nothing_more);
}

static void inside(int fd, void *data)
{
	(void)data;
	try_all(fd, true, all_else);
}

static void take_found(void (*run)(int fd, void *data), struct found *out)
{
	struct sys_apart apart = SYS_APART_NONE;
	struct error err = {0};

	assert_int_equal(sys_apart_start(run, NULL, &apart, &err), 0);
	if (sys_apart_take(&apart, out, sizeof(*out), &err) != 0)
		fail_msg("%s", err.cause);
	sys_apart_end(&apart);
	assert_int_equal(apart.pid, 0);
}

static void what_would_change_something_is_refused(void **state)
{
	autostr struct str text = STR_EMPTY;
	struct found before, after;
	struct error err;
	int i;

	(void)state;
	take_found(outside, &before);
	assert_int_equal(sys_file_write(file, "as it was", 9, &err), 0);
	written = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(written >= 0);
	take_found(inside, &after);
	(void)close(written);
	for (i = 0; i < (int)REFUSED; i++) {
		if (before.os[i] == EPERM)
			fail_msg("%s is refused without a sandbox", refused[i].name);
		if (after.os[i] != EPERM)
			fail_msg("%s: errno %d", refused[i].name, after.os[i]);
	}
	for (i = 0; i < 8; i++)
		if (after.others[i] != 0)
			fail_msg("number %d of what must go: %d", i, after.others[i]);
	assert_int_equal(after.others[8], ENOSYS);
	assert_int_equal(sys_file_read(AT_FDCWD, file, 100, &text, &err), 0);
	assert_string_equal(text.bytes, "as it was");
}

/* Number 20 of i386 is getpid, that of x86-64 is writev. */
static void call_as_i386(int fd, void *data)
{
	struct error err;
	long result = 20;

	(void)data;
	if (sys_sandbox_enter(&err) != 0)
		_exit(3);
	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	if (sys_fd_write(fd, &result, sizeof(result), &err) != 0)
		_exit(2);
}

static void calls_of_another_machine_end_it(void **state)
{
	struct sys_apart apart = SYS_APART_NONE;
	struct error err = {0};
	char byte;

	(void)state;
	assert_int_equal(sys_apart_start(call_as_i386, NULL, &apart, &err), 0);
	assert_int_equal(sys_apart_take(&apart, &byte, 1, &err), -1);
	assert_non_null(strstr(err.cause, "was ended by signal"));
	sys_apart_end(&apart);
}

static void end_early(int fd, void *data)
{
	(void)fd;
	_exit(*(int *)data);
}

static void wait_long(int fd, void *data)
{
	(void)fd;
	(void)data;
	for (;;)
		(void)pause();
}

static void how_a_process_ended_is_told(void **state)
{
	struct sys_apart apart = SYS_APART_NONE;
	struct error err = {0};
	int status = 7;
	char byte;

	(void)state;
	assert_int_equal(sys_apart_start(end_early, &status, &apart, &err), 0);
	assert_int_equal(sys_apart_take(&apart, &byte, 1, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_non_null(strstr(err.cause, "status 7"));
	sys_apart_end(&apart);
	assert_int_equal(sys_apart_start(wait_long, NULL, &apart, &err), 0);
	sys_apart_end(&apart); /* would wait for ever */
}

static void kept_files_are_all_that_there_are(void **state)
{
	struct error err = {0};
	int one, two;

	(void)state;
	sys_nameless_keep(folder, 1);
	sys_nameless_keep(below, 1);
	one = sys_nameless_open(folder, &err);
	assert_true(one >= 0);
	assert_int_equal(pwrite(one, "x", 1, 0), 1);
	assert_int_equal(sys_nameless_open(folder, &err), -1);
	assert_int_equal(err.os, EMFILE);
	assert_int_equal(sys_nameless_open(below, &err), -1);
	assert_int_equal(err.os, ENOENT);
	assert_int_equal(sys_nameless_open("/tmp", &err), -1);
	assert_int_equal(err.os, EPERM);
	sys_nameless_drop();
	two = sys_nameless_open(folder, &err);
	assert_true(two >= 0);
	(void)close(one);
	(void)close(two);
}

static void send_file(int fd, void *data)
{
	autoclose int open_file = open(file, O_RDONLY | O_CLOEXEC);

	(void)data;
	if (sys_letter_send(fd, "letter", 6, open_file) != 0 || sys_letter_send(fd, "empty!", 6, -1) != 0)
		_exit(1);
}

static void a_letter_brings_a_descriptor(void **state)
{
	struct sys_apart apart = SYS_APART_NONE;
	char bytes[7] = "", text[10] = "";
	struct error err;
	int fd = -1;

	(void)state;
	assert_int_equal(sys_apart_start(send_file, NULL, &apart, &err), 0);
	assert_int_equal(sys_letter_take(apart.fd, bytes, 6, &fd), 0);
	assert_string_equal(bytes, "letter");
	assert_int_equal(read(fd, text, 9), 9);
	assert_string_equal(text, "as it was");
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	(void)close(fd);
	assert_int_equal(sys_letter_take(apart.fd, bytes, 6, &fd), 0);
	assert_string_equal(bytes, "empty!");
	assert_int_equal(fd, -1);
	assert_int_equal(sys_letter_take(apart.fd, bytes, 6, &fd), -1);
	assert_int_equal(errno, ECONNRESET);
	sys_apart_end(&apart);
}

static void a_file_is_begun_and_dropped(void **state)
{
	autostr struct str text = STR_EMPTY;
	struct sys_file_new new = SYS_FILE_NONE;
	struct error err = {0};

	(void)state;
	assert_int_equal(sys_file_begin(file, 4096, &new, &err), 0);
	assert_int_equal(access(new.temporary, F_OK), 0);
	sys_file_drop(&new);
	assert_int_equal(new.fd, -1);
	assert_int_equal(sys_file_begin(file, 65536, &new, &err), 0);
	assert_int_equal(sys_file_finish(&new, "as it is", 8, &err), 0);
	assert_int_equal(sys_file_read(AT_FDCWD, file, 100, &text, &err), 0);
	assert_string_equal(text.bytes, "as it is");
	assert_int_equal(sys_file_begin(below, 0, &new, &err), -1);
	assert_int_equal(sys_file_write(file, "as it was", 9, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_change_something_is_refused),
		cmocka_unit_test(calls_of_another_machine_end_it),
		cmocka_unit_test(how_a_process_ended_is_told),
		cmocka_unit_test(kept_files_are_all_that_there_are),
		cmocka_unit_test(a_letter_brings_a_descriptor),
		cmocka_unit_test(a_file_is_begun_and_dropped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
