/* SPDX-License-Identifier: GPL-2.0-or-later */
/* execl.c - a program replaces itself by itself: one execve a loop, state in the
 * arguments. The clock is CLOCK_MONOTONIC in nanoseconds, in decimal text of 64 bits on
 * every machine (UnixBench's time(2) ends at once on 32-bit systems with 64-bit time). */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

/* UnixBench's program carries 8 KiB of zeroed memory, "something worthwhile": the kernel
 * maps it anew in every loop, so ours does as well. */
char execl_bss[8 * 1024];

/* argv: PROGRAM again COUNT CHECK LIMIT DURATION START USER SYSTEM VOLUNTARY FORCED
 * CHECK is the process id less COUNT: a step that was lost, or done by another process,
 * is seen. */
enum {
	ARG_COUNT = 2,
	ARG_CHECK,
	ARG_LIMIT,
	ARG_DURATION,
	ARG_START,
	ARG_USAGE,
	ARG_END = ARG_USAGE + 4
};

/* Steps on: one more in COUNT, one less in CHECK. Comes back only when execve fails. */
static int execl_next(char **argv, int64_t count, int64_t check)
{
	char texts[2][24];

	(void)snprintf(texts[0], sizeof(texts[0]), "%" PRId64, count + 1);
	(void)snprintf(texts[1], sizeof(texts[1]), "%" PRId64, check - 1);
	argv[ARG_COUNT] = texts[0];
	argv[ARG_CHECK] = texts[1];
	(void)execv(argv[0], argv);
	return work_fail("exec", 1);
}

static int execl_again(int argc, char **argv)
{
	const int64_t now_ns = work_now_ns();
	struct work_call call;
	int64_t count, check;

	if (argc != ARG_END)
		return 2;
	memset(&call, 0, sizeof(call));
	count = strtoll(argv[ARG_COUNT], NULL, 10);
	check = strtoll(argv[ARG_CHECK], NULL, 10);
	call.count = (uint64_t)count;
	call.duration_ns = strtoll(argv[ARG_DURATION], NULL, 10);
	call.start_ns = strtoll(argv[ARG_START], NULL, 10);
	call.elapsed_ns = now_ns - call.start_ns;
	if (call.elapsed_ns < call.duration_ns &&
	    call.count < strtoul(argv[ARG_LIMIT], NULL, 10))
		return execl_next(argv, count, check), 1;
	if (count + check != getpid())
		return work_fail("a step was lost on the way", 0), 1;
	work_usage(&call);
	call.cpu_before_ns = strtoll(argv[ARG_USAGE], NULL, 10) +
			     strtoll(argv[ARG_USAGE + 1], NULL, 10);
	call.user_ns -= strtoll(argv[ARG_USAGE], NULL, 10);
	call.system_ns -= strtoll(argv[ARG_USAGE + 1], NULL, 10);
	call.switches_voluntary -= strtoll(argv[ARG_USAGE + 2], NULL, 10);
	call.switches_forced -= strtoll(argv[ARG_USAGE + 3], NULL, 10);
	return work_answer(&call) == 0 ? 0 : 1;
}

/* Runs once: main.c has set a timer, which would kill the next program, so it is taken
 * back. */
static int execl_run(struct work_call *call)
{
	static char texts[ARG_END][24];
	static char path[4096], again[] = "again";
	char *argv[ARG_END + 1];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int i;

	if (length < 0)
		return work_fail("read /proc/self/exe", 1);
	path[length] = '\0';
	(void)alarm(0);
	work_usage(call);
	(void)snprintf(texts[ARG_LIMIT], sizeof(texts[0]), "%lu", work_limit);
	(void)snprintf(texts[ARG_DURATION], sizeof(texts[0]), "%" PRId64,
		       call->duration_ns);
	(void)snprintf(texts[ARG_START], sizeof(texts[0]), "%" PRId64, call->start_ns);
	(void)snprintf(texts[ARG_USAGE], sizeof(texts[0]), "%" PRId64, call->user_ns);
	(void)snprintf(texts[ARG_USAGE + 1], sizeof(texts[0]), "%" PRId64,
		       call->system_ns);
	(void)snprintf(texts[ARG_USAGE + 2], sizeof(texts[0]), "%" PRId64,
		       call->switches_voluntary);
	(void)snprintf(texts[ARG_USAGE + 3], sizeof(texts[0]), "%" PRId64,
		       call->switches_forced);
	for (i = 0; i < ARG_END; i++)
		argv[i] = texts[i];
	argv[0] = path;
	argv[1] = again;
	argv[ARG_END] = NULL;
	return execl_next(argv, 0, getpid());
}

const struct work work = {"execl", NULL, execl_run, NULL, execl_again};
