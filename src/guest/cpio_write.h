/* SPDX-License-Identifier: GPL-2.0-or-later */
/** cpio_write.h - a cpio archive in the "newc" format, as the kernel unpacks it. */
#ifndef GUEST_CPIO_WRITE_H
#define GUEST_CPIO_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { CPIO_MEMBER_MOST = 1 << 30 /* bytes; the format's numbers hold 4 GiB */ };

/** Begin with zeros behind what is there already, so that an archive can begin: it must lie on 4
 * bytes, and Linux needs to see 4 zeros to know that an lz4 stream is over.
 *
 * @length: of what is there, bytes
 * Source:  init/initramfs.c (unpack_to_rootfs), lib/decompress_unlz4.c
 */
void cpio_write_gap(struct str *out, uint64_t length);

/** Add a folder, root's with mode 0755. The kernel takes away what else has its name.
 *
 * @name:   "usr/lib/modules"
 */
void cpio_write_folder(struct str *out, const char *name);

/** Add a regular file of root's.
 *
 * @mode:   permission bits
 * @length: bytes, at most CPIO_MEMBER_MOST
 */
void cpio_write_file(struct str *out, const char *name, uint32_t mode, const void *bytes,
		     size_t length);

/** End the archive. */
void cpio_write_end(struct str *out);

#endif
