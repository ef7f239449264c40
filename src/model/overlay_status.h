/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_status.h - how an overlay on a disk stands, and what its last step did. */
#ifndef MODEL_OVERLAY_STATUS_H
#define MODEL_OVERLAY_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

/** Plain facts; start zeroed. */
struct overlay_status {
	bool has_log;
	const char *state; /* "writing", "body", "complete", "rolling-back", "rolled-back";
			      NULL: no log was found */
	char plan_id[PLAN_ID_TEXT];
	int64_t created_s; /* of the plan, since 1970, UTC */
	enum plan_scope scope;
	enum plan_undo undo;
	uint64_t log_used_bytes, log_all_bytes;
	uint64_t saved_bytes; /* of the old disk, in the log */
	const char *next;     /* what can be done now, one line */
	const char *log_file; /* the text log of what was said; NULL: none is there */
	/* what this command did; valid with has_outcome */
	bool has_outcome, was_resumed;
	uint64_t written_bytes, equal_bytes;
};

#endif
