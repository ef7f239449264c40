/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* C1 is two bytes in UTF-8: 0xc2, and 0x80 to 0x9f. */
static bool is_c1(const char *text, size_t length)
{
	return length > 1 && (unsigned char)text[0] == 0xc2 &&
	       (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0;
}

void report_add_clean(struct str *out, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		const bool is_two = is_c1(text + i, length - i);

		if (is_two || iscntrl((unsigned char)text[i]))
			str_add(out, "?");
		else
			str_add_bytes(out, text + i, 1);
		i += is_two;
	}
}

void report_add_wrapped(struct str *out, const char *text, size_t indent, size_t begun)
{
	size_t column = begun, length;
	bool is_first = true;

	while (*text != '\0') {
		length = strcspn(text, " ");
		if (!is_first && column + 1 + length > REPORT_WIDTH) {
			str_addf(out, "\n%*s", (int)indent, "");
			column = indent;
			is_first = true;
		}
		if (!is_first)
			str_add(out, " ");
		column += length + !is_first;
		is_first = false;
		report_add_clean(out, text, length);
		text += length;
		text += strspn(text, " ");
	}
	str_add(out, "\n");
}
