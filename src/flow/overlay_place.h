/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_place.h - where the undo log of a plan lies, and what it keeps beside the changes. */
#ifndef FLOW_OVERLAY_PLACE_H
#define FLOW_OVERLAY_PLACE_H

#include "flow/overlay_plan.h"
#include "model/blocks.h"
#include "model/layout.h"

/** Choose the place, and for the tail the moult partition. That there is none is a check that
 * refuses.
 *
 * @old:     the disk as it is
 * @layout:  of @old
 * @image_bytes: of the image, in whole sectors
 * Errors:   those of the disk; ERROR_USAGE: scope all without --undo; ERROR_SYSTEM
 * Returns:  0 or -1
 */
nodiscard int overlay_place_log(const struct overlay_request *request, struct blocks *old,
				const struct layout *layout, uint64_t image_bytes,
				struct plan *plan, struct error *err);

/** Add what the scopes full and all save beside what is changed.
 *
 * Errors:   those of the disk
 * Returns:  0 or -1
 */
nodiscard int overlay_place_keeps(struct blocks *old, const struct layout *layout,
				  struct plan *plan, struct error *err);

#endif
