/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/apart.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/signals.h"

enum { LAST_WAIT_S = 10 };

int sys_apart_start(void (*run)(int fd, void *data), void *data, struct sys_apart *out,
		    struct error *err)
{
	const pid_t us = getpid();
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return error_sys(err, "make a socket");
	pid = fork();
	if (pid < 0) {
		(void)error_sys(err, "start a process");
		own_close(&ends[0]);
		own_close(&ends[1]);
		return -1;
	}
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG,
			    SIGTERM); /* without it the socket's end tells */
		own_close(&ends[0]);
		if (getppid() == us)
			run(ends[1], data);
		_exit(0);
	}
	own_close(&ends[1]);
	*out = (struct sys_apart){.pid = pid, .fd = ends[0]};
	return 0;
}

static int wait_for(struct sys_apart *apart)
{
	int status = 0;

	while (waitpid(apart->pid, &status, 0) < 0 && errno == EINTR)
		;
	apart->pid = 0;
	return status;
}

/* It closed its end without having said all. */
static int tell_end(struct sys_apart *apart, struct error *err)
{
	const int status = wait_for(apart);

	if (WIFSIGNALED(status))
		return error_set(err, ERROR_SYSTEM,
				 "the process for it was ended by signal %d",
				 WTERMSIG(status));
	return error_set(err, ERROR_SYSTEM, "the process for it ended with status %d",
			 WEXITSTATUS(status));
}

int sys_apart_take(struct sys_apart *apart, void *out, size_t length, struct error *err)
{
	const struct timespec last = {.tv_sec = LAST_WAIT_S};
	struct pollfd there = {.fd = apart->fd, .events = POLLIN};
	bool is_told = false;
	char *next = out;
	ssize_t come;

	while (length > 0) {
		if (sys_signals_came() != 0 && !is_told) {
			(void)kill(apart->pid, SIGTERM); /* ESRCH: it has ended */
			is_told = true;
		}
		come = ppoll(&there, 1, is_told ? &last : NULL, sys_signals_waiting());
		if (come == 0)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (come > 0)
			come = recv(apart->fd, next, length, 0);
		if (come == 0)
			return tell_end(apart, err);
		if (come < 0 && errno != EINTR)
			return error_sys(err, "hear from the process for it");
		if (come > 0) {
			next += come;
			length -= (size_t)come;
		}
	}
	return 0;
}

void sys_apart_end(struct sys_apart *apart)
{
	if (apart->fd >= 0)
		(void)close(apart->fd); /* what it may still say is not wanted */
	if (apart->pid != 0) {
		(void)kill(apart->pid, SIGKILL); /* it has no more to say */
		(void)wait_for(apart);
	}
	*apart = SYS_APART_NONE;
}
