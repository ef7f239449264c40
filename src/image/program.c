/* SPDX-License-Identifier: GPL-2.0-or-later */
/* program.c - programs of others that do a part of the work: where they are, and waiting for
 * what they say. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "sys/aside.h"
#include "sys/signals.h"

static char *found_below(const char *folder, size_t length, const char *name)
{
	autostr struct str path = STR_EMPTY;

	if (length == 0 || folder[0] != '/')
		return NULL;
	str_add_bytes(&path, folder, length);
	str_addf(&path, "/%s", name);
	return access(path.bytes, X_OK) == 0 ? str_copy(path.bytes) : NULL;
}

int program_find(const char *name, const char *package, char **out, struct error *err)
{
	const char *folder = getenv("PATH");
	char *path = NULL;
	size_t length;

	if (folder == NULL)
		folder = "/usr/local/bin:/usr/bin:/bin";
	while (path == NULL && folder[0] != '\0') {
		length = strcspn(folder, ":");
		path = found_below(folder, length, name);
		folder += length + (folder[length] == ':');
	}
	if (path == NULL)
		return error_set(err, ERROR_SYSTEM,
				 "the program '%s' is not here: install the package %s",
				 name, package);
	*out = path;
	return 0;
}

int program_wait(int first, int second, int wait_ms, struct error *err)
{
	struct pollfd fds[] = {{.fd = first, .events = POLLIN},
			       {.fd = second, .events = POLLIN},
			       {.fd = aside_end_fd(), .events = POLLIN}};
	const nfds_t fd_count = sizeof(fds) / sizeof(fds[0]);
	const struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000L};
	int count;

	do {
		if (sys_signals_came() != 0 || aside_is_ending())
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		count = ppoll(fds, fd_count, wait_ms < 0 ? NULL : &wait,
			      sys_signals_waiting());
	} while ((count < 0 && errno == EINTR) || (count > 0 && fds[2].revents != 0));
	if (count < 0)
		return error_sys(err, "wait for data");
	if (count == 0)
		return error_set(err, ERROR_SYSTEM, "nothing came for %d s",
				 wait_ms / 1000);
	return 0;
}
