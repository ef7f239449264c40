/* SPDX-License-Identifier: GPL-2.0-or-later */
/* execl.c - a program replaces itself by itself: one execve a loop, state in the arguments. The clock
 * is CLOCK_MONOTONIC in nanoseconds, in decimal text of 64 bits on every machine (UnixBench's time(2)
 * ends at once on 32-bit systems with 64-bit time). */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

/* UnixBench's program carries 8 KiB of zeroed memory, "something worthwhile": the kernel maps it anew
 * in every loop, so ours does as well. */
char execl_bss[8 * 1024];

/* argv: PROGRAM again COUNT LIMIT DURATION START USER SYSTEM VOLUNTARY FORCED */
enum { ARG_COUNT = 2, ARG_LIMIT, ARG_DURATION, ARG_START, ARG_USAGE, ARG_END = ARG_USAGE + 4 };

static int execl_again(int argc, char **argv)
{
	struct work_call call;
	int64_t now_ns = work_now_ns();
	char count[24];

	if (argc != ARG_END)
		return 2;
	memset(&call, 0, sizeof(call));
	call.count = strtoull(argv[ARG_COUNT], NULL, 10);
	call.limit = strtoull(argv[ARG_LIMIT], NULL, 10);
	call.duration_ns = strtoll(argv[ARG_DURATION], NULL, 10);
	call.start_ns = strtoll(argv[ARG_START], NULL, 10);
	call.elapsed_ns = now_ns - call.start_ns;
	if (call.elapsed_ns < call.duration_ns && call.count != call.limit) {
		(void)snprintf(count, sizeof(count), "%" PRIu64, call.count + 1);
		argv[ARG_COUNT] = count;
		(void)execv(argv[0], argv);
		return work_fail("exec", 1), 1;
	}
	work_usage(&call);
	call.user_ns -= strtoll(argv[ARG_USAGE], NULL, 10);
	call.system_ns -= strtoll(argv[ARG_USAGE + 1], NULL, 10);
	call.switches_voluntary -= strtoll(argv[ARG_USAGE + 2], NULL, 10);
	call.switches_forced -= strtoll(argv[ARG_USAGE + 3], NULL, 10);
	return work_answer(&call) == 0 ? 0 : 1;
}

/* Runs once: main.c has set a timer, which would kill the next program, so it is taken back. */
static int execl_run(struct work_call *call)
{
	static char number[ARG_END][24];
	static char path[4096];
	char *argv[ARG_END + 1];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const int64_t values[ARG_END] = { [ARG_COUNT] = 1, [ARG_DURATION] = call->duration_ns,
					  [ARG_START] = call->start_ns };
	int i;

	if (length < 0)
		return work_fail("read /proc/self/exe", 1);
	path[length] = '\0';
	(void)alarm(0);
	work_usage(call);
	for (i = ARG_COUNT; i < ARG_USAGE; i++)
		(void)snprintf(number[i], sizeof(number[i]), "%" PRId64, values[i]);
	(void)snprintf(number[ARG_LIMIT], sizeof(number[i]), "%" PRIu64, call->limit);
	(void)snprintf(number[ARG_USAGE], sizeof(number[i]), "%" PRId64, call->user_ns);
	(void)snprintf(number[ARG_USAGE + 1], sizeof(number[i]), "%" PRId64, call->system_ns);
	(void)snprintf(number[ARG_USAGE + 2], sizeof(number[i]), "%" PRId64, call->switches_voluntary);
	(void)snprintf(number[ARG_USAGE + 3], sizeof(number[i]), "%" PRId64, call->switches_forced);
	argv[0] = path;
	argv[1] = (char[]){ "again" };
	for (i = ARG_COUNT; i < ARG_END; i++)
		argv[i] = number[i];
	argv[ARG_END] = NULL;
	(void)execv(path, argv);
	return work_fail("exec", 1);
}

const struct work work = { "execl", NULL, execl_run, NULL, execl_again };
