/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context1.c - two processes pass a token of eight bytes to and fro through two pipes: a
 * loop is one round trip, 4 system calls and at least 2 context switches. Both sides
 * check the token. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

static int there[2], back[2];
static pid_t partner;

/* The partner ends when the other end of its pipe is closed, so it is never left running.
 */
static void partner_loop(void)
{
	uint64_t token, expected;

	for (expected = 0;
	     read(there[0], &token, sizeof(token)) == (ssize_t)sizeof(token);
	     expected++) {
		if (token != expected)
			_exit(3);
		if (write(back[1], &expected, sizeof(expected)) !=
		    (ssize_t)sizeof(expected))
			_exit(4);
	}
	_exit(0);
}

static int context_prepare(struct work_call *call)
{
	(void)call;
	if (pipe(there) != 0 || pipe(back) != 0)
		return work_fail("pipe", 1);
	partner = fork();
	if (partner < 0)
		return work_fail("fork", 1);
	if (partner == 0) {
		(void)close(there[1]);
		(void)close(back[0]);
		partner_loop();
	}
	(void)close(there[0]);
	(void)close(back[1]);
	return 0;
}

static int context_run(struct work_call *call)
{
	uint64_t count, token;

	for (count = 0; count < work_limit; count++) {
		if (write(there[1], &count, sizeof(count)) != (ssize_t)sizeof(count))
			return work_fail("short write to the partner", 1);
		if (read(back[0], &token, sizeof(token)) != (ssize_t)sizeof(token))
			return work_fail("the partner saw a wrong token and ended", 0);
		if (token != count)
			return work_fail("the partner sent a wrong token", 0);
	}
	call->count = count;
	call->elapsed_ns = work_now_ns() - call->start_ns;
	/* waited for here so that its CPU time is in the sample */
	(void)close(there[1]);
	if (waitpid(partner, &partner, 0) < 0)
		return work_fail("wait for the partner", 1);
	return 0;
}

static int context_check(struct work_call *call)
{
	(void)call;
	return partner == 0 ? 0 : work_fail("the partner saw a wrong token", 0);
}

const struct work work = {"context1", context_prepare, context_run, context_check, NULL};
