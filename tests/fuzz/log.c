/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.c - the reader of kernel logs. How a log is cut into pieces must not change what it
 * says, so it is read twice. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "virt/read.h"

/* The first byte of a piece tells its length: texts of any kind serve as seeds. */
static void read_log(const uint8_t *bytes, size_t size, bool is_cut, struct signs *out)
{
	struct log_reader *log = log_reader_new("log", out);
	size_t at, piece;

	for (at = 0; at < size; at += piece) {
		autofree char *copy = NULL;

		piece = is_cut ? 1 + bytes[at] % 97 : size;
		if (piece > size - at)
			piece = size - at;
		copy = malloc(piece); /* of this length: ASan sees what lies behind it */
		fuzz_require(copy != NULL, "memory", NULL);
		memcpy(copy, bytes + at, piece);
		log_reader_feed(log, copy, piece);
	}
	log_reader_end(log);
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void compare(const struct signs *a, const struct signs *b)
{
	size_t i;

	fuzz_require(a->count == b->count && a->is_log_whole == b->is_log_whole,
		     "pieces and the whole say the same", NULL);
	for (i = 0; i < a->count; i++)
		fuzz_require(a->list[i].claim == b->list[i].claim &&
				     a->list[i].weight == b->list[i].weight &&
				     is_same(a->list[i].source, b->list[i].source) &&
				     is_same(a->list[i].text, b->list[i].text) &&
				     is_same(a->list[i].value, b->list[i].value),
			     "pieces and the whole say the same", a->list[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct verdict cut = {0}, whole = {0};

	read_log(bytes, size, true, &cut.signs);
	read_log(bytes, size, false, &whole.signs);
	compare(&cut.signs, &whole.signs);
	fuzz_conclude(&cut);
	verdict_clear(&whole);
	return 0;
}
