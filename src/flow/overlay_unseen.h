/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_unseen.h - what the disk tells once the body is written, before anything boots by it; and
 * an image that can only be read in order, when `unseen` was waived: what its two ends tell before. */
#ifndef FLOW_OVERLAY_UNSEEN_H
#define FLOW_OVERLAY_UNSEEN_H

#include <stdbool.h>

#include "base/error.h"
#include "image/image.h"
#include "model/blocks.h"
#include "model/plan.h"

/** Read an image once, for its length and its partition table: its first and its last MiB are kept,
 * all between them reads as zeros.
 *
 * @name:   as image_open_stream takes it
 * @out:    of the image's length; the caller closes it
 * @out_published_bytes: as they came
 * Errors:  those of image_open_stream and of the stream
 * Returns: 0 or -1
 */
nodiscard int overlay_peek(const char *name, const struct image_options *options,
			   struct blocks **out, uint64_t *out_published_bytes,
			   struct error *err);

/** Whether a plan was made without a look into the image. */
bool overlay_is_unseen(const struct plan *plan);

/** Whether what was written is judged before the disk may boot by it: unless the plan waives that it
 * does not boot. */
bool overlay_is_judged(const struct plan *plan);

/** Judge the system that is about to become bootable, for the plan's machine: the plan's body stands
 * on the disk. What the plan could not look into is judged for the first time, all else once more: an
 * image may have changed, and a disk may keep something else than it was given.
 *
 * @disk:   as it is now; stays the caller's
 * @boot:   holds the image's bytes of the boot ranges, where they belong on the disk, and zeros
 *          beyond the image; stays the caller's
 * Errors:  ERROR_REFUSED by a check that the plan does not waive; those of both
 * Returns: 0 or -1
 */
nodiscard int overlay_judge_written(const struct plan *plan, struct blocks *disk,
				    struct blocks *boot, struct error *err);

#endif
