/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spool.c - an unlinked sparse file for what cannot seek: zeros are left out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "image/spool.h"
#include "sys/nameless.h"

enum { ROOM_BYTES = 1 << 20, GRAIN_BYTES = 4096 };

#define ADVICE "set TMPDIR to a folder with more room"

static const char *folder_of(const struct image_options *options)
{
	return options->spool_folder != NULL ? options->spool_folder
					     : sys_nameless_folder("/tmp");
}

static int no_room(const char *folder, uint64_t wanted, struct error *err)
{
	return error_set(err, ERROR_PARTIAL,
			 "no room to spool %" PRIu64 " bytes in '%s': " ADVICE, wanted,
			 folder);
}

/* What is known to be too long is not begun. */
static int check_room(int fd, const char *folder, uint64_t length, struct error *err)
{
	struct statvfs there;

	if (length == STREAM_LENGTH_UNKNOWN || fstatvfs(fd, &there) != 0)
		return 0;
	if (length / there.f_frsize >= there.f_bavail)
		return no_room(folder, length, err);
	return 0;
}

static int write_at(int fd, const uint8_t *bytes, size_t length, uint64_t offset,
		    const char *folder, struct error *err)
{
	ssize_t done;

	while (length > 0) {
		done = pwrite(fd, bytes, length, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return no_room(folder, offset + length, err);
		if (done < 0)
			return error_sys(err, "write the spool");
		bytes += done;
		length -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

/* How much of the beginning is zeros, or how much is not: whole grains. */
static size_t same_run(const uint8_t *bytes, size_t length, bool *out_is_zero)
{
	static const uint8_t zeros[GRAIN_BYTES];
	size_t run = 0, grain;
	bool is_zero, first = false;

	while (run < length) {
		grain = length - run < GRAIN_BYTES ? length - run : GRAIN_BYTES;
		is_zero = memcmp(bytes + run, zeros, grain) == 0;
		if (run == 0)
			first = is_zero;
		if (is_zero != first)
			break;
		run += grain;
	}
	*out_is_zero = first;
	return run;
}

static int write_sparse(int fd, const uint8_t *bytes, size_t length, uint64_t offset,
			const char *folder, struct error *err)
{
	bool is_zero;
	size_t run;

	while (length > 0) {
		run = same_run(bytes, length, &is_zero);
		if (!is_zero && write_at(fd, bytes, run, offset, folder, err) != 0)
			return -1;
		bytes += run;
		length -= run;
		offset += run;
	}
	return 0;
}

/* Takes whole rooms, so that grains are aligned whatever the pieces were. */
static int copy(struct stream *stream, int fd, const char *folder, uint64_t *out_length,
		struct error *err)
{
	autofree uint8_t *room = mem_zero(ROOM_BYTES, 1);
	uint64_t offset = 0;
	size_t length;

	do {
		if (stream->hole_left >= ROOM_BYTES) {
			const uint64_t zeros =
				stream->hole_left & ~(uint64_t)(ROOM_BYTES - 1);

			stream->hole_left -= zeros;
			offset += zeros;
		}
		if (stream_read(stream, room, ROOM_BYTES, &length, err) != 0 ||
		    write_sparse(fd, room, length, offset, folder, err) != 0)
			return -1;
		offset += length;
	} while (length == ROOM_BYTES);
	*out_length = offset;
	return 0;
}

static int lengthen(int fd, uint64_t length, const char *folder, struct error *err)
{
	if (ftruncate(fd, (off_t)length) == 0)
		return 0;
	if (errno == EFBIG || errno == ENOSPC)
		return no_room(folder, length, err);
	return error_sys(err, "lengthen the spool");
}

int spool_stream(struct stream *stream, const struct image_options *options,
		 struct blocks **out, struct error *err)
{
	const char *folder = folder_of(options);
	autoclose int fd = sys_nameless_open(folder, err);
	uint64_t length;

	if (fd < 0 || check_room(fd, folder, stream->length_bytes, err) != 0 ||
	    copy(stream, fd, folder, &length, err) != 0)
		return -1;
	if (lengthen(fd, length, folder, err) != 0)
		return -1;
	*out = file_open_blocks(fd, length, 0);
	fd = -1;
	return 0;
}

int spool_open_part(const struct image_options *options, uint64_t size_bytes,
		    struct blocks **out, struct error *err)
{
	const char *folder = folder_of(options);
	autoclose int fd = sys_nameless_open(folder, err);

	if (fd < 0 || lengthen(fd, size_bytes, folder, err) != 0)
		return -1;
	*out = file_open_blocks(fd, size_bytes, 0);
	fd = -1;
	return 0;
}

int spool_put(const struct blocks *part, const struct image_options *options,
	      uint64_t offset, const void *bytes, size_t length, struct error *err)
{
	return write_sparse(part->fd, bytes, length, offset, folder_of(options), err);
}

/* A file that stands at its beginning can be read again without us. */
static bool is_readable_again(void)
{
	struct stat there;

	if (fstat(STDIN_FILENO, &there) != 0)
		return true; /* the one who opens it tells what is wrong */
	if (S_ISREG(there.st_mode))
		return lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
	return !S_ISFIFO(there.st_mode) && !S_ISSOCK(there.st_mode);
}

int spool_input(const struct image_options *options, struct error *err)
{
	struct blocks *spool = NULL;
	struct stream *stream;
	int fd, result;

	if (is_readable_again())
		return 0;
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return error_sys(err, "standard input");
	stream = file_open_stream(fd);
	result = spool_stream(stream, options, &spool, err);
	stream_close(stream);
	if (result != 0)
		return -1;
	if (dup2(spool->fd, STDIN_FILENO) < 0)
		result = error_sys(err, "put the spool in place of standard input");
	blocks_close(spool);
	return result;
}
