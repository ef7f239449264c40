/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_fat_run.c - a child of mtools, with an end to its patience. mtools is one program, which
 * looks at the name that it is called by. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_fat.h"
#include "sys/child.h"
#include "sys/signals.h"

enum { WORDS_MOST = 8, PIECE_BYTES = 65536, SAID_MOST = 4096, PATIENCE_S = 20 };

/* Nothing of this machine's configuration changes what we parse. */
static const char *const environment[] = {
	"PATH=/usr/bin:/bin",
	"LC_ALL=C.UTF-8",
	"TZ=UTC",
	"HOME=/nonexistent",
	"MTOOLSRC=/dev/null",
	"MTOOLS_SKIP_CHECK=1",
	"MTOOLS_NO_VFAT=0",
	"MTOOLS_DOTTED_DIR=0",
	"MTOOLS_LOWER_CASE=0",
	"MTOOLS_DATE_STRING=yyyy-mm-dd",
	"MTOOLS_TWENTY_FOUR_HOUR_CLOCK=1",
	NULL,
};

static const char *find_mtools(void)
{
	static const char *const places[] = {"/usr/bin/mtools", "/bin/mtools",
					     "/usr/local/bin/mtools"};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

static int start(const char *image, const char *const *words, struct sys_child *out,
		 struct error *err)
{
	const char *path = find_mtools();
	const char *list[WORDS_MOST + 3] = {words[0], "-i", image};
	struct sys_child_plan plan = {.path = path, .folder = "/"};
	size_t i;

	if (path == NULL)
		return error_set(err, ERROR_PARTIAL,
				 "a FAT file system is read by mtools, which is not "
				 "installed here");
	for (i = 1; words[i] != NULL && i < WORDS_MOST; i++)
		list[i + 2] = words[i];
	/* posix_spawn does not change them, though its type does not say so */
	plan.argv = (char *const *)(uintptr_t)list;
	plan.environment = (char *const *)(uintptr_t)environment;
	return sys_child_start(&plan, out, err);
}

/* Reads a pipe that has something. Returns what it got, 0 at the end, -1 for nothing yet. */
static ssize_t read_some(int fd, char *piece)
{
	const ssize_t length = read(fd, piece, PIECE_BYTES);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return -1;
	return length > 0 ? length : 0;
}

/* What a child says, until it has closed both pipes. Returns 0, 1 when @take has enough, or -1. */
static int listen_to(struct sys_child *child, vfs_take *take, void *data,
		     struct str *said, struct error *err)
{
	struct pollfd pipes[2] = {{.fd = child->out, .events = POLLIN},
				  {.fd = child->errors, .events = POLLIN}};
	const struct timespec patience = {.tv_sec = PATIENCE_S};
	autofree char *piece = mem_zero(1, PIECE_BYTES);
	ssize_t length;
	int i, result;

	while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
		if (sys_signals_came() != 0)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		result = ppoll(pipes, 2, &patience, sys_signals_waiting());
		if (result < 0 && errno != EINTR)
			return error_sys(err, "wait for mtools");
		if (result == 0)
			return error_set(err, ERROR_INPUT,
					 "mtools found no end within %d s", PATIENCE_S);
		for (i = 0; i < 2 && result > 0; i++) {
			if (pipes[i].fd < 0 || pipes[i].revents == 0)
				continue;
			length = read_some(pipes[i].fd, piece);
			if (length == 0)
				pipes[i].fd = -1;
			if (length <= 0)
				continue;
			if (i == 1 && said->length < SAID_MOST)
				str_add_bytes(said, piece, (size_t)length);
			if (i == 1)
				continue;
			result = take(piece, (size_t)length, data, err);
			if (result != 0)
				return result;
			result = 1;
		}
	}
	return 0;
}

/* Waits for a child that has closed its pipes. */
static int finish(struct sys_child *child, const struct str *said, struct error *err)
{
	siginfo_t info;
	int status;

	(void)waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT);
	status = sys_child_end(child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, ERROR_INPUT, "mtools: %.*s",
			 (int)strcspn(said->bytes, "\n"), said->bytes);
}

int fat_run(const char *image, const char *const *words, vfs_take *take, void *data,
	    struct error *err)
{
	struct sys_child child = SYS_CHILD_NONE;
	struct str autostr said = STR_EMPTY;
	int result;

	if (start(image, words, &child, err) != 0)
		return -1;
	own_close(&child.in);
	child.in = -1;
	result = listen_to(&child, take, data, &said, err);
	if (result == 0)
		return finish(&child, &said, err);
	(void)sys_child_end(&child);
	return result < 0 ? -1 : 0;
}
