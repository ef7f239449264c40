/* SPDX-License-Identifier: GPL-2.0-or-later */
/** lzma_raw.h - bare LZMA streams as GRUB's core.img holds one: no header, lc 3, lp 0, pb 2, a
 * dictionary of 64 KiB. */
#ifndef SYS_LZMA_RAW_H
#define SYS_LZMA_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/** Decompress a stream whose decompressed size is known.
 *
 * @length, @out_length: bytes
 * Source:  grub-mkimage of GRUB (util/mkimage.c, compress_kernel_lzma)
 * Returns: whether all of @out was filled
 */
bool sys_lzma_unpack(const void *bytes, size_t length, void *out, size_t out_length);

/** Compress to such a stream.
 *
 * @out:    added to; untouched on failure
 * Errors:  ERROR_SYSTEM when liblzma fails
 * Returns: 0 or -1
 */
nodiscard int sys_lzma_pack(const void *bytes, size_t length, struct str *out,
			    struct error *err);

#endif
