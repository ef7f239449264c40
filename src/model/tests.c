/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/tests.h"

#include <string.h>

const struct test tests_all[TESTS_COUNT] = {
#include "unixbench-tests.inc"
};

const char tests_keys[] =
#include "unixbench-keys.inc"
	;

int tests_find(const char *key)
{
	int i;

	for (i = 0; i < TESTS_COUNT; i++)
		if (strcmp(tests_all[i].key, key) == 0)
			return i;
	return -1;
}
