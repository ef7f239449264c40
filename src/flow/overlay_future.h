/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_future.h - the disk as it will be: the image, the plan's edits, and behind the image
 * what stood there before. */
#ifndef FLOW_OVERLAY_FUTURE_H
#define FLOW_OVERLAY_FUTURE_H

#include "base/error.h"
#include "model/blocks.h"
#include "model/plan.h"

/** Open that view; all three stay the caller's and must outlive it.
 *
 * Returns: blocks that the caller closes
 */
struct blocks *overlay_future(struct blocks *image, struct blocks *old,
			      const struct plan *plan);

/** Add a body range of zeros for each signature behind the image that will belong to nothing:
 * old RAID members, copies of file systems, a second table, which would be found later.
 *
 * @image_bytes: in whole sectors
 * Errors:  those of the image and of the disk
 * Returns: 0 or -1
 */
nodiscard int overlay_add_wipes(struct blocks *image, struct blocks *old,
				uint64_t image_bytes, struct plan *plan,
				struct error *err);

#endif
