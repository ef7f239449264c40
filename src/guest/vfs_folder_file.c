/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_folder_file.c - single files beneath a folder's descriptor. No link is followed; what is
 * opened was seen to be a regular file. */
#define _GNU_SOURCE
#include "guest/vfs_folder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/own.h"
#include "model/sink.h"
#include "sys/file.h"

enum { PIECE_BYTES = 4096, VALUE_MOST = 65536, LIST_MOST = 65536 };

static const char label_name[] = "security.selinux";

int folder_file_stat(int folder, const char *name, struct stat *out, struct error *err)
{
	struct stat info;

	if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return error_sys(err, "look at '%s'", name);
	*out = info;
	return 0;
}

/* The name of a file for calls that take no descriptor of its folder. */
static void path_of(int folder, const char *name, struct str *out)
{
	str_addf(out, "/proc/self/fd/%d/%s", folder, name);
}

/* Opens a regular file, and nothing else. */
static int open_regular(int folder, const char *name, int flags, struct error *err)
{
	const int fd = openat(folder, name,
			      flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat info;

	if (fd < 0)
		return error_sys(err, "open '%s'", name);
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
		return fd;
	(void)close(fd);
	return error_set(err, ERROR_REFUSED, "'%s' is no regular file", name);
}

/* Copies all that is left to an empty file; zeros become holes. */
static int copy_bytes(int from, int to, struct error *err)
{
	autofree char *piece = mem_zero(1, PIECE_BYTES);
	off_t total = 0;
	ssize_t length;

	while ((length = read(from, piece, PIECE_BYTES)) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return error_sys(err, "read");
		total += length;
		if (sink_is_zero(piece, (size_t)length)) {
			if (lseek(to, length, SEEK_CUR) < 0)
				return error_sys(err, "seek");
		} else if (sys_fd_write(to, piece, (size_t)length, err) != 0) {
			return -1;
		}
	}
	return ftruncate(to, total) == 0 ? 0 : error_sys(err, "set a file's length");
}

static int copy_attribute(int from, int to, const char *name, struct error *err)
{
	autofree char *value = mem_zero(1, VALUE_MOST);
	const ssize_t length = fgetxattr(from, name, value, VALUE_MOST);

	if (length < 0)
		return error_sys(err, "read the attribute '%s'", name);
	if (fsetxattr(to, name, value, (size_t)length, 0) != 0)
		return error_sys(err, "set the attribute '%s'", name);
	return 0;
}

static int copy_attributes(int from, int to, struct error *err)
{
	autofree char *names = mem_zero(1, LIST_MOST);
	const ssize_t length = flistxattr(from, names, LIST_MOST);
	const char *name;

	if (length < 0 && errno == ENOTSUP)
		return 0;
	if (length < 0)
		return error_sys(err, "list the attributes");
	for (name = names; name < names + length; name += strlen(name) + 1)
		if (copy_attribute(from, to, name, err) != 0)
			return -1;
	return 0;
}

/* Gives a new file the label of its folder, where that has one. */
static int copy_label(int folder, const char *name, struct error *err)
{
	struct str autostr from = STR_EMPTY, to = STR_EMPTY;
	autofree char *value = mem_zero(1, VALUE_MOST);
	ssize_t length;

	path_of(folder, ".", &from);
	path_of(folder, name, &to);
	length = lgetxattr(from.bytes, label_name, value, VALUE_MOST);
	if (length < 0)
		return 0;
	if (lsetxattr(to.bytes, label_name, value, (size_t)length, 0) != 0)
		return error_sys(err, "set the label of '%s'", name);
	return 0;
}

/* In this order: a new owner takes rights away, and attributes may be rights. */
static int set_owner(int fd, const struct edit_owner *owner, struct error *err)
{
	struct stat info;

	if (fstat(fd, &info) != 0)
		return error_sys(err, "look at the new file");
	if ((info.st_uid != owner->uid || info.st_gid != owner->gid) &&
	    fchown(fd, owner->uid, owner->gid) != 0)
		return error_sys(err, "give the new file to %u:%u", owner->uid,
				 owner->gid);
	if (fchmod(fd, owner->mode) != 0)
		return error_sys(err, "set the new file's mode");
	return 0;
}

/* Everything but content that the old file has. */
static int copy_rest(int folder, const char *name, const struct edit_change *change,
		     int to, struct error *err)
{
	autoclose int old = open_regular(folder, name, O_RDONLY, err);
	struct edit_owner owner = change->owner;
	struct stat info;

	if (old < 0)
		return -1;
	if (fstat(old, &info) != 0)
		return error_sys(err, "look at '%s'", name);
	if (!change->has_owner)
		owner = (struct edit_owner){.mode = info.st_mode & 07777u,
					    .uid = info.st_uid,
					    .gid = info.st_gid};
	if (set_owner(to, &owner, err) != 0)
		return -1;
	return copy_attributes(old, to, err);
}

static int fill(int folder, const char *name, const struct edit_change *change, int to,
		struct error *err)
{
	autoclose int old = -1;

	if (change->kind == EDIT_APPEND && !edit_change_is_new(change)) {
		old = open_regular(folder, name, O_RDONLY, err);
		if (old < 0 || copy_bytes(old, to, err) != 0)
			return -1;
	}
	return sys_fd_write(to, change->bytes.bytes, change->bytes.length, err);
}

static int finish(int fd, int64_t time_s, struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
					  {.tv_sec = (time_t)time_s}};

	if (futimens(fd, times) != 0)
		return error_sys(err, "set the new file's time");
	return fsync(fd) == 0 ? 0 : error_sys(err, "flush the new file");
}

int folder_file_change(int folder, const char *name, const struct edit_change *change,
		       int64_t time_s, struct error *err)
{
	const int how = change->kind == EDIT_APPEND ? O_APPEND : O_TRUNC;
	autoclose int fd = open_regular(folder, name, O_WRONLY | how, err);

	if (fd < 0 ||
	    sys_fd_write(fd, change->bytes.bytes, change->bytes.length, err) != 0 ||
	    (change->has_owner && set_owner(fd, &change->owner, err) != 0))
		return -1;
	return finish(fd, time_s, err);
}

static int make_spare(int folder, const char *spare, struct error *err)
{
	const int fd = openat(folder, spare,
			      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : error_sys(err, "make '%s'", spare);
}

int folder_file_make(int folder, const char *name, const char *spare,
		     const struct edit_change *change, int64_t time_s, struct error *err)
{
	autoclose int fd = make_spare(folder, spare, err);
	int result;

	if (fd < 0 || fill(folder, name, change, fd, err) != 0)
		return -1;
	if (edit_change_is_new(change))
		result = set_owner(fd, &change->owner, err) != 0
				 ? -1
				 : copy_label(folder, spare, err);
	else
		result = copy_rest(folder, name, change, fd, err);
	return result != 0 ? -1 : finish(fd, time_s, err);
}

int folder_file_make_other(int folder, const char *name, const struct edit_change *change,
			   struct error *err)
{
	const bool is_folder = change->kind == EDIT_FOLDER;
	struct stat info;

	if ((is_folder ? mkdirat(folder, name, change->owner.mode)
		       : symlinkat(change->bytes.bytes, folder, name)) != 0)
		return error_sys(err, "make '%s'", name);
	if (folder_file_stat(folder, name, &info, err) != 0)
		return -1;
	if ((info.st_uid != change->owner.uid || info.st_gid != change->owner.gid) &&
	    fchownat(folder, name, change->owner.uid, change->owner.gid,
		     AT_SYMLINK_NOFOLLOW) != 0)
		return error_sys(err, "give '%s' to %u:%u", name, change->owner.uid,
				 change->owner.gid);
	/* the process has a mask of its own */
	if (is_folder && fchmodat(folder, name, change->owner.mode, 0) != 0)
		return error_sys(err, "set the mode of '%s'", name);
	return copy_label(folder, name, err);
}

int folder_file_copy(int folder, const char *name, const char *spare, struct error *err)
{
	autoclose int old = open_regular(folder, name, O_RDONLY, err);
	autoclose int fd = old >= 0 ? make_spare(folder, spare, err) : -1;

	if (fd < 0 || copy_bytes(old, fd, err) != 0)
		return -1;
	return fsync(fd) == 0 ? 0 : error_sys(err, "flush '%s'", spare);
}

int folder_file_overwrite(int folder, const char *from, const char *name,
			  struct error *err)
{
	autoclose int source = open_regular(folder, from, O_RDONLY, err);
	autoclose int fd =
		source >= 0 ? open_regular(folder, name, O_WRONLY | O_TRUNC, err) : -1;

	if (fd < 0 || copy_bytes(source, fd, err) != 0)
		return -1;
	return fsync(fd) == 0 ? 0 : error_sys(err, "flush '%s'", name);
}
