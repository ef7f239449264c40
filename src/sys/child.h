/* SPDX-License-Identifier: GPL-2.0-or-later */
/** child.h - a child process in a process group of its own, with pipes to its three
 * streams. */
#ifndef SYS_CHILD_H
#define SYS_CHILD_H

#include <sys/types.h>

#include "base/error.h"

/** What to start. */
struct sys_child_plan {
	const char *path; /* absolute: no search in PATH */
	char *const *argv;
	char *const *environment;
	const char *folder; /* the child's working folder */
};

/** A started child. `in` is what it reads; all three are closed in further children. */
struct sys_child {
	pid_t pid; /* 0: none */
	int in;	   /* write side; blocking */
	int out;   /* read sides; non-blocking */
	int errors;
};

#define SYS_CHILD_NONE ((struct sys_child){.pid = 0, .in = -1, .out = -1, .errors = -1})

/** Make this process the one that inherits orphans of its children, so that it can end
 * them. */
void sys_child_adopt_orphans(void);

/** Make room for the pipes of many children: raise the soft limit of descriptors to the hard one.
 *
 * Returns: how many children can be held at once (setrlimit(2), RLIMIT_NOFILE)
 */
unsigned sys_child_most(void);

/** Start a child by posix_spawn(3): signals unblocked, none ignored.
 *
 * @out:    untouched on failure
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_child_start(const struct sys_child_plan *plan, struct sys_child *out,
			      struct error *err);

/** End a child: kill what is left of its process group, wait for every member, close the
 * pipes.
 *
 * @child:  becomes SYS_CHILD_NONE; SYS_CHILD_NONE is harmless
 * Returns: the wait status of the child itself when it had ended before, else -1
 */
int sys_child_end(struct sys_child *child);

#endif
