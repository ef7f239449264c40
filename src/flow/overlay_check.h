/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_check.h - the judgements of a plan: what speaks against writing, each as a check. */
#ifndef FLOW_OVERLAY_CHECK_H
#define FLOW_OVERLAY_CHECK_H

#include "disk/target.h"
#include "flow/overlay_plan.h"
#include "model/inspection.h"

/** Judge the target alone: what it is, and who uses it. */
void overlay_check_target(const struct target *target, struct plan *plan);

/** Judge the image beside the target: where it lies, size, sectors, and whether what was found in it
 * boots on the plan's machine.
 *
 * @inspection: of the image; its `unseen` tells that it could not be looked into: then it holds
 *          a table alone, and only where that is waived
 */
void overlay_check_image(const struct overlay_request *request,
			 const struct target *target, const struct inspection *inspection,
			 struct plan *plan);

/** Predict whether what was found in an image boots on a machine. The prediction goes into the plan,
 * and becomes its checks: firmware, architecture and cpu-level where the system is for another
 * machine as a whole, no-boot-path for all else that is broken or cannot be told. An image in which
 * no system was found raises only the last one, one that could not be looked into none. A prediction
 * that is there already, of a guest that is edited, stays.
 *
 * @waived: of each mismatch, whether its check is waived: what it accounts for is then no reason for
 *          no-boot-path
 */
void overlay_check_system(const struct inspection *inspection,
			  const struct platform *platform,
			  const bool waived[MISMATCH_COUNT], struct plan *plan);

/** Whether a request waives a check of that name. */
bool overlay_is_waived(const struct overlay_request *request, const char *name);

/** Turn the checks that were waived, whether they refuse or not: apply judges them once more. Those
 * that were not judged are left; of an unseen image they are noted, as they are judged later.
 *
 * Errors:  ERROR_USAGE: a name that is none, or that protects data
 * Returns: 0 or -1
 */
nodiscard int overlay_waive(const struct overlay_request *request, struct plan *plan,
			    struct error *err);

#endif
