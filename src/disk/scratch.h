/* SPDX-License-Identifier: GPL-2.0-or-later */
/** scratch.h - a sparse copy of those areas of a place that libblkid looks at, for sources
 * that have no descriptor of their own, as a qcow2. */
#ifndef DISK_SCRATCH_H
#define DISK_SCRATCH_H

#include "base/error.h"
#include "model/blocks.h"

/** Copy the areas into an unlinked file of the same size, in memory or, on kernels before
 * 3.17, in TMPDIR.
 *
 * Errors:  ERROR_SYSTEM, those of the source
 * Source:  memfd_create(2)
 * Returns: a descriptor, which the caller closes, or -1
 */
nodiscard int scratch_open(struct blocks *part, struct error *err);

#endif
