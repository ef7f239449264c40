/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_verbs.c - plan, apply, status, rollback, commit. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd/cmd.h"
#include "cmd/overlay_call.h"
#include "flow/overlay_check.h"
#include "flow/overlay_trust.h"
#include "record/plan_json.h"
#include "report/plan.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	PLAN_FILE_MOST = 64 * 1024 * 1024,
	PLAN_ROOM_BYTES = 1024 * 1024, /* that a plan's file is sure to have */
};

static void begin_planned(struct overlay_planned *out)
{
	*out = (struct overlay_planned){.json = STR_EMPTY, .text = STR_EMPTY};
}

static int show_planned(const struct cmd_overlay_call *call,
			const struct overlay_planned *planned, struct error *err)
{
	const struct str *shown = call->is_json ? &planned->json : &planned->text;

	return shown->length > 0 ? cmd_print(shown->bytes, err) : 0;
}

/* A plan that refuses is shown as well; only then the refusal is the error. */
static int make_plan(struct cmd_overlay_call *call, char **words, bool is_shown,
		     struct overlay_planned *out, struct error *err)
{
	int result;

	if (words[0] == NULL || words[1] != NULL)
		return error_set(
			err, ERROR_USAGE,
			"one image is needed: a file, a http(s) address, or - for "
			"standard input");
	if (cmd_overlay_need_disk(call, err) != 0)
		return -1;
	call->request.image = words[0];
	sys_signals_catch();
	result = overlay_take_input(words[0], overlay_is_waived(&call->request, "unseen"),
				    &call->request.options, err);
	if (result == 0)
		result = overlay_plan_apart(&call->request, out, err);
	if (result == 0)
		result = overlay_trust_id(&out->plan, err);
	if (is_shown && show_planned(call, out, result == 0 ? err : NULL) != 0)
		result = -1;
	return result;
}

int cmd_overlay_plan(struct cmd_overlay_call *call, char **words, struct error *err)
{
	struct sys_file_new file = SYS_FILE_NONE;
	struct overlay_planned planned;
	int result;

	if (call->output != NULL &&
	    sys_file_begin(call->output, PLAN_ROOM_BYTES, &file, err) != 0)
		return -1;
	begin_planned(&planned);
	result = make_plan(call, words, true, &planned, err);
	if (result == 0 && call->output != NULL)
		result = sys_file_finish(&file, planned.json.bytes, planned.json.length,
					 err);
	sys_file_drop(&file);
	overlay_planned_clear(&planned);
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

/* A plan that was made before, as JSON: from a file, or from a log.
 *
 * @request: where the disk is now; NULL: as the plan says */
static int take_plan(const char *json, size_t length,
		     const struct overlay_request *request, struct overlay_planned *out,
		     struct error *err)
{
	if (record_read_plan(json, length, &out->plan, err) != 0 ||
	    overlay_trust_id(&out->plan, err) != 0)
		return -1;
	if (request != NULL)
		point_plan(request, &out->plan);
	str_add_bytes(&out->json, json, length);
	report_write_plan(&out->plan, &out->text);
	return 0;
}

/* The plan that an earlier apply left on the disk, when the same image is asked for. Returns:
 * whether there is one */
static bool find_begun(const struct cmd_overlay_call *call, const char *image,
		       struct overlay_planned *out)
{
	const struct overlay_request *request = &call->request;
	struct overlay_disk disk = {0};
	bool is_same = false;

	if (overlay_disk_open(request->disk, request->is_file, request->undo, SINK_READ,
			      &disk, NULL) == 0 &&
	    disk.log != NULL && undo_state_of(disk.log) <= UNDO_COMPLETE &&
	    take_plan(undo_plan_of(disk.log), strlen(undo_plan_of(disk.log)), request,
		      out, NULL) == 0)
		is_same = overlay_is_plan_for(&out->plan, request, image);
	if (!is_same) {
		overlay_planned_clear(out);
		begin_planned(out);
	}
	overlay_disk_close(&disk);
	return is_same;
}

static int read_plan_file(const struct cmd_overlay_call *call,
			  struct overlay_planned *out, struct error *err)
{
	autostr struct str json = STR_EMPTY;

	if (sys_file_read(AT_FDCWD, call->plan, PLAN_FILE_MOST, &json, err) != 0)
		return -1;
	if (take_plan(json.bytes, json.length, NULL, out, err) != 0)
		return error_frame(err, "'%.100s'", call->plan);
	return 0;
}

/* @is_shown: the plan, to the user */
static int get_plan(struct cmd_overlay_call *call, char **words, bool is_shown,
		    struct overlay_planned *out, struct error *err)
{
	int result = 0;

	if (call->plan != NULL && words[0] != NULL)
		return error_set(err, ERROR_USAGE,
				 "--plan names the image: leave '%.80s' out", words[0]);
	if (call->plan != NULL)
		result = read_plan_file(call, out, err);
	else if (words[0] == NULL || call->request.disk == NULL ||
		 !find_begun(call, words[0], out))
		return make_plan(call, words, is_shown, out, err);
	if (result == 0 && is_shown)
		result = show_planned(call, out, err);
	return result;
}

static int obey(struct cmd_overlay_call *call, const struct overlay_planned *planned,
		struct error *err)
{
	const struct overlay_watch watch = {cmd_overlay_progress, cmd_overlay_is_stopped,
					    call};
	const struct plan *plan = &planned->plan;
	struct overlay_outcome outcome = {0};
	autostr struct str what = STR_EMPTY;
	int result;

	if (cmd_overlay_confirm(call, plan->disk.confirm, "write over it", err) != 0 ||
	    overlay_trust_place(plan, call->request.undo, err) != 0)
		return -1;
	str_addf(&what, "apply of %.200s by plan %s", plan->image.name, plan->id);
	if (cmd_overlay_begin(call, plan->disk.path, what.bytes, err) != 0)
		return -1;
	result = overlay_run_apply(plan, planned->json.bytes, &call->request.options,
				   &watch, &outcome, err);
	if (cmd_overlay_end(call, result, err) != 0)
		return -1;
	return cmd_overlay_show_outcome(call, plan, &outcome, err);
}

/* A plan that was not made just now may say that it is to be refused. */
static int tell_refusal(const struct plan *plan, struct error *err)
{
	const struct plan_check *refusal = plan_refusal(plan);

	if (refusal == NULL)
		return 0;
	return error_set(err, ERROR_REFUSED, "%s: %.200s", refusal->name, refusal->text);
}

int cmd_overlay_apply(struct cmd_overlay_call *call, char **words, struct error *err)
{
	struct overlay_planned planned;
	int result;

	begin_planned(&planned);
	result = get_plan(call, words, call->is_dry || !call->is_json, &planned, err);
	if (result == 0)
		result = tell_refusal(&planned.plan, err);
	if (result == 0 && !call->is_dry)
		result = obey(call, &planned, err);
	overlay_planned_clear(&planned);
	return result;
}

int cmd_overlay_status(struct cmd_overlay_call *call, char **words, struct error *err)
{
	struct overlay_status status = {0};

	(void)words;
	if (cmd_overlay_need_disk(call, err) != 0)
		return -1;
	return cmd_overlay_show_disk(call, call->request.disk, call->request.is_file,
				     call->request.undo, &status, err);
}

/* The disk is the one that the plan in the log names, and its id was given; without a plan the path. */
static int confirm_by_log(const struct cmd_overlay_call *call,
			  const struct overlay_disk *disk, const char *verb,
			  struct error *err)
{
	const struct overlay_request *request = &call->request;
	const char *id = request->disk;
	struct target target = {0};
	struct plan plan = {0};
	int result = target_look(request->disk, request->is_file, &target, err);

	if (result == 0 && disk->log != NULL &&
	    record_read_plan(undo_plan_of(disk->log), strlen(undo_plan_of(disk->log)),
			     &plan, NULL) == 0) {
		id = plan.disk.confirm;
		result = overlay_trust_disk(&plan, &target, err);
	}
	if (result == 0)
		result = cmd_overlay_confirm(call, id, verb, err);
	target_clear(&target);
	plan_clear(&plan);
	return result;
}

static int end_overlay(struct cmd_overlay_call *call, struct overlay_disk *disk,
		       bool is_commit, struct error *err)
{
	const struct overlay_watch watch = {cmd_overlay_progress, cmd_overlay_is_stopped,
					    call};
	int result;

	if (confirm_by_log(call, disk,
			   is_commit ? "give up the way back"
				     : "bring the old system back",
			   err) != 0 ||
	    cmd_overlay_begin(call, call->request.disk, is_commit ? "commit" : "rollback",
			      err) != 0)
		return -1;
	result = is_commit ? overlay_run_commit(disk, err)
			   : overlay_run_rollback(disk, &watch, err);
	return cmd_overlay_end(call, result, err);
}

static int end_command(struct cmd_overlay_call *call, bool is_commit, struct error *err)
{
	const struct overlay_request *request = &call->request;
	struct overlay_status status = {0};
	struct overlay_disk disk = {0};
	int result;

	if (cmd_overlay_need_disk(call, err) != 0)
		return -1;
	result = overlay_disk_open(request->disk, request->is_file, request->undo,
				   is_commit ? SINK_SHARED : SINK_ALONE, &disk, err);
	if (result == 0)
		result = end_overlay(call, &disk, is_commit, err);
	overlay_disk_close(&disk);
	if (result != 0)
		return -1;
	return cmd_overlay_show_disk(call, request->disk, request->is_file, request->undo,
				     &status, err);
}

int cmd_overlay_rollback(struct cmd_overlay_call *call, char **words, struct error *err)
{
	(void)words;
	return end_command(call, false, err);
}

int cmd_overlay_commit(struct cmd_overlay_call *call, char **words, struct error *err)
{
	(void)words;
	return end_command(call, true, err);
}
