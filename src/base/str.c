/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory)
{
	if (memory == NULL) {
		(void)fputs("moult: out of memory\n", stderr);
		exit(1);
	}
	return memory;
}

void *mem_zero(size_t count, size_t size)
{
	return or_die(calloc(count != 0 ? count : 1, size));
}

void *mem_grow(void *array, size_t used, size_t size)
{
	size_t room = used != 0 ? 2 * used : 1;

	if ((used & (used - 1)) != 0)
		return array;
	if (room > SIZE_MAX / size)
		return or_die(NULL);
	return or_die(realloc(array, room * size));
}

char *str_copy(const char *text)
{
	return text != NULL ? or_die(strdup(text)) : NULL;
}

char *str_trim_end(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

void str_clear(struct str *text)
{
	if (text->room != 0)
		free(text->bytes);
	*text = STR_EMPTY;
}

static void str_reserve(struct str *text, size_t more)
{
	size_t room = text->room != 0 ? text->room : 64;
	char *bytes;

	while (room - text->length <= more)
		room *= 2;
	if (room == text->room)
		return;
	bytes = or_die(realloc(text->room != 0 ? text->bytes : NULL, room));
	bytes[text->length] = '\0';
	text->bytes = bytes;
	text->room = room;
}

void str_add_bytes(struct str *text, const void *bytes, size_t length)
{
	str_reserve(text, length);
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void str_add(struct str *text, const char *more)
{
	str_add_bytes(text, more, strlen(more));
}

void str_addf(struct str *text, const char *fmt, ...)
{
	va_list args, again;
	int length;

	va_start(args, fmt);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (length > 0) {
		str_reserve(text, (size_t)length + 1);
		(void)vsnprintf(text->bytes + text->length, (size_t)length + 1, fmt,
				again);
		text->length += (size_t)length;
	}
	va_end(again);
}
