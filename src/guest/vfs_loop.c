/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_loop.c - a loop device that goes away by itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_aside.h"
#include "guest/vfs_mount.h"

/* How often another program may take the free device that we were told of. */
enum { TRIES = 64, SECTOR_BYTES = 512 };

static int fail(const char *what, struct error *err)
{
	if (errno == EACCES || errno == EPERM)
		return error_set(err, ERROR_PARTIAL,
				 "a loop device is needed, which only root may make");
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return error_set(err, ERROR_PARTIAL, "this kernel has no loop devices");
	return error_sys(err, "%s", what);
}

static bool is_old_kernel(void)
{
	return errno == EINVAL || errno == ENOTTY || errno == ENOSYS;
}

/* Before Linux 5.8: in two steps. What fails between them is undone. */
static int set_up_old(int device, int fd, const struct loop_info64 *info)
{
	int kept;

	if (ioctl(device, LOOP_SET_FD, fd) != 0)
		return -1;
	if (ioctl(device, LOOP_SET_STATUS64, info) == 0)
		return 0;
	kept = errno;
	(void)ioctl(device, LOOP_CLR_FD, 0);
	errno = kept;
	return -1;
}

static int set_up(int device, int fd, const struct loop_info64 *info)
{
	struct loop_config config = {.fd = (uint32_t)fd, .info = *info};

	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 0;
	return is_old_kernel() ? set_up_old(device, fd, info) : -1;
}

int vfs_loop_open(int fd, uint64_t offset, uint64_t size_bytes, bool is_writable,
		  char out_path[LOOP_PATH_BYTES], struct error *err)
{
	const struct loop_info64 info = {
		.lo_offset = offset,
		.lo_sizelimit = size_bytes - size_bytes % SECTOR_BYTES,
		.lo_flags = LO_FLAGS_AUTOCLEAR | (is_writable ? 0 : LO_FLAGS_READ_ONLY)};
	autoclose int control = -1;
	char path[LOOP_PATH_BYTES];
	int tries, number, device;

	if (vfs_aside_is_there())
		return vfs_aside_loop(fd, offset, size_bytes, is_writable, out_path, err);
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return fail("open '/dev/loop-control'", err);
	for (tries = 0; tries < TRIES; tries++) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		if (number < 0)
			return fail("find a free loop device", err);
		(void)snprintf(path, sizeof(path), "/dev/loop%d", number);
		device = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		if (device < 0)
			return fail("open a loop device", err);
		if (set_up(device, fd, &info) == 0) {
			memcpy(out_path, path, sizeof(path));
			return device;
		}
		own_close(&device);
		if (errno != EBUSY)
			return fail("set up a loop device", err);
	}
	return fail("set up a loop device", err);
}
