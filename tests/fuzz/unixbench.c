/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unixbench.c - the reader of UnixBench's reports, text and HTML. How a report is cut into pieces must not
 * change what it says; nothing is stored that was not read; and what was read can be shown, and compared with
 * itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "model/compare.h"
#include "model/score.h"
#include "record/run_json.h"
#include "record/unixbench_import.h"

static int read_report(const uint8_t *bytes, size_t size, bool is_cut, struct runs *out)
{
	struct unixbench_import *import = unixbench_import_new("fuzz");
	size_t at, piece;

	for (at = 0; at < size; at += piece) {
		autofree char *copy = NULL;

		piece = is_cut ? 1 + bytes[at] % 97 : size;
		if (piece > size - at)
			piece = size - at;
		copy = malloc(piece); /* of this length: ASan sees what lies behind it */
		fuzz_require(copy != NULL, "memory", NULL);
		memcpy(copy, bytes + at, piece);
		unixbench_import_feed(import, copy, piece);
	}
	return unixbench_import_end(import, out, NULL);
}

static void check_run(const struct run *run)
{
	const struct score_index index = score_run(run);
	size_t i;

	fuzz_require(run->test_count > 0 || run->warning_count > 0, "a run without a test says why", NULL);
	fuzz_require(run->copies <= 65536, "the number of copies", NULL);
	fuzz_require(isfinite(index.score.value) && index.score.value >= 0, "the index is a number", NULL);
	for (i = 0; i < run->test_count; i++) {
		const struct run_test *test = &run->tests[i];

		fuzz_require(isfinite(test->imported_score) && test->imported_score >= 0,
			     "a score is a number", test->test->key);
		fuzz_require(test->sample_count == 0, "no sample is invented", test->test->key);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct runs cut = {0}, whole = {0};
	const int result = read_report(bytes, size, true, &cut);
	size_t i;

	fuzz_require(result == read_report(bytes, size, false, &whole) && cut.count == whole.count,
		     "pieces and the whole say the same", NULL);
	fuzz_require(result == 0 || cut.count == 0, "nothing comes of what failed", NULL);
	for (i = 0; i < cut.count; i++) {
		struct comparison comparison;

		check_run(&cut.runs[i]);
		fuzz_require(strcmp(cut.runs[i].id, whole.runs[i].id) == 0, "the same report has the same id",
			     cut.runs[i].id);
		if (compare_check(&cut.runs[0], &cut.runs[i], NULL) == 0)
			compare_runs(&cut.runs[0], &cut.runs[i], &comparison);
	}
	runs_clear(&cut);
	runs_clear(&whole);
	return 0;
}
