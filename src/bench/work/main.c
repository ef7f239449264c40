/* SPDX-License-Identifier: GPL-2.0-or-later */
/* main.c - the same start, clock and answer for every workload executable; work.h tells
 * the rules. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "work.h"

#ifndef WORK_FLAGS
#define WORK_FLAGS "unknown"
#endif

volatile unsigned long work_limit = ULONG_MAX;

static const int64_t second_ns = 1000000000;

static void on_alarm(int number)
{
	(void)number;
	work_limit = 0;
}

int work_fail(const char *reason, int with_errno)
{
	if (with_errno)
		printf("fail %s: %s\n", reason, strerror(errno));
	else
		printf("fail %s\n", reason);
	(void)fflush(stdout); /* nobody is left to be told */
	return -1;
}

uint64_t work_number(const char *text)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0 || text[0] == '-') {
		(void)work_fail("a parameter is not a number", 0);
		exit(2);
	}
	return value;
}

const char *work_parameter(const struct work_call *call, const char *name,
			   const char *otherwise)
{
	size_t length = strlen(name);
	int i;

	for (i = 0; i < call->argc; i++)
		if (strncmp(call->argv[i], name, length) == 0 &&
		    call->argv[i][length] == '=')
			return call->argv[i] + length + 1;
	return otherwise;
}

int64_t work_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(
		CLOCK_MONOTONIC,
		&now); /* cannot fail: every kernel since 2.6 has this clock */
	return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

static int64_t timeval_ns(const struct timeval *value)
{
	return (int64_t)value->tv_sec * second_ns + (int64_t)value->tv_usec * 1000;
}

void work_usage(struct work_call *call)
{
	struct rusage self, children;

	(void)getrusage(RUSAGE_SELF, &self); /* cannot fail: both arguments are valid */
	(void)getrusage(RUSAGE_CHILDREN, &children);
	call->user_ns = timeval_ns(&self.ru_utime) + timeval_ns(&children.ru_utime);
	call->system_ns = timeval_ns(&self.ru_stime) + timeval_ns(&children.ru_stime);
	call->switches_voluntary = self.ru_nvcsw + children.ru_nvcsw;
	call->switches_forced = self.ru_nivcsw + children.ru_nivcsw;
}

int work_wait_start(struct work_call *call)
{
	struct timespec start;
	char line[32];

	if (fgets(line, sizeof(line), stdin) == NULL)
		return -1;
	line[strcspn(line, "\n")] = '\0';
	call->start_ns = (int64_t)work_number(line);
	start.tv_sec = (time_t)(call->start_ns / second_ns);
	start.tv_nsec = (long)(call->start_ns % second_ns);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL) == EINTR)
		;
	return 0;
}

int work_answer(const struct work_call *call)
{
	struct work_call now;

	work_usage(&now);
	/* busy_ns goes on to this answer: what the check used is ours as well */
	printf("result count=%" PRIu64 " start_ns=%" PRId64 " elapsed_ns=%" PRId64
	       " scored_ns=%" PRId64 " user_ns=%" PRId64 " system_ns=%" PRId64
	       " busy_ns=%" PRId64 " voluntary=%" PRId64 " forced=%" PRId64 "%s\n",
	       call->count, call->start_ns, call->elapsed_ns,
	       call->scored_ns != 0 ? call->scored_ns : call->elapsed_ns, call->user_ns,
	       call->system_ns, now.user_ns + now.system_ns - call->cpu_before_ns,
	       call->switches_voluntary, call->switches_forced, call->extra);
	return fflush(stdout) == 0 ? 0 : -1;
}

/* The timer restarts system calls: a loop ends where it looks at work_limit, never inside
 * a call. */
static void set_timer(int64_t duration_ns)
{
	struct itimerval timer;
	struct sigaction action;

	memset(&timer, 0, sizeof(timer));
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	action.sa_flags = SA_RESTART;
	(void)sigaction(SIGALRM, &action,
			NULL); /* cannot fail: the signal number is valid */
	timer.it_value.tv_sec = (time_t)(duration_ns / second_ns);
	timer.it_value.tv_usec = (suseconds_t)(duration_ns % second_ns / 1000);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static int measure(struct work_call *call)
{
	struct work_call before;

	memset(&before, 0, sizeof(before));
	work_usage(&before);
	call->cpu_before_ns = before.user_ns + before.system_ns;
	call->start_ns = work_now_ns();
	set_timer(call->duration_ns);
	if (work.run(call) != 0)
		return -1;
	if (call->elapsed_ns == 0)
		call->elapsed_ns = work_now_ns() - call->start_ns;
	set_timer(0);
	work_usage(call);
	call->user_ns -= before.user_ns;
	call->system_ns -= before.system_ns;
	call->switches_voluntary -= before.switches_voluntary;
	call->switches_forced -= before.switches_forced;
	return 0;
}

/* What this executable is, from its own bytes: the runner puts it into the run. */
static int about(void)
{
#ifdef __clang__
	printf("compiler=%s\n", __VERSION__);
#else
	printf("compiler=GCC %s\n", __VERSION__);
#endif
	printf("flags=%s\n", WORK_FLAGS);
#ifdef __GLIBC__
	printf("libc=glibc %s\n", gnu_get_libc_version());
#else
	printf("libc=not glibc\n");
#endif
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct work_call call;

	if (argc > 1 && strcmp(argv[1], "about") == 0)
		return about();
	if (work.again != NULL && argc > 1 && strcmp(argv[1], "again") == 0)
		return work.again(argc, argv);
	memset(&call, 0, sizeof(call));
	call.argc = argc - 1;
	call.argv = argv + 1;
	call.duration_ns = (int64_t)work_number(work_parameter(&call, "duration", ""));
	if (work_parameter(&call, "loops", NULL) != NULL)
		work_limit = work_number(work_parameter(&call, "loops", NULL));
	(void)prctl(PR_SET_PDEATHSIG,
		    SIGKILL); /* the runner kills us too: this is for its own death */
	if (work.prepare != NULL && work.prepare(&call) != 0)
		return 1;
	if (work_parameter(&call, "now", NULL) == NULL) {
		if (printf("ready\n") < 0 || fflush(stdout) != 0 ||
		    work_wait_start(&call) != 0)
			return 1;
	}
	if (measure(&call) != 0 || (work.check != NULL && work.check(&call) != 0))
		return 1;
	return work_answer(&call) == 0 ? 0 : 1;
}
