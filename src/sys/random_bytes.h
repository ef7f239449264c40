/* SPDX-License-Identifier: GPL-2.0-or-later */
/** random_bytes.h - bytes that nobody can guess, for identifiers. */
#ifndef SYS_RANDOM_BYTES_H
#define SYS_RANDOM_BYTES_H

#include <stddef.h>

/** Fill with random bytes; a machine without them ends the program. Source: getrandom(2);
 * before Linux 3.17 /dev/urandom */
void sys_random(void *bytes, size_t length);

#endif
