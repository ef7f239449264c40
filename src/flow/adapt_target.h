/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt_target.h - the image file or disk whose system is adapted, and the system that ran on the
 * machine before. */
#ifndef FLOW_ADAPT_TARGET_H
#define FLOW_ADAPT_TARGET_H

#include "disk/target.h"
#include "flow/adapt.h"
#include "image/image.h"

/** A target. Start zeroed. */
struct adapt_target {
	struct target target;
	struct image *image; /* its bytes are the disk's: there are no layers */
	struct sink *sink;   /* held alone; NULL when nothing is to be written */
	char *beside;	     /* the list of changes; NULL: there is no place for one */
	bool was_finished;   /* an adapt that was killed was brought to its end first */
};

/** Open an image file or a disk, so that nobody else changes it meanwhile. What a killed adapt left
 * is brought to its end first.
 *
 * @is_dry: nothing is written, and nothing is held
 * @out:    adapt_target_close gives it back, also on failure
 * Errors:  ERROR_REFUSED with the next step: it is in use, read-only, the running system's, packed
 *          (qcow2, xz ...), or a killed adapt is to be finished and @is_dry forbids it;
 *          ERROR_INPUT, ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int adapt_target_open(const char *path, bool is_dry, struct adapt_target *out,
				struct error *err);

/** Bring an adaptation of it to the disk.
 *
 * Errors:  as adapt_commit
 * Returns: 0 or -1
 */
nodiscard int adapt_target_commit(struct adapt_target *target, struct adapt *adapt,
				  struct error *err);

/** Close it. */
void adapt_target_close(struct adapt_target *target);

/** The system that ran on the machine before, opened for reading. Start zeroed. */
struct adapt_old {
	struct image *image;
	struct inspection inspection;
	struct inspect_system system;
};

/** Open it.
 *
 * @name:   image or disk, as image_open takes it
 * @out:    adapt_old_close gives it back, also on failure
 * Errors:  ERROR_INPUT when no system is found in it; those of image_open
 * Returns: 0 or -1
 */
nodiscard int adapt_old_open(const char *name, struct adapt_old *out, struct error *err);

/** Its files. */
struct vfs *adapt_old_vfs(const struct adapt_old *old);

/** Close it. */
void adapt_old_close(struct adapt_old *old);

#endif
