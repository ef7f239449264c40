/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_adapt.h - make the system of an image fit the machine on its way to the disk. */
#ifndef FLOW_OVERLAY_ADAPT_H
#define FLOW_OVERLAY_ADAPT_H

#include "flow/overlay_plan.h"

/** Work out what makes it fit: lines and edits of the plan, and the prediction of what comes of it.
 * Called before the table's edits are added, which lie over what both of them change.
 *
 * @image:  the image's bytes; stays the caller's
 * @plan:   has its platform and the image's name
 * Errors:  ERROR_REFUSED with the next step, where the system cannot be edited in this way; those of
 *          adapt_plan
 * Returns: 0 or -1
 */
nodiscard int overlay_adapt(const struct overlay_request *request, struct blocks *image,
			    struct plan *plan, struct error *err);

#endif
