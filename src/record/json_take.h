/* SPDX-License-Identifier: GPL-2.0-or-later */
/** json_take.h - what all readers of JSON in this room share. */
#ifndef RECORD_JSON_TAKE_H
#define RECORD_JSON_TAKE_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/** A member that is a text. Returns: a copy that the caller frees; NULL when there is none */
char *json_take_text(const json_t *object, const char *key);

/** A member that is a number from 0 to @most; 0 when it is absent or null.
 *
 * @out:    untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_number(const json_t *object, const char *key, double most,
			       double *out, struct error *err);

/** A member that is a whole number from 0 on; 0 when it is absent.
 *
 * @out:    untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_count(const json_t *object, const char *key, uint64_t *out,
			      struct error *err);

/** A member that is one of @count names.
 *
 * @out:    its number; untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_name(const json_t *object, const char *key,
			     const char *const *names, unsigned count, unsigned *out,
			     struct error *err);

/** Whether an object says that it has the schema @wanted.
 *
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_schema(const json_t *object, const char *wanted,
			       struct error *err);

#endif
