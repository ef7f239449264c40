/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fuzz.h - what the fuzzers share. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/blocks.h"
#include "model/verdict.h"

/** What libFuzzer calls with each input. Returns: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/** Say what does not hold and end as a crash, which libFuzzer reports and keeps; unless
 * @is_held. @what: "sign: control byte"; @detail: of this input, or NULL */
void fuzz_require(bool is_held, const char *what, const char *detail);

/** Copy the input and end it by a NUL. Returns: a text that the caller frees */
char *fuzz_text(const uint8_t *bytes, size_t size);

/** Take an input for a disk or a file. @bytes: stay where they are. Returns: blocks that the caller
 * closes */
struct blocks *fuzz_blocks(const uint8_t *bytes, size_t size);

/** Conclude from the signs of @verdict, check what holds for all evidence and every
 * verdict, and clear it. */
void fuzz_conclude(struct verdict *verdict);

#endif
