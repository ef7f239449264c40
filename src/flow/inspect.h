/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect.h - look into an image or a disk: its layers, its layout, the system in it. */
#ifndef FLOW_INSPECT_H
#define FLOW_INSPECT_H

#include "image/image.h"
#include "model/inspection.h"

/** What to look at. */
struct inspect_plan {
	struct image_options image;
	bool want_tree; /* the paths of the guest as well */
};

/** Look. Nothing is written but an unlinked spool in TMPDIR, and a private copy-on-write file
 * for a journal that was not empty; nothing of the image is run.
 *
 * @name:   a path, "-" for standard input, or a http:// or https:// URL
 * @out:    zeroed by the caller, who clears it, also on failure. What could not be read is
 *          in it (inspection_is_partial)
 * Errors:  those of image_open
 * Returns: 0 or -1
 */
nodiscard int flow_inspect(const char *name, const struct inspect_plan *plan,
			   struct inspection *out, struct error *err);

#endif
