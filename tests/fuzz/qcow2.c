/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qcow2.c - each input is a qcow2, read at its extents. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "fuzz.h"
#include "image/format.h"

enum { READ_MOST = 65536, STEPS_MOST = 64 };

static void read_extents(struct blocks *blocks)
{
	autofree uint8_t *buffer = mem_zero(READ_MOST, 1);
	struct blocks_extent extent;
	uint64_t offset = 0;
	size_t length;
	int steps;

	for (steps = 0; steps < STEPS_MOST && offset < blocks->size_bytes; steps++) {
		if (blocks_extent_at(blocks, offset, &extent, NULL) != 0) {
			offset += blocks->size_bytes / STEPS_MOST + 1;
			continue;
		}
		fuzz_require(extent.length_bytes > 0 &&
				     extent.length_bytes <= blocks->size_bytes - offset,
			     "the length of an extent", NULL);
		length = extent.length_bytes < READ_MOST ? (size_t)extent.length_bytes
							 : (size_t)READ_MOST;
		buffer[0] = 1;
		if (blocks_read(blocks, offset, buffer, length, NULL) == 0)
			fuzz_require(!extent.is_hole || buffer[0] == 0,
				     "a hole reads as zeros", NULL);
		offset += extent.length_bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char detail[FORMAT_DETAIL_BYTES] = "";
	const struct image_options options = {0};
	const struct format_context context = {&options, detail};
	struct blocks *file = fuzz_blocks(bytes, size), *blocks;
	struct error err = {0};

	if (format_qcow2.open_blocks(file, &context, &blocks, &err) != 0) {
		fuzz_require(err.kind == ERROR_INPUT, "a refusal is bad input", err.cause);
		blocks_close(file);
		return 0;
	}
	read_extents(blocks);
	blocks_close(blocks);
	return 0;
}
