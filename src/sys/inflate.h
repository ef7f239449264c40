/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inflate.h - compressed streams, decoded piece by piece: gzip, bzip2, xz, lzma, zstd, lz4.
 * The content tells the format, never a name. Memory is bounded by a limit of the caller. */
#ifndef SYS_INFLATE_H
#define SYS_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct inflate;

/** How a step ended. */
enum inflate_state {
	INFLATE_MORE, /* give more input, or more room */
	INFLATE_END,  /* the stream is over; what follows it was not taken */
};

/** What a step takes and makes; it moves the pointers and counts what is left. Input that was
 * not taken must be given again, with more behind it. */
struct inflate_io {
	const uint8_t *in;
	size_t in_bytes;
	bool is_last; /* nothing comes behind `in` */
	uint8_t *out;
	size_t out_bytes;
};

/** A format: each is one row, made by one file. */
struct inflate_format {
	const char *name; /* "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "lz4-legacy" */
	const char *magic;
	size_t magic_bytes;
	uint64_t least_bytes; /* memory that every stream may need */
	/* Begin a stream that may use @most bytes. */
	int (*open)(uint64_t most_bytes, struct inflate **out, struct error *err);
	/* Go on as far as one call of the library does; what it does not need is left. */
	int (*step)(struct inflate *inflate, struct inflate_io *io,
		    enum inflate_state *out, struct error *err);
	void (*close)(struct inflate *inflate);
};

/** One stream that is being decoded. The first member of what implements it. */
struct inflate {
	const struct inflate_format *format;
	bool is_over;
};

extern const struct inflate_format inflate_gzip, inflate_bzip2, inflate_xz, inflate_lzma,
	inflate_zstd, inflate_lz4, inflate_lz4_legacy;

/** Name the format that bytes begin with.
 *
 * @length: bytes; 8 are enough for every format
 * Returns: the row, or NULL when they begin no stream that is known
 */
const struct inflate_format *inflate_detect(const void *bytes, size_t length);

/** Begin to decode one stream (a gzip member, an xz stream, a zstd or lz4 frame).
 *
 * @most_bytes: memory that it may use beside the caller's buffers
 * @out:    the caller closes it; untouched on failure
 * Errors:  ERROR_INPUT when the format needs more memory than that
 * Returns: 0 or -1
 */
nodiscard int inflate_open(const struct inflate_format *format, uint64_t most_bytes,
			   struct inflate **out, struct error *err);

/** Decode until the room is full, more input is needed, or the stream is over. For a further
 * stream behind it another one is opened.
 *
 * @io:     moved; cut short is what ends before the stream does, where nothing comes behind it
 * Errors:  ERROR_INPUT: damaged, cut short, or more memory needed than allowed
 * Returns: 0 or -1
 */
nodiscard int inflate_step(struct inflate *inflate, struct inflate_io *io,
			   enum inflate_state *out, struct error *err);

/** Give everything back; NULL is harmless. */
void inflate_close(struct inflate *inflate);

#endif
