/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpio.c - an initramfs, in one piece and in pieces that the first byte sizes: the same must be found. */
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "guest/parse.h"
#include "model/guest.h"

static int read_all(const uint8_t *bytes, size_t size, size_t piece, struct guest_initramfs *out)
{
	struct initramfs *reader = initramfs_begin(out);
	struct error err = { 0 };
	size_t at, length;
	int result = 0;

	for (at = 0; result == 0 && at < size; at += length) {
		length = size - at < piece ? size - at : piece;
		result = initramfs_feed(reader, bytes + at, length, false, &err);
	}
	if (result == 0)
		result = initramfs_feed(reader, NULL, 0, true, &err);
	initramfs_end(reader);
	fuzz_require(result == 0 || err.kind == ERROR_INPUT, "a failure's kind", err.cause);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct guest_initramfs whole = { 0 }, pieces = { 0 };
	const size_t piece = size > 0 ? (size_t)bytes[size - 1] + 1 : 1;
	const int result = read_all(bytes, size, size + 1, &whole);

	fuzz_require(read_all(bytes, size, piece, &pieces) == result, "pieces give another result", NULL);
	/* of a damaged stream the pieces decide how much came out before the damage was seen */
	if (result == 0)
		fuzz_require(whole.modules.count == pieces.modules.count, "pieces give other modules", NULL);
	if (result == 0)
		fuzz_require(whole.segment_count == pieces.segment_count, "pieces give other segments", NULL);
	guest_initramfs_clear(&whole);
	guest_initramfs_clear(&pieces);
	return 0;
}
