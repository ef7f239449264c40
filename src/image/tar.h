/* SPDX-License-Identifier: GPL-2.0-or-later */
/** tar.h - find the one disk image in a tar archive. Sources: POSIX.1-2017, pax (ustar and pax
 * formats), and the manual of GNU tar, "Basic Tar Format" and "Storing Sparse Files". */
#ifndef IMAGE_TAR_H
#define IMAGE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/format.h"
#include "model/stream.h"

enum {
	TAR_BLOCK = 512,
	TAR_MEMBERS_MOST = 1 << 20,
	TAR_RUNS_MOST = 1 << 20,
	TAR_PAX_MOST = 1 << 20,	   /* bytes */
	TAR_IMAGE_LEAST = 1 << 20, /* bytes: what is shorter goes along with an image */
};

/** A run of bytes that are stored; between two of them there are zeros. */
struct tar_run {
	uint64_t offset; /* in the file that was archived */
	uint64_t length;
};

/** A regular file in the archive. */
struct tar_member {
	uint64_t size_bytes;   /* of the file, holes included */
	uint64_t stored_bytes; /* of the runs */
	struct tar_run *runs;  /* ascending */
	size_t run_count;
	bool is_sparse;
};

/** What is known while members are gone through. */
struct tar_scan {
	struct stream *in;
	struct tar_member member; /* the one that is the image */
	bool has_image;
	unsigned members;
	size_t head_bytes; /* of a short image: they were read to look at it */
	uint8_t head[FORMAT_HEAD_BYTES];
};

/** Go on to the first stored byte of an image, or to the end of the archive.
 *
 * @scan:   has_image tells whether it is one
 * Errors:  ERROR_INPUT: damaged, a second image, a kind of sparse file that is not read;
 *          those of the stream
 * Returns: 0 or -1
 */
nodiscard int tar_find_image(struct tar_scan *scan, struct error *err);

/** Go on from the end of the image's stored bytes to the end of the archive and of the
 * stream beneath it.
 *
 * Errors:  ERROR_INPUT: damaged, or another image; those of the stream
 * Returns: 0 or -1
 */
nodiscard int tar_finish(struct tar_scan *scan, struct error *err);

/** Read the map of a sparse file in GNU's old form, from its header on.
 *
 * @header: TAR_BLOCK bytes
 * @out:    runs and size; untouched on failure
 * Errors:  ERROR_INPUT; those of the stream
 * Returns: 0 or -1
 */
nodiscard int tar_read_old_map(struct stream *in, const uint8_t *header,
			       struct tar_member *out, struct error *err);

/** Read the map that begins the data of a sparse file in the form 1.0 of pax archives.
 *
 * @size_bytes: of the file
 * @stored: bytes that are stored, with the map
 * @out:    as above
 * Errors:  ERROR_INPUT; those of the stream
 * Returns: 0 or -1
 */
nodiscard int tar_read_pax_map(struct stream *in, uint64_t size_bytes, uint64_t stored,
			       struct tar_member *out, struct error *err);

/** A number of a header: octal digits, or base 256.
 *
 * @out:    untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int tar_number(const uint8_t *field, size_t length, uint64_t *out,
			 struct error *err);

/** How much follows @size bytes up to the next block. */
static inline uint64_t tar_padding(uint64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

#endif
