/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/overlay.h"

#include <string.h>

#include "cmd/adapt.h"
#include "cmd/overlay_call.h"

static const struct opt overlay_options[] = {
	{"disk", 'd', "DEV", "the disk that is written over", "FILE"},
	{"file", 'f', NULL, "the disk is a regular file", NULL},
	{"platform", 'P', "P",
	 "the machine that is to start from the disk: this (the\n"
	 "default), a name, or a file of identify --platform",
	 "this kvm-virtio-bios kvm-virtio-uefi kvm-scsi-bios ahci-bios nvme-uefi xen-pv "
	 "xen-hvm xen-pvh"},
	{"adapt", 'a', NULL, "make the image's system fit that machine on the way", NULL},
	{"hostname", 0, "NAME", "--adapt: the system's new name", NULL},
	{"key", 'k', "FILE", "--adapt: public ssh keys that get USER in", "FILE"},
	{"user", 0, "USER", "--adapt: who gets the keys (default root)", NULL},
	{"sha256", 0, "HEX", "the image's published bytes have this digest", NULL},
	{"sha512", 0, "HEX", "the same with SHA-512", NULL},
	{"sums", 0, "FILE", "a SHA256SUMS or SHA512SUMS that names the image", "FILE"},
	{"sig", 0, "FILE", "its detached signature, checked by gpgv", "FILE"},
	{"keyring", 0, "FILE", "the keys that may have signed it", "FILE"},
	{"no-digest", 0, NULL, "go without: nothing tells whether the image is whole",
	 NULL},
	{"scope", 's', "SCOPE",
	 "what can come back: until-boot (default), full, all,\nnone",
	 "until-boot full all none"},
	{"undo", 'u', "PLACE",
	 "file or device for the undo log (default: the disk's\ntail)", "FILE"},
	{"waive", 'w', "CHECK", "go on although CHECK refuses; can be given again",
	 "architecture firmware cpu-level no-boot-path unseen"},
	{"plan", 'p', "FILE", "apply: this plan", "FILE"},
	{"output", 'o', "FILE", "plan: write the plan to FILE", "FILE"},
	{"confirm-disk", 0, "ID",
	 "the disk's id, as the plan prints it: nothing is asked", NULL},
	{"log", 'l', "FILE", "the text log of what is said (default: see the manual)",
	 "FILE"},
	{"dry-run", 'n', NULL, "apply: show the plan, and end", NULL},
	{"json", 'j', NULL, "the plan or the state as JSON", NULL},
	{"progress", 0, "FORM", "auto, none, lines or json (default auto)",
	 "auto none lines json"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

static int take_scope(const char *argument, enum plan_scope *out, struct error *err)
{
	unsigned i;

	for (i = 0; i < SCOPE_COUNT; i++)
		if (strcmp(argument, plan_scope_names[i]) == 0) {
			*out = (enum plan_scope)i;
			return 0;
		}
	return error_set(err, ERROR_USAGE,
			 "--scope takes until-boot, full, all or none, not '%s'",
			 argument);
}

static int take_waive(const char *argument, struct overlay_request *request,
		      struct error *err)
{
	const size_t most = sizeof(request->waived) / sizeof(request->waived[0]);

	if (request->waived_count == most)
		return error_set(err, ERROR_USAGE, "--waive is given too often");
	request->waived[request->waived_count++] = argument;
	return 0;
}

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct cmd_overlay_call *call = data;
	struct overlay_request *request = &call->request;
	const struct {
		const char *name;
		const char **place;
	} texts[] = {{"disk", &request->disk},
		     {"platform", &request->platform},
		     {"key", &call->key},
		     {"user", &request->wishes.user},
		     {"sha256", &request->sums.sha256},
		     {"sha512", &request->sums.sha512},
		     {"sums", &request->sums.sums},
		     {"sig", &request->sums.signature},
		     {"keyring", &request->sums.keyring},
		     {"undo", &request->undo},
		     {"plan", &call->plan},
		     {"output", &call->output},
		     {"confirm-disk", &call->confirm},
		     {"log", &call->log_path}};
	const struct {
		const char *name;
		bool *place;
	} switches[] = {{"file", &request->is_file},
			{"adapt", &request->want_adapt},
			{"no-digest", &request->no_digest},
			{"dry-run", &call->is_dry},
			{"json", &call->is_json}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(row->name, texts[i].name) == 0)
			*texts[i].place = argument;
	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(row->name, switches[i].name) == 0)
			*switches[i].place = true;
	if (strcmp(row->name, "scope") == 0)
		return take_scope(argument, &request->scope, err);
	if (strcmp(row->name, "hostname") == 0)
		return cmd_adapt_hostname(argument, &request->wishes, err);
	if (strcmp(row->name, "waive") == 0)
		return take_waive(argument, request, err);
	if (strcmp(row->name, "progress") == 0)
		return progress_parse(argument, &call->form, err);
	return 0;
}

/* What --adapt needs beside the image. */
static int prepare_adapt(struct cmd_overlay_call *call, struct error *err)
{
	struct overlay_request *request = &call->request;

	if (!request->want_adapt) {
		if (call->key != NULL || request->wishes.user != NULL ||
		    request->wishes.hostname != NULL)
			return error_set(err, ERROR_USAGE,
					 "--key, --user and --hostname go with --adapt");
		return 0;
	}
	if (call->key != NULL &&
	    cmd_adapt_keys(call->key, &call->keys, &request->wishes, err) != 0)
		return -1;
	return cmd_adapt_time(&request->time_s, err);
}

static const struct {
	const char *name;
	int (*run)(struct cmd_overlay_call *call, char **words, struct error *err);
	bool takes_words;
} verbs[] = {
	{"plan", cmd_overlay_plan, true},      {"apply", cmd_overlay_apply, true},
	{"status", cmd_overlay_status, false}, {"rollback", cmd_overlay_rollback, false},
	{"commit", cmd_overlay_commit, false},
};

static int overlay_run(int argc, char **argv, struct error *err)
{
	struct cmd_overlay_call call = {
		.form = PROGRESS_AUTO, .log = CMD_OVERLAY_LOG_NONE, .keys = STR_EMPTY};
	size_t i;
	int first, result;

	if (opt_parse(overlay_options, argc, argv, take_option, &call, &first, err) != 0)
		return -1;
	for (i = 0; first < argc && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[first], verbs[i].name) != 0)
			continue;
		if (!verbs[i].takes_words && first + 1 < argc)
			return error_set(
				err, ERROR_USAGE,
				"overlay %s takes no '%.80s': the disk is --disk DEV",
				verbs[i].name, argv[first + 1]);
		result = prepare_adapt(&call, err);
		if (result == 0)
			result = verbs[i].run(&call, argv + first + 1, err);
		str_clear(&call.keys);
		cmd_overlay_log_close(&call.log);
		return result;
	}
	return error_set(err, ERROR_USAGE,
			 "overlay takes plan, apply, status, rollback or commit");
}

const struct cmd cmd_overlay = {
	.name = "overlay",
	.arguments = "plan|apply|status|rollback|commit [IMAGE]",
	.summary = "write an image over a disk, with a way back",
	.description =
		"plan IMAGE --disk DEV      decide and check everything; nothing is "
		"written\n"
		"apply --plan FILE          do it: the plan is checked again first\n"
		"apply IMAGE --disk DEV     make the plan, show it, and do it\n"
		"status --disk DEV          how far it is, and what can be done\n"
		"rollback --disk DEV        bring the old system back\n"
		"commit --disk DEV          keep the new one, and free the log\n"
		"\n"
		"Old bytes reach the undo log before they are overwritten; what is "
		"written is\n"
		"read back from the medium; what the disk boots by comes last. apply "
		"again\n"
		"goes on where it was. The disk's id has to be typed, or "
		"--confirm-disk.\n"
		"Exit status: 4 refused, nothing was written; 5 the digest or the "
		"read-back\n"
		"is wrong; 6 failed after writing began, and the message says what to "
		"do.",
	.options = overlay_options,
	.run = overlay_run,
};
