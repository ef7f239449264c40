/* SPDX-License-Identifier: GPL-2.0-or-later */
/** root.h - paths beneath a root folder: neither symbolic links nor ".." lead out of it.
 */
#ifndef SYS_ROOT_H
#define SYS_ROOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/** Open what a path leads to when @root_fd is its "/"; absolute links begin there again.
 *
 * @flags:  of open(2); O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added, so that a FIFO
 * cannot hold us
 * Errors:  ERROR_SYSTEM
 * Returns: the descriptor, or -1
 */
nodiscard int sys_root_open(int root_fd, const char *path, int flags, struct error *err);

/** Read the beginning of a regular file beneath a root.
 *
 * @most:   bytes; the rest is left out
 * @out:    the bytes are added
 * Errors:  ERROR_SYSTEM; ERROR_INPUT when it is no regular file
 * Returns: 0 or -1
 */
nodiscard int sys_root_read(int root_fd, const char *path, size_t most, struct str *out,
			    struct error *err);

/** Read the target of a symbolic link beneath a root; folders on the way to it are resolved.
 *
 * @out:    the target is added
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_root_link(int root_fd, const char *path, struct str *out,
			    struct error *err);

#endif
