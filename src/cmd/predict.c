/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/predict.h"

#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "flow/predict.h"
#include "record/prediction_json.h"
#include "report/predict.h"
#include "sys/signals.h"

static const struct opt predict_options[] = {
	{"platform", 'p', "P",
	 "the machine: this (the default), a name, or a file\nthat identify --platform "
	 "wrote",
	 "this kvm-virtio-bios kvm-virtio-uefi kvm-scsi-bios ahci-bios nvme-uefi xen-pv "
	 "xen-hvm xen-pvh"},
	{"json", 'j', NULL, "everything as JSON", NULL},
	{"progress", 0, "FORM", "auto, none, lines or json (default auto)",
	 "auto none lines json"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct predict_call {
	const char *platform;
	bool is_json;
	enum progress_form progress;
};

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct predict_call *call = data;

	if (strcmp(row->name, "progress") == 0)
		return progress_parse(argument, &call->progress, err);
	if (strcmp(row->name, "json") == 0)
		call->is_json = true;
	else if (strcmp(row->name, "platform") == 0)
		call->platform = argument;
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

static int look_into(const char *name, const struct predict_call *call,
		     const struct platform *platform, struct prediction *out,
		     struct error *err)
{
	struct progress display;
	const struct image_options options = {.progress = show_progress,
					      .data = &display};
	int result;

	sys_signals_catch();
	progress_begin(&display, stderr, call->progress);
	result = flow_predict(name, &options, platform, out, err);
	progress_end(&display);
	if (sys_signals_came() != 0)
		result = error_set(err, ERROR_INTERRUPTED, "'%s': interrupted", name);
	sys_signals_release();
	return result;
}

static int show(const struct prediction *prediction, bool is_json, struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (is_json)
		record_write_prediction(prediction, &text);
	else
		report_write_prediction(prediction, &text);
	return cmd_print(text.bytes, err);
}

/* What does not hold becomes the exit status. */
static int conclude(const struct prediction *prediction, struct error *err)
{
	static const char *const texts[CHAIN_COUNT] = {
		[CHAIN_BOOT] = "it is not sure to boot",
		[CHAIN_REACH] = "it is not sure to be reached",
		[CHAIN_LOGIN] = "it is not sure to let anybody in",
	};
	const enum error_kind kind = prediction_error(prediction);
	unsigned i;

	if (kind == ERROR_NONE)
		return 0;
	for (i = 0; i < CHAIN_COUNT; i++)
		if (prediction_of_chain(prediction, (enum prediction_chain)i) !=
		    PREDICT_HOLDS)
			break;
	return error_set(err, kind, "%s: %s", texts[i],
			 prediction_steps[prediction_first_bad(prediction,
							       (enum prediction_chain)i)]
				 .name);
}

static int predict_run(int argc, char **argv, struct error *err)
{
	struct predict_call call = {.platform = "this"};
	struct prediction prediction = {0};
	struct platform platform = {0};
	int first, result;

	if (opt_parse(predict_options, argc, argv, take_option, &call, &first, err) != 0)
		return -1;
	if (argc - first != 1)
		return error_set(
			err, ERROR_USAGE,
			"predict takes one image: a file, a block device, '-' or "
			"a http(s) address");
	if (flow_find_platform(call.platform, argv[first], &platform, err) != 0)
		return -1;
	result = look_into(argv[first], &call, &platform, &prediction, err);
	if (result == 0)
		result = show(&prediction, call.is_json, err);
	if (result == 0)
		result = conclude(&prediction, err);
	prediction_clear(&prediction);
	platform_clear(&platform);
	return result;
}

const struct cmd cmd_predict = {
	.name = "predict",
	.arguments = "IMAGE",
	.summary = "will it boot on that machine, and why not",
	.description =
		"IMAGE is what moult inspect takes, a disk too. Three chains are judged, "
		"link by\n"
		"link: does it boot, is it reached, does it let somebody in. A link that "
		"is\n"
		"broken, or cannot be told, stands with its evidence and with what mends "
		"it.\n"
		"Nothing is written, nothing of the image is run. Exit status: 5 it is "
		"not sure\n"
		"to boot; 7 it boots, and is not sure to be reached or to let somebody "
		"in.",
	.options = predict_options,
	.run = predict_run,
};
