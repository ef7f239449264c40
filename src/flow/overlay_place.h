/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_place.h - where the undo log of a plan lies, and what it keeps beside the changes. */
#ifndef FLOW_OVERLAY_PLACE_H
#define FLOW_OVERLAY_PLACE_H

#include "flow/overlay_plan.h"
#include "model/blocks.h"
#include "model/layout.h"

/** Choose the place, and for the tail the moult partition, and add what the scopes full and all
 * keep. In the tail the log has the smallest area that holds, uncompressed, what is written over
 * and what is kept in front of it; that there is none, or that something lies there, is a check
 * that refuses.
 *
 * @old:    the disk as it is
 * @layout:  of @old
 * @image_bytes: of the image, in whole sectors
 * Errors:   those of the disk; ERROR_USAGE: --undo is no place for it; ERROR_SYSTEM
 * Returns:  0 or -1
 */
nodiscard int overlay_place_log(const struct overlay_request *request, struct blocks *old,
				const struct layout *layout, uint64_t image_bytes,
				struct plan *plan, struct error *err);

#endif
