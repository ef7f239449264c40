/* SPDX-License-Identifier: GPL-2.0-or-later */
/** next.h - where to look when no fact accounts for what changed. */
#ifndef EXPLAIN_NEXT_H
#define EXPLAIN_NEXT_H

#include "model/explanation.h"
#include "model/run.h"

/** Sort tests that are not accounted for into groups that move for the same reasons, each
 * with what to check. A fact that both runs hold, with the same value, is left out: it is
 * not the reason.
 *
 * @tests:  those to sort; none gives no group
 * @slower: those of them that are slower in the second run
 */
void explain_add_next(const struct run *first, const struct run *second, unsigned tests,
		      unsigned slower, struct explanation *out);

#endif
