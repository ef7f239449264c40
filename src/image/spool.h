/* SPDX-License-Identifier: GPL-2.0-or-later */
/** spool.h - sparse files without a name, for what cannot be read at any place, or not twice. They lie
 * where image_options tell, and zeros take no room in them. */
#ifndef IMAGE_SPOOL_H
#define IMAGE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/image.h"
#include "model/blocks.h"

/** Put what is left of standard input into a spool that takes its place, where it is a pipe or was
 * partly read: then it can be read from its first byte on, as often as needed.
 *
 * Errors:  ERROR_PARTIAL when there is no room; ERROR_SYSTEM, ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int spool_input(const struct image_options *options, struct error *err);

/** Make a spool of zeros, for parts of an image.
 *
 * @out:    the caller closes it
 * Errors:  ERROR_SYSTEM; ERROR_PARTIAL
 * Returns: 0 or -1
 */
nodiscard int spool_open_part(const struct image_options *options, uint64_t size_bytes,
			      struct blocks **out, struct error *err);

/** Put bytes into it, which lie inside.
 *
 * @part:   of spool_open_part, with the same options
 * Errors:  ERROR_PARTIAL when there is no room; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int spool_put(const struct blocks *part, const struct image_options *options,
			uint64_t offset, const void *bytes, size_t length,
			struct error *err);

#endif
