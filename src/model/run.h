/* SPDX-License-Identifier: GPL-2.0-or-later */
/** run.h - what everything exchanges: one measurement of one machine, with every raw
 * sample. */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/environment.h"
#include "model/tests.h"

/** Why a sample is not trusted. A sample is never flagged for being slow. */
enum sample_flag {
	SAMPLE_STEAL =
		1 << 0, /* the hypervisor gave more than a little of the time to others */
	SAMPLE_LOAD =
		1 << 1, /* other processes used more than a little CPU time meanwhile */
	SAMPLE_DURATION =
		1
		<< 2, /* the measured time is off by more than 5% and more than a loop */
	SAMPLE_RAGGED = 1 << 3, /* the copies did not run at the same time */
	SAMPLE_CLOCK = 1 << 4,	/* the machine was suspended meanwhile */
};
enum { SAMPLE_FLAG_COUNT = 5 };

/** Names of the flags as JSON and tables have them, in the order of their bits. */
extern const char *const sample_flag_names[SAMPLE_FLAG_COUNT];

/** What one of several copies did in a sample. */
struct run_part {
	uint64_t count;	  /* loops */
	int64_t start_ns; /* after the run began */
	int64_t elapsed_ns;
	int64_t scored_ns; /* as in struct run_sample */
};

/** One sample: one launch of a workload, or of all its copies at once. */
struct run_sample {
	uint64_t count;	    /* whole loops, of all copies together */
	int64_t start_ns;   /* after the run began */
	int64_t wanted_ns;  /* length that was asked for */
	int64_t elapsed_ns; /* wall time, measured inside the workload; mean of the copies
			     */
	int64_t scored_ns;  /* time that the rate is made of: user CPU time for Whetstone
			     */
	int64_t user_ns,
		system_ns;  /* CPU time of the workload and its children, all copies */
	int64_t steal_ns;   /* of all CPUs meanwhile, in ticks of 10 ms */
	int64_t foreign_ns; /* CPU time of everything else meanwhile, in ticks of 10 ms */
	int64_t switches_voluntary, switches_forced;
	double load_before, load_after; /* load average of a minute; negative: unknown */
	unsigned flags;			/* enum sample_flag */
	bool kept; /* by UnixBench's rule: not among the worst third by count */
	struct run_part *parts; /* one for each copy when there are several, else NULL */
	unsigned part_count;
};

/** A test of a run: samples, or a score that was imported without them, or why there is
 * none. */
struct run_test {
	const struct test *test;
	struct run_sample *samples;
	size_t sample_count;
	char *failure;		/* why it could not run; NULL when it could */
	double imported_score;	/* when sample_count is 0; 0: none */
	double imported_index;	/* as the report printed it: its score was rounded after
				   this was made */
	double imported_time_s; /* as the report printed it */
	unsigned imported_samples;
};

/** How a run was made. */
enum run_method { RUN_BUDGET, RUN_PRECISE, RUN_CLASSIC, RUN_IMPORTED };
enum { RUN_METHOD_COUNT = 4 };
extern const char *const run_method_names[RUN_METHOD_COUNT];

/** A measured executable. */
struct run_file {
	char *name;
	char *sha256; /* hexadecimal */
};

/** What the workloads were built with. Texts may be NULL in imported runs. */
struct run_build {
	char *compiler;
	char *flags;
	char *libc;		/* that they ran with */
	char *version;		/* of moult */
	struct run_file *files; /* the executables, sorted by name */
	size_t file_count;
};

/** A run; start zeroed, end with run_clear. */
struct run {
	char *id;	/* unique */
	char *label;	/* given by the user; NULL: none */
	char *group;	/* common to the runs of one command; NULL: none */
	char *provider; /* what the user tells of the machine: who rents it out, ... */
	char *plan;
	char *location;
	char *price;
	char *profile; /* "unixbench" */
	char *source;  /* where an imported run comes from; NULL when measured here */
	enum run_method method;
	unsigned copies; /* 0: an imported report does not say */
	double imported_index; /* as the report printed it; 0: none */
	int64_t started_ns;    /* since 1970, UTC */
	int64_t finished_ns;
	int64_t budget_ns;   /* 0: none */
	int64_t overhead_ns; /* CPU time of moult itself while it measured */
	int64_t workload_ns; /* CPU time of the measured parts */
	int64_t prepare_ns; /* CPU time of the workloads beside them: start, calibration, check */
	bool interrupted;
	struct run_test tests[TESTS_COUNT]; /* in the order in which they were run */
	size_t test_count;
	struct environment environment;
	struct run_build build;
	char **warnings; /* one sentence each: what a reader must know about the figures
			  */
	size_t warning_count;
};

/** Several runs; start zeroed, end with runs_clear. */
struct runs {
	struct run *runs;
	size_t count;
};

/** Add a test to a run. Returns: the test, valid until the next is added; @test must not
 * be there */
struct run_test *run_add_test(struct run *run, const struct test *test);

/** Find a test of a run. Returns: the test, or NULL */
const struct run_test *run_find_test(const struct run *run, const char *key);

/** Add a copy of @sample; a run of several copies hands over `parts`. */
void run_test_add_sample(struct run_test *test, const struct run_sample *sample);

/** Add a warning, once. */
void run_warn(struct run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Add an executable to the build; the texts are copied. */
void run_build_add_file(struct run_build *build, const char *name, const char *sha256);

/** Give the memory back. */
void run_clear(struct run *run);

/** Add an empty run at the end. Returns: it, valid until the next is added */
struct run *runs_add(struct runs *runs);

/** Take the last run away; there must be one. */
void runs_drop_last(struct runs *runs);

/** Give the memory back. */
void runs_clear(struct runs *runs);

#endif
