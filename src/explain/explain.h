/* SPDX-License-Identifier: GPL-2.0-or-later */
/** explain.h - why two runs differ: facts that differ, tied by a table of rules to the
 * tests that they move. Pure functions. */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include "model/compare.h"
#include "model/explanation.h"

/** Find the causes of what changed between two runs.
 *
 * A test has moved when its interval lies on one side of 1; where there is no interval
 * (imported runs), when it changed by more than a tenth. A fact is a cause when it differs
 * in a way that matters, and the tests that it moves did move that way. Its share is how
 * much of the sum of all changes (logarithms of the ratios) it can account for, less what
 * it should have moved and did not.
 *
 * @comparison: of @first and @second
 * @out:    zeroed by the caller, who clears it
 */
void explain_runs(const struct run *first, const struct run *second,
		  const struct comparison *comparison, struct explanation *out);

#endif
