/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.c - files and block devices as blocks; pipes as streams. Where a file has holes the
 * kernel tells by SEEK_DATA and SEEK_HOLE (lseek(2)). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/str.h"
#include "image/format.h"
#include "sys/signals.h"

struct file {
	struct blocks blocks;
	bool has_holes; /* cleared where the kernel does not tell */
};

static int file_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	unsigned char *next = buffer;
	ssize_t done;

	while (length > 0) {
		done = pread(blocks->fd, next, length, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return error_sys(err, "read");
		if (done == 0)
			return error_set(err, ERROR_INPUT,
					 "it became shorter while it was read");
		next += done;
		length -= (size_t)done;
		offset += (uint64_t)done;
	}
	return 0;
}

static int file_extent(struct blocks *blocks, uint64_t offset, struct blocks_extent *out,
		       struct error *err)
{
	struct file *file = (struct file *)blocks;
	const uint64_t left = blocks->size_bytes - offset;
	off_t data = (off_t)offset, end;

	(void)err;
	*out = (struct blocks_extent){left, false};
	if (!file->has_holes)
		return 0;
	data = lseek(blocks->fd, (off_t)offset, SEEK_DATA);
	if (data < 0 && errno == ENXIO) {
		out->is_hole = true;
		return 0;
	}
	if (data < 0) {
		file->has_holes = false;
		return 0;
	}
	out->is_hole = (uint64_t)data > offset;
	end = out->is_hole ? data : lseek(blocks->fd, data, SEEK_HOLE);
	if (end > (off_t)offset)
		out->length_bytes = (uint64_t)end - offset;
	return 0;
}

static void file_close(struct blocks *blocks)
{
	(void)close(blocks->fd); /* only read, or a spool that goes away */
	free(blocks);
}

static const struct blocks_ops file_ops = {
	.read = file_read,
	.extent = file_extent,
	.close = file_close,
};

struct blocks *file_open_blocks(int fd, uint64_t size_bytes, unsigned sector_bytes)
{
	struct file *file = mem_zero(1, sizeof(*file));

	file->blocks.ops = &file_ops;
	file->blocks.size_bytes = size_bytes;
	file->blocks.sector_bytes = sector_bytes;
	file->blocks.fd = fd;
	file->has_holes = sector_bytes == 0;
	return &file->blocks;
}

struct pipe_stream {
	struct stream stream;
	int fd;
};

static int pipe_next(struct stream *stream, void *buffer, size_t room,
		     struct stream_piece *out, struct error *err)
{
	const int fd = ((struct pipe_stream *)stream)->fd;
	ssize_t done;

	for (;;) {
		if (program_wait(fd, -1, -1, err) != 0)
			return -1;
		done = read(fd, buffer, room);
		if (done >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return error_sys(err, "read");
	}
	*out = (struct stream_piece){(uint64_t)done, false};
	return 0;
}

static void pipe_close(struct stream *stream)
{
	(void)close(((struct pipe_stream *)stream)->fd); /* only read */
	free(stream);
}

static const struct stream_ops pipe_ops = {
	.next = pipe_next,
	.close = pipe_close,
};

struct stream *file_open_stream(int fd)
{
	struct pipe_stream *pipe = mem_zero(1, sizeof(*pipe));

	pipe->stream.ops = &pipe_ops;
	pipe->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	pipe->fd = fd;
	return &pipe->stream;
}
