/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

void sys_child_adopt_orphans(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER,
		    1); /* since Linux 3.4; without it init takes them */
}

unsigned sys_child_most(void)
{
	enum {
		OTHERS = 64,
		EACH = 3
	}; /* descriptors that are no pipe of a child; pipes of a child */
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 256;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE,
				&limit); /* the old limit is then what counts */
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur > 1000000)
		limit.rlim_cur = 1000000;
	return limit.rlim_cur > OTHERS ? (unsigned)(limit.rlim_cur - OTHERS) / EACH : 1;
}

struct pipes {
	int child[3]; /* the child's ends of stdin, stdout, stderr */
	int ours[3];
};

static void pipes_close(struct pipes *pipes)
{
	int i;

	for (i = 0; i < 3; i++) {
		own_close(&pipes->child[i]);
		own_close(&pipes->ours[i]);
	}
}

static int pipes_open(struct pipes *pipes, struct error *err)
{
	int ends[2];
	int i;

	*pipes = (struct pipes){{-1, -1, -1}, {-1, -1, -1}};
	for (i = 0; i < 3; i++) {
		if (pipe2(ends, O_CLOEXEC) != 0) {
			(void)error_sys(err, "pipe");
			pipes_close(pipes);
			return -1;
		}
		pipes->child[i] = ends[i == 0 ? 0 : 1];
		pipes->ours[i] = ends[i == 0 ? 1 : 0];
		if (i != 0)
			(void)fcntl(ends[0], F_SETFL,
				    O_NONBLOCK); /* cannot fail on a pipe */
	}
	return 0;
}

static int spawn_set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attributes, &none);
	(void)posix_spawnattr_setsigdefault(attributes, &all);
	(void)posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
							    POSIX_SPAWN_SETSIGMASK |
							    POSIX_SPAWN_SETSIGDEF);
}

static int spawn(const struct sys_child_plan *plan, const struct pipes *pipes,
		 pid_t *out_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int i, code;

	code = posix_spawn_file_actions_init(&actions);
	if (code != 0)
		return code;
	code = posix_spawnattr_init(&attributes);
	if (code == 0)
		code = spawn_set_attributes(&attributes);
	if (code == 0)
		code = posix_spawn_file_actions_addchdir_np(&actions, plan->folder);
	for (i = 0; i < 3 && code == 0; i++)
		code = posix_spawn_file_actions_adddup2(&actions, pipes->child[i], i);
	if (code == 0)
		code = posix_spawn(out_pid, plan->path, &actions, &attributes, plan->argv,
				   plan->environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return code;
}

int sys_child_start(const struct sys_child_plan *plan, struct sys_child *out,
		    struct error *err)
{
	struct pipes pipes;
	pid_t pid = 0;
	int i;

	if (pipes_open(&pipes, err) != 0)
		return -1;
	errno = spawn(plan, &pipes, &pid);
	if (errno != 0) {
		(void)error_sys(err, "start '%s'", plan->path);
		pipes_close(&pipes);
		return -1;
	}
	for (i = 0; i < 3; i++)
		own_close(&pipes.child[i]);
	*out = (struct sys_child){.pid = pid,
				  .in = pipes.ours[0],
				  .out = pipes.ours[1],
				  .errors = pipes.ours[2]};
	return 0;
}

int sys_child_end(struct sys_child *child)
{
	int status = -1, other;
	bool had_ended;
	siginfo_t info;
	pid_t pid;

	if (child->pid == 0)
		return -1;
	/* looked at but not reaped: while it is a zombie its group id cannot be anybody
	 * else's */
	info.si_pid = 0;
	had_ended = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
			    0 &&
		    info.si_pid != 0;
	(void)kill(-child->pid,
		   SIGKILL); /* ESRCH: nobody is left, which is what we want */
	while ((pid = waitpid(-child->pid, &other, 0)) > 0 || (pid < 0 && errno == EINTR))
		if (pid == child->pid)
			status = other;
	own_close(&child->in);
	own_close(&child->out);
	own_close(&child->errors);
	*child = SYS_CHILD_NONE;
	return had_ended ? status : -1;
}
