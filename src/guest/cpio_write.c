/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source: Documentation/driver-api/early-userspace/buffer-format.rst. */
#include "guest/cpio_write.h"

#include <string.h>
#include <sys/stat.h>

enum { HEADER_BYTES = 110, LEAST_ZEROS = 4 };

static const char zeros[8];

static void fill_up(struct str *out, size_t length)
{
	str_add_bytes(out, zeros, -length & 3);
}

void cpio_write_gap(struct str *out, uint64_t length)
{
	str_add_bytes(out, zeros, LEAST_ZEROS + (size_t)(-length & 3));
}

/* Numbers of inodes tell hard links apart where there are more names than one: here none has. */
static void add_member(struct str *out, const char *name, uint32_t mode,
		       const void *bytes, size_t length)
{
	const size_t name_bytes = strlen(name) + 1;
	const unsigned links = S_ISDIR(mode) ? 2 : 1;
	unsigned i;

	/* inode, mode, uid, gid, links, time, size; devices; length of the name, checksum */
	str_addf(out, "070701%08X%08X%08X%08X%08X%08X%08zX", 0U, mode, 0U, 0U, links, 0U,
		 length);
	for (i = 0; i < 4; i++)
		str_add(out, "00000000");
	str_addf(out, "%08zX00000000", name_bytes);
	str_add_bytes(out, name, name_bytes);
	fill_up(out, HEADER_BYTES + name_bytes);
	if (length > 0)
		str_add_bytes(out, bytes, length);
	fill_up(out, length);
}

void cpio_write_folder(struct str *out, const char *name)
{
	add_member(out, name, S_IFDIR | 0755, NULL, 0);
}

void cpio_write_file(struct str *out, const char *name, uint32_t mode, const void *bytes,
		     size_t length)
{
	add_member(out, name, S_IFREG | mode, bytes, length);
}

void cpio_write_end(struct str *out)
{
	add_member(out, "TRAILER!!!", 0, NULL, 0);
}
