/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run-json.c - runs as JSON: what can be read can be written and read again, and after one
 * round, which takes digits that JSON does not keep, nothing changes any more. */
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "record/run_json.h"

/* Reads @text, which was written by us, and adds what is written of that to @out. */
static void go_round(const char *text, struct str *out)
{
	struct runs runs = {0};
	struct error err = {0};
	char said[600];
	const int result = record_read_json(text, "what was written", &runs, &err);

	fuzz_require(result == 0, "what was written can be read",
		     error_text(&err, said, sizeof(said)));
	record_write_json(&runs, out);
	runs_clear(&runs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = fuzz_text(bytes, size);
	autostr struct str first = STR_EMPTY, second = STR_EMPTY, third = STR_EMPTY;
	struct runs runs = {0};
	struct error err = {0};

	if (record_read_json(text, "the input", &runs, &err) == 0) {
		record_write_json(&runs, &first);
		go_round(first.bytes, &second);
		go_round(second.bytes, &third);
		fuzz_require(strcmp(second.bytes, third.bytes) == 0,
			     "what is read and written again is the same", second.bytes);
	} else {
		fuzz_require(err.kind == ERROR_INPUT, "the kind of the error", err.cause);
	}
	runs_clear(&runs);
	return 0;
}
