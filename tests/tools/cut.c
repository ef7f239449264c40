/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut.c - a library for LD_PRELOAD that ends the process by SIGKILL before the Nth call that changes a file or brings
 * it to the medium ($CUT), or in the middle of it ($CUT_TORN=1: a write's first half is done). Without $CUT the number
 * of such calls is written to $CUT_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 }; /* a kill ends a write between two pages */

static unsigned long calls;

static void *next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void end(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* Whether this is the call that is cut in its middle. */
static int step(void)
{
	const char *cut = getenv("CUT");

	if (++calls != (cut != NULL ? strtoul(cut, NULL, 10) : 0))
		return 0;
	if (getenv("CUT_TORN") == NULL)
		end();
	return 1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset)
{
	ssize_t (*next)(int, const void *, size_t, off64_t) = next_of("pwrite64");

	if (step()) {
		(void)!next(fd, bytes, length / 2 / PAGE * PAGE, offset);
		end();
	}
	return next(fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
	return pwrite64(fd, bytes, length, offset);
}

/* Not what goes to a terminal or a pipe. */
ssize_t write(int fd, const void *bytes, size_t length)
{
	ssize_t (*next)(int, const void *, size_t) = next_of("write");

	if (fd > STDERR_FILENO && step()) {
		(void)!next(fd, bytes, length / 2);
		end();
	}
	return next(fd, bytes, length);
}

int fdatasync(int fd)
{
	int (*next)(int) = next_of("fdatasync");

	if (step())
		end();
	return next(fd);
}

int fsync(int fd)
{
	int (*next)(int) = next_of("fsync");

	if (step())
		end();
	return next(fd);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	int (*next)(int, int, off64_t, off64_t) = next_of("fallocate64");

	if (step())
		end();
	return next(fd, mode, offset, length);
}

int rename(const char *from, const char *to)
{
	int (*next)(const char *, const char *) = next_of("rename");

	if (step())
		end();
	return next(from, to);
}

int unlink(const char *path)
{
	int (*next)(const char *) = next_of("unlink");

	if (step())
		end();
	return next(path);
}

static void tell(void) __attribute__((destructor));

static void tell(void)
{
	const char *path = getenv("CUT_COUNT");
	FILE *file = path != NULL && calls > 0 ? fopen(path, "we") : NULL;

	if (file == NULL)
		return;
	(void)fprintf(file, "%lu\n", calls);
	(void)fclose(file);
}
