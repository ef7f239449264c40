/* SPDX-License-Identifier: GPL-2.0-or-later */
/** json_field.h - structs as JSON objects by tables: one table writes, reads and says what may
 * stand there. Reading is strict: every field must be there, of its type and within its
 * bounds, and no other. */
#ifndef RECORD_JSON_FIELD_H
#define RECORD_JSON_FIELD_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/** What a member of a struct is. */
enum json_field_kind {
	FIELD_BYTES,	     /* uint64_t, at most INT64_MAX */
	FIELD_BYTES_UNKNOWN, /* the same; UINT64_MAX, which says "not known", is null */
	FIELD_TIME,	     /* int64_t, 0 or more */
	FIELD_UNSIGNED,	     /* uint32_t or unsigned */
	FIELD_FLAG,	     /* bool */
	FIELD_NAME,	     /* an enum by its names */
	FIELD_TEXT,	     /* char *, malloc'd */
	FIELD_TEXT_OR_NULL,
	FIELD_HEX, /* char[size]: size - 1 lower-case hexadecimal digits */
	FIELD_HEX_OR_NULL,
	FIELD_OTHER, /* what the caller reads and writes itself */
};

/** A member. A table ends in a row without key. */
struct json_field {
	const char *key;
	enum json_field_kind kind;
	size_t offset; /* in the struct */
	unsigned size; /* of char[]; the longest text in bytes; how many names */
	const char *const *names; /* FIELD_NAME */
};

/** Set the members of @object that @fields tell, but for FIELD_OTHER. @from: the struct */
void json_put_fields(json_t *object, const struct json_field *fields, const void *from);

/** Read an object into a struct.
 *
 * @to:     zeroed by the caller; texts in it are the caller's to free, also on failure
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1
 */
nodiscard int json_take_fields(json_t *object, const struct json_field *fields, void *to,
			       struct error *err);

/** A member that must be a list of at most @most.
 *
 * @out:    borrowed from @object; untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_list(const json_t *object, const char *key, size_t most,
			     json_t **out, struct error *err);

/** A text of at most @most bytes.
 *
 * @what:   its name, for the message
 * @out:    the caller frees it; untouched on failure
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int json_take_string(const json_t *value, const char *what, size_t most,
			       char **out, struct error *err);

/** Whether all of @text are lower-case hexadecimal digits. */
int json_is_hex(const char *text);

#endif
