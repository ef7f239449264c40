/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

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
		for (; length > 0; length--, text++)
			str_add_bytes(out, iscntrl((unsigned char)*text) ? "?" : text, 1);
		text += strspn(text, " ");
	}
	str_add(out, "\n");
}
