/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list args;

	if (err == NULL)
		return -1;
	err->kind = kind;
	err->os = 0;
	err->trail[0] = '\0';
	va_start(args, fmt);
	(void)vsnprintf(err->cause, sizeof(err->cause), fmt,
			args); /* cut is better than nothing */
	va_end(args);
	return -1;
}

int error_sys(struct error *err, const char *fmt, ...)
{
	const int os = errno;
	const char *text = strerrordesc_np(os);
	va_list args;
	size_t used;

	if (err == NULL)
		return -1;
	err->kind = ERROR_SYSTEM;
	err->os = os;
	err->trail[0] = '\0';
	va_start(args, fmt);
	(void)vsnprintf(err->cause, sizeof(err->cause), fmt, args);
	va_end(args);
	used = strlen(err->cause);
	(void)snprintf(err->cause + used, sizeof(err->cause) - used, ": %s",
		       text != NULL ? text : "unknown error");
	return -1;
}

int error_frame(struct error *err, const char *fmt, ...)
{
	char trail[sizeof(err->trail)];
	va_list args;
	size_t used;

	if (err == NULL)
		return -1;
	memcpy(trail, err->trail, sizeof(trail));
	va_start(args, fmt);
	(void)vsnprintf(err->trail, sizeof(err->trail), fmt, args);
	va_end(args);
	used = strlen(err->trail);
	/* the innermost frames are the ones that are cut: they are nearest to the cause
	 */
	if (trail[0] != '\0' &&
	    snprintf(err->trail + used, sizeof(err->trail) - used, ": %s", trail) < 0)
		err->trail[used] = '\0';
	return -1;
}

const char *error_text(const struct error *err, char *out, unsigned long size)
{
	(void)snprintf(out, size, "%s%s%s", err->trail, err->trail[0] != '\0' ? ": " : "",
		       err->cause);
	return out;
}
