/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "disk/sink_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "model/sink.h"
#include "sys/lock.h"

enum { FILE_SECTOR_BYTES = 512, LOCK_TRIES = 30, LOCK_PAUSE_NS = 100 * 1000 * 1000 };

static int refuse_read_only(const char *path, struct error *err)
{
	return error_set(err, ERROR_REFUSED,
			 "'%s' is read-only; 'blockdev --setrw' or a mount with rw may "
			 "change that",
			 path);
}

static int refuse_open(const char *path, struct error *err)
{
	if (errno == EBUSY)
		return error_set(
			err, ERROR_REFUSED,
			"'%s' is in use: it is mounted, swap, or held by another "
			"program; end that use",
			path);
	if (errno == EROFS)
		return refuse_read_only(path, err);
	return error_sys(err, "open '%s'", path);
}

static int check_kind(const char *path, bool may_be_file, const struct stat *info,
		      struct error *err)
{
	if (S_ISBLK(info->st_mode) || (may_be_file && S_ISREG(info->st_mode)))
		return 0;
	if (S_ISREG(info->st_mode))
		return error_set(err, ERROR_REFUSED,
				 "'%s' is a file and no block device; --file takes one",
				 path);
	return error_set(err, ERROR_REFUSED, "'%s' is no block device%s", path,
			 may_be_file ? " and no regular file" : "");
}

enum { OPEN_FAILED = -1, OPEN_REPLACED = -2 };

/* A file is opened as what stat(2) saw: what was put in its place meanwhile is refused. */
static int open_as_seen(const char *path, int flags, const struct stat *seen)
{
	struct stat info;
	const int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return OPEN_FAILED;
	if (fstat(fd, &info) == 0 &&
	    (info.st_mode & S_IFMT) == (seen->st_mode & S_IFMT) &&
	    info.st_rdev == seen->st_rdev && info.st_ino == seen->st_ino &&
	    info.st_dev == seen->st_dev)
		return fd;
	(void)close(fd); /* nothing was written */
	return OPEN_REPLACED;
}

static int open_disk(const char *path, enum sink_mode mode, const struct stat *seen,
		     struct sink_held *held, struct error *err)
{
	int flags = mode != SINK_READ ? O_RDWR : O_RDONLY;

	if (mode == SINK_ALONE && S_ISBLK(seen->st_mode))
		flags |= O_EXCL;
	held->is_device = S_ISBLK(seen->st_mode);
	held->is_direct = true;
	held->fd = open_as_seen(path, flags | O_DIRECT, seen);
	if (held->fd == OPEN_FAILED && errno == EINVAL) {
		held->is_direct = false;
		held->fd = open_as_seen(path, flags, seen);
	}
	if (held->fd >= 0)
		return 0;
	if (held->fd == OPEN_REPLACED)
		return error_set(err, ERROR_REFUSED,
				 "'%s' was replaced while it was opened", path);
	return refuse_open(path, err);
}

/* udev holds a shared lock while it looks into a disk that somebody has just closed: that
 * passes, another moult does not. */
static int lock(int fd, const char *path, struct error *err)
{
	static const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	unsigned tries;
	int state;

	for (tries = 1; (state = sys_lock_try(fd, false)) != 0; tries++) {
		if (state < 0)
			return error_sys(err, "lock '%s'", path);
		if (tries == LOCK_TRIES)
			return error_set(
				err, ERROR_REFUSED,
				"another program holds '%s' (flock), maybe another "
				"moult; wait for it or end it",
				path);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* A read-only device may be opened for writing, and refuses the first write (seen on Linux
 * 6.18). */
static int measure_device(struct sink_held *held, const char *path, bool is_writable,
			  struct error *err)
{
	int sector = 0, read_only = 0;

	if (ioctl(held->fd, BLKGETSIZE64, &held->size_bytes) != 0 ||
	    ioctl(held->fd, BLKSSZGET, &sector) != 0 ||
	    ioctl(held->fd, BLKROGET, &read_only) != 0)
		return error_sys(err, "ask what '%s' is", path);
	if (is_writable && read_only != 0)
		return refuse_read_only(path, err);
	if (held->size_bytes == 0)
		return error_set(err, ERROR_REFUSED, "'%s' has no medium", path);
	if (sector < FILE_SECTOR_BYTES || sector > SINK_ALIGN_BYTES ||
	    held->size_bytes % (unsigned)sector != 0)
		return error_set(err, ERROR_REFUSED,
				 "'%s' has sectors of %d bytes, which is not supported",
				 path, sector);
	held->sector_bytes = (unsigned)sector;
	return 0;
}

/* Some file systems take O_DIRECT for larger blocks alone; the last sector tells. */
static int probe_direct(struct sink_held *held, const char *path, struct error *err)
{
	autofree void *buffer = sink_buffer(FILE_SECTOR_BYTES);
	const off_t at = (off_t)(held->size_bytes - FILE_SECTOR_BYTES);

	if (!held->is_direct || pread(held->fd, buffer, FILE_SECTOR_BYTES, at) >= 0 ||
	    errno != EINVAL)
		return 0; /* other errors come again where they can be told */
	if (fcntl(held->fd, F_SETFL, O_NONBLOCK) != 0)
		return error_sys(err, "open '%s' without O_DIRECT", path);
	held->is_direct = false;
	return 0;
}

static int measure_file(struct sink_held *held, const char *path, struct error *err)
{
	struct statfs system;
	struct stat info;

	if (fstat(held->fd, &info) != 0 || fstatfs(held->fd, &system) != 0)
		return error_sys(err, "ask for the size of '%s'", path);
	if (info.st_size == 0)
		return error_set(err, ERROR_REFUSED, "'%s' is empty", path);
	if (info.st_size % FILE_SECTOR_BYTES != 0)
		return error_set(
			err, ERROR_REFUSED,
			"'%s' has %lld bytes, which is no whole number of sectors of "
			"%d bytes; 'truncate -s %%%d' rounds it up",
			path, (long long)info.st_size, FILE_SECTOR_BYTES,
			FILE_SECTOR_BYTES);
	held->size_bytes = (uint64_t)info.st_size;
	held->sector_bytes = FILE_SECTOR_BYTES;
	/* tmpfs takes O_DIRECT since Linux 6.6, for nothing */
	held->is_memory = system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
	return probe_direct(held, path, err);
}

int sink_hold_open(const char *path, bool may_be_file, enum sink_mode mode,
		   struct sink_held *out, struct error *err)
{
	struct sink_held held = {.fd = -1};
	struct stat seen;
	int result;

	if (stat(path, &seen) != 0)
		return error_sys(err, "look at '%s'", path);
	if (check_kind(path, may_be_file, &seen, err) != 0 ||
	    open_disk(path, mode, &seen, &held, err) != 0)
		return -1;
	result = mode != SINK_READ ? lock(held.fd, path, err) : 0;
	if (result == 0)
		result = held.is_device
				 ? measure_device(&held, path, mode != SINK_READ, err)
				 : measure_file(&held, path, err);
	if (result != 0) {
		(void)close(held.fd); /* nothing was written */
		return -1;
	}
	*out = held;
	return 0;
}
