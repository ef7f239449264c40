/* SPDX-License-Identifier: GPL-2.0-or-later */
/** sums.h - which digest an image must have, and who says so. */
#ifndef IMAGE_SUMS_H
#define IMAGE_SUMS_H

#include <stdbool.h>

#include "base/error.h"
#include "image/image.h"

/** What the user asks for; NULL: not given. */
struct sums_request {
	const char *sha256; /* hexadecimal digits */
	const char *sha512;
	const char *sums; /* path of a SHA256SUMS, SHA512SUMS or the like */
	const char
		*signature;  /* path of its detached signature; needs sums and keyring */
	const char *keyring; /* path, as gpgv takes it */
};

/** Whether a digest is asked for at all. */
bool sums_is_asked(const struct sums_request *request);

/** Find out which digests the published bytes must have.
 *
 * @name:   the image's path or URL: its last part is looked for in the sums
 * @out:    "" for what is not required; untouched on failure
 * Errors:  ERROR_USAGE (no digest, or options that need each other), ERROR_INPUT (nothing
 *          of that name in the sums, or two digests of it), ERROR_VERIFY (the signature is
 *          not good), ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sums_require(const struct sums_request *request, const char *name,
			   struct image_digests *out, struct error *err);

/** Find the digests of a name in the text of a sums file, as sha256sum(1) and sha512sum(1)
 * write it, with or without --tag.
 *
 * @out:    added to what is there; untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int sums_find(const char *text, const char *name, struct image_digests *out,
			struct error *err);

/** Compare what must be with what was seen.
 *
 * Errors:  ERROR_VERIFY: they differ, or one that is required was not seen
 * Returns: 0 or -1
 */
nodiscard int sums_check(const struct image_digests *required,
			 const struct image_digests *seen, struct error *err);

#endif
