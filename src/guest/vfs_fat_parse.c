/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_fat_parse.c - the lines of mdir, as mtools' manual shows them:
 *
 *	BOOTX64  EFI    153600 2024-02-03  04:05
 *	ALONGN~1 CON       712 2024-02-03  04:05  a long name.conf
 *	BOOT         <DIR>     2024-02-03  04:05
 *
 * The name's column is counted in characters, so the date is what is looked for. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest/vfs_fat.h"

/* HOUR_AT: of the date's first digit of the hour, which mdir leaves blank before 10. */
enum { BASE_COLUMNS = 8, DATE_BYTES = 17, HOUR_AT = 12 };

static const char date_form[] = "0000-00-00  00:00";

static bool is_date(const char *text)
{
	size_t i;

	for (i = 0; i < DATE_BYTES; i++)
		if (date_form[i] == '0' ? !isdigit((unsigned char)text[i]) &&
						  !(i == HOUR_AT && text[i] == ' ')
					: text[i] != date_form[i])
			return false;
	return true;
}

/* The date has a blank on both sides, and a short name has no '-' that could look like one so
 * far to the right. */
static const char *find_date(const char *line)
{
	const size_t length = strlen(line);
	size_t i;

	for (i = BASE_COLUMNS; i + DATE_BYTES <= length; i++)
		if (line[i - 1] == ' ' && is_date(line + i))
			return line + i;
	return NULL;
}

static int64_t parse_date(const char *text)
{
	struct tm when = {0};

	if (sscanf(text, "%4d-%2d-%2d  %2d:%2d", &when.tm_year, &when.tm_mon,
		   &when.tm_mday, &when.tm_hour, &when.tm_min) != 5)
		return 0;
	when.tm_year -= 1900;
	when.tm_mon--;
	return timegm(&when);
}

/* The bytes of the first @columns characters of UTF-8. */
static size_t bytes_of(const char *text, size_t columns)
{
	size_t at = 0;

	for (; columns > 0 && text[at] != '\0'; columns--)
		do
			at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

static size_t without_blanks(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return length;
}

/* Size or "<DIR>", which ends at @end. Returns where it begins, or NULL. */
static const char *parse_size(const char *line, const char *end, struct fat_line *out)
{
	const char *start;

	while (end > line && end[-1] == ' ')
		end--;
	for (start = end; start > line && start[-1] != ' ';)
		start--;
	out->is_folder = end - start == 5 && memcmp(start, "<DIR>", 5) == 0;
	if (out->is_folder)
		return start;
	if (start == end || strspn(start, "0123456789") != (size_t)(end - start))
		return NULL;
	out->size_bytes = strtoull(start, NULL, 10);
	return start;
}

/* "BASE    EXT" as a name. */
static void add_short(const char *line, size_t length, struct str *out)
{
	const size_t column = bytes_of(line, BASE_COLUMNS);
	const size_t base = without_blanks(line, column < length ? column : length);

	str_add_bytes(out, line, base);
	if (column >= length)
		return;
	line += column + 1;
	length = without_blanks(line, length - column - 1);
	if (length > 0) {
		str_add(out, ".");
		str_add_bytes(out, line, length);
	}
}

bool fat_parse_line(const char *line, struct fat_line *out)
{
	const char *date = find_date(line), *start, *tail;

	*out = (struct fat_line){.name = STR_EMPTY};
	if (line[0] == ' ' || date == NULL)
		return false;
	start = parse_size(line, date, out);
	if (start == NULL)
		return false;
	out->mtime_s = parse_date(date);
	tail = date + DATE_BYTES;
	if (strncmp(tail, "  ", 2) == 0 && tail[2] != '\0')
		str_add(&out->name, tail + 2);
	else
		add_short(line, (size_t)(start - line), &out->name);
	return strcmp(out->name.bytes, ".") != 0 && strcmp(out->name.bytes, "..") != 0;
}
