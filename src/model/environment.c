/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void environment_add(struct environment *environment, const char *key, const char *value,
		     const char *source, const char *problem)
{
	environment->facts =
		mem_grow(environment->facts, environment->count, sizeof(struct fact));
	environment->facts[environment->count++] = (struct fact){
		.key = str_copy(key),
		.value = str_copy(value),
		.source = str_copy(source),
		.problem = str_copy(problem),
	};
}

const char *environment_value(const struct environment *environment, const char *key)
{
	size_t i;

	for (i = 0; i < environment->count; i++)
		if (strcmp(environment->facts[i].key, key) == 0)
			return environment->facts[i].value;
	return NULL;
}

bool environment_has(const struct environment *environment, const char *key)
{
	size_t i;

	for (i = 0; i < environment->count; i++)
		if (strcmp(environment->facts[i].key, key) == 0)
			return true;
	return false;
}

bool environment_is_of_a_moment(const char *key)
{
	return strncmp(key, "moment.", 7) == 0 || strncmp(key, "during.", 7) == 0 ||
	       strcmp(key, "host.name") == 0;
}

void environment_clear(struct environment *environment)
{
	size_t i;

	for (i = 0; i < environment->count; i++) {
		free(environment->facts[i].key);
		free(environment->facts[i].value);
		free(environment->facts[i].source);
		free(environment->facts[i].problem);
	}
	free(environment->facts);
	*environment = (struct environment){0};
}
