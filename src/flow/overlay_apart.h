/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_apart.h - make a plan in a process of its own, which can change nothing: what it reads of
 * an image or of a disk was written by others. */
#ifndef FLOW_OVERLAY_APART_H
#define FLOW_OVERLAY_APART_H

#include "base/str.h"
#include "flow/overlay_plan.h"

/** A plan as it came back. Start zeroed, with STR_EMPTY for the texts. */
struct overlay_planned {
	struct plan plan; /* read strictly; empty when the plan refuses */
	struct str json;  /* as a saved plan */
	struct str text;  /* for people */
};

/** Give the memory back. */
void overlay_planned_clear(struct overlay_planned *planned);

/** Make a plan as overlay_plan does, in another process. Before that one looks at anything, a filter
 * forbids it to open files for writing; the files that it may need as a spool are open by then. Loop
 * devices and mounts, by which the kernel reads xfs and btrfs, are made by a third process.
 *
 * @out:    filled also when the plan refuses, so that it can be shown
 * Errors:  those of overlay_plan; ERROR_REFUSED, with the check that refuses; ERROR_SYSTEM when the
 *          process was ended; ERROR_INPUT when it says what no plan can say
 * Returns: 0 or -1
 */
nodiscard int overlay_plan_apart(const struct overlay_request *request,
				 struct overlay_planned *out, struct error *err);

#endif
