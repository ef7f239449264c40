/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int num_parse_uint(const char *text, const char *what, uint64_t lowest, uint64_t highest,
		   uint64_t *out, struct error *err)
{
	unsigned long long value = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)text[0]))
		value = strtoull(text, &end, 10);
	if (end == NULL || *end != '\0')
		return error_set(err, ERROR_USAGE, "%s takes a whole number, not '%s'",
				 what, text);
	if (errno != 0 || value < lowest || value > highest)
		return error_set(err, ERROR_USAGE,
				 "%s must be %" PRIu64 " to %" PRIu64 ", not '%s'", what,
				 lowest, highest, text);
	*out = value;
	return 0;
}

static const struct {
	const char *suffix;
	double unit_ns;
} time_units[] = {
	{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9},
};

int num_parse_time(const char *text, const char *what, int64_t *out_ns, struct error *err)
{
	const double longest_ns = 86400e9;
	double value = 0;
	char *end = NULL;
	size_t i;

	if (isdigit((unsigned char)text[0]) && strpbrk(text, "xXeE") == NULL)
		value = strtod(text, &end);
	for (i = 0; end != NULL && i < sizeof(time_units) / sizeof(time_units[0]); i++) {
		if (strcmp(end, time_units[i].suffix) != 0)
			continue;
		value *= time_units[i].unit_ns;
		if (!(value >= 1) || value > longest_ns)
			return error_set(
				err, ERROR_USAGE,
				"%s must be more than 0 and at most 24h, not '%s'", what,
				text);
		*out_ns = (int64_t)llround(value);
		return 0;
	}
	return error_set(err, ERROR_USAGE,
			 "%s takes a time such as 90, 90s or 5m, not '%s'", what, text);
}
