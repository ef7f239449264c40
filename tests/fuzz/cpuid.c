/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpuid.c - what the CPU says: each input is taken as the text of "cpuid -r" and as the
 * leaves themselves. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "fuzz.h"
#include "virt/read.h"

static void take_text(const char *text)
{
	struct cpuid_leaf leaves[CPUID_LEAVES_MOST];
	const size_t count = cpuid_parse(text, leaves);
	struct verdict verdict = {0};

	fuzz_require(count <= CPUID_LEAVES_MOST, "the number of leaves", NULL);
	cpuid_signs(leaves, count, &verdict.signs);
	fuzz_conclude(&verdict);
}

static void take_leaves(const uint8_t *bytes, size_t size)
{
	const size_t count = size / sizeof(struct cpuid_leaf);
	autofree struct cpuid_leaf *leaves = NULL;
	struct verdict verdict = {0};

	if (count == 0 || count > CPUID_LEAVES_MOST)
		return;
	leaves = mem_zero(count, sizeof(*leaves));
	memcpy(leaves, bytes, count * sizeof(*leaves));
	cpuid_signs(leaves, count, &verdict.signs);
	fuzz_conclude(&verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);

	take_text(text);
	take_leaves(bytes, size);
	return 0;
}
