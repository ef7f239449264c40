/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pipe.c - one process writes 512 bytes into a pipe and reads them back: 2 system calls a
 * loop. Each block carries its number, and must come back with it. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "work.h"

static int pipe_fds[2];
static uint64_t block[512 / sizeof(uint64_t)];

static int pipe_prepare(struct work_call *call)
{
	(void)call;
	return pipe(pipe_fds) == 0 ? 0 : work_fail("pipe", 1);
}

static int pipe_run(struct work_call *call)
{
	uint64_t count;

	for (count = 0; count < work_limit; count++) {
		block[0] = count;
		if (write(pipe_fds[1], block, sizeof(block)) != (ssize_t)sizeof(block))
			return work_fail("short write to a pipe", 1);
		block[0] = ~count;
		if (read(pipe_fds[0], block, sizeof(block)) != (ssize_t)sizeof(block))
			return work_fail("short read from a pipe", 1);
		if (block[0] != count)
			return work_fail(
				"a block came out of the pipe in the wrong order", 0);
	}
	call->count = count;
	return 0;
}

const struct work work = {"pipe", pipe_prepare, pipe_run, NULL, NULL};
