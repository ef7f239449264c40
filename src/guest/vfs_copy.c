/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_copy.c - a private copy of a file system, for readers that need a file: holes stay holes. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/vfs_mount.h"
#include "sys/nameless.h"

/* SPARE: what is left to others in the folder. */
enum { PIECE_BYTES = 1 << 20, SPARE_BYTES = 64 << 20 };

static const char *folder(void)
{
	return sys_nameless_folder("/var/tmp");
}

static int count_data(struct blocks *blocks, uint64_t *out, struct error *err)
{
	struct blocks_extent extent;
	uint64_t at, total = 0;

	for (at = 0; at < blocks->size_bytes; at += extent.length_bytes) {
		if (blocks_extent_at(blocks, at, &extent, err) != 0)
			return -1;
		if (!extent.is_hole)
			total += extent.length_bytes;
	}
	*out = total;
	return 0;
}

static int check_room(struct blocks *blocks, int fd, uint64_t most, struct error *err)
{
	struct statvfs info;
	uint64_t data, room;

	if (count_data(blocks, &data, err) != 0)
		return -1;
	if (fstatvfs(fd, &info) != 0)
		return error_sys(err, "look at '%s'", folder());
	room = (uint64_t)info.f_bavail * info.f_frsize;
	if (data > most)
		return error_set(err, ERROR_PARTIAL,
				 "it would have to be copied, and %" PRIu64
				 " MiB are more than the %" PRIu64 " that are allowed",
				 data >> 20, most >> 20);
	if (room < SPARE_BYTES || data > room - SPARE_BYTES)
		return error_set(err, ERROR_PARTIAL,
				 "it would have to be copied, and '%s' has no room for "
				 "%" PRIu64 " MiB",
				 folder(), data >> 20);
	return 0;
}

static int write_at(int fd, uint64_t at, const char *bytes, size_t length,
		    struct error *err)
{
	ssize_t done;

	while (length > 0) {
		done = pwrite(fd, bytes, length, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_sys(err, "write a temporary file in '%s'", folder());
		at += (uint64_t)done;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

static int copy_data(struct blocks *blocks, int fd, uint64_t at, uint64_t length,
		     struct error *err)
{
	autofree char *piece = mem_zero(1, PIECE_BYTES);
	size_t part;

	for (; length > 0; at += part, length -= part) {
		part = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES;
		if (blocks_read(blocks, at, piece, part, err) != 0 ||
		    write_at(fd, at, piece, part, err) != 0)
			return -1;
	}
	return 0;
}

static int copy_all(struct blocks *blocks, int fd, struct error *err)
{
	struct blocks_extent extent;
	uint64_t at;

	if (ftruncate(fd, (off_t)blocks->size_bytes) != 0)
		return error_sys(err, "make a temporary file of %" PRIu64 " bytes",
				 blocks->size_bytes);
	for (at = 0; at < blocks->size_bytes; at += extent.length_bytes) {
		if (blocks_extent_at(blocks, at, &extent, err) != 0)
			return -1;
		if (!extent.is_hole &&
		    copy_data(blocks, fd, at, extent.length_bytes, err) != 0)
			return -1;
	}
	return 0;
}

int vfs_copy_blocks(struct blocks *blocks, uint64_t most, struct error *err)
{
	int fd = sys_nameless_open(folder(), err);

	if (fd < 0)
		return -1;
	if (check_room(blocks, fd, most, err) == 0 && copy_all(blocks, fd, err) == 0)
		return fd;
	(void)close(fd);
	return -1;
}
