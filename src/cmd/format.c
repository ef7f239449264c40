/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/format.h"

#include <string.h>

#include "model/mask.h"
#include "record/run_json.h"
#include "record/unixbench_text.h"
#include "report/share.h"
#include "report/terminal.h"

static void write_terminal(const struct runs *runs, const struct format_options *options,
			   struct str *out)
{
	report_write_terminal(runs, options->beside, out);
}

static void write_unixbench(const struct runs *runs, const struct format_options *options,
			    struct str *out)
{
	(void)options;
	record_write_unixbench(runs, out);
}

static void write_json(const struct runs *runs, const struct format_options *options,
		       struct str *out)
{
	(void)options;
	record_write_json(runs, out);
}

static void write_csv(const struct runs *runs, const struct format_options *options,
		      struct str *out)
{
	(void)options;
	report_write_csv(runs, out);
}

static void write_markdown(const struct runs *runs, const struct format_options *options,
			   struct str *out)
{
	report_write_markdown(runs, options->is_ascii, out);
}

static void write_bbcode(const struct runs *runs, const struct format_options *options,
			 struct str *out)
{
	report_write_bbcode(runs, options->is_ascii, out);
}

static const struct format formats[] = {
	{"terminal", false, write_terminal}, {"unixbench", true, write_unixbench},
	{"json", false, write_json},	     {"csv", true, write_csv},
	{"markdown", true, write_markdown},  {"bbcode", true, write_bbcode},
};

int cmd_format_find(const char *name, const struct format **out, struct error *err)
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

void format_write(const struct format *format, struct runs *runs,
		  const struct format_options *options, bool is_raw, struct str *out)
{
	if (format->is_for_sharing && !is_raw)
		mask_runs(runs);
	format->write(runs, options, out);
}
