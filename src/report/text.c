/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { CHARACTER_MOST = 4, DOTS = 3 };

/* A range of characters, both ends in it. */
struct range {
	uint32_t first, last;
};

static bool is_in(const struct range *ranges, uint32_t character)
{
	for (; ranges->last != 0; ranges++)
		if (character >= ranges->first && character <= ranges->last)
			return true;
	return false;
}

/* Decodes a character. Returns its bytes; 0: no UTF-8 (RFC 3629) */
static size_t decode(const char *text, size_t length, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	const unsigned char lead = bytes[0];
	const size_t count = lead < 0x80    ? 1
			     : lead < 0xc2  ? 0
			     : lead < 0xe0  ? 2
			     : lead < 0xf0  ? 3
			     : lead <= 0xf4 ? 4
					    : 0;
	uint32_t value = count > 1 ? lead & (0xffu >> (count + 1)) : lead;
	size_t i;

	if (count == 0 || count > length)
		return 0;
	for (i = 1; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (bytes[i] & 0x3f);
	}
	if (value < least[count] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 0;
	*out = value;
	return count;
}

/* C0, delete and C1; ends of lines and marks of direction, which change how the rest looks. */
static bool is_obeyed(uint32_t character)
{
	static const struct range ranges[] = {{0, 0x1f},	{0x7f, 0x9f},
					      {0x200e, 0x200f}, {0x2028, 0x202e},
					      {0x2066, 0x2069}, {0, 0}};

	return is_in(ranges, character);
}

/* As terminals do it, near enough (Unicode's East Asian Width, TR 11). */
static size_t columns_of(uint32_t character)
{
	static const struct range wide[] = {{0x1100, 0x115f},
					    {0x2e80, 0xa4cf},
					    {0xac00, 0xd7a3},
					    {0xf900, 0xfaff},
					    {0xfe30, 0xfe6f},
					    {0xff00, 0xff60},
					    {0xffe0, 0xffe6},
					    {0x1f300, 0x1f64f},
					    {0x1f900, 0x1f9ff},
					    {0x20000, 0x3fffd},
					    {0, 0}};
	static const struct range none[] = {{0x300, 0x36f},   {0x200b, 0x200d},
					    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
					    {0xfeff, 0xfeff}, {0, 0}};

	return is_in(wide, character) ? 2 : is_in(none, character) ? 0 : 1;
}

/* The next character: how long it is, and its columns. What is none is a byte, shown as '?'. */
static size_t next(const char *text, size_t length, size_t *out_columns,
		   bool *out_is_clean)
{
	uint32_t character = 0;
	const size_t bytes = decode(text, length, &character);

	*out_is_clean = bytes > 0 && !is_obeyed(character);
	*out_columns = *out_is_clean ? columns_of(character) : 1;
	return bytes > 0 ? bytes : 1;
}

void report_add_clean(struct str *out, const char *text, size_t length)
{
	size_t i, bytes, columns;
	bool is_clean;

	for (i = 0; i < length; i += bytes) {
		bytes = next(text + i, length - i, &columns, &is_clean);
		if (is_clean)
			str_add_bytes(out, text + i, bytes);
		else
			str_add(out, "?");
	}
}

/* How much of a text fits: bytes, of whole characters. Marks that have no column of their own
 * are not endless either. */
static size_t fitting(const char *text, size_t most)
{
	const size_t length = strnlen(text, most * CHARACTER_MOST + 1);
	size_t i = 0, bytes, columns, used = 0;
	bool is_clean;

	while (i < length) {
		bytes = next(text + i, length - i, &columns, &is_clean);
		if (used + columns > most || i + bytes > most * CHARACTER_MOST)
			break;
		used += columns;
		i += bytes;
	}
	return i;
}

void report_add_cut(struct str *out, const char *text, size_t most)
{
	const size_t whole = fitting(text, most);

	if (text[whole] == '\0') {
		report_add_clean(out, text, whole);
		return;
	}
	report_add_clean(out, text, fitting(text, most - DOTS));
	str_add(out, "...");
}

const char *report_size(uint64_t bytes, char out[REPORT_SIZE_ROOM])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	(void)snprintf(out, REPORT_SIZE_ROOM, "%.*f %s",
		       unit == 0 || value >= 100 ? 0 : 1, value, units[unit]);
	return out;
}

void report_add_words(struct str *out, const char *text, size_t most)
{
	size_t length, used = 0;

	text += strspn(text, " ");
	while (*text != '\0') {
		autostr struct str word = STR_EMPTY;

		length = strcspn(text, " ");
		str_add_bytes(&word, text, length);
		text += length;
		text += strspn(text, " ");
		if (used >= most) {
			str_add(out, " ...");
			return;
		}
		if (used > 0)
			str_add(out, " ");
		report_add_cut(out, word.bytes, REPORT_VALUE_MOST);
		used += report_columns(word.bytes, length) + 1;
	}
}

void report_add_value(struct str *out, const char *before, const char *text)
{
	if (text == NULL)
		return;
	str_add(out, before);
	report_add_cut(out, text, REPORT_VALUE_MOST);
}

void report_list_add(struct report_list *list, const char *text)
{
	if (list->count++ < list->most)
		report_add_value(list->out, list->count > 1 ? list->separator : "", text);
}

void report_add_more(struct str *out, size_t count, size_t most)
{
	if (count > most)
		str_addf(out, " (%zu more)", count - most);
}

void report_add_more_line(struct str *out, size_t count, size_t most)
{
	if (count > most)
		str_addf(out, "  (%zu more with --json)\n", count - most);
}

size_t report_columns(const char *text, size_t length)
{
	size_t i, columns, width = 0;
	bool is_clean;

	for (i = 0; i < length; width += columns)
		i += next(text + i, length - i, &columns, &is_clean);
	return width;
}

void report_add_wrapped(struct str *out, const char *text, size_t indent, size_t begun)
{
	size_t column = begun, length, width;
	bool is_first = true;

	while (*text != '\0') {
		length = strcspn(text, " ");
		width = report_columns(text, length);
		if (!is_first && column + 1 + width > REPORT_WIDTH) {
			str_addf(out, "\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		if (!is_first)
			str_add(out, " ");
		column += width + !is_first;
		is_first = false;
		report_add_clean(out, text, length);
		text += length;
		text += strspn(text, " ");
	}
	str_add(out, "\n");
}
