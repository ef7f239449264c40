/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.c - a walk that takes one name at a time and never lets the kernel follow a link:
 * what openat2(RESOLVE_IN_ROOT) does, for kernels before 5.6. */
#define _GNU_SOURCE
#include "sys/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

enum { LINKS_MOST = 40, DEPTH_MOST = 64 };

/* Where the walk stands: the folders from the root down, all open. */
struct walk {
	int root;
	int folders[DEPTH_MOST];
	size_t depth;
	unsigned links;
	struct str rest; /* names still to be taken */
	size_t next;	 /* offset in it */
};

static int here(const struct walk *walk)
{
	return walk->depth > 0 ? walk->folders[walk->depth - 1] : walk->root;
}

static void go_up(struct walk *walk)
{
	if (walk->depth > 0)
		(void)close(walk->folders[--walk->depth]);
}

static void go_to_root(struct walk *walk)
{
	while (walk->depth > 0)
		go_up(walk);
}

/* Takes the next name; NULL when there is none. "" and "." are skipped. */
static char *next_name(struct walk *walk, bool *out_is_last)
{
	const char *name = walk->rest.bytes + walk->next;
	size_t length;
	char *copy;

	name += strspn(name, "/");
	length = strcspn(name, "/");
	walk->next = (size_t)(name - walk->rest.bytes) + length;
	*out_is_last = name[length + strspn(name + length, "/")] == '\0';
	if (length == 0)
		return NULL;
	copy = strndup(name, length);
	return copy;
}

/* Puts the target of a link in front of what is left. */
static int follow(struct walk *walk, const char *target)
{
	struct str rest = STR_EMPTY;

	if (++walk->links > LINKS_MOST) {
		errno = ELOOP;
		return -1;
	}
	if (target[0] == '/')
		go_to_root(walk);
	str_addf(&rest, "%s/%s", target, walk->rest.bytes + walk->next);
	str_clear(&walk->rest);
	walk->rest = rest;
	walk->next = 0;
	if (rest.length > 16 * (size_t)PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

static int enter(struct walk *walk, int folder)
{
	if (walk->depth == DEPTH_MOST) {
		(void)close(folder);
		errno = ENAMETOOLONG;
		return -1;
	}
	walk->folders[walk->depth++] = folder;
	return 0;
}

/* Takes one name that is not the last one, or is the last and may be a link to follow.
 * Returns 1 when @name, in here(), is the thing that was looked for. */
static int step(struct walk *walk, const char *name, bool is_last, bool keep_link)
{
	char target[PATH_MAX];
	ssize_t length;
	int fd;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		go_up(walk);
		return 0;
	}
	if (is_last && keep_link)
		return 1;
	length = readlinkat(here(walk), name, target, sizeof(target) - 1);
	if (length >= 0) {
		target[length] = '\0';
		return follow(walk, target);
	}
	if (errno != EINVAL)
		return -1;
	if (is_last)
		return 1;
	fd = openat(here(walk), name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : enter(walk, fd);
}

/* Walks to the folder that the last name is in. @out_name: that name, or "." when the
 * path ends in a folder that was entered. Returns 0 or -1 with errno set. */
static int walk_to(struct walk *walk, bool keep_link, char **out_name)
{
	bool is_last;
	int result;

	for (;;) {
		autofree char *name = next_name(walk, &is_last);

		if (name == NULL) {
			*out_name = str_copy(".");
			return 0;
		}
		result = step(walk, name, is_last, keep_link);
		if (result < 0)
			return -1;
		if (result == 1) {
			*out_name = str_copy(name);
			return 0;
		}
	}
}

static void walk_begin(struct walk *walk, int root_fd, const char *path)
{
	*walk = (struct walk){.root = root_fd, .rest = STR_EMPTY};
	str_add(&walk->rest, path);
}

static void walk_end(struct walk *walk)
{
	const int kept = errno;

	go_to_root(walk);
	str_clear(&walk->rest);
	errno = kept;
}

int sys_root_open(int root_fd, const char *path, int flags, struct error *err)
{
	autofree char *name = NULL;
	struct walk walk;
	int fd = -1;

	walk_begin(&walk, root_fd, path);
	if (walk_to(&walk, false, &name) == 0)
		fd = openat(here(&walk), name,
			    flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	walk_end(&walk);
	return fd >= 0 ? fd : error_sys(err, "open '%s'", path);
}

/* To open a device can do something; so what is there is looked at first. */
static int check_regular(int root_fd, const char *path, struct error *err)
{
	autoclose int fd = sys_root_open(root_fd, path, O_PATH, err);
	struct stat info;

	if (fd < 0)
		return -1;
	if (fstat(fd, &info) != 0)
		return error_sys(err, "look at '%s'", path);
	if (!S_ISREG(info.st_mode))
		return error_set(err, ERROR_INPUT, "'%s' is no regular file", path);
	return 0;
}

int sys_root_read(int root_fd, const char *path, size_t most, struct str *out,
		  struct error *err)
{
	char block[4096];
	ssize_t length;
	size_t left = most;

	if (check_regular(root_fd, path, err) != 0)
		return -1;
	autoclose int fd = sys_root_open(root_fd, path, O_RDONLY, err);

	if (fd < 0)
		return -1;
	while (left > 0) {
		length = read(fd, block, left < sizeof(block) ? left : sizeof(block));
		if (length < 0)
			return error_sys(err, "read '%s'", path);
		if (length == 0)
			break;
		str_add_bytes(out, block, (size_t)length);
		left -= (size_t)length;
	}
	return 0;
}

int sys_root_link(int root_fd, const char *path, struct str *out, struct error *err)
{
	autofree char *name = NULL;
	char target[PATH_MAX];
	ssize_t length = -1;
	struct walk walk;

	walk_begin(&walk, root_fd, path);
	if (walk_to(&walk, true, &name) == 0)
		length = readlinkat(here(&walk), name, target, sizeof(target));
	walk_end(&walk);
	if (length < 0)
		return error_sys(err, "read the link '%s'", path);
	str_add_bytes(out, target, (size_t)length);
	return 0;
}
