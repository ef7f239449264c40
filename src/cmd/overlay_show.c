/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overlay_show.c - what is shown of an overlay while it runs and at its end, and what its log keeps. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/confirm.h"
#include "cmd/overlay_call.h"
#include "record/overlay_json.h"
#include "report/overlay.h"
#include "report/text.h"
#include "sys/clock.h"
#include "sys/signals.h"

/* How often a plain line tells how far it is. */
static const int64_t LINE_EVERY_NS = 10 * NUM_SECOND_NS;

int cmd_overlay_need_disk(const struct cmd_overlay_call *call, struct error *err)
{
	if (call->request.disk != NULL)
		return 0;
	return error_set(err, ERROR_USAGE, "name the disk by --disk DEV");
}

int cmd_overlay_confirm(const struct cmd_overlay_call *call, const char *id,
			const char *verb, struct error *err)
{
	return cmd_confirm(call->confirm, id, verb, err);
}

/* A terminal that was stopped, or has gone, must not hold what is being written. */
static bool can_show(void)
{
	struct pollfd there = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&there, 1, 0) == 1 && there.revents == POLLOUT;
}

int cmd_overlay_begin(struct cmd_overlay_call *call, const char *disk, const char *what,
		      struct error *err)
{
	autostr struct str clean = STR_EMPTY;

	if (cmd_overlay_log_open(call->log_path, disk, &call->log, err) != 0)
		return -1;
	sys_signals_catch();
	sys_signals_ignore_hangup();
	if (call->log.fd >= 0)
		report_add_clean(&clean, call->log.path, strlen(call->log.path));
	if (can_show())
		(void)fprintf(stderr, "log       %s\n",
			      call->log.fd >= 0 ? clean.bytes
						: "none: no place for it can be written");
	cmd_overlay_log_add(&call->log,
			    "moult " MOULT_VERSION " overlay %s on %s (process %ld)",
			    what, disk, (long)getpid());
	progress_begin(&call->display, stderr, call->form);
	return 0;
}

int cmd_overlay_end(struct cmd_overlay_call *call, int result, const struct error *err)
{
	char text[600];

	if (can_show())
		progress_end(&call->display);
	if (result != 0)
		cmd_overlay_log_add(&call->log, "end: exit status %d: %s", (int)err->kind,
				    error_text(err, text, sizeof(text)));
	return result;
}

void cmd_overlay_progress(void *data, const struct overlay_progress *progress)
{
	struct cmd_overlay_call *call = data;
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
	if (state.is_step)
		cmd_overlay_log_add(&call->log, "%s: %s", state.phase, detail);
	if (can_show())
		progress_show(&call->display, &state);
}

bool cmd_overlay_is_stopped(void *data)
{
	(void)data;
	return sys_signals_came() != 0;
}

static const char *const next_steps[UNDO_STATE_COUNT] = {
	[UNDO_WRITING] =
		"'moult overlay apply' goes on, 'moult overlay rollback' goes back",
	[UNDO_BODY] =
		("'moult overlay apply' goes on, 'moult overlay rollback' goes back, "
		 "'moult overlay commit' lets it boot whatever was judged, and keeps "
		 "it"),
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

static int show_status(const struct cmd_overlay_call *call,
		       const struct overlay_status *status, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	struct error why = {0};

	if (call->is_json)
		record_write_overlay(status, &text);
	else
		report_write_overlay(status, &text);
	cmd_overlay_log_add(&call->log, "end: %s; %s",
			    status->state != NULL ? status->state : "no undo log",
			    status->next);
	if (cmd_print(text.bytes, &why) == 0 ||
	    (call->log.fd >= 0 && (why.os == EIO || why.os == EPIPE)))
		return 0;
	*err = why;
	return -1;
}

int cmd_overlay_show_disk(struct cmd_overlay_call *call, const char *path, bool is_file,
			  const char *undo, struct overlay_status *status,
			  struct error *err)
{
	autofree char *log = call->log_path != NULL ? str_copy(call->log_path)
						    : cmd_overlay_log_path(path);
	struct overlay_disk disk = {0};
	int result = overlay_disk_open(path, is_file, undo, SINK_READ, &disk, err);

	if (result == 0) {
		fill_status(&disk, status);
		if (log != NULL && access(log, F_OK) == 0)
			status->log_file = log;
		result = show_status(call, status, err);
	}
	overlay_disk_close(&disk);
	return result;
}
