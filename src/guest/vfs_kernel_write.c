/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_kernel_write.c - edits of xfs and btrfs: the commit gives up the mount that was read from,
 * mounts the same bytes for writing, and edits a folder. */
#define _GNU_SOURCE
#include "guest/vfs_kernel_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_folder_write.h"
#include "guest/vfs_mount.h"

struct kernel_writer {
	struct edit_writer writer;
	struct vfs *vfs;
	const struct edit_changes *changes;
	struct folder_steps steps;
	int file, device, root; /* -1: closed */
};

static int open_file(const struct blocks *blocks, struct error *err)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", blocks->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 ? fd : error_sys(err, "open it for writing");
}

static int mount_it(struct kernel_writer *writer, const char *device, struct error *err)
{
	const char *options[3] = {NULL};
	struct str autostr subvolume = STR_EMPTY;
	size_t count = 0;

	if (strcmp(writer->vfs->type, "xfs") == 0)
		options[count++] = "nouuid";
	str_addf(&subvolume, "subvol=%s",
		 writer->vfs->subvolume != NULL ? writer->vfs->subvolume : "");
	if (writer->vfs->subvolume != NULL)
		options[count++] = subvolume.bytes;
	options[count] = NULL;
	return vfs_mount_open(device, writer->vfs->type, options, VFS_MOUNT_WRITE, err);
}

static int mount_again(struct kernel_writer *writer, struct error *err)
{
	const struct blocks *blocks = writer->vfs->blocks;
	char device[LOOP_PATH_BYTES];

	/* btrfs does not know itself apart on two devices */
	(void)close((int)writer->vfs->root);
	writer->vfs->root = (uint64_t)-1;
	writer->file = open_file(blocks, err);
	if (writer->file < 0)
		return -1;
	writer->device = vfs_loop_open(writer->file, blocks->fd_offset,
				       blocks->size_bytes, true, device, err);
	if (writer->device < 0)
		return -1;
	writer->root = mount_it(writer, device, err);
	return writer->root < 0 ? -1 : 0;
}

static int give(int *fd)
{
	const int kept = *fd;

	*fd = -1;
	return kept >= 0 ? close(kept) : 0;
}

/* Unmounts, and brings all to stable storage. */
static int unmount(struct kernel_writer *writer, struct error *err)
{
	int result = 0;

	if (writer->steps.count > 0 && syncfs(writer->steps.rows[0].folder) != 0)
		result = error_sys(err, "flush the file system");
	folder_steps_clear(&writer->steps);
	(void)give(&writer->root);
	(void)give(&writer->device);
	if (writer->file >= 0 && fsync(writer->file) != 0 && result == 0)
		result = error_sys(err, "flush what the file system lies in");
	(void)give(&writer->file);
	return result;
}

static int kernel_commit(struct edit_writer *base, struct error *err)
{
	struct kernel_writer *writer = (struct kernel_writer *)base;

	if (base->target.sink == NULL)
		return error_set(err, ERROR_REFUSED,
				 "nothing was named that it could be written to");
	if (mount_again(writer, err) != 0) {
		(void)unmount(writer, NULL);
		return -1;
	}
	writer->steps.root = writer->root;
	return folder_steps_do(&writer->steps, writer->changes, err);
}

static int kernel_undo(struct edit_writer *base, struct error *err)
{
	return folder_steps_undo(&((struct kernel_writer *)base)->steps, err);
}

static int kernel_settle(struct edit_writer *base, struct error *err)
{
	struct kernel_writer *writer = (struct kernel_writer *)base;

	return folder_steps_settle(&writer->steps, err) != 0 ? -1 : unmount(writer, err);
}

static void kernel_writer_close(struct edit_writer *base)
{
	(void)unmount((struct kernel_writer *)base, NULL);
	free(base);
}

static const struct edit_writer_ops kernel_writer_ops = {
	.commit = kernel_commit,
	.undo = kernel_undo,
	.settle = kernel_settle,
	.close = kernel_writer_close,
};

int kernel_prepare(struct vfs *vfs, const struct edit_changes *changes,
		   struct edit_writer **out, struct error *err)
{
	struct kernel_writer *writer;

	if (vfs->blocks->fd < 0)
		return error_set(
			err, ERROR_REFUSED,
			"%s is written by the kernel, and only in a raw image or on "
			"a disk",
			vfs->type);
	if (vfs_warning(vfs) != NULL)
		return error_set(err, ERROR_REFUSED, "%s", vfs_warning(vfs));
	writer = mem_zero(1, sizeof(*writer));
	writer->writer.ops = &kernel_writer_ops;
	writer->vfs = vfs;
	writer->changes = changes;
	writer->file = -1;
	writer->device = -1;
	writer->root = -1;
	*out = &writer->writer;
	return 0;
}
