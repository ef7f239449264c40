/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "disk/target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/target_busy.h"
#include "disk/target_scan.h"

enum { FILE_SECTOR_BYTES = 512 };

const char *const target_use_names[USE_COUNT] = {
	[USE_MOUNT] = "mounted",    [USE_SWAP] = "swap",      [USE_HOLDER] = "held",
	[USE_LOOP] = "loop device", [USE_PROGRAM] = "opened", [USE_LOCK] = "locked",
};

static int open_root(struct error *err)
{
	const int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : error_sys(err, "open '/'");
}

static int read_device(int fd, struct target *target, struct error *err)
{
	int sector = 0, read_only = 0;

	if (ioctl(fd, BLKGETSIZE64, &target->size_bytes) != 0 ||
	    ioctl(fd, BLKSSZGET, &sector) != 0 || ioctl(fd, BLKROGET, &read_only) != 0)
		return error_sys(err, "ask what '%s' is", target->path);
	target->sector_bytes = (unsigned)sector;
	target->is_read_only = read_only != 0;
	return 0;
}

static void read_file(const struct stat *info, struct target *target)
{
	target->size_bytes = (uint64_t)info->st_size;
	target->sector_bytes = FILE_SECTOR_BYTES;
	target->inode = info->st_ino;
	target->is_read_only = access(target->path, W_OK) != 0;
}

static int look_into(const struct stat *info, struct target *target, struct error *err)
{
	autoclose int root = open_root(err);
	autoclose int fd = -1;

	if (root < 0)
		return -1;
	fd = open(target->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "open '%s'", target->path);
	if (target->kind == TARGET_DEVICE && read_device(fd, target, err) != 0)
		return -1;
	if (target->kind == TARGET_FILE)
		read_file(info, target);
	target_read_system(root, target);
	target_read_busy(root, fd, target);
	return 0;
}

int target_look(const char *path, bool is_file, struct target *out, struct error *err)
{
	struct target target = {0};
	struct stat info;
	int result = 0;

	if (stat(path, &info) != 0)
		return error_sys(err, "look at '%s'", path);
	if (S_ISBLK(info.st_mode))
		target.kind = TARGET_DEVICE;
	else if (S_ISREG(info.st_mode))
		target.kind = TARGET_FILE;
	target.device = target.kind == TARGET_DEVICE ? info.st_rdev : info.st_dev;
	target.path = str_copy(path);
	target.real = realpath(path, NULL);
	if (target.real == NULL)
		result = error_sys(err, "look at '%s'", path);
	else if (target.kind == TARGET_DEVICE || (target.kind == TARGET_FILE && is_file))
		result = look_into(&info, &target, err);
	if (result != 0)
		target_clear(&target);
	else
		*out = target;
	return result;
}

bool target_holds_path(int root_fd, const struct target *target, const char *path,
		       dev_t device)
{
	const struct system_mount *mount;
	struct target_scan scan;
	bool holds;

	target_scan(root_fd, target, &scan);
	mount = system_mount_of(&scan.mounts, path);
	holds = target_scan_has(&scan, device) ||
		(target->kind == TARGET_DEVICE && device == target->whole) ||
		(scan.file != NULL && strcmp(scan.file, path) == 0) ||
		(mount != NULL && mount->is_on_target);
	target_scan_clear(&scan);
	return holds;
}

int target_is_same_file(const struct target *target, const char *path, bool *out,
			struct error *err)
{
	autofree char *real = realpath(path, NULL);
	struct stat info;
	dev_t device;

	if (real == NULL || stat(path, &info) != 0)
		return error_sys(err, "look at '%s'", path);
	autoclose int root = open_root(err);

	if (root < 0)
		return -1;
	device = S_ISBLK(info.st_mode) ? info.st_rdev : info.st_dev;
	if (target->kind == TARGET_FILE && device == target->device &&
	    info.st_ino == target->inode)
		*out = true; /* by another name, too */
	else
		*out = target_holds_path(root, target, real, device);
	return 0;
}

char *target_confirm_id(const struct target *target, const char *table_id)
{
	const char *path = target->real != NULL ? target->real : target->path;
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	const char *const ids[] = {target->serial, target->wwn, table_id};
	size_t i;

	for (i = 0; target->kind != TARGET_FILE && i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] != NULL && ids[i][0] != '\0')
			return str_copy(ids[i]);
	return str_copy(base);
}

void target_clear(struct target *target)
{
	size_t i;

	for (i = 0; i < target->partition_count; i++)
		free(target->partitions[i].name);
	for (i = 0; i < target->use_count; i++) {
		free(target->uses[i].on);
		free(target->uses[i].name);
	}
	free(target->partitions);
	free(target->uses);
	free(target->path);
	free(target->real);
	free(target->name);
	free(target->serial);
	free(target->wwn);
	free(target->model);
	*target = (struct target){0};
}
