/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/adapt.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cmd/confirm.h"
#include "flow/adapt_target.h"
#include "flow/predict.h"
#include "record/adaptation_json.h"
#include "report/adapt.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

enum { KEY_FILE_MOST = 1 << 20, HOSTNAME_MOST = 64 };

static const struct opt adapt_options[] = {
	{"platform", 'p', "P",
	 "the machine: this (the default), a name, or a file\nthat identify --platform "
	 "wrote",
	 "this kvm-virtio-bios kvm-virtio-uefi kvm-scsi-bios ahci-bios nvme-uefi xen-pv "
	 "xen-hvm xen-pvh"},
	{"dry-run", 'n', NULL, "show what would be changed, and end", NULL},
	{"only", 'o', "FIXER", "this fixer alone; can be given again", NULL},
	{"skip", 's', "FIXER", "without this fixer; can be given again", NULL},
	{"hostname", 0, "NAME", "the system's new name", NULL},
	{"key", 'k', "FILE", "public ssh keys that get USER in", "FILE"},
	{"user", 'u', "USER", "who gets the keys (default root)", NULL},
	{"old-system", 0, "IMAGE", "the system that ran on the machine before", "FILE"},
	{"keep-keys", 0, NULL, "take its ssh host keys and authorized keys along",
	 NULL},
	{"confirm-disk", 0, "ID", "the disk's id: nothing is asked; a file needs none",
	 NULL},
	{"list-fixers", 0, NULL, "show the fixers, and end", NULL},
	{"json", 'j', NULL, "everything as JSON", NULL},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

struct adapt_call {
	const char *platform, *key, *old, *confirm;
	bool is_dry, is_json, is_list;
	struct adapt_request request;
};

static int take_fixer(const char *name, struct guest_words *out, struct error *err)
{
	if (fix_by_name(name) == NULL)
		return error_set(err, ERROR_USAGE,
				 "no fixer is called '%.60s'; see --list-fixers", name);
	guest_words_add(out, name, strlen(name));
	return 0;
}

/* RFC 1123, 2.1, and the 64 bytes that Linux has for it. */
int cmd_adapt_hostname(const char *name, struct fix_wishes *wishes, struct error *err)
{
	const size_t length = strlen(name);
	bool is_good = length > 0 && length <= HOSTNAME_MOST && name[0] != '-' &&
		       name[0] != '.' && name[length - 1] != '-' &&
		       name[length - 1] != '.';
	size_t i;

	for (i = 0; i < length; i++)
		is_good = is_good && (isalnum((unsigned char)name[i]) || name[i] == '-' ||
				      name[i] == '.');
	if (!is_good)
		return error_set(err, ERROR_USAGE,
				 "'%.70s' is no name of a host: letters, digits, '-' and "
				 "'.', at most 64",
				 name);
	wishes->hostname = name;
	return 0;
}

static int take_option(const struct opt *row, const char *argument, void *data,
		       struct error *err)
{
	struct adapt_call *call = data;
	struct adapt_request *request = &call->request;
	const struct {
		const char *name;
		const char **place;
	} texts[] = {{"platform", &call->platform},
		     {"key", &call->key},
		     {"user", &request->wishes.user},
		     {"old-system", &call->old},
		     {"confirm-disk", &call->confirm}};
	const struct {
		const char *name;
		bool *place;
	} switches[] = {{"dry-run", &call->is_dry},
			{"json", &call->is_json},
			{"list-fixers", &call->is_list},
			{"keep-keys", &request->wishes.want_old_keys}};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(row->name, texts[i].name) == 0)
			*texts[i].place = argument;
	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(row->name, switches[i].name) == 0)
			*switches[i].place = true;
	if (strcmp(row->name, "only") == 0)
		return take_fixer(argument, &request->only, err);
	if (strcmp(row->name, "skip") == 0)
		return take_fixer(argument, &request->skip, err);
	if (strcmp(row->name, "hostname") == 0)
		return cmd_adapt_hostname(argument, &request->wishes, err);
	return 0;
}

static int list_fixers(struct error *err)
{
	autostr struct str text = STR_EMPTY;
	size_t i;

	for (i = 0; fixers[i] != NULL; i++)
		str_addf(&text, "%-18s %s\n", fixers[i]->name, fixers[i]->does);
	return cmd_print(text.bytes, err);
}

int cmd_adapt_keys(const char *path, struct str *keys, struct fix_wishes *wishes,
		   struct error *err)
{
	if (sys_file_read(AT_FDCWD, path, KEY_FILE_MOST, keys, err) != 0)
		return -1;
	wishes->authorized_keys = keys->bytes;
	return 0;
}

int cmd_adapt_time(int64_t *out, struct error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	*out = sys_clock_wall_ns() / NUM_SECOND_NS;
	if (text == NULL || text[0] == '\0')
		return 0;
	if (num_parse_uint(text, "SOURCE_DATE_EPOCH", 0, UINT32_MAX, &seconds, err) != 0)
		return -1;
	*out = (int64_t)seconds;
	return 0;
}

static int show(const struct adapt_call *call, const struct adaptation *adaptation,
		bool is_written, struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (call->is_json)
		record_write_adaptation(adaptation, is_written, &text);
	else
		report_write_adaptation(adaptation, &text);
	return cmd_print(text.bytes, err);
}

static int write_it(const struct adapt_call *call, struct adapt_target *target,
		    struct adapt *adapt, struct error *err)
{
	char *id = target_confirm_id(&target->target, adapt->before.layout.id);
	int result = 0;

	if (target->target.kind != TARGET_FILE)
		result = cmd_confirm(call->confirm, id, "change what is on it", err);
	if (result == 0 && sys_signals_came() != 0)
		result = error_set(err, ERROR_INTERRUPTED,
				   "interrupted; nothing was written");
	if (result == 0)
		result = adapt_target_commit(target, adapt, err);
	free(id);
	return result;
}

/* What does not hold afterwards, or was not done, becomes the exit status. */
static int conclude(const struct adaptation *adaptation, struct error *err)
{
	static const char *const texts[CHAIN_COUNT] = {
		[CHAIN_BOOT] = "it is not sure to boot",
		[CHAIN_REACH] = "it is not sure to be reached",
		[CHAIN_LOGIN] = "it is not sure to let anybody in",
	};
	const struct prediction *after = &adaptation->after;
	unsigned i;

	for (i = 0; i < CHAIN_COUNT; i++) {
		const enum prediction_chain chain = (enum prediction_chain)i;

		if (prediction_of_chain(after, chain) != PREDICT_HOLDS)
			return error_set(
				err, prediction_error(after), "%s: %s", texts[i],
				prediction_steps[prediction_first_bad(after, chain)]
					.name);
	}
	if (adaptation->gap_count > 0)
		return error_set(
			err, ERROR_PARTIAL, "%zu thing%s could not be done: see above",
			adaptation->gap_count, adaptation->gap_count == 1 ? "" : "s");
	return 0;
}

static int plan_and_write(const struct adapt_call *call, struct adapt_target *target,
			  struct adapt *adapt, struct error *err)
{
	bool is_written = false;

	if (adapt_plan(adapt, target->image->blocks, &call->request, err) != 0)
		return -1;
	if (!call->is_json && show(call, &adapt->out, false, err) != 0)
		return -1;
	if (!call->is_dry && !adapt_is_empty(adapt)) {
		if (write_it(call, target, adapt, err) != 0)
			return -1;
		is_written = true;
	}
	if (call->is_json && show(call, &adapt->out, is_written, err) != 0)
		return -1;
	if (!call->is_json && is_written && cmd_print("\nWritten.\n", err) != 0)
		return -1;
	return conclude(&adapt->out, err);
}

static int adapt_image(struct adapt_call *call, const char *path, struct error *err)
{
	struct adapt_target target = {0};
	struct adapt adapt = {0};
	int result = adapt_target_open(path, call->is_dry, &target, err);

	if (target.was_finished)
		(void)fprintf(stderr, "moult: an adapt of it that was cut off was "
				      "finished first\n");
	if (result == 0)
		result = plan_and_write(call, &target, &adapt, err);
	if (result != 0)
		(void)error_frame(err, "'%.100s'", path);
	adapt_close(&adapt);
	adapt_target_close(&target);
	return result;
}

static int with_old_system(struct adapt_call *call, const char *path, struct error *err)
{
	struct adapt_old old = {0};
	int result = 0;

	if (call->old != NULL && adapt_old_open(call->old, &old, err) != 0)
		result = error_frame(err, "the old system, '%.100s'", call->old);
	else if (call->old != NULL)
		call->request.wishes.old = adapt_old_vfs(&old);
	if (result == 0)
		result = adapt_image(call, path, err);
	adapt_old_close(&old);
	return result;
}

static int with_platform(struct adapt_call *call, const char *path, struct error *err)
{
	autostr struct str keys = STR_EMPTY;
	struct platform platform = {0};
	int result = cmd_adapt_time(&call->request.time_s, err);

	if (result == 0 && call->key != NULL)
		result = cmd_adapt_keys(call->key, &keys, &call->request.wishes, err);
	if (result == 0)
		result = flow_find_platform(call->platform, path, &platform, err);
	if (result == 0) {
		call->request.platform = &platform;
		call->request.name = path;
		sys_signals_catch();
		result = with_old_system(call, path, err);
		sys_signals_release();
	}
	platform_clear(&platform);
	return result;
}

static int check_call(const struct adapt_call *call, int words, struct error *err)
{
	if (words != 1)
		return error_set(err, ERROR_USAGE,
				 "adapt takes one image file or block device");
	if (call->request.wishes.want_old_keys && call->old == NULL)
		return error_set(err, ERROR_USAGE,
				 "--keep-keys takes them from --old-system IMAGE");
	return 0;
}

static int adapt_run(int argc, char **argv, struct error *err)
{
	struct adapt_call call = {.platform = "this"};
	int first, result;

	result = opt_parse(adapt_options, argc, argv, take_option, &call, &first, err);
	if (result == 0 && call.is_list)
		result = list_fixers(err);
	else if (result == 0 && check_call(&call, argc - first, err) != 0)
		result = -1;
	else if (result == 0)
		result = with_platform(&call, argv[first], err);
	guest_words_clear(&call.request.only);
	guest_words_clear(&call.request.skip);
	return result;
}

const struct cmd cmd_adapt = {
	.name = "adapt",
	.arguments = "IMAGE|DISK",
	.summary = "make a guest fit a machine",
	.description =
		"Changes the system in a raw image file or on a disk so that it boots on "
		"that\n"
		"machine, is reached there and lets somebody in: each change is shown "
		"with the\n"
		"failure that it prevents, and the prediction before and after. A kill "
		"leaves\n"
		"the old system or the new one; run adapt again then. Nothing of the "
		"guest is\n"
		"run. Exit status: 4 refused, nothing was written; 5 it is still not "
		"sure to\n"
		"boot; 7 it boots, and is not sure to be reached or to let somebody in, "
		"or\n"
		"something could not be done.",
	.options = adapt_options,
	.run = adapt_run,
};
