/* SPDX-License-Identifier: GPL-2.0-or-later */
/** usage_xfs.h - which bytes of an xfs are in use, for usage.c. */
#ifndef GUEST_USAGE_XFS_H
#define GUEST_USAGE_XFS_H

#include "guest/usage.h"

/** Read the free space of an xfs.
 *
 * @part:   what it lies in; what is behind its end counts as used
 * @out:    the caller clears it; untouched unless 1 is returned
 * Errors:  those of the blocks
 * Source:  "XFS Algorithms and Data Structures", 3rd edition: superblocks, AG free space
 *          management, journaling log
 * Returns: 1; 0 when it is none, its log was not closed in order, or its trees do not agree
 *          with their own sums; -1
 */
nodiscard int usage_read_xfs(struct blocks *part, struct usage *out, struct error *err);

#endif
