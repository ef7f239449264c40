/* SPDX-License-Identifier: GPL-2.0-or-later */
/** format.h - what the room knows of a format, and the parts that formats are made from. */
#ifndef IMAGE_FORMAT_H
#define IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "image/image.h"
#include "model/blocks.h"
#include "model/stream.h"

enum {
	FORMAT_HEAD_BYTES = 4096,
	FORMAT_TAIL_BYTES = 512,
};

/** What a probe looks at. */
struct format_view {
	const uint8_t *head;
	size_t head_bytes;
	const uint8_t *tail; /* the last bytes; NULL where only a stream is there */
};

/** What opening a layer needs and tells. */
struct format_context {
	const struct image_options *options; /* with the defaults filled in */
	char *detail;			     /* FORMAT_DETAIL_BYTES, "" */
};

enum { FORMAT_DETAIL_BYTES = sizeof(((struct image_layer *)0)->detail) };

/** A format; the rows stand in formats.c. What is opened owns what it was opened from; on
 * failure that stays the caller's. */
struct format {
	const char *name;
	bool (*probe)(const struct format_view *view);
	/* NULL: it cannot be read in order. */
	int (*open_stream)(struct stream *inner, const struct format_context *context,
			   struct stream **out, struct error *err);
	/* NULL: it cannot be read at any place. */
	int (*open_blocks)(struct blocks *inner, const struct format_context *context,
			   struct blocks **out, struct error *err);
	bool needs_fd; /* the blocks must lie in a descriptor */
};

extern const struct format format_gz, format_bz2, format_xz, format_zst, format_lz4;
extern const struct format format_tar, format_qcow2, format_refused;
extern const struct format format_vhd, format_vhdx, format_vmdk, format_vdi;

/** The format that bytes are of; NULL: raw. */
const struct format *format_find(const struct format_view *view);

/** Open a descriptor as blocks, whose holes are those of the file system.
 *
 * @fd:     taken over
 * @sector_bytes: 0: not known
 * Returns: blocks that the caller closes
 */
struct blocks *file_open_blocks(int fd, uint64_t size_bytes, unsigned sector_bytes);

/** Open a descriptor that cannot seek.
 *
 * @fd:     taken over
 * Returns: a stream that the caller closes
 */
struct stream *file_open_stream(int fd);

/** What an image's name leads to: one of the two is set. */
struct source {
	struct blocks *blocks;
	struct stream *stream;
	const char *layer; /* NULL: a file or a device */
};

/** Open what a name leads to.
 *
 * Errors:  ERROR_SYSTEM, ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int source_open(const char *name, const struct image_options *options,
			  struct source *out, struct error *err);

/** Open a download by the program curl.
 *
 * Errors:  ERROR_SYSTEM (no curl, no connection), ERROR_INPUT (the server refuses)
 * Returns: 0 or -1
 */
nodiscard int http_open(const char *url, const struct image_options *options,
			struct stream **out, struct error *err);

/** Look at the first bytes of a stream: they come once more.
 *
 * @stream: replaced; stays the caller's
 * @head:   FORMAT_HEAD_BYTES of room
 * @out_length: how many there are
 * Errors:  those of the stream
 * Returns: 0 or -1
 */
nodiscard int head_peek(struct stream **stream, uint8_t *head, size_t *out_length,
			struct error *err);

/** Hash what passes, and tell how far it is.
 *
 * @inner:  owned by the new stream
 * @digests: filled when the end was told; NULL: not wanted
 * @length: set when the end was told; NULL: not wanted
 * @options: whose progress is called; NULL: nobody is told
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1; @inner then stays the caller's
 */
nodiscard int meter_open(struct stream *inner, struct image_digests *digests,
			 uint64_t *length, const struct image_options *options,
			 struct stream **out, struct error *err);

/** Let a meter hash by a thread of its own, while its user does something with the piece that it
 * got, or takes the next one. The piece must stay as it is meanwhile: until the next call has
 * returned, or stream_settle.
 *
 * @stream: of meter_open, nothing was taken from it yet
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int meter_hash_aside(struct stream *stream, struct error *err);

/** Hash all of blocks, which stay the caller's.
 *
 * Errors:  those of the blocks, ERROR_SYSTEM, ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int meter_blocks(struct blocks *blocks, const struct image_options *options,
			   struct image_digests *out, struct error *err);

/** Read a stream to its end and throw the bytes away. Errors: those of the stream. Returns: 0 or -1 */
nodiscard int stream_drain(struct stream *stream, struct error *err);

/** Leave out the footer of a fixed vhd, which is known only at its end.
 *
 * @inner:  owned by the new stream
 * @image:  gets the layer when there was one
 * Returns: a stream that the caller closes
 */
struct stream *vhd_open_tail(struct stream *inner, struct image *image);

/** Put a stream into an unlinked sparse file.
 *
 * @stream: stays the caller's; where there was no room it stands somewhere in the middle
 * @out:    the caller closes it; untouched on failure
 * Errors:  ERROR_PARTIAL when there is no room; those of the stream
 * Returns: 0 or -1
 */
nodiscard int spool_stream(struct stream *stream, const struct image_options *options,
			   struct blocks **out, struct error *err);

/** Find a program in PATH.
 *
 * @out:    absolute path, which the caller frees
 * Errors:  ERROR_SYSTEM, with the package to install, which is @package
 * Returns: 0 or -1
 */
nodiscard int program_find(const char *name, const char *package, char **out,
			   struct error *err);

/** Wait until a descriptor can be read, or another one; in a thread of sys/aside.h also until
 * it is asked to end.
 *
 * @second: -1: none
 * @wait_ms: how long at most; then it is ERROR_SYSTEM
 * Errors:  ERROR_SYSTEM, ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int program_wait(int first, int second, int wait_ms, struct error *err);

/** Tell that a file ends before what it says is in it. @name: of the format. Returns: -1 */
int format_is_cut(const char *name, struct error *err);

/** Numbers as they lie in files. */
static inline uint64_t format_be(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | *bytes++;
	return value;
}

/** The same, least byte first. */
static inline uint64_t format_le(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 8 | bytes[count];
	return value;
}

#endif
