/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_call.h - one call of moult overlay: what was asked for, and what is shown of it. */
#ifndef CMD_OVERLAY_CALL_H
#define CMD_OVERLAY_CALL_H

#include "base/progress.h"
#include "cmd/overlay_log.h"
#include "flow/overlay_apart.h"
#include "flow/overlay_run.h"
#include "model/overlay_status.h"

/** What was asked for, and the display. */
struct cmd_overlay_call {
	struct overlay_request request;
	const char *plan, *output, *confirm, *log_path;
	const char *key; /* a file of public keys */
	struct str keys; /* its text */
	bool is_dry, is_json;
	enum progress_form form;
	struct progress display;
	struct cmd_overlay_log log;
	const char *phase;
	int64_t phase_began_ns, line_ns;
};

/** A disk must have been named. Errors: ERROR_USAGE. Returns: 0 or -1 */
nodiscard int cmd_overlay_need_disk(const struct cmd_overlay_call *call,
				    struct error *err);

/** The disk's id has to be typed, or to have been given.
 *
 * @verb:   "write over it"
 * Errors:  ERROR_REFUSED
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_confirm(const struct cmd_overlay_call *call, const char *id,
				  const char *verb, struct error *err);

/** Begin what writes: from now on a terminal that goes away changes nothing, and what is said goes
 * to the log as well, whose place is told.
 *
 * @disk:   its path
 * @what:   the verb, and what is known of the image and the plan
 * Errors:  ERROR_SYSTEM: the log that was asked for cannot be written
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_begin(struct cmd_overlay_call *call, const char *disk,
				const char *what, struct error *err);

/** End it: the display goes away, and the log gets the end.
 *
 * @result: 0, or -1 with @err
 * Returns: @result
 */
nodiscard int cmd_overlay_end(struct cmd_overlay_call *call, int result,
			      const struct error *err);

/** Show how far it is; @data is the call. */
void cmd_overlay_progress(void *data, const struct overlay_progress *progress);

/** Whether somebody wants it to stop; @data is not looked at. */
bool cmd_overlay_is_stopped(void *data);

/** Look at a disk once more, and show how it stands; in the log too. A terminal that has gone away is
 * no failure where the log has it.
 *
 * @undo:   where the undo log lies; NULL: in the disk's tail
 * @status: what the command did; the rest is filled
 * Errors:  those of overlay_disk_open; ERROR_SYSTEM when it cannot be shown
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_show_disk(struct cmd_overlay_call *call, const char *path,
				    bool is_file, const char *undo,
				    struct overlay_status *status, struct error *err);

/** The same after an apply, of which is known how the disk stands: its log, which may be large, is
 * not read again.
 *
 * Errors:  ERROR_SYSTEM when it cannot be shown
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_show_outcome(struct cmd_overlay_call *call,
				       const struct plan *plan,
				       const struct overlay_outcome *outcome,
				       struct error *err);

/** The verbs. @words: what stands behind the verb; NULL at the end
 *
 * Errors:  of every kind
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_plan(struct cmd_overlay_call *call, char **words,
			       struct error *err);
/** As cmd_overlay_plan. Returns: 0 or -1 */
nodiscard int cmd_overlay_apply(struct cmd_overlay_call *call, char **words,
				struct error *err);
/** As cmd_overlay_plan. Returns: 0 or -1 */
nodiscard int cmd_overlay_status(struct cmd_overlay_call *call, char **words,
				 struct error *err);
/** As cmd_overlay_plan. Returns: 0 or -1 */
nodiscard int cmd_overlay_rollback(struct cmd_overlay_call *call, char **words,
				   struct error *err);
/** As cmd_overlay_plan. Returns: 0 or -1 */
nodiscard int cmd_overlay_commit(struct cmd_overlay_call *call, char **words,
				 struct error *err);

#endif
