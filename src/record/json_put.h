/* SPDX-License-Identifier: GPL-2.0-or-later */
/** json_put.h - what all writers of JSON in this room share. */
#ifndef RECORD_JSON_PUT_H
#define RECORD_JSON_PUT_H

#include <jansson.h>
#include <stdint.h>

#include "base/str.h"
#include "model/environment.h"

/** A text, or null for NULL. JSON is UTF-8; what a user or a kernel wrote may be anything:
 * bytes that are not UTF-8 become '?'. */
json_t *json_put_value(const char *text);

/** Set a member of an object; the value is taken over. */
void json_put(json_t *object, const char *key, json_t *value);

/** Set a member to a text, or to null. */
void json_put_text(json_t *object, const char *key, const char *text);

/** Set a member to a whole number. */
void json_put_count(json_t *object, const char *key, int64_t value);

/** A number of bytes, or null for one that is not known (above INT64_MAX). */
json_t *json_put_bytes(uint64_t bytes);

/** The facts of an environment: {"facts":[{"key","value","source","problem"}]}. */
json_t *json_put_environment(const struct environment *environment);

/** Write @root to @out with a newline at its end, and give it back. */
void json_put_end(json_t *root, struct str *out);

#endif
