/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstime.c - copy a file of 2000 buffers over another one, again and again: a loop is one
 * read and one write of a buffer, both in the page cache. The files are the copy's own,
 * in its own directory; each buffer carries its number, and at the end both files must be
 * equal. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

enum { BUFFERS = 2000, BUFFER_MAX = 8192 };

static char buffer[BUFFER_MAX];
static size_t buffer_size;
static int from, to;

static int fill_source(void)
{
	uint64_t number;
	size_t i;

	for (i = 0; i < buffer_size; i++)
		buffer[i] = (char)(i & 0xff);
	for (number = 0; number < BUFFERS; number++) {
		memcpy(buffer, &number, sizeof(number));
		if (write(from, buffer, buffer_size) != (ssize_t)buffer_size)
			return work_fail("write the source file", 1);
	}
	/* the source is clean when the measured part begins, as after UnixBench's sync */
	return fsync(from) == 0 ? 0 : work_fail("flush the source file", 1);
}

static int rewind_both(void)
{
	if (lseek(from, 0, SEEK_SET) != 0 || lseek(to, 0, SEEK_SET) != 0)
		return work_fail("rewind", 1);
	return 0;
}

/* Copies @limit buffers, or until the clock says stop. */
static int copy(uint64_t limit, uint64_t *out_count)
{
	uint64_t count = 0;
	ssize_t length;

	while (count < limit && count < work_limit) {
		length = read(from, buffer, buffer_size);
		if (length == 0) {
			if (rewind_both() != 0)
				return -1;
			continue;
		}
		if (length != (ssize_t)buffer_size)
			return work_fail("short read of the source file", 1);
		if (write(to, buffer, buffer_size) != (ssize_t)buffer_size)
			return work_fail("short write of the copy", 1);
		count++;
	}
	*out_count = count;
	return 0;
}

static int fstime_prepare(struct work_call *call)
{
	uint64_t count;

	buffer_size = work_number(work_parameter(call, "buffer", "1024"));
	if (buffer_size < sizeof(uint64_t) || buffer_size > BUFFER_MAX)
		return work_fail("buffer is not between 8 and 8192 bytes", 0);
	from = open("from", O_RDWR | O_CREAT | O_TRUNC, 0600);
	to = open("to", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (from < 0 || to < 0)
		return work_fail("create a file", 1);
	/* the blocks of the copy are allocated once, before the clock: a short sample
	 * would count it twice */
	if (fill_source() != 0 || rewind_both() != 0 || copy(BUFFERS, &count) != 0)
		return -1;
	return rewind_both();
}

static int fstime_run(struct work_call *call)
{
	return copy(UINT64_MAX, &call->count);
}

static int read_buffer(int fd, uint64_t number, char *out)
{
	ssize_t length = pread(fd, out, buffer_size, (off_t)(number * buffer_size));

	return length == (ssize_t)buffer_size ? 0 : work_fail("read a file back", 1);
}

static int fstime_check(struct work_call *call)
{
	static char other[BUFFER_MAX];
	uint64_t number, seen;

	(void)call;
	for (number = 0; number < BUFFERS; number++) {
		if (read_buffer(from, number, buffer) != 0 ||
		    read_buffer(to, number, other) != 0)
			return -1;
		memcpy(&seen, buffer, sizeof(seen));
		if (seen != number || memcmp(buffer, other, buffer_size) != 0)
			return work_fail("the copy differs from its source", 0);
	}
	return 0;
}

const struct work work = {"fstime", fstime_prepare, fstime_run, fstime_check, NULL};
