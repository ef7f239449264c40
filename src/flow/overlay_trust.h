/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_trust.h - what a plan or an undo log may not decide by itself, as anybody may have made it:
 * which disk it is of, and what else is written over. */
#ifndef FLOW_OVERLAY_TRUST_H
#define FLOW_OVERLAY_TRUST_H

#include "disk/target.h"
#include "model/plan.h"

/** Whether the id that confirms a plan is one of the disk that it names.
 *
 * Errors:  ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int overlay_trust_id(const struct plan *plan, struct error *err);

/** Whether the undo log may be written where the plan puts it: in the disk's tail, in a new file, over
 * a log that this plan has begun, or where it was asked for.
 *
 * @asked:  of --undo; NULL: nothing was asked for
 * Errors:  ERROR_REFUSED: something else is there
 * Returns: 0 or -1
 */
nodiscard int overlay_trust_place(const struct plan *plan, const char *asked,
				  struct error *err);

/** Whether an undo log is of this disk, as far as the serial number or the WWN in its plan and those of
 * the disk tell.
 *
 * @plan:   that the log keeps
 * @target: the disk as it is
 * Errors:  ERROR_REFUSED
 * Returns: 0 or -1
 */
nodiscard int overlay_trust_disk(const struct plan *plan, const struct target *target,
				 struct error *err);

#endif
