/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.c - what an image's name leads to. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "image/format.h"

static int open_device(int fd, const char *name, struct source *out, struct error *err)
{
	uint64_t size_bytes = 0;
	int sector_bytes = 0;

	if (ioctl(fd, BLKGETSIZE64, &size_bytes) != 0 ||
	    ioctl(fd, BLKSSZGET, &sector_bytes) != 0)
		return error_sys(err, "ask the size of '%s'", name);
	out->blocks = file_open_blocks(fd, size_bytes, (unsigned)sector_bytes);
	return 0;
}

/* @fd: taken over on success */
static int open_fd(int fd, const char *name, struct source *out, struct error *err)
{
	struct stat there;

	if (fstat(fd, &there) != 0)
		return error_sys(err, "'%s'", name);
	if (S_ISBLK(there.st_mode))
		return open_device(fd, name, out, err);
	if (S_ISREG(there.st_mode) && there.st_size == 0)
		return error_set(err, ERROR_INPUT, "'%s' is empty", name);
	/* a file on standard input that was partly read is a pipe for us */
	if (S_ISREG(there.st_mode) && lseek(fd, 0, SEEK_CUR) == 0)
		out->blocks = file_open_blocks(fd, (uint64_t)there.st_size, 0);
	else if (S_ISREG(there.st_mode) || S_ISFIFO(there.st_mode) ||
		 S_ISSOCK(there.st_mode))
		out->stream = file_open_stream(fd);
	else
		return error_set(err, ERROR_INPUT,
				 "'%s' is neither a file nor a block device", name);
	return 0;
}

static int open_path(const char *name, const struct image_options *options,
		     struct source *out, struct error *err)
{
	/* a pipe that nobody writes is waited for where a signal is seen, and not in here */
	autoclose int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	(void)options;
	if (fd < 0)
		return error_sys(err, "open '%s'", name);
	if (open_fd(fd, name, out, err) != 0)
		return -1;
	fd = -1;
	return 0;
}

static int open_input(const char *name, const struct image_options *options,
		      struct source *out, struct error *err)
{
	autoclose int fd = -1;

	(void)name;
	(void)options;
	/* with a place in the file of its own: who looks for its holes moves that */
	if (lseek(STDIN_FILENO, 0, SEEK_CUR) == 0)
		fd = open("/proc/self/fd/0",
			  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_sys(err, "standard input");
	if (open_fd(fd, "standard input", out, err) != 0)
		return -1;
	fd = -1;
	return 0;
}

static int open_url(const char *name, const struct image_options *options,
		    struct source *out, struct error *err)
{
	out->layer = strncasecmp(name, "https:", 6) == 0 ? "https" : "http";
	return http_open(name, options, &out->stream, err);
}

/* How names begin; the last row fits all. */
static const struct {
	const char *start;
	bool is_whole;
	int (*open)(const char *name, const struct image_options *options,
		    struct source *out, struct error *err);
} kinds[] = {
	{"-", true, open_input},
	{"http://", false, open_url},
	{"https://", false, open_url},
	{"", false, open_path},
};

int source_open(const char *name, const struct image_options *options, struct source *out,
		struct error *err)
{
	struct source source = {0};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].is_whole ? strcmp(name, kinds[i].start) == 0
				      : strncasecmp(name, kinds[i].start,
						    strlen(kinds[i].start)) == 0)
			break;
	if (kinds[i].open(name, options, &source, err) != 0)
		return -1;
	*out = source;
	return 0;
}
