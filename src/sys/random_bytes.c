/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux 3.16 has no getrandom(2), and libcrypto then finds no other source where it is linked
 * statically. */
#define _GNU_SOURCE
#include "sys/random_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/own.h"

void sys_random(void *bytes, size_t length)
{
	autoclose int fd = -1;
	uint8_t *next = bytes;
	ssize_t come;

	while (length > 0) {
		come = fd >= 0 ? read(fd, next, length) : getrandom(next, length, 0);
		if (come > 0) {
			next += come;
			length -= (size_t)come;
		} else if (fd < 0 && come < 0 && errno == ENOSYS) {
			fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				abort();
		} else if (come == 0 || errno != EINTR) {
			abort();
		}
	}
}
