/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/signals.h"

enum { BLOCK = 65536 };

/* Wait for what is no file, where a signal is seen, and read. Returns: as read(2) */
static ssize_t read_some(int fd, bool is_waited_for, char *block, size_t room)
{
	struct pollfd there = {.fd = fd, .events = POLLIN};

	if (is_waited_for && ppoll(&there, 1, NULL, sys_signals_waiting()) < 0)
		return -1;
	return read(fd, block, room);
}

int sys_file_read(int dir_fd, const char *path, size_t most, struct str *out,
		  struct error *err)
{
	autoclose int fd =
		openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	autostr struct str bytes = STR_EMPTY;
	bool is_waited_for;
	char block[4096];
	struct stat there;
	ssize_t length;

	if (fd < 0 || fstat(fd, &there) != 0)
		return error_sys(err, "open '%s'", path);
	is_waited_for = !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
	while ((length = read_some(fd, is_waited_for, block, sizeof(block))) != 0) {
		if (length < 0 && sys_signals_came() != 0)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (length < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (length < 0)
			return error_sys(err, "read '%s'", path);
		if (bytes.length + (size_t)length > most)
			return error_set(err, ERROR_INPUT,
					 "'%s' is longer than %zu bytes", path, most);
		str_add_bytes(&bytes, block, (size_t)length);
	}
	str_add_bytes(out, bytes.bytes, bytes.length);
	return 0;
}

int sys_fd_write(int fd, const void *bytes, size_t length, struct error *err)
{
	const char *next = bytes;
	ssize_t written;

	while (length > 0) {
		written = write(fd, next, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_sys(err, "write");
		next += written;
		length -= (size_t)written;
	}
	return 0;
}

int sys_file_check_writable(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *folder = NULL;
	struct stat there;
	const bool exists = stat(path, &there) == 0;

	if (path[0] == '\0' || (slash != NULL && slash[1] == '\0') ||
	    (exists && S_ISDIR(there.st_mode)))
		return error_set(err, ERROR_SYSTEM,
				 "'%s' is a folder, or no name of a file", path);
	if (exists && !S_ISREG(there.st_mode))
		return access(path, W_OK) == 0 ? 0 : error_sys(err, "'%s'", path);
	folder =
		slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : str_copy(".");
	if (folder == NULL || access(folder, W_OK) != 0)
		return error_sys(err, "'%s'", path);
	return 0;
}

static int begin_directly(const char *path, struct sys_file_new *out, struct error *err)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_sys(err, "open '%s' for writing", path);
	*out = (struct sys_file_new){.fd = fd, .path = str_copy(path)};
	return 0;
}

/* Room that a file system cannot promise is seen to be missing when it is used. */
static int keep_room(int fd, size_t room_bytes, struct error *err)
{
	if (room_bytes == 0 ||
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)room_bytes) == 0 ||
	    errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	return error_sys(err, "keep room");
}

int sys_file_begin(const char *path, size_t room_bytes, struct sys_file_new *out,
		   struct error *err)
{
	struct sys_file_new file = {.fd = -1};
	const mode_t mask = umask(0);
	struct stat there;

	(void)umask(mask);
	if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
		return begin_directly(path, out, err);
	if (asprintf(&file.temporary, "%s.XXXXXX", path) < 0)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	file.fd = mkostemp(file.temporary, O_CLOEXEC);
	if (file.fd < 0) {
		(void)error_sys(err, "create '%s'", path);
		free(file.temporary);
		return -1;
	}
	file.path = str_copy(path);
	(void)fchmod(file.fd,
		     0666 & ~mask); /* mkostemp made it private; as open(2) would have */
	if (keep_room(file.fd, room_bytes, err) != 0) {
		sys_file_drop(&file);
		return error_frame(err, "'%s'", path);
	}
	*out = file;
	return 0;
}

/* What was kept and not used is given back. */
static int write_and_flush(int fd, const void *bytes, size_t length, struct error *err)
{
	if (sys_fd_write(fd, bytes, length, err) != 0)
		return -1;
	if (ftruncate(fd, (off_t)length) != 0 || fsync(fd) != 0)
		return error_sys(err, "flush");
	return 0;
}

static int finish(struct sys_file_new *file, const void *bytes, size_t length,
		  struct error *err)
{
	if (file->temporary == NULL)
		return sys_fd_write(file->fd, bytes, length, err);
	if (write_and_flush(file->fd, bytes, length, err) != 0)
		return -1;
	if (rename(file->temporary, file->path) != 0)
		return error_sys(err, "rename");
	free(file->temporary);
	file->temporary = NULL;
	return 0;
}

int sys_file_finish(struct sys_file_new *file, const void *bytes, size_t length,
		    struct error *err)
{
	int result = finish(file, bytes, length, err);

	if (result != 0)
		(void)error_frame(err, "'%s'", file->path);
	sys_file_drop(file);
	return result;
}

void sys_file_drop(struct sys_file_new *file)
{
	if (file->temporary != NULL)
		(void)unlink(file->temporary); /* nobody knows its name */
	if (file->fd >= 0)
		(void)close(file->fd); /* flushed, or of no use any more */
	free(file->temporary);
	free(file->path);
	*file = SYS_FILE_NONE;
}

int sys_file_write(const char *path, const void *bytes, size_t length, struct error *err)
{
	struct sys_file_new file = SYS_FILE_NONE;

	if (sys_file_begin(path, 0, &file, err) != 0)
		return -1;
	return sys_file_finish(&file, bytes, length, err);
}

int sys_dir_make_above(const char *path, mode_t mode, struct error *err)
{
	autofree char *folder = str_copy(path);
	char *slash;

	for (slash = strchr(folder + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, mode) != 0 && errno != EEXIST)
			return error_sys(err, "make the folder '%s'", folder);
		*slash = '/';
	}
	return 0;
}

int sys_file_copy(const char *from, int to_fd, const char *to_name, mode_t mode,
		  struct error *err)
{
	autoclose int in = open(from, O_RDONLY | O_CLOEXEC);
	autofree char *block = mem_zero(BLOCK, 1);
	ssize_t length;
	int out;

	if (in < 0)
		return error_sys(err, "open '%s'", from);
	out = openat(to_fd, to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0)
		return error_sys(err, "create '%s'", to_name);
	while ((length = read(in, block, BLOCK)) > 0) {
		if (sys_fd_write(out, block, (size_t)length, err) != 0) {
			(void)close(out);
			return error_frame(err, "copy '%s'", from);
		}
	}
	if (close(out) != 0 || length < 0)
		return error_sys(err, "copy '%s'", from);
	return 0;
}

int sys_dir_make_temporary(const char *parent, char **out, struct error *err)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/moult-XXXXXX", parent);
	if (mkdtemp(path.bytes) == NULL)
		return error_sys(err, "make a folder in '%s'", parent);
	*out = str_copy(path.bytes);
	return 0;
}

static int first_errno;
static char first_path[512];

static int remove_one(const char *path, const struct stat *info, int type,
		      struct FTW *place)
{
	(void)info;
	(void)place;
	if ((type == FTW_DP ? rmdir(path) : unlink(path)) != 0 && first_errno == 0) {
		first_errno = errno;
		(void)snprintf(first_path, sizeof(first_path), "%s", path);
	}
	return 0;
}

int sys_dir_remove(const char *path, struct error *err)
{
	first_errno = 0;
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0)
		return error_sys(err, "remove '%s'", path);
	if (first_errno == 0)
		return 0;
	errno = first_errno;
	return error_sys(err, "remove '%s'", first_path);
}

static int hash_fd(int fd, EVP_MD_CTX *hash, struct error *err)
{
	autofree unsigned char *block = mem_zero(BLOCK, 1);
	ssize_t length;

	while ((length = read(fd, block, BLOCK)) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return error_sys(err, "read");
		if (EVP_DigestUpdate(hash, block, (size_t)length) != 1)
			return error_set(err, ERROR_SYSTEM, "libcrypto refused to hash");
	}
	return 0;
}

int sys_file_sha256(const char *path, char out[65], struct error *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0, i;
	EVP_MD_CTX *hash;
	int result = -1;

	if (fd < 0)
		return error_sys(err, "open '%s'", path);
	hash = EVP_MD_CTX_new();
	if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		(void)error_set(err, ERROR_SYSTEM, "libcrypto has no SHA-256");
	else if (hash_fd(fd, hash, err) != 0)
		(void)error_frame(err, "'%s'", path);
	else
		result = EVP_DigestFinal_ex(hash, digest, &length) == 1 ? 0 : -1;
	EVP_MD_CTX_free(hash);
	for (i = 0; result == 0 && i < length; i++)
		(void)snprintf(out + 2 * (size_t)i, 3, "%02x", (unsigned)digest[i]);
	return result;
}
