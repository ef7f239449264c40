/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare.h - two runs beside each other: what changed, and how sure that is. Pure
 * functions. */
#ifndef MODEL_COMPARE_H
#define MODEL_COMPARE_H

#include "base/error.h"
#include "model/run.h"

/** What can be said of a change. */
enum compare_verdict {
	COMPARE_CANNOT_TELL, /* there is no interval: a run was imported, or has too few
				samples */
	COMPARE_NO_DIFFERENCE, /* none was shown; a smaller one than `smallest` may be there */
	COMPARE_FASTER,
	COMPARE_SLOWER,
};
enum { COMPARE_VERDICT_COUNT = COMPARE_SLOWER + 1 };

/** The verdicts as people read them, and as JSON has them. */
extern const char *const compare_verdict_texts[COMPARE_VERDICT_COUNT];
extern const char *const compare_verdict_keys[COMPARE_VERDICT_COUNT];

/** One test, or the index. */
struct compare_row {
	const struct test *test;   /* NULL: the index */
	double first, second;	   /* scores, or index points; 0: none in that run */
	double ratio;		   /* second over first; 0: one of them is missing */
	double low, high;	   /* 95% interval of it; 0: none */
	double error_log, freedom; /* of the ratio's logarithm; freedom 0: no interval */
	double smallest; /* the smallest change, as a fraction, that these runs could have
			    shown; 0: not known */
	enum compare_verdict verdict;
};

/** Two runs beside each other. */
struct comparison {
	struct compare_row tests[TESTS_COUNT]; /* those that either run has, in the order
						  of tests_all */
	size_t test_count;
	struct compare_row index; /* of the tests that both have */
	size_t common;		  /* how many these are */
};

/** A change in its two parts: what is left when the workloads bring their own userland, and
 * the rest. Their product is the whole change. */
struct compare_split_row {
	const struct test *test;     /* NULL: the index */
	struct compare_row kernel;   /* kernel and hypervisor: the profile pinned */
	struct compare_row userland; /* compiler, libc, shell and text tools */
};

/** All tests that both profiles have on both sides, and the index of these; its ratios are 0 when
 * a profile has other tests as well. */
struct compare_split {
	struct compare_split_row tests[TESTS_COUNT];
	size_t test_count;
	struct compare_split_row index;
};

/** Find out whether two runs may be compared.
 *
 * Errors:  ERROR_REFUSED, with the reason: other numbers of copies, other profiles, classic against
 *          interleaved samples, another build of the workloads in the profile pinned, no test in common
 * Returns: 0 or -1
 */
nodiscard int compare_check(const struct run *first, const struct run *second,
			    struct error *err);

/** Whether the workloads of two runs are known to be the same bytes. */
bool compare_is_same_build(const struct run *first, const struct run *second);

/** Compare. The interval of a ratio is Student's on the difference of the logarithms, with
 * the errors of both (Welch and Satterthwaite); what the machine's wander adds to a score is
 * in them. */
void compare_runs(const struct run *first, const struct run *second,
		  struct comparison *out);

/** Split a change.
 *
 * @whole:  two runs of the profile unixbench, compared
 * @pinned: the same machines in the profile pinned, compared
 */
void compare_split(const struct comparison *whole, const struct comparison *pinned,
		   struct compare_split *out);

#endif
