/* SPDX-License-Identifier: GPL-2.0-or-later */
/** launch.h - one sample: start the copies of a workload, let them go at one moment, take
 * their results. */
#ifndef BENCH_LAUNCH_H
#define BENCH_LAUNCH_H

#include "bench/place.h"

/** What a sample is to be. */
struct bench_launch {
	const struct bench_place *place;
	const struct test *test;
	int64_t duration_ns;
	int64_t origin_ns;	  /* CLOCK_MONOTONIC when the run began */
	void (*tick)(void *data); /* called about five times a second; may be NULL */
	void *data;
};

/** Take one sample. All children have ended when this returns, whatever it returns.
 *
 * @out:    flags and `kept` are not set; the caller owns `parts`; untouched on failure
 * @out_n4_ns: Whetstone's time in section N4; -1 for the other tests
 * Errors:  ERROR_VERIFY: the workload failed, with its own reason; ERROR_SYSTEM: it could
 * not be started or did not answer; ERROR_INTERRUPTED: a signal came
 * Source:  the workload's own clock and getrusage(2); steal and others' time: /proc/stat
 * Returns: 0 or -1
 */
nodiscard int bench_launch(const struct bench_launch *launch, struct run_sample *out,
			   int64_t *out_n4_ns, struct error *err);

#endif
