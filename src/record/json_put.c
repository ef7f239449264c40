/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/json_put.h"

#include <stdlib.h>

#include "base/own.h"

json_t *json_put_value(const char *text)
{
	json_t *string = text != NULL ? json_string(text) : json_null();
	autofree char *ascii = NULL;
	char *byte;

	if (string != NULL)
		return string;
	ascii = str_copy(text);
	for (byte = ascii; *byte != '\0'; byte++)
		if ((unsigned char)*byte >= 0x80)
			*byte = '?';
	return json_string(ascii);
}

void json_put(json_t *object, const char *key, json_t *value)
{
	(void)json_object_set_new(object, key, value); /* fails only when out of memory */
}

void json_put_text(json_t *object, const char *key, const char *text)
{
	json_put(object, key, json_put_value(text));
}

void json_put_count(json_t *object, const char *key, int64_t value)
{
	json_put(object, key, json_integer(value));
}

json_t *json_put_bytes(uint64_t bytes)
{
	return bytes <= INT64_MAX ? json_integer((json_int_t)bytes) : json_null();
}

json_t *json_put_environment(const struct environment *environment)
{
	json_t *facts = json_array(), *object;
	size_t i;

	for (i = 0; i < environment->count; i++) {
		object = json_object();
		json_put_text(object, "key", environment->facts[i].key);
		json_put_text(object, "value", environment->facts[i].value);
		json_put_text(object, "source", environment->facts[i].source);
		if (environment->facts[i].problem != NULL)
			json_put_text(object, "problem", environment->facts[i].problem);
		(void)json_array_append_new(facts, object);
	}
	object = json_object();
	json_put(object, "facts", facts);
	return object;
}

void json_put_end(json_t *root, struct str *out)
{
	char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(15));

	str_add(out, text != NULL ? text : "null");
	str_add(out, "\n");
	free(text);
	json_decref(root);
}
