/* SPDX-License-Identifier: GPL-2.0-or-later */
/** image.h - where the bytes of an image come from: a file, a block device, standard input, a
 * download; compressed, in an archive, in a container format. What it is, is found from its
 * content, never from its name. Nothing is written but an unlinked spool in TMPDIR. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"
#include "model/stream.h"

enum {
	IMAGE_LAYERS_MOST = 8,
	IMAGE_RETRIES = 5,
};

/** Digests in lower case hexadecimal; "" when not known (yet). */
struct image_digests {
	char sha256[65];
	char sha512[129];
};

/** How an image is to be opened; all zero is a good choice. */
struct image_options {
	const char *spool_folder; /* NULL: $TMPDIR, or /tmp */
	uint64_t most_bytes;	  /* of any layer once expanded; 0: 2 TiB */
	uint64_t memory_bytes;	  /* that a decoder may use; 0: 128 MiB */
	uint64_t window_bytes;	  /* of zstd alone; 0: 2 GiB */
	bool want_digests;	  /* everything is read for them */
	bool is_sha256_enough;	  /* SHA-512 costs as much again, and stays "" */
	bool is_published_enough; /* hashing the expanded bytes of a stream costs as much */
	/* Who reads the stream leaves each piece alone until the next call has returned, or until
	 * stream_settle: it may be hashed meanwhile. */
	bool keeps_bytes;
	unsigned retry_wait_ms; /* before the first retry of a download; 0: 1000 */
	/* Called now and then; total 0: not known. NULL: nobody looks. */
	void (*progress)(void *data, uint64_t done_bytes, uint64_t total_bytes);
	void *data;
};

/** One layer around the disk's bytes. */
struct image_layer {
	const char *name; /* "http", "xz", "tar", "qcow2" */
	char detail
		[64]; /* what else is to be told, as "v3, 64 KiB clusters"; may be "" */
};

/** An image. */
struct image {
	struct image_layer layers[IMAGE_LAYERS_MOST]; /* from outside in; none for raw */
	unsigned layer_count;
	bool can_seek;	       /* it could be looked into without a spool */
	struct blocks *blocks; /* NULL: `why` tells, or it was opened as a stream */
	struct stream *stream; /* of the expanded bytes; image_open_stream alone */
	struct error why;      /* of kind ERROR_PARTIAL when there was no room to spool */
	uint64_t published_bytes; /* STREAM_LENGTH_UNKNOWN: not known (yet) */
	uint64_t expanded_bytes;
	unsigned sector_bytes;		/* of a block device; 0: not known */
	struct image_digests published; /* of the bytes as they are published */
	struct image_digests expanded;	/* of the bytes of the disk */
};

/** Open an image so that it can be read at any place.
 *
 * @name:    a path, "-" for standard input, or a http:// or https:// URL
 * @out:     the caller closes it; its `blocks` is NULL when what cannot seek had no room
 * Errors:   ERROR_INPUT (damaged, or a kind that is not read), ERROR_SYSTEM,
 *           ERROR_INTERRUPTED
 * Returns:  0 or -1
 */
nodiscard int image_open(const char *name, const struct image_options *options,
			 struct image **out, struct error *err);

/** Open an image so that its expanded bytes come in order, with holes where they are known.
 * Digests and lengths that were not known are there when the end was told.
 *
 * @name:    as for image_open
 * @out:     the caller closes it
 * Errors:   those of image_open, and ERROR_PARTIAL when it had to be spooled without room
 * Returns:  0 or -1
 */
nodiscard int image_open_stream(const char *name, const struct image_options *options,
				struct image **out, struct error *err);

/** Close; NULL is harmless. */
void image_close(struct image *image);

#endif
