/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect.h - what system lies in a tree of files. */
#ifndef GUEST_INSPECT_H
#define GUEST_INSPECT_H

#include "base/error.h"
#include "guest/vfs.h"
#include "model/guest.h"

/** Read everything about the guest that moving it may need. Nothing of it is run. What cannot
 * be read stands in its `problems`; the rest is read all the same.
 *
 * @root:   with its /boot and the like attached
 * @out:    filled; the caller clears it; untouched on failure
 * Errors:  those of reading the root folder itself
 * Returns: 0 or -1
 */
nodiscard int guest_inspect(struct vfs *root, struct guest *out, struct error *err);

#endif
