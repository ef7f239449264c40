/* SPDX-License-Identifier: GPL-2.0-or-later */
/** judge.h - which samples are not to be trusted, and what a reader of a run must be
 * told. Pure. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include "model/run.h"

/** Limits beyond which a sample is flagged. The kernel counts in ticks of 10 ms, hence
 * the floors. */
enum {
	JUDGE_TICK_MS = 10,
	JUDGE_STEAL_PERCENT =
		2, /* of the time of the CPUs in use, and more than two ticks */
	JUDGE_LOAD_PERCENT = 5,	    /* likewise, and more than three ticks */
	JUDGE_DURATION_PERCENT = 5, /* off the wanted length, and more than a loop */
	JUDGE_OVERLAP_PERCENT =
		95, /* of the mean window that all copies must have in common */
};

/** Flags of a sample (enum sample_flag), from its figures alone.
 *
 * @test:    a test with fixed work is flagged for its duration only when it is off by a factor of 2,
 *           and never for being ragged: it is slow when the machine is
 * @copies, @cpus: how many ran, and on how many CPUs
 */
unsigned judge_sample(const struct test *test, const struct run_sample *sample,
		      unsigned copies, unsigned cpus);

/** Add the warnings that a run's samples and environment call for.
 *
 * @cpus:   CPUs that the process may use
 * @load:   load average when the run began; negative: unknown
 */
void judge_run(struct run *run, unsigned cpus, double load);

#endif
