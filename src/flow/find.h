/* SPDX-License-Identifier: GPL-2.0-or-later */
/** find.h - what a RUN argument names. */
#ifndef FLOW_FIND_H
#define FLOW_FIND_H

#include "base/error.h"
#include "model/run.h"

/** Find runs by "article", the name of a run file, or an id or label in the store, in this order; "#N" behind
 * a file or a label names the N-th run of it alone.
 *
 * @out:    runs are added
 * Errors:  ERROR_INPUT: there is none, or it is damaged; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int flow_find_runs(const char *reference, struct runs *out, struct error *err);

#endif
