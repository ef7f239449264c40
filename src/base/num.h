/* SPDX-License-Identifier: GPL-2.0-or-later */
/** num.h - numbers out of text, checked. */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

#include "base/error.h"

#define NUM_SECOND_NS ((int64_t)1000000000)

/** Parse a whole decimal number without sign.
 *
 * @what:   what the number is, for the message ("--copies")
 * @lowest, @highest: bounds, inclusive
 * @out:    the number; untouched on failure
 * Errors:  ERROR_USAGE for anything else than digits, and out of bounds
 * Returns: 0 or -1
 */
nodiscard int num_parse_uint(const char *text, const char *what, uint64_t lowest,
			     uint64_t highest, uint64_t *out, struct error *err);

/** Parse a length of time: "90", "90s", "5m", "1h", "1.5m", "500ms".
 *
 * @out_ns: nanoseconds, more than 0 and at most a day
 * Errors:  ERROR_USAGE
 * Returns: 0 or -1
 */
nodiscard int num_parse_time(const char *text, const char *what, int64_t *out_ns,
			     struct error *err);

/** Nanoseconds as seconds. */
static inline double num_seconds(int64_t value_ns)
{
	return (double)value_ns / (double)NUM_SECOND_NS;
}

#endif
