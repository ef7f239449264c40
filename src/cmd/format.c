/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/format.h"

#include <string.h>

#include "record/run_json.h"
#include "record/unixbench_text.h"
#include "report/terminal.h"

static void write_unixbench(const struct runs *runs, const struct runs *beside,
			    struct str *out)
{
	(void)beside; /* the report has no place for other machines */
	record_write_unixbench(runs, out);
}

static void write_json(const struct runs *runs, const struct runs *beside,
		       struct str *out)
{
	(void)beside; /* what is measured is the object; others are objects of their own
		       */
	record_write_json(runs, out);
}

static const struct format formats[] = {
	{"terminal", report_write_terminal},
	{"unixbench", write_unixbench},
	{"json", write_json},
};

int format_find(const char *name, const struct format **out, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(name, formats[i].name) == 0) {
			*out = &formats[i];
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE,
			 "unknown format '%s'; there are: " FORMAT_NAMES, name);
}
