/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_folder.c - a folder of the host as a guest's root. A node is an O_PATH descriptor: what it
 * leads to is looked at before it is opened, and the kernel follows no link for us, for
 * vfs_walk.c takes one name at a time. sys/root.h does the same walk, but cannot cross to what
 * is attached. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_back.h"
#include "guest/vfs_folder_write.h"

static int folder_find(struct vfs *vfs, uint64_t folder, const char *name, uint64_t *out,
		       struct error *err)
{
	const int fd = openat((int)folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	(void)vfs;
	if (fd < 0)
		return error_sys(err, "find '%s'", name);
	*out = (uint64_t)fd;
	return 0;
}

static int folder_stat(struct vfs *vfs, uint64_t node, struct vfs_stat *out,
		       struct error *err)
{
	struct stat info;

	(void)vfs;
	if (fstat((int)node, &info) != 0)
		return error_sys(err, "look at it");
	*out = (struct vfs_stat){.kind = vfs_kind_of(info.st_mode),
				 .mode = info.st_mode,
				 .uid = info.st_uid,
				 .gid = info.st_gid,
				 .size_bytes = (uint64_t)info.st_size,
				 .mtime_s = info.st_mtime};
	return 0;
}

static int folder_readlink(struct vfs *vfs, uint64_t node, struct str *out,
			   struct error *err)
{
	char target[PATH_MAX];
	const ssize_t length = readlinkat((int)node, "", target, sizeof(target));

	(void)vfs;
	if (length < 0)
		return error_sys(err, "read the link");
	str_add_bytes(out, target, (size_t)length);
	return 0;
}

/* The kind of an entry; file systems that do not keep it in the folder are asked. */
static enum vfs_kind entry_kind(int folder, const struct dirent *entry)
{
	struct stat info;

	if (entry->d_type != DT_UNKNOWN)
		return vfs_kind_of((uint32_t)DTTOIF(entry->d_type));
	if (fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return VFS_OTHER;
	return vfs_kind_of(info.st_mode);
}

static int list_stream(DIR *stream, struct vfs_names *out, struct error *err)
{
	const struct dirent *entry;

	for (errno = 0; (entry = readdir(stream)) != NULL; errno = 0)
		if (vfs_names_add(out, entry->d_name, strlen(entry->d_name),
				  entry_kind(dirfd(stream), entry), 0, err) != 0)
			return -1;
	return errno != 0 ? error_sys(err, "list it") : 0;
}

static int folder_list(struct vfs *vfs, uint64_t folder, struct vfs_names *out,
		       struct error *err)
{
	const int fd = openat((int)folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	int result;

	(void)vfs;
	if (stream == NULL) {
		(void)error_sys(err, "list it");
		own_close(&fd);
		return -1;
	}
	result = list_stream(stream, out, err);
	(void)closedir(stream);
	return result;
}

/* Opens what an O_PATH descriptor holds, which is a regular file: no other way leads to the
 * same inode for certain. */
static int reopen(int node, struct error *err)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? fd : error_sys(err, "open it");
}

static int folder_stream(struct vfs *vfs, uint64_t file, vfs_take *take, void *data,
			 struct error *err)
{
	autofree char *piece = mem_zero(1, VFS_PIECE_BYTES);
	autoclose int fd = reopen((int)file, err);
	ssize_t length;
	int result;

	(void)vfs;
	if (fd < 0)
		return -1;
	while ((length = read(fd, piece, VFS_PIECE_BYTES)) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return error_sys(err, "read it");
		result = take(piece, (size_t)length, data, err);
		if (result != 0)
			return result < 0 ? -1 : 0;
	}
	return 0;
}

static void folder_put(struct vfs *vfs, uint64_t node)
{
	(void)vfs;
	(void)close((int)node); /* nothing was written */
}

static void folder_close(struct vfs *vfs)
{
	(void)close((int)vfs->root);
	free(vfs);
}

static const struct vfs_ops folder_ops = {
	.find = folder_find,
	.stat = folder_stat,
	.readlink = folder_readlink,
	.list = folder_list,
	.stream = folder_stream,
	.put = folder_put,
	.close = folder_close,
};

int vfs_open_folder(int root_fd, struct vfs **out, struct error *err)
{
	struct stat info;
	struct vfs *vfs;

	if (fstat(root_fd, &info) != 0)
		return error_sys(err, "look at the root");
	if (!S_ISDIR(info.st_mode))
		return error_set(err, ERROR_INPUT, "a root must be a folder");
	vfs = mem_zero(1, sizeof(*vfs));
	*vfs = (struct vfs){.ops = &folder_ops,
			    .type = "folder",
			    .root = (uint64_t)root_fd,
			    .warning = STR_EMPTY,
			    .device = STR_EMPTY,
			    .prepare = folder_prepare};
	*out = vfs;
	return 0;
}
