/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>

/* Its header, sys/file.h, has the name of one of ours. */
extern int flock(int fd, int operation);

int sys_lock_try(int fd, bool is_shared)
{
	if (flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK || errno == EINTR ? 1 : -1;
}
