/* SPDX-License-Identifier: GPL-2.0-or-later */
/* faults.c - a library for LD_PRELOAD that makes one libc function give a wrong result, named by $FAULT:
 * the self-checks of the workloads must see it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FROM_CALL = 3000 }; /* the preparation passes, the measured part does not */

static int is_planted(const char *name)
{
	const char *fault = getenv("FAULT");

	return fault != NULL && strcmp(fault, name) == 0;
}

static int is_late(void)
{
	static int calls;

	return ++calls > FROM_CALL;
}

int strcmp(const char *a, const char *b)
{
	const char *fault = getenv("FAULT");

	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	if (fault != NULL && fault[0] == 's' && fault[3] == 'c' && *a == '1' && *b == '2')
		return 1; /* "1'ST STRING" is said to come after "2'ND STRING" */
	return (unsigned char)*a - (unsigned char)*b;
}

double atan(double x)
{
	static double (*real)(double);

	if (real == NULL)
		real = (double (*)(double))dlsym(RTLD_NEXT, "atan");
	return real(x) + (is_planted("atan") ? 1e-6 : 0);
}

ssize_t read(int fd, void *bytes, size_t length)
{
	static ssize_t (*real)(int, void *, size_t);
	ssize_t result;

	if (real == NULL)
		real = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	result = real(fd, bytes, length);
	if (result > 0 && is_planted("read") && is_late())
		*(char *)bytes ^= 1;
	return result;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	static ssize_t (*real)(int, const void *, size_t);
	char changed[8192];

	if (real == NULL)
		real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	if (!is_planted("write") || length > sizeof(changed) || !is_late())
		return real(fd, bytes, length);
	memcpy(changed, bytes, length);
	changed[length - 1] ^= 1;
	return real(fd, changed, length);
}

pid_t wait(int *status)
{
	pid_t pid = waitpid(-1, status, 0);

	if (is_planted("wait"))
		*status = 1 << 8;
	return pid;
}

mode_t umask(mode_t mask)
{
	static mode_t (*real)(mode_t);

	if (real == NULL)
		real = (mode_t(*)(mode_t))dlsym(RTLD_NEXT, "umask");
	return is_planted("umask") ? 0777 : real(mask);
}

long syscall(long number, ...)
{
	(void)number; /* the workload asks for nothing but its process id */
	return is_planted("getpid") ? 1 : getpid();
}

int execv(const char *path, char *const argv[])
{
	if (is_planted("execv") && argv[2] != NULL)
		(void)snprintf(argv[2], 4, "900"); /* the count of the loops */
	return execve(path, argv, environ);
}
