/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spawn.c - fork, the child ends through exit(3), wait: a loop is one process created and
 * buried. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

static int spawn_run(struct work_call *call)
{
	uint64_t count;
	pid_t child;
	int status;

	for (count = 0; count < work_limit; count++) {
		child = fork();
		if (child == 0)
			exit(0);
		if (child < 0)
			return work_fail("fork", 1);
		if (wait(&status) != child)
			return work_fail("wait returned another process", 0);
		if (status != 0)
			return work_fail("a child ended with a status that is not 0", 0);
	}
	call->count = count;
	return 0;
}

const struct work work = {"spawn", NULL, spawn_run, NULL, NULL};
