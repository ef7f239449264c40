/* SPDX-License-Identifier: GPL-2.0-or-later */
/** lock.h - locks on whole files and devices, as udev and other programs hold them. */
#ifndef SYS_LOCK_H
#define SYS_LOCK_H

#include <stdbool.h>

#include "base/error.h"

/** Take a lock without waiting; it ends when the last copy of the descriptor is closed.
 *
 * @is_shared: several may hold it, but none beside one that is not shared
 * Source:  flock(2)
 * Returns: 0 when it is held now, 1 when another holds one that does not fit, -1 with errno
 */
nodiscard int sys_lock_try(int fd, bool is_shared);

#endif
