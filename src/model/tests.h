/* SPDX-License-Identifier: GPL-2.0-or-later */
/** tests.h - the twelve tests of the UnixBench index; the rows come from
 * data/unixbench.tsv. */
#ifndef MODEL_TESTS_H
#define MODEL_TESTS_H

#include <stdbool.h>
#include <stdint.h>

enum { TESTS_COUNT = 12 };

/** A test of the index. */
struct test {
	const char *key;  /* "dhry2reg" */
	const char *name; /* as UnixBench prints it */
	const char *unit; /* "lps", "MWIPS", "KBps" or "lpm" */
	double per_loop;  /* units in one loop; the rate is loops * per_loop / seconds */
	double baseline;  /* score that makes the index 10 */
	int classic_passes;    /* passes of UnixBench 5.1.3, of which the worst third is
				  dropped */
	int classic_seconds;   /* length of such a pass */
	int64_t shortest_ns;   /* the shortest sample that is worth taking */
	const char *helper;    /* its executable in libexec/moult */
	const char *parameter; /* "NAME=VALUE" for it, or "" */
	bool counts_rate; /* UnixBench counts a rate: sorted by it, summed over copies */
	bool has_fixed_work; /* the work is chosen before the clock starts */
};

/** The keys of all twelve, separated by blanks. */
extern const char tests_keys[];

/** All twelve, in the order in which UnixBench runs them. */
extern const struct test tests_all[TESTS_COUNT];

/** Find a test by its key. Returns: its index in tests_all, or -1 */
int tests_find(const char *key);

#endif
