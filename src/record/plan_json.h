/* SPDX-License-Identifier: GPL-2.0-or-later */
/** plan_json.h - plans as JSON, out and in. The shape is data/moult.plan.schema.json. */
#ifndef RECORD_PLAN_JSON_H
#define RECORD_PLAN_JSON_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "model/plan.h"

enum {
	PLAN_JSON_MOST_BYTES = 64 * 1024 * 1024, /* as many as an undo log keeps */
	PLAN_JSON_ROWS_MOST = 1000000,		 /* of ranges, and of what is kept */
	PLAN_JSON_EDITS_MOST = 65536,
	PLAN_JSON_EDIT_MOST_BYTES = 16 * 1024 * 1024, /* of one edit */
	PLAN_JSON_LINES_MOST = 4096, /* of checks, of steps, of content ids */
	PLAN_JSON_TEXT_MOST_BYTES = 4096,
};

/** Write a plan.
 *
 * @out: the text is added, with a newline at its end
 */
void record_write_plan(const struct plan *plan, struct str *out);

/** Read a plan, strictly: each field must be there, of its type and within its bounds, and no
 * other; and plan_check_shape must hold. Whether it fits a disk is not looked at.
 *
 * @text:   @length bytes, which need not end in a NUL
 * @out:    cleared by plan_clear; untouched on failure
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1
 */
nodiscard int record_read_plan(const char *text, size_t length, struct plan *out,
			       struct error *err);

#endif
