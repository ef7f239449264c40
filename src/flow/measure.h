/* SPDX-License-Identifier: GPL-2.0-or-later */
/** measure.h - measure this machine: its facts, its workloads, one run for each number of
 * copies. */
#ifndef FLOW_MEASURE_H
#define FLOW_MEASURE_H

#include "bench/runner.h"

enum { MEASURE_COPIES_MOST = 8 };

/** What to measure. */
struct measure_plan {
	struct bench_plan bench; /* copies is set by the flow */
	unsigned copies[MEASURE_COPIES_MOST];
	size_t copies_count;
	const char *label; /* NULL: none; so are the others */
	const char *provider;
	const char *plan;
	const char *location;
	const char *price;
};

/** Measure, one run after the other; several runs get a common group.
 *
 * @watch:  told of the progress; may be NULL
 * @out:    zeroed by the caller; runs are added, also the one that a signal cut short
 * Errors:  as bench_run; the runs that were finished before are in @out
 * Returns: 0 or -1
 */
nodiscard int flow_measure(const struct measure_plan *plan,
			   const struct bench_watch *watch, struct runs *out,
			   struct error *err);

#endif
