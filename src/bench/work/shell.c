/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shell.c - run a shell script that starts K others at once and waits for them: a loop is
 * one run of it. Each of the K sorts a text, dumps and sorts the dump, searches and
 * counts, and removes its four files. Scripts, text and files are the copy's own, in its
 * own directory.
 *
 * The shell is /bin/sh, or what shell= names: the pinned profile brings a busybox with it.
 *
 * Before the clock the same pipeline runs once with its files kept, and they are checked:
 * the tools may be any (that is what is measured), but their answers must be right.
 * During the measured part a message on standard error or a status that is not 0 fails
 * the test. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"
#include "work.h"

/* One shell, one expr and one inner shell per concurrent script; in each: sort, od, sort, grep, tee,
 * wc, rm. That makes 10 programs a loop for one script, 73 for eight. %s is the shell. */
static const char outer_script[] = "#!%s\n"
				   "number=1\n"
				   "while [ $number -le $1 ]; do\n"
				   "\t%s ./inner.sh &\n"
				   "\tnumber=`expr $number + 1`\n"
				   "done\n"
				   "wait\n";

#define PIPELINE                                                                         \
	"sort >sorted.$$ <text\n"                                                        \
	"od sorted.$$ | sort -n -k 1 >dump.$$\n"                                         \
	"grep the sorted.$$ | tee found.$$ | wc >count.$$\n"

static const char inner_script[] = "#!%s\n" PIPELINE
				   "rm sorted.$$ found.$$ dump.$$ count.$$\n";
static const char trial_script[] = "#!%s\n" PIPELINE
				   "mv sorted.$$ sorted && mv dump.$$ dump && mv found.$$ found && "
				   "mv count.$$ count\n";

static char *scripts;

static int write_file(const char *name, const char *bytes, size_t length, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ssize_t written;

	if (fd < 0)
		return work_fail("create a script", 1);
	written = write(fd, bytes, length);
	if (close(fd) != 0 || written != (ssize_t)length)
		return work_fail("write a script", 1);
	return 0;
}

/* Writes a script whose shell is @shell. */
static int write_script(const char *name, const char *format, const char *shell)
{
	char bytes[1024];
	int length = snprintf(bytes, sizeof(bytes), format, shell, shell);

	if (length < 0 || (size_t)length >= sizeof(bytes))
		return work_fail("the name of the shell is too long", 0);
	return write_file(name, bytes, (size_t)length, 0700);
}

/* Returns the wait status, or -1 with the reason told. */
static int run_script(char *name, char *parameter)
{
	char *argv[] = {name, parameter, NULL};
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)execv(argv[0], argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (child < 0)
		return work_fail("fork", 1);
	if (waitpid(child, &status, 0) != child)
		return work_fail("wait for a script", 1);
	return status;
}

static int fail_of_status(int status)
{
	if (status == -1)
		return -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return work_fail(
			"the scripts cannot be run: /bin/sh or a text tool is missing",
			0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
		return work_fail("the scripts cannot be run in this directory (is it "
				 "mounted noexec?)",
				 0);
	return work_fail("a script ended with a status that is not 0", 0);
}

/* Reads at most @size bytes. Returns the length, or -1. */
static ssize_t read_file(const char *name, char *out, size_t size)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read(fd, out, size);
	(void)close(fd);
	return length;
}

/* What is invariant when the lines change places: the sum over all lines of a hash of the
 * line. */
static uint64_t lines_hash(const char *bytes, ssize_t length)
{
	uint64_t sum = 0, hash = 14695981039346656037u;
	ssize_t i;

	for (i = 0; i < length; i++) {
		hash = (hash ^ (unsigned char)bytes[i]) *
		       1099511628211u; /* FNV-1a, 64 bits */
		if (bytes[i] == '\n') {
			sum += hash;
			hash = 14695981039346656037u;
		}
	}
	return sum;
}

static long count_lines(const char *bytes, ssize_t length)
{
	long lines = 0;
	ssize_t i;

	for (i = 0; i < length; i++)
		lines += bytes[i] == '\n';
	return lines;
}

static int check_trial(const char *text)
{
	static char bytes[8 * TEXT_BYTES];
	long lines = 0, words = 0, characters = 0;
	ssize_t length = read_file("sorted", bytes, sizeof(bytes));

	if (length != TEXT_BYTES ||
	    lines_hash(bytes, length) != lines_hash(text, TEXT_BYTES))
		return work_fail("sort gave other lines than it was given", 0);
	length = read_file("dump", bytes, sizeof(bytes));
	/* 16 bytes a line and one line with the end offset */
	if (length < 0 || count_lines(bytes, length) != (TEXT_BYTES + 15) / 16 + 1)
		return work_fail("od and sort gave a wrong number of lines", 0);
	length = read_file("found", bytes, sizeof(bytes));
	if (length < 0 || count_lines(bytes, length) != TEXT_LINES_WITH_THE)
		return work_fail("grep and tee gave a wrong number of lines", 0);
	characters = length;
	length = read_file("count", bytes, sizeof(bytes) - 1);
	bytes[length < 0 ? 0 : length] = '\0';
	if (sscanf(bytes, "%ld %ld %ld", &lines, &words, &length) != 3 ||
	    lines != TEXT_LINES_WITH_THE || length != characters)
		return work_fail("wc counted wrong", 0);
	return 0;
}

static int shell_prepare(struct work_call *call)
{
	const char *shell = work_parameter(call, "shell", "/bin/sh");
	static char text[TEXT_BYTES];
	static char trial[] = "./trial.sh", scripts_one[] = "1";
	int status;

	scripts = strdup(work_parameter(call, "scripts", "1"));
	if (scripts == NULL || work_number(scripts) == 0)
		return work_fail("scripts is not 1 or more", 0);
	text_make(text);
	if (write_file("text", text, sizeof(text), 0600) != 0 ||
	    write_script("outer.sh", outer_script, shell) != 0 ||
	    write_script("inner.sh", inner_script, shell) != 0 ||
	    write_script("trial.sh", trial_script, shell) != 0)
		return -1;
	status = run_script(trial, scripts_one);
	return status == 0 ? check_trial(text) : fail_of_status(status);
}

static int shell_run(struct work_call *call)
{
	static char outer[] = "./outer.sh";
	uint64_t count;
	int status;

	for (count = 0; count < work_limit; count++) {
		status = run_script(outer, scripts);
		if (status != 0)
			return fail_of_status(status);
	}
	call->count = count;
	return 0;
}

const struct work work = {"shell", shell_prepare, shell_run, NULL, NULL};
