/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt_look.h - a disk as an adaptation will leave it. */
#ifndef FLOW_ADAPT_LOOK_H
#define FLOW_ADAPT_LOOK_H

#include "flow/adapt.h"

/** See a disk with writes laid over it.
 *
 * @disk, @writes: stay the caller's and must outlive the blocks; writes may be added
 * Returns: blocks that the caller closes
 */
struct blocks *adapt_open_future(struct blocks *disk, const struct fix_writes *writes);

/** Look at the system again, through the edits.
 *
 * @out:    the caller clears it, also on failure
 * Errors:  those of reading the table
 * Returns: 0 or -1
 */
nodiscard int adapt_look_again(const struct adapt *adapt, struct inspection *out,
			       struct error *err);

#endif
