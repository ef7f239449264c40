/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/inspect.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/progress.h"
#include "flow/inspect.h"
#include "image/sums.h"
#include "record/inspection_json.h"
#include "report/inspect.h"
#include "sys/signals.h"

static const struct opt inspect_options[] = {
	{"json", 'j', NULL, "everything as JSON", NULL},
	{"tree", 't', NULL, "all paths of the system in it as well", NULL},
	{"digest", 'd', NULL, "read it all, and tell its SHA-256 and SHA-512", NULL},
	{"sha256", 0, "HEX", "the published bytes must have this digest", NULL},
	{"sha512", 0, "HEX", "the same with SHA-512", NULL},
	{"sums", 0, "FILE", "a SHA256SUMS or SHA512SUMS that names the image", "FILE"},
	{"sig", 0, "FILE", "its detached signature, checked by gpgv", "FILE"},
	{"keyring", 0, "FILE", "the keys that may have signed it", "FILE"},
	{"progress", 0, "FORM", "auto, none, lines or json (default auto)",
	 "auto none lines json"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct inspect_call {
	bool is_json, want_digests;
	struct inspect_plan plan;
	struct sums_request sums;
	enum progress_form progress;
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct inspect_call *call = data;
	const struct {
		const char *name;
		const char **place;
	} texts[] = {{"sha256", &call->sums.sha256},
		     {"sha512", &call->sums.sha512},
		     {"sums", &call->sums.sums},
		     {"sig", &call->sums.signature},
		     {"keyring", &call->sums.keyring}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(row->name, texts[i].name) == 0)
			*texts[i].place = argument;
	if (strcmp(row->name, "progress") == 0)
		return progress_parse(argument, &call->progress, err);
	if (strcmp(row->name, "json") == 0)
		call->is_json = true;
	else if (strcmp(row->name, "tree") == 0)
		call->plan.want_tree = true;
	else if (strcmp(row->name, "digest") == 0)
		call->want_digests = true;
	return 0;
}

static void show_progress(void *data, uint64_t done_bytes, uint64_t total_bytes)
{
	char detail[48];
	const struct progress_state state = {
		.phase = "reading",
		.done = total_bytes > 0 ? (double)done_bytes / (double)total_bytes : 0,
		.left_ns = -1,
		.detail = detail};

	(void)snprintf(detail, sizeof(detail), "%.0f MiB",
		       (double)done_bytes / (1 << 20));
	progress_show(data, &state);
}

static int show(const struct inspection *inspection, const struct inspect_call *call,
		struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (call->is_json)
		record_write_inspection(inspection, &text);
	else
		report_write_inspection(inspection, &text);
	return cmd_print(text.bytes, err);
}

/* The digests decide first: nothing is shown of an image that is not what it should be. */
static int check_digests(const struct inspection *inspection,
			 const struct image_digests *required, struct error *err)
{
	struct image_digests seen = {0};

	(void)snprintf(seen.sha256, sizeof(seen.sha256), "%s",
		       inspection->published_sha256);
	(void)snprintf(seen.sha512, sizeof(seen.sha512), "%s",
		       inspection->published_sha512);
	return sums_check(required, &seen, err);
}

static int look_into(const char *name, struct inspect_call *call, struct inspection *out,
		     struct error *err)
{
	struct progress display;
	int result;

	progress_begin(&display, stderr, call->progress);
	call->plan.image.progress = show_progress;
	call->plan.image.data = &display;
	result = flow_inspect(name, &call->plan, out, err);
	progress_end(&display);
	return result;
}

/* All that may take long; a signal ends it when the children are gone. */
static int read_all(const char *name, struct inspect_call *call,
		    struct image_digests *required, struct inspection *out,
		    struct error *err)
{
	int result = 0;

	sys_signals_catch();
	if (sums_is_asked(&call->sums))
		result = sums_require(&call->sums, name, required, err);
	if (result == 0)
		result = look_into(name, call, out, err);
	/* also where it was one part that could not be read */
	if (sys_signals_came() != 0)
		result = error_set(err, ERROR_INTERRUPTED, "'%s': interrupted", name);
	sys_signals_release();
	return result;
}

static int inspect(const char *name, struct inspect_call *call, struct error *err)
{
	struct inspection inspection = {0};
	struct image_digests required = {0};
	int result = read_all(name, call, &required, &inspection, err);

	if (result == 0 && sums_is_asked(&call->sums))
		result = check_digests(&inspection, &required, err);
	if (result == 0)
		result = show(&inspection, call, err);
	if (result == 0 && inspection_is_partial(&inspection))
		result = error_set(err, ERROR_PARTIAL,
				   "not all of '%s' could be read; what, and why, stands "
				   "above",
				   name);
	inspection_clear(&inspection);
	return result;
}

static int inspect_run(int argc, char **argv, struct error *err)
{
	struct inspect_call call = {0};
	int first;

	if (opt_parse(inspect_options, argc, argv, take_option, &call, &first, err) != 0)
		return -1;
	if (argc - first != 1)
		return error_set(
			err, ERROR_USAGE,
			"inspect takes one image: a file, a block device, '-' or "
			"a http(s) address");
	call.plan.image.want_digests = sums_is_asked(&call.sums) || call.want_digests;
	return inspect(argv[first], &call, err);
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.arguments = "IMAGE",
	.summary = "what is in an image or on a disk",
	.description =
		"IMAGE is a file, a block device, '-' for standard input, or a http(s)\n"
		"address. What it is, is found from its content: raw, gz, bz2, xz, zst, "
		"lz4,\n"
		"a tar with one image, qcow2, vmdk, vhd, vhdx, vdi, also one in "
		"another.\n"
		"Shown are its layers, how the disk is divided, boot code, file systems, "
		"the\n"
		"system in it, how it boots, how it reaches the network and who can log "
		"in.\n"
		"Nothing is written, nothing of the image is run. Exit status 7: not all "
		"could\n"
		"be read; the rest is shown.",
	.options = inspect_options,
	.run = inspect_run,
};
