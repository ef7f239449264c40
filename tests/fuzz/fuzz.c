/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "virt/read.h"

enum { SIGN_TEXT_MOST = 200 };

void fuzz_require(bool is_held, const char *what, const char *detail)
{
	if (is_held)
		return;
	(void)fprintf(stderr, "fuzz: does not hold: %s%s%s\n", what,
		      detail != NULL ? ": " : "", detail != NULL ? detail : "");
	abort();
}

char *fuzz_text(const uint8_t *bytes, size_t size)
{
	char *text = mem_zero(size + 1, 1);

	if (size > 0)
		memcpy(text, bytes, size);
	return text;
}

/* Evidence goes to terminals and into JSON as it is. */
static void check_line(const char *text, const char *what)
{
	size_t i;

	fuzz_require(text != NULL, what, "it is NULL");
	fuzz_require(strlen(text) <= SIGN_TEXT_MOST, what, "more than 200 bytes");
	for (i = 0; text[i] != '\0'; i++)
		fuzz_require((unsigned char)text[i] >= ' ' && text[i] != 0x7f, what,
			     "a control byte");
}

static void check_signs(const struct signs *signs)
{
	size_t i;

	for (i = 0; i < signs->count; i++) {
		const struct sign *sign = &signs->list[i];

		fuzz_require(sign->claim < CLAIM_COUNT, "a sign's claim", NULL);
		fuzz_require(sign->weight > SIGN_NONE && sign->weight <= SIGN_PROOF,
			     "a sign's weight", NULL);
		check_line(sign->source, "a sign's source");
		check_line(sign->text, "a sign's text");
		if (sign->value != NULL)
			check_line(sign->value, "a sign's value");
	}
}

void fuzz_conclude(struct verdict *verdict)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789=-";
	size_t i;

	check_signs(&verdict->signs);
	verdict_decide(verdict);
	fuzz_require(verdict->class_name != NULL, "the class", "it is NULL");
	fuzz_require(verdict->class_name[0] != '\0' &&
			     verdict->class_name[strspn(verdict->class_name, allowed)] ==
				     '\0',
		     "the class is not one word", verdict->class_name);
	for (i = 0; i < verdict->layer_count; i++) {
		check_line(verdict->layers[i].id, "a layer's id");
		check_line(verdict->layers[i].name, "a layer's name");
	}
	verdict_clear(verdict);
}

struct memory {
	struct blocks blocks;
	const uint8_t *bytes;
};

static int memory_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		       struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct memory *)blocks)->bytes + offset, length);
	return 0;
}

static void memory_close(struct blocks *blocks)
{
	free(blocks);
}

static const struct blocks_ops memory_ops = {.read = memory_read, .close = memory_close};

struct blocks *fuzz_blocks(const uint8_t *bytes, size_t size)
{
	struct memory *memory = mem_zero(1, sizeof(*memory));

	memory->blocks.ops = &memory_ops;
	memory->blocks.size_bytes = size;
	memory->blocks.fd = -1;
	memory->bytes = bytes;
	return &memory->blocks;
}
