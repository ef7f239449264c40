/* SPDX-License-Identifier: GPL-2.0-or-later */
/* syscall.c - dup, close, getpid, getuid, umask: 5 system calls a loop. getpid goes
 * straight to the kernel (glibc 2.3.4 to 2.24 answered it from a cache), and the
 * descriptor is a private pipe's (with a shared one, N copies fight over one reference
 * count). */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "work.h"

static int fds[2];
static long wrong;

static int syscall_prepare(struct work_call *call)
{
	(void)call;
	if (pipe(fds) != 0)
		return work_fail("pipe", 1);
	(void)umask(022);
	return 0;
}

static int syscall_run(struct work_call *call)
{
	const long pid = getpid();
	const uid_t uid = getuid();
	uint64_t count;

	for (count = 0; count < work_limit; count++) {
		wrong |= close(dup(fds[0]));
		wrong |= syscall(SYS_getpid) ^ pid;
		wrong |= (long)(getuid() ^ uid);
		wrong |= (long)(umask(022) ^ 022);
	}
	call->count = count;
	return 0;
}

static int syscall_check(struct work_call *call)
{
	(void)call;
	return wrong == 0 ? 0 : work_fail("a system call gave a wrong answer", 0);
}

const struct work work = {"syscall", syscall_prepare, syscall_run, syscall_check, NULL};
