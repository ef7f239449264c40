/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan.c - plans as JSON: what can be read has a shape that can be obeyed, is the same when it
 * was written and read again, and fits a screen. */
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "record/plan_json.h"
#include "report/plan.h"
#include "report/text.h"

static void read_again(const struct str *first)
{
	autostr struct str second = STR_EMPTY;
	struct plan plan = {0};
	struct error err = {0};

	fuzz_require(record_read_plan(first->bytes, first->length, &plan, &err) == 0,
		     "what was written can be read", err.cause);
	record_write_plan(&plan, &second);
	fuzz_require(strcmp(first->bytes, second.bytes) == 0,
		     "what is read and written again is the same", second.bytes);
	plan_clear(&plan);
}

/* All lines but the last one, which is whole however long it is. */
static void check_screen(const struct plan *plan)
{
	autostr struct str screen = STR_EMPTY;
	const char *line, *end;

	report_write_plan(plan, &screen);
	for (line = screen.bytes; (end = strchr(line, '\n')) != NULL; line = end + 1)
		fuzz_require(end[1] == '\0' ||
				     report_columns(line, (size_t)(end - line)) <=
					     REPORT_WIDTH,
			     "a line of at most 79 columns", line);
	for (line = screen.bytes; *line != '\0'; line++)
		fuzz_require(*line == '\n' || (unsigned char)*line >= ' ',
			     "nothing that a terminal obeys", screen.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree char *text = mem_zero(size + 1, 1);
	autostr struct str first = STR_EMPTY;
	struct plan plan = {0};
	struct error err = {0};

	memcpy(text, bytes, size);
	if (record_read_plan(text, size, &plan, &err) != 0) {
		fuzz_require(err.kind == ERROR_INPUT, "the kind of the error", err.cause);
		fuzz_require(plan.disk.path == NULL && plan.range_count == 0,
			     "a plan untouched on failure", NULL);
		return 0;
	}
	fuzz_require(plan_check_shape(&plan, &err) == 0, "the shape", err.cause);
	record_write_plan(&plan, &first);
	read_again(&first);
	check_screen(&plan);
	plan_clear(&plan);
	return 0;
}
