/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_open.c - which file system it is, by its content alone. */
#include "base/own.h"
#include "guest/vfs.h"
#include "guest/vfs_formats.h"

/* The superblock that lies deepest is that of btrfs, at 64 KiB. */
enum { START_BYTES = 68 << 10 };

/* FAT is the last: its sector says little, and those of others keep what a boot loader put
 * into theirs. */
static const struct vfs_format *const formats[] = {
	&vfs_format_ext,
	&vfs_format_xfs,
	&vfs_format_btrfs,
	&vfs_format_fat,
};

int vfs_open(struct blocks *blocks, struct vfs **out, struct error *err)
{
	autofree unsigned char *start = mem_zero(1, START_BYTES);
	const size_t length = blocks->size_bytes < START_BYTES
				      ? (size_t)blocks->size_bytes
				      : START_BYTES;
	size_t i;

	if (blocks_read(blocks, 0, start, length, err) != 0)
		return -1;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i]->is_it(start, length))
			return formats[i]->open(blocks, out, err);
	return error_set(err, ERROR_INPUT, "no file system that is known lies here");
}
