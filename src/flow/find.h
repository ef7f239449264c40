/* SPDX-License-Identifier: GPL-2.0-or-later */
/** find.h - what a RUN argument names; runs from elsewhere. */
#ifndef FLOW_FIND_H
#define FLOW_FIND_H

#include "base/error.h"
#include "model/run.h"

/** Find runs by "article", the name of a run file, or an id or label in the store, in this order; "#N" behind
 * a file or a label names the N-th run of it alone.
 *
 * A file is a run file or a UnixBench report.
 *
 * @out:    runs are added
 * Errors:  ERROR_INPUT: there is none, or it is damaged; ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int flow_find_runs(const char *reference, struct runs *out, struct error *err);

/** Read a UnixBench report, or a run file, of another machine.
 *
 * @log_path: a kernel log of that machine, whose verdict goes with the runs; NULL: none
 * @label:  for the runs; NULL: keep theirs
 * @out:    runs are added; what was added is the caller's also on failure
 * Errors:  ERROR_SYSTEM, ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int flow_import(const char *path, const char *log_path, const char *label,
			  struct runs *out, struct error *err);

#endif
