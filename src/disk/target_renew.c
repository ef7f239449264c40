/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/own.h"
#include "disk/target.h"

/* The kernel keeps the table of a disk in use; a partition that nobody uses can go alone. */
static void drop_partition(int fd, const char *path, uint64_t start_bytes)
{
	struct blkpg_partition part = {0};
	struct blkpg_ioctl_arg order = {
		.op = BLKPG_DEL_PARTITION, .datalen = sizeof(part), .data = &part};
	struct target target = {0};
	size_t i;

	if (target_look(path, false, &target, NULL) != 0)
		return;
	for (i = 0; i < target.partition_count; i++) {
		if (target.partitions[i].start_bytes != start_bytes)
			continue;
		part.pno = (int)target.partitions[i].number;
		(void)ioctl(fd, BLKPG, &order);
	}
	target_clear(&target);
}

void target_renew(const char *path, uint64_t gone_bytes)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && ioctl(fd, BLKRRPART) != 0 && errno == EBUSY && gone_bytes > 0)
		drop_partition(fd, path, gone_bytes);
}
