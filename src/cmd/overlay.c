/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/overlay.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/progress.h"
#include "base/str.h"
#include "flow/overlay_run.h"
#include "record/overlay_json.h"
#include "record/plan_json.h"
#include "report/overlay.h"
#include "report/plan.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/signals.h"

/* How often a plain line tells how far it is. */
static const int64_t LINE_EVERY_NS = 10 * NUM_SECOND_NS;

enum { PLAN_FILE_MOST = 64 * 1024 * 1024, TYPED_MOST = 256 };

static const struct opt overlay_options[] = {
	{"disk", 'd', "DEV", "the disk that is written over", "FILE"},
	{"file", 'f', NULL, "the disk is a regular file", NULL},
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
	{"dry-run", 'n', NULL, "apply: show the plan, and end", NULL},
	{"json", 'j', NULL, "the plan or the state as JSON", NULL},
	{"progress", 0, "FORM", "auto, none, lines or json (default auto)",
	 "auto none lines json"},
	{"help", 'h', NULL, "show this help", NULL},
	OPT_END,
};

/* What was asked for, and the display. */
struct call {
	struct overlay_request request;
	const char *plan, *output, *confirm;
	bool is_dry, is_json;
	enum progress_form form;
	struct progress display;
	const char *phase;
	int64_t phase_began_ns, line_ns;
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
	struct call *call = data;
	struct overlay_request *request = &call->request;
	const struct {
		const char *name;
		const char **place;
	} texts[] = {
		{"disk", &request->disk},	   {"sha256", &request->sums.sha256},
		{"sha512", &request->sums.sha512}, {"sums", &request->sums.sums},
		{"sig", &request->sums.signature}, {"keyring", &request->sums.keyring},
		{"undo", &request->undo},	   {"plan", &call->plan},
		{"output", &call->output},	   {"confirm-disk", &call->confirm}};
	const struct {
		const char *name;
		bool *place;
	} switches[] = {{"file", &request->is_file},
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
	if (strcmp(row->name, "waive") == 0)
		return take_waive(argument, request, err);
	if (strcmp(row->name, "progress") == 0)
		return progress_parse(argument, &call->form, err);
	return 0;
}

static void show_progress(void *data, const struct overlay_progress *progress)
{
	struct call *call = data;
	const int64_t now_ns = sys_clock_monotonic_ns();
	const double done =
		progress->total_bytes > 0
			? (double)progress->done_bytes / (double)progress->total_bytes
			: 1;
	struct progress_state state = {
		.phase = progress->phase, .done = done, .left_ns = -1};
	char detail[80];
	double seconds;

	if (call->phase == NULL || strcmp(call->phase, progress->phase) != 0) {
		call->phase = progress->phase;
		call->phase_began_ns = now_ns;
		call->line_ns = 0;
	}
	state.is_step = now_ns - call->line_ns >= LINE_EVERY_NS;
	if (state.is_step)
		call->line_ns = now_ns;
	seconds = (double)(now_ns - call->phase_began_ns) / 1e9;
	if (done > 0 && seconds > 1)
		state.left_ns = (int64_t)(seconds * (1 - done) / done * 1e9);
	(void)snprintf(detail, sizeof(detail), "%.0f of %.0f MiB, %.0f MiB/s",
		       (double)progress->done_bytes / (1 << 20),
		       (double)progress->total_bytes / (1 << 20),
		       seconds > 0 ? (double)progress->done_bytes / (1 << 20) / seconds
				   : 0);
	state.detail = detail;
	progress_show(&call->display, &state);
}

/* A terminal that goes away does not stop what is being written. */
static bool is_stopped(void *data)
{
	const int came = sys_signals_came();

	(void)data;
	return came != 0 && came != SIGHUP;
}

static int need_disk(const struct call *call, struct error *err)
{
	if (call->request.disk != NULL)
		return 0;
	return error_set(err, ERROR_USAGE, "name the disk by --disk DEV");
}

/* The disk's id has to be typed, or given. */
static int confirm(const struct call *call, const char *id, const char *verb,
		   struct error *err)
{
	char typed[TYPED_MOST];

	if (call->confirm != NULL && strcmp(call->confirm, id) == 0)
		return 0;
	if (call->confirm != NULL)
		return error_set(
			err, ERROR_REFUSED,
			"--confirm-disk says '%.80s', and the disk's id is '%.80s'",
			call->confirm, id);
	if (isatty(STDIN_FILENO) == 0)
		return error_set(
			err, ERROR_REFUSED,
			"to %s, give --confirm-disk '%.80s' (nobody can be asked here)",
			verb, id);
	(void)fprintf(stderr, "To %s, type the disk's id (%s): ", verb, id);
	if (fgets(typed, sizeof(typed), stdin) == NULL)
		typed[0] = '\0';
	typed[strcspn(typed, "\n")] = '\0';
	if (strcmp(typed, id) != 0)
		return error_set(err, ERROR_REFUSED,
				 "that is not its id; nothing was written");
	return 0;
}

static int show_plan(const struct call *call, const struct plan *plan, const char *json,
		     struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (call->is_json)
		return cmd_print(json, err);
	report_write_plan(plan, &text);
	return cmd_print(text.bytes, err);
}

static int tell_refusal(const struct plan *plan, struct error *err)
{
	const struct plan_check *refusal = plan_refusal(plan);

	if (refusal == NULL)
		return 0;
	return error_set(err, ERROR_REFUSED, "%s: %.200s", refusal->name, refusal->text);
}

static int make_plan(struct call *call, char **words, struct plan *plan, struct str *json,
		     struct error *err)
{
	int result;

	if (words[0] == NULL || words[1] != NULL)
		return error_set(err, ERROR_USAGE,
				 "one image is needed: a file or a http(s) address");
	if (need_disk(call, err) != 0)
		return -1;
	call->request.image = words[0];
	sys_signals_catch();
	result = overlay_plan(&call->request, plan, err);
	if (result == 0)
		record_write_plan(plan, json);
	return result;
}

static int plan_command(struct call *call, char **words, struct error *err)
{
	autostr struct str json = STR_EMPTY;
	struct plan plan = {0};
	int result;

	if (call->output != NULL && sys_file_check_writable(call->output, err) != 0)
		return -1;
	result = make_plan(call, words, &plan, &json, err);
	if (result == 0)
		result = show_plan(call, &plan, json.bytes, err);
	if (result == 0)
		result = tell_refusal(&plan, err);
	if (result == 0 && call->output != NULL)
		result = sys_file_write(call->output, json.bytes, json.length, err);
	plan_clear(&plan);
	return result;
}

/* Names of disks change from one start to the next: a plan of an earlier one goes on where its
 * log was found. That it is the same disk is checked before it is written to. */
static void point_plan(const struct overlay_request *request, struct plan *plan)
{
	free(plan->disk.path);
	plan->disk.path = str_copy(request->disk);
	if (plan->undo_path != NULL && request->undo != NULL) {
		free(plan->undo_path);
		plan->undo_path = str_copy(request->undo);
	}
}

/* The plan that an earlier apply left on the disk, when the same image is asked for. */
static int find_begun(const struct call *call, const char *image, struct plan *plan,
		      struct str *json)
{
	const struct overlay_request *request = &call->request;
	struct overlay_disk disk = {0};
	struct plan found = {0};
	int is_same = 0;

	if (overlay_disk_open(request->disk, request->is_file, request->undo, SINK_READ,
			      &disk, NULL) == 0 &&
	    disk.log != NULL && undo_state_of(disk.log) <= UNDO_COMPLETE &&
	    record_read_plan(undo_plan_of(disk.log), strlen(undo_plan_of(disk.log)),
			     &found, NULL) == 0 &&
	    overlay_is_plan_for(&found, request, image)) {
		str_add(json, undo_plan_of(disk.log));
		*plan = found;
		found = (struct plan){0};
		point_plan(request, plan);
		is_same = 1;
	}
	plan_clear(&found);
	overlay_disk_close(&disk);
	return is_same;
}

static int read_plan_file(const struct call *call, struct plan *plan, struct str *json,
			  struct error *err)
{
	if (sys_file_read(AT_FDCWD, call->plan, PLAN_FILE_MOST, json, err) != 0)
		return -1;
	if (record_read_plan(json->bytes, json->length, plan, err) != 0)
		return error_frame(err, "'%.100s'", call->plan);
	return 0;
}

static int get_plan(struct call *call, char **words, struct plan *plan, struct str *json,
		    struct error *err)
{
	if (call->plan != NULL && words[0] != NULL)
		return error_set(err, ERROR_USAGE,
				 "--plan names the image: leave '%.80s' out", words[0]);
	if (call->plan != NULL)
		return read_plan_file(call, plan, json, err);
	if (words[0] != NULL && call->request.disk != NULL &&
	    find_begun(call, words[0], plan, json) == 1)
		return 0;
	return make_plan(call, words, plan, json, err);
}

static const char *const next_steps[UNDO_STATE_COUNT] = {
	[UNDO_WRITING] =
		"'moult overlay apply' goes on, 'moult overlay rollback' goes back",
	[UNDO_BODY] = "'moult overlay apply' goes on, 'moult overlay rollback' goes back",
	[UNDO_COMPLETE] = ("start the new system; 'moult overlay rollback' goes back, "
			   "'moult overlay commit' keeps it and frees the log"),
	[UNDO_ROLLING_BACK] = "'moult overlay rollback' goes on",
	[UNDO_ROLLED_BACK] =
		"the old system is there; 'moult overlay commit' forgets the log",
};

static void fill_status(const struct overlay_disk *disk, struct overlay_status *out)
{
	const struct undo_header *header;
	size_t i;

	out->next = "no overlay that can be undone is on this disk";
	if (disk->log == NULL)
		return;
	header = undo_header_of(disk->log);
	out->has_log = true;
	out->state = undo_state_names[undo_state_of(disk->log)];
	out->next = next_steps[undo_state_of(disk->log)];
	memcpy(out->plan_id, header->plan_id, sizeof(out->plan_id));
	out->created_s = header->created_s;
	out->scope = header->scope;
	out->undo = header->place;
	undo_room(disk->log, &out->log_used_bytes, &out->log_all_bytes);
	for (i = 0; i < undo_record_count(disk->log); i++)
		out->saved_bytes += undo_record_at(disk->log, i)->length;
}

static int show_status(const struct call *call, const struct overlay_status *status,
		       struct error *err)
{
	autostr struct str text = STR_EMPTY;

	if (call->is_json)
		record_write_overlay(status, &text);
	else
		report_write_overlay(status, &text);
	return cmd_print(text.bytes, err);
}

/* Look at the disk once more, and show how it stands. */
static int show_disk(const struct call *call, const char *path, bool is_file,
		     const char *undo, struct overlay_status *status, struct error *err)
{
	struct overlay_disk disk = {0};
	int result = overlay_disk_open(path, is_file, undo, SINK_READ, &disk, err);

	if (result == 0) {
		fill_status(&disk, status);
		result = show_status(call, status, err);
	}
	overlay_disk_close(&disk);
	return result;
}

static int obey_plan(struct call *call, const struct plan *plan, const char *json,
		     struct error *err)
{
	const struct overlay_watch watch = {show_progress, is_stopped, call};
	struct overlay_status status = {.has_outcome = true};
	struct overlay_outcome outcome = {0};
	int result;

	if (confirm(call, plan->disk.confirm, "write over it", err) != 0)
		return -1;
	sys_signals_catch();
	progress_begin(&call->display, stderr, call->form);
	result = overlay_run_apply(plan, json, &call->request.options, &watch, &outcome,
				   err);
	progress_end(&call->display);
	if (result != 0)
		return -1;
	status.written_bytes = outcome.written_bytes;
	status.equal_bytes = outcome.equal_bytes;
	status.was_resumed = outcome.was_resumed;
	return show_disk(call, plan->disk.path, plan->disk.is_file, plan->undo_path,
			 &status, err);
}

static int apply_command(struct call *call, char **words, struct error *err)
{
	autostr struct str json = STR_EMPTY;
	struct plan plan = {0};
	int result = get_plan(call, words, &plan, &json, err);

	if (result == 0 && (call->is_dry || !call->is_json))
		result = show_plan(call, &plan, json.bytes, err);
	if (result == 0)
		result = tell_refusal(&plan, err);
	if (result == 0 && !call->is_dry)
		result = obey_plan(call, &plan, json.bytes, err);
	plan_clear(&plan);
	return result;
}

static int status_command(struct call *call, char **words, struct error *err)
{
	struct overlay_status status = {0};

	(void)words;
	if (need_disk(call, err) != 0)
		return -1;
	return show_disk(call, call->request.disk, call->request.is_file,
			 call->request.undo, &status, err);
}

/* The id that the plan in the log asks for; without a plan the path. */
static int confirm_by_log(const struct call *call, const struct overlay_disk *disk,
			  const char *verb, struct error *err)
{
	struct plan plan = {0};
	const char *id = call->request.disk;
	int result;

	if (disk->log != NULL &&
	    record_read_plan(undo_plan_of(disk->log), strlen(undo_plan_of(disk->log)),
			     &plan, NULL) == 0)
		id = plan.disk.confirm;
	result = confirm(call, id, verb, err);
	plan_clear(&plan);
	return result;
}

static int end_command(struct call *call, bool is_commit, struct error *err)
{
	const struct overlay_watch watch = {show_progress, NULL, call};
	const struct overlay_request *request = &call->request;
	struct overlay_status status = {0};
	struct overlay_disk disk = {0};
	int result;

	if (need_disk(call, err) != 0)
		return -1;
	result = overlay_disk_open(request->disk, request->is_file, request->undo,
				   is_commit ? SINK_SHARED : SINK_ALONE, &disk, err);
	if (result == 0)
		result = confirm_by_log(call, &disk,
					is_commit ? "give up the way back"
						  : "bring the old system back",
					err);
	if (result == 0) {
		sys_signals_catch();
		progress_begin(&call->display, stderr, call->form);
		result = is_commit ? overlay_run_commit(&disk, err)
				   : overlay_run_rollback(&disk, &watch, err);
		progress_end(&call->display);
	}
	overlay_disk_close(&disk);
	if (result != 0)
		return -1;
	return show_disk(call, request->disk, request->is_file, request->undo, &status,
			 err);
}

static int rollback_command(struct call *call, char **words, struct error *err)
{
	(void)words;
	return end_command(call, false, err);
}

static int commit_command(struct call *call, char **words, struct error *err)
{
	(void)words;
	return end_command(call, true, err);
}

static const struct {
	const char *name;
	int (*run)(struct call *call, char **words, struct error *err);
	bool takes_words;
} verbs[] = {
	{"plan", plan_command, true},	   {"apply", apply_command, true},
	{"status", status_command, false}, {"rollback", rollback_command, false},
	{"commit", commit_command, false},
};

static int overlay_run(int argc, char **argv, struct error *err)
{
	struct call call = {.form = PROGRESS_AUTO};
	size_t i;
	int first;

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
		return verbs[i].run(&call, argv + first + 1, err);
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
