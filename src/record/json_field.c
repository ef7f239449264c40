/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/json_field.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "record/json_put.h"
#include "record/json_take.h"

static json_t *value_of(const struct json_field *field, const void *at)
{
	const char *text;

	switch (field->kind) {
	case FIELD_BYTES:
	case FIELD_BYTES_UNKNOWN:
		return json_put_bytes(*(const uint64_t *)at);
	case FIELD_TIME:
		return json_integer(*(const int64_t *)at);
	case FIELD_UNSIGNED:
		return json_integer(*(const unsigned *)at);
	case FIELD_FLAG:
		return json_boolean(*(const bool *)at);
	case FIELD_NAME:
		return json_put_value(field->names[*(const unsigned *)at]);
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		return json_put_value(*(char *const *)at);
	case FIELD_HEX:
	case FIELD_HEX_OR_NULL:
	case FIELD_OTHER:
		break;
	}
	text = at;
	return json_put_value(text[0] != '\0' ? text : NULL);
}

void json_put_fields(json_t *object, const struct json_field *fields, const void *from)
{
	for (; fields->key != NULL; fields++)
		if (fields->kind != FIELD_OTHER)
			json_put(object, fields->key,
				 value_of(fields, (const char *)from + fields->offset));
}

int json_is_hex(const char *text)
{
	return text[strspn(text, "0123456789abcdef")] == '\0';
}

int json_take_string(const json_t *value, const char *what, size_t most, char **out,
		     struct error *err)
{
	if (!json_is_string(value))
		return error_set(err, ERROR_INPUT, "the field '%s' is not a text", what);
	if (json_string_length(value) > most)
		return error_set(err, ERROR_INPUT,
				 "the field '%s' is longer than %zu bytes", what, most);
	*out = str_copy(json_string_value(value));
	return 0;
}

static int take_number(const json_t *object, const char *key, uint64_t most,
		       uint64_t *out, struct error *err)
{
	uint64_t number;

	if (json_take_count(object, key, &number, err) != 0)
		return -1;
	if (number > most)
		return error_set(err, ERROR_INPUT, "the field '%s' is more than %llu",
				 key, (unsigned long long)most);
	*out = number;
	return 0;
}

static int take_unsigned(const json_t *object, const struct json_field *field,
			 unsigned *out, struct error *err)
{
	uint64_t number = 0;

	if (take_number(object, field->key, UINT32_MAX, &number, err) != 0)
		return -1;
	*out = (unsigned)number;
	return 0;
}

static int take_flag(const json_t *value, const char *key, bool *out, struct error *err)
{
	if (!json_is_boolean(value))
		return error_set(err, ERROR_INPUT,
				 "the field '%s' is neither true nor false", key);
	*out = json_is_true(value);
	return 0;
}

static int take_hex(const json_t *value, const struct json_field *field, char *out,
		    struct error *err)
{
	const char *text = json_string_value(value);

	if (text == NULL || strlen(text) != field->size - 1 || !json_is_hex(text))
		return error_set(err, ERROR_INPUT,
				 "the field '%s' is not %u lower-case hexadecimal digits",
				 field->key, field->size - 1);
	memcpy(out, text, field->size);
	return 0;
}

static bool may_be_null(enum json_field_kind kind)
{
	return kind == FIELD_TEXT_OR_NULL || kind == FIELD_HEX_OR_NULL ||
	       kind == FIELD_BYTES_UNKNOWN;
}

static int take_field(const json_t *object, const struct json_field *field, void *at,
		      struct error *err)
{
	const json_t *value = json_object_get(object, field->key);

	if (value == NULL)
		return error_set(err, ERROR_INPUT, "the field '%s' is missing",
				 field->key);
	if (json_is_null(value) && may_be_null(field->kind)) {
		if (field->kind == FIELD_BYTES_UNKNOWN)
			*(uint64_t *)at = UINT64_MAX;
		return 0;
	}
	switch (field->kind) {
	case FIELD_BYTES:
	case FIELD_BYTES_UNKNOWN:
	case FIELD_TIME: /* below INT64_MAX it is the same in both */
		return take_number(object, field->key, INT64_MAX, at, err);
	case FIELD_UNSIGNED:
		return take_unsigned(object, field, at, err);
	case FIELD_FLAG:
		return take_flag(value, field->key, at, err);
	case FIELD_NAME:
		return json_take_name(object, field->key, field->names, field->size, at,
				      err);
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		return json_take_string(value, field->key, field->size, at, err);
	case FIELD_HEX:
	case FIELD_HEX_OR_NULL:
		return take_hex(value, field, at, err);
	case FIELD_OTHER:
		break;
	}
	return 0;
}

/* A field that we do not know may say what we would not do. */
static int refuse_others(json_t *object, const struct json_field *fields,
			 struct error *err)
{
	const struct json_field *field;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		for (field = fields; field->key != NULL; field++)
			if (strcmp(field->key, key) == 0)
				break;
		if (field->key == NULL)
			return error_set(err, ERROR_INPUT,
					 "the field '%.60s' is not known here", key);
	}
	return 0;
}

int json_take_fields(json_t *object, const struct json_field *fields, void *to,
		     struct error *err)
{
	const struct json_field *field;

	if (!json_is_object(object))
		return error_set(err, ERROR_INPUT, "this is not an object");
	for (field = fields; field->key != NULL; field++)
		if (take_field(object, field, (char *)to + field->offset, err) != 0)
			return -1;
	return refuse_others(object, fields, err);
}

int json_take_list(const json_t *object, const char *key, size_t most, json_t **out,
		   struct error *err)
{
	json_t *list = json_object_get(object, key);

	if (!json_is_array(list))
		return error_set(err, ERROR_INPUT, "the field '%s' is not a list", key);
	if (json_array_size(list) > most)
		return error_set(err, ERROR_INPUT,
				 "the field '%s' has more than %zu entries", key, most);
	*out = list;
	return 0;
}
