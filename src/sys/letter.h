/* SPDX-License-Identifier: GPL-2.0-or-later */
/** letter.h - bytes with a descriptor, to another process of ours. */
#ifndef SYS_LETTER_H
#define SYS_LETTER_H

#include <stddef.h>

#include "base/error.h"

/** Send bytes and perhaps a descriptor over a socket. It makes system calls alone, so that a child of
 * fork(2) may use it.
 *
 * @length: 16 KiB at most
 * @fd:     the receiver gets a copy; -1: none goes
 * Source:  unix(7), SCM_RIGHTS
 * Returns: 0, or -1 with errno
 */
nodiscard int sys_letter_send(int socket, const void *bytes, size_t length, int fd);

/** Take one as it was sent.
 *
 * @bytes:  @length bytes, the length that was sent
 * @out_fd: close-on-exec, and the caller's; -1 when none came
 * Returns: 0, or -1 with errno; ECONNRESET when the other side has gone
 */
nodiscard int sys_letter_take(int socket, void *bytes, size_t length, int *out_fd);

#endif
