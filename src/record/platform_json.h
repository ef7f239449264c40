/* SPDX-License-Identifier: GPL-2.0-or-later */
/** platform_json.h - what a machine offers, as JSON. Its shape is
 * data/moult.platform.schema.json. */
#ifndef RECORD_PLATFORM_JSON_H
#define RECORD_PLATFORM_JSON_H

#include "base/error.h"
#include "base/str.h"
#include "model/platform.h"

/** Add {"schema":"moult.platform/1",...} and a line feed. */
void record_write_platform(const struct platform *platform, struct str *out);

/** Read it again. Every field must be there, and no other.
 *
 * @out:    the caller clears it; untouched on failure
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1
 */
nodiscard int record_read_platform(const char *bytes, size_t length, struct platform *out,
				   struct error *err);

#endif
