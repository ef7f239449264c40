/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect_subvolumes.h - the subvolumes of a btrfs that a system lies on. */
#ifndef FLOW_INSPECT_SUBVOLUMES_H
#define FLOW_INSPECT_SUBVOLUMES_H

#include <stdbool.h>

#include "guest/vfs.h"

/** Whether a file system is the root of a system. */
typedef bool subvolume_judge(struct vfs *vfs);

/** The subvolume that the options of a mount name by "subvol=", without slashes around it.
 *
 * @options: as fstab has them; may be NULL
 * Returns:  it, malloc'd, or NULL when none is named
 */
char *subvolume_of_options(const char *options);

/** Look for the root of a system among the subvolumes that lie at the top of a btrfs. Of several
 * the one counts whose own fstab says that it is the root: a snapshot says another's name.
 *
 * @vfs:    stays open
 * @out:    the subvolume; the caller closes it
 * @name:   its name; the caller frees it
 * Returns: whether there is one
 */
bool subvolume_find_root(struct vfs *vfs, subvolume_judge *is_root, struct vfs **out,
			 char **name);

#endif
