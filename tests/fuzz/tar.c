/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tar.c - each input is a tar archive, opened at any place and in order: what both give is the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "fuzz.h"
#include "image/format.h"

enum { READ_MOST = 16384, STEPS_MOST = 64 };

/* Both were opened: piece after piece they must agree. */
static void compare(struct stream *stream, struct blocks *blocks)
{
	autofree uint8_t *piece_bytes = mem_zero(READ_MOST, 1);
	autofree uint8_t *bytes = mem_zero(READ_MOST, 1);
	struct stream_piece piece;
	uint64_t offset = 0;
	size_t length;
	int steps;

	for (steps = 0; steps < STEPS_MOST; steps++) {
		if (stream_next(stream, piece_bytes, READ_MOST, &piece, NULL) != 0 ||
		    piece.length_bytes == 0)
			return;
		length = piece.length_bytes < READ_MOST ? (size_t)piece.length_bytes
							: (size_t)READ_MOST;
		if (piece.is_hole)
			memset(piece_bytes, 0, length);
		fuzz_require(blocks_read(blocks, offset, bytes, length, NULL) == 0,
			     "what came in order can be read", NULL);
		fuzz_require(memcmp(bytes, piece_bytes, length) == 0,
			     "both ways give the same", NULL);
		offset += piece.length_bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char detail[FORMAT_DETAIL_BYTES] = "";
	const struct image_options options = {0};
	const struct format_context context = {&options, detail};
	struct blocks *file = fuzz_blocks(bytes, size), *blocks = NULL;
	struct stream *inner = stream_open_blocks(fuzz_blocks(bytes, size)), *stream = NULL;
	struct error err = {0};
	bool has_blocks, has_stream;

	has_blocks = format_tar.open_blocks(file, &context, &blocks, &err) == 0;
	fuzz_require(has_blocks || err.kind == ERROR_INPUT, "a refusal is bad input",
		     err.cause);
	has_stream = format_tar.open_stream(inner, &context, &stream, &err) == 0;
	fuzz_require(!has_blocks || has_stream, "what opens at any place opens in order",
		     err.cause);
	if (has_blocks && has_stream)
		compare(stream, blocks);
	blocks_close(has_blocks ? blocks : file);
	stream_close(has_stream ? stream : inner);
	return 0;
}
