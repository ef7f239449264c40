/* SPDX-License-Identifier: GPL-2.0-or-later */
/** apart.h - a part of this program in a process of its own, which may have other rights, and may be
 * led astray without us. */
#ifndef SYS_APART_H
#define SYS_APART_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/** Such a process, and a socket to it. */
struct sys_apart {
	pid_t pid; /* 0: none */
	int fd;
};

#define SYS_APART_NONE ((struct sys_apart){.pid = 0, .fd = -1})

/** Run a function in a copy of this process, which ends with it, and soon after this one. One
 * thread alone may be there.
 *
 * @run:    gets the other end of the socket
 * @out:    ended by sys_apart_end; untouched on failure
 * Errors:  ERROR_SYSTEM
 * Source:  fork(2), socketpair(2), PR_SET_PDEATHSIG of prctl(2)
 * Returns: 0 or -1
 */
nodiscard int sys_apart_start(void (*run)(int fd, void *data), void *data,
			      struct sys_apart *out, struct error *err);

/** Take bytes that the process sends. A signal that comes to us meanwhile is handed on to it once;
 * what it sends then is still taken, for ten seconds.
 *
 * @out:    @length bytes
 * Errors:  ERROR_SYSTEM, with the way it ended when it did so before; ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int sys_apart_take(struct sys_apart *apart, void *out, size_t length,
			     struct error *err);

/** End it, also in the middle, and wait for it; SYS_APART_NONE is harmless, and is left. */
void sys_apart_end(struct sys_apart *apart);

#endif
