/* SPDX-License-Identifier: GPL-2.0-or-later */
/** score.h - scores, indexes and their intervals, computed from the samples of a run.
 * Pure functions. */
#ifndef MODEL_SCORE_H
#define MODEL_SCORE_H

#include "model/estimate.h"
#include "model/run.h"

/** With fewer trusted samples than this all samples are used: what flags them is then how
 * the machine is, and one or two samples would say nothing about it.
 */
enum { SCORE_TRUSTED_LEAST = 3 };

/** A value with its interval of 95%. */
struct score {
	double value;	  /* in the unit of the test, or index points; 0: there is none */
	double low, high; /* 0: no interval (imported, or fewer than two samples) */
	double error_log; /* standard error of the logarithm */
	double freedom;	  /* degrees of freedom of it; 0: no interval */
	enum estimate_method method; /* how low and high were made */
	unsigned used;		     /* samples that the value is made of */
	double time_s;		     /* mean scored time of these */
	double classic; /* what UnixBench's rule makes of the same samples; 0: there is
			     none */
};

/** The index of a run. */
struct score_index {
	struct score score;
	unsigned tests;	 /* that it is made of */
	bool is_partial; /* fewer than all twelve */
};

/** The rate of a sample, in units of @test a second (a minute for lpm); copies add up. */
double score_sample_rate(const struct test *test, const struct run_sample *sample);

/** Mark by UnixBench's rule: of n samples the n/3 with the smallest counts are not kept.
 */
void score_mark_kept(struct run_test *test);

/** The score of a test: exp of the mean of the logarithms of the rates.
 *
 * Samples that are flagged are left out, unless fewer than SCORE_TRUSTED_LEAST remain:
 * then all are in, and the run warns. With RUN_CLASSIC the value is made of the kept
 * samples and of nothing else, and has no interval: it is biased upwards. Otherwise the interval is Student's on the logarithms (BCa above 50 samples), and
 * wider where the samples of the whole run show that the machine's speed wandered.
 *
 * @test: of @run
 */
struct score score_test(const struct run *run, const struct run_test *test);

/** 10 times the score over the baseline, with its interval. @test: of @run */
struct score score_test_index(const struct run *run, const struct run_test *test);

/** How much the machine's own speed wandered while a run was made: the standard error that
 * this adds to each score and to the index, as a fraction. 0: it did not, as far as the
 * samples show. A machine that was slow all the time does not show it.
 */
double score_wander(const struct run *run);

/** The geometric mean of the indexes of all tests that have a score. Its error is made of
 * theirs, its degrees of freedom by Welch and Satterthwaite.
 */
struct score_index score_run(const struct run *run);

/** How the speed of a machine changed during a run. */
struct score_drift {
	double change; /* from the first sample to the last, as a fraction; 0.02: 2% faster */
	bool is_shown; /* it is more than 1%, and chance makes it so in one run of 100 */
};

/** Find the drift: one line through the logarithms of all trusted samples, each less the mean of its
 * test, over the time at which the sample began.
 */
struct score_drift score_drift_of(const struct run *run);

/** The smallest change, as a fraction of the value, that a second run with the same error
 * would have shown at 95%. Returns: the fraction (0.04: 4%), or 0 when there is no
 * interval
 */
double score_smallest_change(const struct score *score);

#endif
