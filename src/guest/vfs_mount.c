/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_mount.c - a mount that has no place: only our descriptor leads to it, and when that is
 * closed, even by the end of this program, it is gone. */
#define _GNU_SOURCE
#include "guest/vfs_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/vfs_aside.h"
#include "sys/letter.h"

static int set_option(int context, const char *option)
{
	autofree char *key = str_copy(option);
	char *value = strchr(key, '=');

	if (value == NULL)
		return fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0);
	*value++ = '\0';
	return fsconfig(context, FSCONFIG_SET_STRING, key, value, 0);
}

/* Returns a descriptor, or -1 with errno set. */
static int mount_new(const char *device, const char *type, const char *const *options,
		     enum vfs_mount_mode mode)
{
	const unsigned read_only = mode == VFS_MOUNT_WRITE ? 0 : MOUNT_ATTR_RDONLY;
	autoclose int context = fsopen(type, FSOPEN_CLOEXEC);
	size_t i;

	if (context < 0 ||
	    fsconfig(context, FSCONFIG_SET_STRING, "source", device, 0) != 0)
		return -1;
	if (mode == VFS_MOUNT_READ &&
	    fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) != 0)
		return -1;
	for (i = 0; options[i] != NULL; i++)
		if (set_option(context, options[i]) != 0)
			return -1;
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC,
		       read_only | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			       MOUNT_ATTR_NOSUID);
}

/* What the child of mount_old is to do; made before it, for it only makes system calls. */
struct old_plan {
	const char *device, *type, *options;
	enum vfs_mount_mode mode;
};

/* In the child: mounts in a namespace of its own. Returns a descriptor of the root or -1. */
static int mount_apart(const struct old_plan *plan)
{
	static const char place[] = "/proc"; /* any folder that is there for certain */
	const unsigned long flags =
		MS_NODEV | MS_NOEXEC | MS_NOSUID |
		(plan->mode != VFS_MOUNT_READ ? 0 : (unsigned long)MS_RDONLY);

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(plan->device, place, plan->type, flags, plan->options) != 0)
		return -1;
	return open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The errno of a mount that failed, or the root. */
static void send_root(int to, int root)
{
	const int os = root < 0 ? errno : 0;

	/* when it fails there is nobody who could be told */
	if (sys_letter_send(to, &os, sizeof(os), root) != 0)
		_exit(1);
}

static int take_root(int from)
{
	int os = 0, root = -1;

	if (sys_letter_take(from, &os, sizeof(os), &root) == 0 && root < 0)
		errno = os;
	return root;
}

/* Before Linux 5.2 a mount needs a place: a child that is no program of its own makes a mount
 * namespace for it, sends us the root and ends; what it mounted lives on in our descriptor. */
static int mount_old(const struct old_plan *plan)
{
	int ends[2];
	int root, kept;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		send_root(ends[1], mount_apart(plan));
		_exit(0);
	}
	kept = errno;
	(void)close(ends[1]);
	root = child > 0 ? take_root(ends[0]) : -1;
	if (child > 0)
		kept = errno;
	(void)close(ends[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	errno = kept;
	return root;
}

static int fail(const char *type, struct error *err)
{
	if (errno == EPERM || errno == EACCES)
		return error_set(err, ERROR_PARTIAL,
				 "%s is read by the kernel, and only root may mount it",
				 type);
	if (errno == ENODEV)
		return error_set(err, ERROR_PARTIAL, "this kernel has no %s", type);
	return error_sys(err, "mount it as %s", type);
}

int vfs_mount_open(const char *device, const char *type, const char *const *options,
		   enum vfs_mount_mode mode, struct error *err)
{
	struct old_plan plan = {.device = device, .type = type, .mode = mode};
	struct str autostr text = STR_EMPTY;
	size_t i;
	int root;

	if (vfs_aside_is_there())
		return vfs_aside_mount(device, type, options, mode, err);
	root = mount_new(device, type, options, mode);
	if (root < 0 && errno == ENOSYS) {
		for (i = 0; options[i] != NULL; i++) {
			/* the old call cannot have it in a value */
			if (strchr(options[i], ',') != NULL)
				return error_set(err, ERROR_PARTIAL,
						 "a name with a comma cannot be mounted");
			str_addf(&text, "%s%s", i > 0 ? "," : "", options[i]);
		}
		plan.options = text.bytes;
		root = mount_old(&plan);
	}
	return root >= 0 ? root : fail(type, err);
}
