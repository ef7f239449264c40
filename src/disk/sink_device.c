/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sink_device.c - a block device or a regular file that is written to. What a cheap way of
 * making zeros leaves behind is read back once before it is trusted: devices have been seen
 * that take the command and do nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/sink_hold.h"
#include "disk/sink_open.h"
#include "sys/aside.h"

enum {
	PROOF_BYTES = 256 * 1024,
	BEGUN_MOST = 4, /* reads at a time */
};

enum zeroing { ZEROING_UNPROVED, ZEROING_PROVED, ZEROING_NONE };

/* A read that was begun. */
struct begun {
	uint64_t offset;
	void *buffer;
	size_t length;
	int result;
	struct error err;
};

struct device {
	struct sink sink;
	struct sink_held held;
	bool is_writable;
	enum zeroing zeroing;
	char *path;
	struct aside *aside; /* reads what was begun; NULL: nothing was yet */
	struct begun begun[BEGUN_MOST];
	unsigned next_begun;
};

static int fail(const struct device *device, const char *what, uint64_t offset,
		size_t length, struct error *err)
{
	return error_sys(err, "%s %zu bytes at byte %llu of '%s'", what, length,
			 (unsigned long long)offset, device->path);
}

/* What the kernel has done, in whole sectors: O_DIRECT cannot go on elsewhere. Returns 0 when
 * it is to be tried again, and -1 when it cannot go on. */
static ssize_t take_done(const struct device *device, ssize_t done)
{
	if (done < 0)
		return errno == EINTR ? 0 : -1;
	done -= done % (ssize_t)device->sink.sector_bytes;
	if (done > 0)
		return done;
	errno = EIO; /* less than a sector, as beyond the end */
	return -1;
}

/* What a cache remembers of a file goes away before it is read: also with O_DIRECT, as btrfs
 * silently leaves it for what is not aligned to its blocks. Dirty pages of this range alone
 * must reach the medium for that, and nothing need be flushed. */
static int drop_cache(const struct device *device, uint64_t offset, size_t length,
		      struct error *err)
{
	const unsigned how = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			     SYNC_FILE_RANGE_WAIT_AFTER;
	const int fd = device->held.fd;

	if (sync_file_range(fd, (off_t)offset, (off_t)length, how) != 0 &&
	    (errno == EIO || fdatasync(fd) != 0))
		return fail(device, "bring to the medium", offset, length, err);
	(void)posix_fadvise(fd, (off_t)offset, (off_t)length, POSIX_FADV_DONTNEED);
	return 0;
}

static int read_medium(const struct device *device, uint64_t offset, void *buffer,
		       size_t length, struct error *err)
{
	unsigned char *next = buffer;
	ssize_t done;

	if (!(device->held.is_device && device->held.is_direct) &&
	    drop_cache(device, offset, length, err) != 0)
		return -1;
	while (length > 0) {
		done = pread(device->held.fd, next, length, (off_t)offset);
		done = take_done(device, done);
		if (done < 0)
			return fail(device, "read", offset, length, err);
		next += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

static void read_begun(void *data, void *job)
{
	struct begun *begun = job;

	begun->result = read_medium(data, begun->offset, begun->buffer, begun->length,
				    &begun->err);
}

/* Without a thread the read is made when it is asked for. */
static void device_ahead(struct sink *sink, uint64_t offset, void *buffer, size_t length)
{
	struct device *device = (struct device *)sink;
	struct begun *begun = &device->begun[device->next_begun];

	if (device->aside == NULL &&
	    aside_open(read_begun, device, BEGUN_MOST, &device->aside, NULL) != 0)
		return;
	if (aside_count(device->aside) == BEGUN_MOST)
		return;
	*begun = (struct begun){.offset = offset, .buffer = buffer, .length = length};
	device->next_begun = (device->next_begun + 1) % BEGUN_MOST;
	aside_give(device->aside, begun);
}

static void device_forget(struct sink *sink)
{
	struct device *device = (struct device *)sink;

	while (device->aside != NULL && aside_count(device->aside) > 0)
		(void)aside_take(device->aside);
}

/* One that asks for something else than what was begun forgets that. */
static int device_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
		       struct error *err)
{
	struct device *device = (struct device *)sink;
	const struct begun *begun;

	if (device->aside == NULL || aside_count(device->aside) == 0)
		return read_medium(device, offset, buffer, length, err);
	begun = aside_take(device->aside);
	if (begun->offset != offset || begun->buffer != buffer ||
	    begun->length != length) {
		device_forget(sink);
		return read_medium(device, offset, buffer, length, err);
	}
	if (begun->result != 0 && err != NULL)
		*err = begun->err;
	return begun->result;
}

static int device_write(struct sink *sink, uint64_t offset, const void *buffer,
			size_t length, struct error *err)
{
	const struct device *device = (struct device *)sink;
	const unsigned char *next = buffer;
	ssize_t done;

	while (length > 0) {
		done = pwrite(device->held.fd, next, length, (off_t)offset);
		done = take_done(device, done);
		if (done < 0)
			return fail(device, "write", offset, length, err);
		next += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

static int make_zeros(const struct device *device, uint64_t offset, uint64_t length)
{
	uint64_t range[2] = {offset, length};
	int result;

	do {
		if (device->held.is_device)
			result = ioctl(device->held.fd, BLKZEROOUT, range);
		else
			result = fallocate(device->held.fd,
					   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					   (off_t)offset, (off_t)length);
	} while (result != 0 && errno == EINTR);
	return result;
}

/* Returns 1 when the medium holds zeros alone there, 0 when not, or -1. */
static int holds_zeros(const struct device *device, uint64_t offset, size_t length,
		       struct error *err)
{
	autofree void *buffer = sink_buffer(PROOF_BYTES);
	size_t part;

	for (; length > 0; offset += part, length -= part) {
		part = length < PROOF_BYTES ? length : PROOF_BYTES;
		if (read_medium(device, offset, buffer, part, err) != 0)
			return -1;
		if (!sink_is_zero(buffer, part))
			return 0;
	}
	return 1;
}

/* Zeros that were there before prove nothing. */
static int prove_zeros(struct device *device, uint64_t offset, size_t length,
		       struct error *err)
{
	const int before = holds_zeros(device, offset, length, err);
	int after = 0;

	if (before < 0)
		return -1;
	if (make_zeros(device, offset, length) == 0)
		after = holds_zeros(device, offset, length, err);
	if (after < 0)
		return -1;
	if (after == 0)
		device->zeroing = ZEROING_NONE;
	else if (before == 0)
		device->zeroing = ZEROING_PROVED;
	return after == 0;
}

static int device_zero(struct sink *sink, uint64_t offset, size_t length,
		       struct error *err)
{
	struct device *device = (struct device *)sink;

	if (device->zeroing == ZEROING_UNPROVED)
		return prove_zeros(device, offset, length, err);
	if (device->zeroing == ZEROING_PROVED && make_zeros(device, offset, length) != 0)
		device->zeroing = ZEROING_NONE; /* a write tells what is wrong */
	return device->zeroing == ZEROING_NONE;
}

static int device_flush(struct sink *sink, struct error *err)
{
	const struct device *device = (struct device *)sink;

	while (fdatasync(device->held.fd) != 0)
		if (errno != EINTR)
			return error_sys(err, "flush '%s'", device->path);
	return 0;
}

static void device_close(struct sink *sink)
{
	struct device *device = (struct device *)sink;

	device_forget(sink);
	aside_close(device->aside);
	/* before Linux 4.9 BLKZEROOUT left the old bytes in the cache that others read by */
	if (device->held.is_device && device->is_writable)
		(void)ioctl(device->held.fd, BLKFLSBUF, 0);
	(void)close(device->held.fd); /* what counts was flushed, with its errors told */
	free(device->path);
	free(device);
}

static const struct sink_ops device_ops = {
	.read = device_read,
	.write = device_write,
	.zero = device_zero,
	.ahead = device_ahead,
	.forget = device_forget,
	.flush = device_flush,
	.close = device_close,
};

static const char *caveat_of(const struct sink_held *held)
{
	if (held->is_memory)
		return "the file lies in memory: there is no medium to read back from";
	if (!held->is_direct)
		return "no O_DIRECT here: read back after the cache was dropped";
	return NULL;
}

int sink_open_disk(const char *path, bool may_be_file, enum sink_mode mode,
		   struct sink **out, struct error *err)
{
	struct sink_held held;
	struct device *device;

	if (sink_hold_open(path, may_be_file, mode, &held, err) != 0)
		return -1;
	device = mem_zero(1, sizeof(*device));
	device->sink.ops = &device_ops;
	device->sink.size_bytes = held.size_bytes;
	device->sink.sector_bytes = held.sector_bytes;
	device->sink.caveat = caveat_of(&held);
	device->held = held;
	device->is_writable = mode != SINK_READ;
	device->path = str_copy(path);
	*out = &device->sink;
	return 0;
}
