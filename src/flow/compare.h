/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare.h - runs beside the first of them: what changed, and why. */
#ifndef FLOW_COMPARE_H
#define FLOW_COMPARE_H

#include "model/compared.h"

/** What a RUN argument stands for in a comparison. */
struct compare_side {
	const struct run *run;
	const struct run *pinned; /* the same machine in the profile pinned; NULL: none */
};

/** Compare two sides, and explain what changed.
 *
 * @out:    zeroed by the caller; refers to the runs of the sides
 * Errors:  those of compare_check
 * Returns: 0 or -1
 */
nodiscard int flow_compare(const struct compare_side *first,
			   const struct compare_side *second, struct compared *out,
			   struct error *err);

#endif
