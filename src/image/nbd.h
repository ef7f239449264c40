/* SPDX-License-Identifier: GPL-2.0-or-later */
/** nbd.h - formats that QEMU reads for us: the helper program moult-nbd, which talks to
 * qemu-nbd by libnbd, and what is said on the pipes to and from it. */
#ifndef IMAGE_NBD_H
#define IMAGE_NBD_H

#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

enum nbd_verb { NBD_READ = 1, NBD_EXTENT = 2 };

enum { NBD_READ_MOST = 1 << 20, NBD_TEXT_MOST = 200 };

/** To the helper, on its standard input. Both ends are one build on one machine. */
struct nbd_request {
	uint32_t verb;
	uint32_t length;
	uint64_t offset;
};

/** From the helper: the first one comes unasked, and tells the size of the disk. What was
 * read follows it, or a text when it failed. */
struct nbd_answer {
	uint32_t is_failed;
	uint32_t length; /* of what follows */
	uint64_t value;	 /* the size of the disk, or the length of an extent */
	uint64_t is_hole;
};

/** Open an image by the helper.
 *
 * @inner:  lies in a descriptor; owned by what is opened, the caller's on failure
 * @driver: QEMU's name of the format
 * Errors:  ERROR_SYSTEM (the helper or qemu-nbd is missing), ERROR_INPUT (QEMU refuses it)
 * Returns: 0 or -1
 */
nodiscard int nbd_open_blocks(struct blocks *inner, const char *driver,
			      struct blocks **out, struct error *err);

#endif
