/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/json_take.h"

#include <string.h>

#include "base/str.h"

char *json_take_text(const json_t *object, const char *key)
{
	return str_copy(json_string_value(json_object_get(object, key)));
}

int json_take_number(const json_t *object, const char *key, double most, double *out,
		     struct error *err)
{
	const json_t *field = json_object_get(object, key);
	double value;

	if (field == NULL || json_is_null(field)) {
		*out = 0;
		return 0;
	}
	value = json_number_value(field);
	if (!json_is_number(field) || !(value >= 0) || value > most)
		return error_set(err, ERROR_INPUT,
				 "the field '%s' is not a number from 0 to %g", key,
				 most);
	*out = value;
	return 0;
}

int json_take_count(const json_t *object, const char *key, uint64_t *out,
		    struct error *err)
{
	const json_t *field = json_object_get(object, key);

	if (field == NULL) {
		*out = 0;
		return 0;
	}
	if (!json_is_integer(field) || json_integer_value(field) < 0)
		return error_set(err, ERROR_INPUT,
				 "the field '%s' is not a whole number from 0 on", key);
	*out = (uint64_t)json_integer_value(field);
	return 0;
}

int json_take_name(const json_t *object, const char *key, const char *const *names,
		   unsigned count, unsigned *out, struct error *err)
{
	const char *name = json_string_value(json_object_get(object, key));
	unsigned i;

	for (i = 0; i < count; i++) {
		if (name != NULL && strcmp(name, names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return error_set(err, ERROR_INPUT, "unknown %s '%.60s'", key,
			 name != NULL ? name : "");
}

int json_take_schema(const json_t *object, const char *wanted, struct error *err)
{
	const json_t *schema = json_object_get(object, "schema");

	if (!json_is_string(schema) || strcmp(json_string_value(schema), wanted) != 0)
		return error_set(err, ERROR_INPUT, "the schema is not '%s'", wanted);
	return 0;
}
