/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/show.h"

#include <string.h>

#include "cmd/format.h"
#include "flow/find.h"
#include "model/mask.h"

static const struct opt show_options[] = {
	{"format", 'f', "FORMAT",
	 "terminal, unixbench, json, csv, markdown or bbcode\n(default terminal)",
	 FORMAT_NAMES},
	{"json", 'j', NULL, "the same as --format json", NULL},
	{"ascii", 0, NULL, "markdown and bbcode: nothing beyond ASCII", NULL},
	{"share", 0, NULL, "mask host name and addresses in terminal and json too", NULL},
	{"raw", 0, NULL, "mask nothing", NULL},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct show_call {
	const struct format *format;
	struct format_options options;
	bool is_shared, is_raw;
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct show_call *call = data;

	if (strcmp(row->name, "format") == 0)
		return cmd_format_find(argument, &call->format, err);
	if (strcmp(row->name, "json") == 0)
		return cmd_format_find("json", &call->format, err);
	if (strcmp(row->name, "ascii") == 0)
		call->options.is_ascii = true;
	else if (strcmp(row->name, "share") == 0)
		call->is_shared = true;
	else if (strcmp(row->name, "raw") == 0)
		call->is_raw = true;
	return 0;
}

static int show_run_command(int argc, char **argv, struct error *err)
{
	struct show_call call = {0};
	autostr struct str text = STR_EMPTY;
	struct runs runs = {0};
	int first, result;

	if (cmd_format_find("terminal", &call.format, err) != 0 ||
	    opt_parse(show_options, argc, argv, take_option, &call, &first, err) != 0)
		return -1;
	if (first == argc)
		return error_set(err, ERROR_USAGE,
				 "no run given: an id, a label or a run file");
	if (call.is_shared && call.is_raw)
		return error_set(err, ERROR_USAGE,
				 "--share and --raw exclude each other");
	for (result = 0; result == 0 && first < argc; first++)
		result = flow_find_runs(argv[first], &runs, err);
	if (result == 0) {
		if (call.is_shared)
			mask_runs(&runs);
		format_write(call.format, &runs, &call.options, call.is_raw, &text);
		result = cmd_print(text.bytes, err);
	}
	runs_clear(&runs);
	return result;
}

const struct cmd cmd_show = {
	.name = "show",
	.arguments = "RUN...",
	.summary = "one run, in any format",
	.description = "RUN is an id or a label of a run in the store (moult runs list), "
		       "or a run file;\n"
		       "\"#2\" behind a label or a file names the second run of it. In "
		       "the formats that\n"
		       "are made for sharing (unixbench, csv, markdown, bbcode) host "
		       "name and addresses\n"
		       "are masked.",
	.options = show_options,
	.run = show_run_command,
};
