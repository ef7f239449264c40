/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "disk/target_busy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/target_scan.h"
#include "sys/lock.h"
#include "sys/root.h"

enum { LOCKS_MOST = 1 << 20 };

static char *name_process(int root_fd, long pid)
{
	autofree char *name = system_text(root_fd, "/proc/%ld/comm", pid);
	struct str text = STR_EMPTY;

	if (pid > 0)
		str_addf(&text, "%s (process %ld)", name != NULL ? name : "a program",
			 pid);
	else
		str_add(&text, "a program that could not be found");
	return text.bytes;
}

static void add(struct target *target, enum target_use_kind kind, char *name)
{
	const char *on = target->kind == TARGET_DEVICE ? target->name : target->real;

	target_add_use(&target->uses, &target->use_count, kind, str_copy(on), name);
}

/* Whether a descriptor of a process leads to the disk or a partition of it. Only nodes are
 * looked at: a file on a server that is gone would hold us. */
static bool is_open_as(int folder, const char *name, const struct target *target)
{
	char link[64];
	const ssize_t length = readlinkat(folder, name, link, sizeof(link) - 1);
	struct stat info;
	size_t i;

	if (length < 5 || memcmp(link, "/dev/", 5) != 0 ||
	    fstatat(folder, name, &info, 0) != 0 || !S_ISBLK(info.st_mode))
		return false;
	for (i = 0; i < target->partition_count; i++)
		if (info.st_rdev == target->partitions[i].device)
			return true;
	return info.st_rdev == target->device;
}

static bool has_open(int root_fd, const char *pid, const struct target *target)
{
	autostr struct str path = STR_EMPTY;
	size_t count, i;
	char **names;
	bool has = false;
	int folder;

	str_addf(&path, "/proc/%s/fd", pid);
	folder = sys_root_open(root_fd, path.bytes, O_RDONLY | O_DIRECTORY, NULL);
	names = system_names(root_fd, path.bytes, &count);
	for (i = 0; i < count && folder >= 0 && !has; i++)
		has = is_open_as(folder, names[i], target);
	system_free_names(names, count);
	if (folder >= 0)
		(void)close(folder); /* only read */
	return has;
}

/* Who has it open cannot be told to be who has it alone: all are named. */
static void add_programs(int root_fd, struct target *target)
{
	const size_t before = target->use_count;
	size_t count, i;
	char **names = system_names(root_fd, "/proc", &count);
	long pid;

	for (i = 0; i < count; i++) {
		pid = strtol(names[i], NULL, 10);
		if (pid > 0 && pid != getpid() && has_open(root_fd, names[i], target))
			add(target, USE_PROGRAM, name_process(root_fd, pid));
	}
	system_free_names(names, count);
	if (target->use_count == before)
		add(target, USE_PROGRAM, name_process(root_fd, 0));
}

static bool is_claim_known(const struct target *target)
{
	size_t i;

	for (i = 0; i < target->use_count; i++)
		if (target->uses[i].kind == USE_MOUNT ||
		    target->uses[i].kind == USE_SWAP ||
		    target->uses[i].kind == USE_HOLDER)
			return true;
	return false;
}

static void read_claim(int root_fd, struct target *target)
{
	const int flags = O_RDONLY | O_EXCL | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	const int fd = open(target->path, flags);

	if (fd >= 0)
		(void)close(fd); /* only tried */
	else if (errno == EBUSY && !is_claim_known(target))
		add_programs(root_fd, target);
}

/* 1: FLOCK  ADVISORY  WRITE 27560 fe:00:5310167 0 EOF */
static long find_locker(int root_fd, const struct stat *info)
{
	autostr struct str text = STR_EMPTY;
	unsigned high, low;
	unsigned long inode;
	char *rest, *line;
	long pid;

	if (sys_root_read(root_fd, "/proc/locks", LOCKS_MOST, &text, NULL) != 0)
		return 0;
	rest = text.bytes;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (sscanf(line, "%*u: %*s %*s %*s %ld %x:%x:%lu", &pid, &high, &low,
			   &inode) == 4 &&
		    makedev(high, low) == info->st_dev && inode == info->st_ino)
			return pid;
	return 0;
}

static void read_locks(int root_fd, int fd, struct target *target)
{
	struct flock other = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat info;

	if (fstat(fd, &info) != 0)
		return;
	if (sys_lock_try(fd, true) == 1)
		add(target, USE_LOCK, name_process(root_fd, find_locker(root_fd, &info)));
	/* QEMU's, which belong to no process: its pid is -1 */
	else if (fcntl(fd, F_GETLK, &other) == 0 && other.l_type != F_UNLCK)
		add(target, USE_LOCK, name_process(root_fd, other.l_pid));
}

void target_read_busy(int root_fd, int fd, struct target *target)
{
	if (target->kind == TARGET_DEVICE)
		read_claim(root_fd, target);
	read_locks(root_fd, fd, target);
}
