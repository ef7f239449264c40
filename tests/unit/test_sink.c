/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk/sink_open.h over files and loop devices that are made here, with a kernel that gives
 * short counts and interrupts, refuses O_DIRECT, and takes commands without doing them. */
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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "disk/sink_open.h"

enum { SIZE = 1024 * 1024, PIECE = 64 * 1024 };

/* What the kernel is made to do. */
static struct {
	unsigned interrupts; /* so many calls end in EINTR first */
	size_t most;	     /* bytes of one read or write; 0: all */
	bool no_direct;	     /* open(O_DIRECT) ends in EINVAL */
	size_t direct_least; /* shorter direct reads end in EINVAL */
	bool zero_lies, zero_fails;
	int write_error;
	unsigned writes, zeros, flushes, drops;
} kernel;

ssize_t __real_pread64(int fd, void *buffer, size_t length, off_t offset);
ssize_t __real_pwrite64(int fd, const void *buffer, size_t length, off_t offset);
int __real_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_fallocate64(int fd, int mode, off_t offset, off_t length);
int __real_fdatasync(int fd);
int __real_posix_fadvise64(int fd, off_t offset, off_t length, int advice);

static bool interrupts(void)
{
	if (kernel.interrupts == 0)
		return false;
	kernel.interrupts--;
	errno = EINTR;
	return true;
}

/* What is really done, in whole sectors, and what is told of it, which need be none. */
static size_t whole(size_t length)
{
	if (kernel.most == 0 || length <= kernel.most)
		return length;
	return (kernel.most + 511) / 512 * 512;
}

static ssize_t cut_result(ssize_t done)
{
	const ssize_t most = (ssize_t)kernel.most;

	return most != 0 && done > most ? most : done;
}

ssize_t __wrap_pread64(int fd, void *buffer, size_t length, off_t offset)
{
	if (interrupts())
		return -1;
	if (length < kernel.direct_least && (fcntl(fd, F_GETFL) & O_DIRECT) != 0) {
		errno = EINVAL;
		return -1;
	}
	return cut_result(__real_pread64(fd, buffer, whole(length), offset));
}

ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t length, off_t offset)
{
	if (interrupts())
		return -1;
	kernel.writes++;
	if (kernel.write_error != 0) {
		errno = kernel.write_error;
		return -1;
	}
	return cut_result(__real_pwrite64(fd, buffer, whole(length), offset));
}

int __wrap_open64(const char *path, int flags, ...)
{
	if (kernel.no_direct && (flags & O_DIRECT) != 0) {
		errno = EINVAL;
		return -1;
	}
	return __real_open64(path, flags);
}

static int zero_result(void)
{
	kernel.zeros++;
	errno = EOPNOTSUPP;
	return kernel.zero_fails ? -1 : 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (request == BLKZEROOUT && (zero_result() != 0 || kernel.zero_lies))
		return kernel.zero_lies ? 0 : -1;
	return __real_ioctl(fd, request, argument);
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length)
{
	if (zero_result() != 0 || kernel.zero_lies)
		return kernel.zero_lies ? 0 : -1;
	return __real_fallocate64(fd, mode, offset, length);
}

int __wrap_fdatasync(int fd)
{
	if (interrupts())
		return -1;
	kernel.flushes++;
	return __real_fdatasync(fd);
}

int __wrap_posix_fadvise64(int fd, off_t offset, off_t length, int advice)
{
	kernel.drops += advice == POSIX_FADV_DONTNEED;
	return __real_posix_fadvise64(fd, offset, length, advice);
}

static char folder[64], path[96], loop[32];
static struct sink *sink;
static struct error err;
static unsigned char *buffer, *other;

static void make_file(off_t size)
{
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
}

static int begin(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	memset(&err, 0, sizeof(err));
	sink = NULL;
	loop[0] = '\0';
	/* not /tmp, which may lie in memory */
	strcpy(folder, "/var/tmp/moult-sink-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/disk", folder);
	make_file(SIZE);
	buffer = sink_buffer(SIZE);
	other = sink_buffer(SIZE);
	memset(buffer, 0x5a, SIZE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	sink_close(sink);
	if (loop[0] != '\0') {
		autoclose int fd = open(loop, O_RDONLY | O_CLOEXEC);

		(void)ioctl(fd, LOOP_CLR_FD, 0);
	}
	(void)unlink(path);
	(void)rmdir(folder);
	free(buffer);
	free(other);
	return 0;
}

/* Makes a loop device of the file: the path in `loop`. */
static void attach(bool is_read_only)
{
	autoclose int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	autoclose int file = open(path, (is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	int number, fd = -1, tries;

	if (control < 0 || file < 0) {
		print_message("# skip: loop devices need root\n");
		skip();
	}
	for (tries = 0; tries < 8 && loop[0] == '\0'; tries++) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		(void)snprintf(loop, sizeof(loop), "/dev/loop%d", number);
		fd = open(loop, (is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
		if (fd < 0 || ioctl(fd, LOOP_SET_FD, file) != 0)
			loop[0] = '\0'; /* another was faster */
		(void)close(fd);
	}
	assert_true(loop[0] != '\0');
}

static void open_for_writing(const char *name)
{
	const int result = sink_open_disk(name, true, SINK_ALONE, &sink, &err);

	if (result != 0)
		print_message("# %s\n", err.cause);
	assert_int_equal(result, 0);
}

/* The bytes of the file, read in another way. */
static void check_bytes(uint64_t offset, size_t length, int byte)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t i;

	assert_true(fd >= 0);
	assert_int_equal(__real_pread64(fd, other, length, (off_t)offset), length);
	for (i = 0; i < length; i++)
		assert_int_equal(other[i], byte);
}

static void refused(const char *name, bool may_be_file, const char *words)
{
	assert_int_equal(sink_open_disk(name, may_be_file, SINK_ALONE, &sink, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	if (strstr(err.cause, words) == NULL)
		print_message("# said: %s\n", err.cause);
	assert_non_null(strstr(err.cause, words));
	assert_null(sink);
}

static void write_and_read(void)
{
	assert_int_equal(sink_write(sink, 512, buffer, PIECE, &err), 0);
	assert_int_equal(sink_flush(sink, &err), 0);
	assert_int_equal(sink_read(sink, 512, other, PIECE, &err), 0);
	assert_memory_equal(other, buffer, PIECE);
}

static void a_file_is_written_and_read(void **state)
{
	(void)state;
	open_for_writing(path);
	assert_int_equal(sink->size_bytes, SIZE);
	assert_int_equal(sink->sector_bytes, 512);
	assert_null(sink->caveat);
	write_and_read();
	check_bytes(0, 512, 0);
	check_bytes(512, PIECE, 0x5a);
	check_bytes(512 + PIECE, 512, 0);
}

static void a_device_is_written_and_read(void **state)
{
	(void)state;
	attach(false);
	open_for_writing(loop);
	assert_int_equal(sink->size_bytes, SIZE);
	assert_int_equal(sink->sector_bytes, 512);
	assert_null(sink->caveat);
	write_and_read();
	assert_int_equal(kernel.drops, 0);
	sink_close(sink);
	sink = NULL;
	check_bytes(512, PIECE, 0x5a);
}

static void short_counts_and_interrupts_are_gone_on_from(void **state)
{
	(void)state;
	open_for_writing(path);
	kernel.most = 4096 + 100; /* not even whole sectors */
	kernel.interrupts = 3;
	assert_int_equal(sink_write(sink, 0, buffer, PIECE, &err), 0);
	kernel.interrupts = 1;
	assert_int_equal(sink_flush(sink, &err), 0);
	kernel.interrupts = 3;
	assert_int_equal(sink_read(sink, 0, other, PIECE, &err), 0);
	assert_memory_equal(other, buffer, PIECE);
	assert_true(kernel.writes >= PIECE / 4096);
	check_bytes(0, PIECE, 0x5a);
}

static void no_progress_is_an_error(void **state)
{
	(void)state;
	open_for_writing(path);
	assert_int_equal(truncate(path, 512), 0);
	assert_int_equal(sink_read(sink, 512, other, 512, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_int_equal(err.os, EIO);
	assert_non_null(strstr(err.cause, "read 512 bytes at byte 512"));
	kernel.write_error = ENOSPC;
	assert_int_equal(sink_write(sink, 0, buffer, 512, &err), -1);
	assert_int_equal(err.os, ENOSPC);
}

/* Nothing shows from outside where bytes came from: the calls that drop the cache are counted. */
static void without_direct_the_cache_is_dropped(void **state)
{
	(void)state;
	kernel.no_direct = true;
	open_for_writing(path);
	assert_non_null(sink->caveat);
	assert_non_null(strstr(sink->caveat, "no O_DIRECT"));
	write_and_read();
	assert_int_equal(kernel.drops, 1);
}

static void larger_direct_blocks_are_noticed(void **state)
{
	(void)state;
	kernel.direct_least = 4096;
	open_for_writing(path);
	assert_non_null(sink->caveat);
	assert_int_equal(sink_read(sink, 512, other, 512, &err), 0);
}

/* Mounts a file system that lies in memory over the folder. */
static void check_in_memory(const char *type)
{
	bool has_caveat;

	if (mount("none", folder, type, MS_NOSUID, NULL) != 0) {
		print_message("# skip: %s needs root\n", type);
		skip();
	}
	make_file(SIZE);
	open_for_writing(path);
	has_caveat = sink->caveat != NULL && strstr(sink->caveat, "memory") != NULL;
	write_and_read();
	check_bytes(512, PIECE, 0x5a);
	sink_close(sink);
	sink = NULL;
	(void)unlink(path);
	assert_int_equal(umount(folder), 0);
	assert_true(has_caveat);
}

static void a_file_in_tmpfs_has_a_caveat(void **state)
{
	(void)state;
	check_in_memory("tmpfs");
}

static void a_file_in_ramfs_has_a_caveat(void **state)
{
	(void)state;
	check_in_memory("ramfs");
}

/* Zeros over the first piece, which holds something, and over the second. */
static void zero_two(const char *name)
{
	open_for_writing(name);
	assert_int_equal(sink_write(sink, 0, buffer, 2 * PIECE, &err), 0);
	memset(other, 0, SIZE);
	assert_int_equal(sink_write(sink, 0, other, PIECE, &err), 0);
	assert_int_equal(sink_write(sink, PIECE, other, PIECE, &err), 0);
}

static void holes_make_zeros(void **state)
{
	struct stat info;

	(void)state;
	zero_two(path);
	assert_int_equal(kernel.zeros, 2);
	assert_int_equal(sink->zeroed_bytes, 2 * PIECE);
	assert_int_equal(sink->written_bytes, 2 * PIECE);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_size, SIZE);
	assert_int_equal(info.st_blocks, 0);
	check_bytes(0, 2 * PIECE, 0);
}

static void devices_make_zeros(void **state)
{
	(void)state;
	attach(false);
	zero_two(loop);
	assert_int_equal(kernel.zeros, 2);
	assert_int_equal(sink->zeroed_bytes, 2 * PIECE);
	sink_close(sink);
	sink = NULL;
	check_bytes(0, 2 * PIECE, 0);
}

static void lies_about_zeros_are_found_out(void **state)
{
	(void)state;
	kernel.zero_lies = true;
	zero_two(path);
	assert_int_equal(kernel.zeros, 1);
	assert_int_equal(sink->zeroed_bytes, 0);
	check_bytes(0, 2 * PIECE, 0);
}

static void devices_lies_about_zeros_are_found_out(void **state)
{
	(void)state;
	attach(false);
	kernel.zero_lies = true;
	zero_two(loop);
	assert_int_equal(kernel.zeros, 1);
	assert_int_equal(sink->zeroed_bytes, 0);
	sink_close(sink);
	sink = NULL;
	check_bytes(0, 2 * PIECE, 0);
}

/* A device that does nothing is not believed because nothing was to be done. */
static void zeros_that_were_there_prove_nothing(void **state)
{
	(void)state;
	kernel.zero_lies = true;
	open_for_writing(path);
	memset(other, 0, SIZE);
	assert_int_equal(sink_write(sink, 0, other, PIECE, &err), 0);
	sink_close(sink);
	sink = NULL;
	open_for_writing(path);
	assert_int_equal(sink_write(sink, PIECE, buffer, PIECE, &err), 0);
	assert_int_equal(sink_write(sink, 0, other, PIECE, &err), 0);
	assert_int_equal(sink_write(sink, PIECE, other, PIECE, &err), 0);
	check_bytes(PIECE, PIECE, 0);
}

static void zeros_that_are_not_supported_are_written(void **state)
{
	(void)state;
	kernel.zero_fails = true;
	zero_two(path);
	assert_int_equal(kernel.zeros, 1);
	assert_int_equal(sink->written_bytes, 4 * PIECE);
	check_bytes(0, 2 * PIECE, 0);
}

static void a_proof_does_not_last_beyond_a_failure(void **state)
{
	(void)state;
	zero_two(path);
	kernel.zero_fails = true;
	assert_int_equal(sink_write(sink, 0, buffer, 2 * PIECE, &err), 0);
	assert_int_equal(sink_write(sink, 0, memset(other, 0, SIZE), PIECE, &err), 0);
	kernel.zero_fails = false;
	assert_int_equal(sink_write(sink, PIECE, other, PIECE, &err), 0);
	assert_int_equal(kernel.zeros, 3);
	check_bytes(0, 2 * PIECE, 0);
}

static void odd_lengths_are_refused(void **state)
{
	(void)state;
	make_file(SIZE + 100);
	refused(path, true, "no whole number of sectors of 512 bytes");
	make_file(0);
	refused(path, true, "is empty");
}

static void other_kinds_are_refused(void **state)
{
	(void)state;
	refused(path, false, "--file");
	refused("/dev/null", true, "no block device and no regular file");
	refused(folder, true, "no block device and no regular file");
	refused(folder, false, "no block device");
}

static void a_second_holder_is_refused(void **state)
{
	struct sink *second = NULL;

	(void)state;
	open_for_writing(path);
	assert_int_equal(sink_open_disk(path, true, SINK_ALONE, &second, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_non_null(strstr(err.cause, "another program holds"));
	/* looking is allowed */
	assert_int_equal(sink_open_disk(path, true, SINK_READ, &second, &err), 0);
	assert_int_equal(sink_read(second, 0, other, 512, &err), 0);
	assert_int_equal(sink_write(second, 0, buffer, 512, &err), -1);
	sink_close(second);
	assert_int_equal(kernel.writes, 1);
}

/* udev holds a shared lock for a moment. */
static void a_passing_lock_is_waited_for(void **state)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	pid_t child;

	(void)state;
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	child = fork();
	if (child == 0) {
		(void)usleep(300 * 1000);
		_exit(0); /* the lock is of the description, which the parent closes first */
	}
	(void)close(fd);
	fd = -1;
	open_for_writing(path);
}

static void a_device_in_use_is_refused(void **state)
{
	(void)state;
	attach(false);
	{
		autoclose int fd = open(loop, O_RDONLY | O_EXCL | O_CLOEXEC);

		assert_true(fd >= 0);
		refused(loop, false, "is in use");
	}
	open_for_writing(loop);
}

static void a_lock_on_a_device_is_refused(void **state)
{
	(void)state;
	attach(false);
	{
		autoclose int fd = open(loop, O_RDONLY | O_CLOEXEC);

		assert_int_equal(flock(fd, LOCK_SH), 0);
		refused(loop, false, "another program holds");
	}
}

static void a_read_only_device_is_refused(void **state)
{
	(void)state;
	attach(true);
	refused(loop, false, "is read-only");
	assert_int_equal(sink_open_disk(loop, false, SINK_READ, &sink, &err), 0);
	assert_int_equal(sink_read(sink, 0, other, 512, &err), 0);
}

static void a_device_without_medium_is_refused(void **state)
{
	(void)state;
	attach(false);
	{
		autoclose int fd = open(loop, O_RDONLY | O_CLOEXEC);

		assert_int_equal(ioctl(fd, LOOP_CLR_FD, 0), 0);
	}
	refused(loop, false, "has no medium");
	loop[0] = '\0';
}

/* Pieces that differ, so that one in the place of another is seen. */
static void write_pieces(unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		memset(buffer, (int)(i + 1), PIECE);
		assert_int_equal(
			sink_write(sink, (uint64_t)i * PIECE, buffer, PIECE, &err), 0);
	}
}

static void read_piece(unsigned number, unsigned place)
{
	unsigned char *into = other + (size_t)place * PIECE;
	size_t i;

	assert_int_equal(sink_read(sink, (uint64_t)number * PIECE, into, PIECE, &err), 0);
	for (i = 0; i < PIECE; i++)
		assert_int_equal(into[i], number + 1);
}

/* Reads that were begun come in their order, with writes elsewhere between them; one that asks for
 * another place gets that, and what was begun too many is read when it is asked for. */
static void reads_are_begun_early(void **state)
{
	unsigned i;

	(void)state;
	open_for_writing(path);
	write_pieces(8);
	for (i = 0; i < 6; i++)
		sink_ahead(sink, (uint64_t)i * PIECE, other + (size_t)i * PIECE, PIECE);
	read_piece(0, 0);
	memset(buffer, 15, PIECE);
	assert_int_equal(sink_write(sink, 14 * PIECE, buffer, PIECE, &err), 0);
	for (i = 1; i < 6; i++)
		read_piece(i, i);
	sink_ahead(sink, 2 * PIECE, other, PIECE);
	sink_ahead(sink, 3 * PIECE, other + PIECE, PIECE);
	read_piece(7, 2);
	read_piece(2, 0);
	sink_ahead(sink, 5 * PIECE, other, PIECE);
	sink_forget(sink);
	read_piece(6, 0);
	sink_ahead(sink, SIZE, other, PIECE);	   /* beyond the end: heeded by nobody */
	sink_ahead(sink, 4 * PIECE, other, PIECE); /* closed before it is asked for */
}

/* Its error comes with the read that asks for it. */
static void a_read_that_was_begun_fails_in_its_place(void **state)
{
	(void)state;
	open_for_writing(path);
	write_pieces(4);
	assert_int_equal(truncate(path, PIECE), 0);
	sink_ahead(sink, 0, other, PIECE);
	sink_ahead(sink, 2 * PIECE, other + PIECE, PIECE);
	read_piece(0, 0);
	assert_int_equal(sink_read(sink, 2 * PIECE, other + PIECE, PIECE, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_non_null(strstr(err.cause, "read 65536 bytes at byte 131072"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest cases[] = {
		CASE(a_file_is_written_and_read),
		CASE(a_device_is_written_and_read),
		CASE(reads_are_begun_early),
		CASE(a_read_that_was_begun_fails_in_its_place),
		CASE(short_counts_and_interrupts_are_gone_on_from),
		CASE(no_progress_is_an_error),
		CASE(without_direct_the_cache_is_dropped),
		CASE(larger_direct_blocks_are_noticed),
		CASE(a_file_in_tmpfs_has_a_caveat),
		CASE(a_file_in_ramfs_has_a_caveat),
		CASE(holes_make_zeros),
		CASE(devices_make_zeros),
		CASE(lies_about_zeros_are_found_out),
		CASE(devices_lies_about_zeros_are_found_out),
		CASE(zeros_that_were_there_prove_nothing),
		CASE(zeros_that_are_not_supported_are_written),
		CASE(a_proof_does_not_last_beyond_a_failure),
		CASE(odd_lengths_are_refused),
		CASE(other_kinds_are_refused),
		CASE(a_second_holder_is_refused),
		CASE(a_passing_lock_is_waited_for),
		CASE(a_device_in_use_is_refused),
		CASE(a_lock_on_a_device_is_refused),
		CASE(a_read_only_device_is_refused),
		CASE(a_device_without_medium_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
