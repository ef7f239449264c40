/* SPDX-License-Identifier: GPL-2.0-or-later */
/** work.h - what a workload executable is.
 *
 * A workload executable is one measured thing: `prepare` (not measured), `run` (measured,
 * whole loops only), `check` (not measured). main.c gives all of them the same start,
 * clock and answer, so that a workload's own file holds nothing but its work. These
 * programs depend on libc alone: they are built apart from moult, with the compiler flags
 * of UnixBench 5.1.3, and must also build on systems that are much older.
 *
 * Command line:  PROGRAM duration=NS [loops=N] [now=1] [NAME=VALUE...]
 * Standard output: "ready\n"; then, after a line "START_NS\n" on standard input
 * (CLOCK_MONOTONIC, absolute; with now=1 nothing is awaited), one line "result
 * NAME=VALUE..." or "fail REASON". "PROGRAM about" prints lines NAME=VALUE: compiler,
 * flags and libc.
 */
#ifndef BENCH_WORK_WORK_H
#define BENCH_WORK_WORK_H

#include <stdint.h>

/** One call of a workload, and what came of it. */
struct work_call {
	int argc; /* parameters of the workload itself, NAME=VALUE */
	char **argv;
	int64_t duration_ns; /* wanted length of the measured part */
	int64_t start_ns;    /* CLOCK_MONOTONIC when `run` began */
	uint64_t count;	     /* out: whole loops that were done */
	int64_t elapsed_ns;  /* out: wall time; set by main.c unless `run` set it */
	int64_t scored_ns;   /* out: the time that the rate is made of; 0 means elapsed_ns
			      */
	int64_t user_ns;     /* out: CPU time of the process and of its children */
	int64_t system_ns;
	int64_t cpu_before_ns; /* out: CPU time that had been used when `run` began */
	int64_t switches_voluntary;
	int64_t switches_forced;
	char extra[160]; /* out: further " NAME=VALUE" for the result line */
};

/** A workload: each file of this folder that has work in it ends in one of these, called
 * `work`. */
struct work {
	const char *name;
	int (*prepare)(struct work_call *call);
	int (*run)(struct work_call *call);
	int (*check)(struct work_call *call);
	/* a program that replaces itself comes back here; NULL for all others */
	int (*again)(int argc, char **argv);
};

extern const struct work work;

/** Loops that may be done: what "loops=" says or as good as endless; the clock makes it 0
 * when the duration is over. Every loop looks at it once. An aligned word is written
 * whole on every machine that Linux runs on, which is all that a signal handler needs.
 */
extern volatile unsigned long work_limit;

/** Say on standard output why the workload failed; errno's text is added when
 * @with_errno.
 *
 * @reason: one line, no newline
 * Returns: -1 always
 */
int work_fail(const char *reason, int with_errno);

/** Find a parameter of the workload.
 *
 * @name: without the '='
 * Returns: its value, or @otherwise when it was not given
 */
const char *work_parameter(const struct work_call *call, const char *name,
			   const char *otherwise);

/** Read a whole decimal number.
 *
 * Returns: the number; ends the program with status 2 when @text is not one
 */
uint64_t work_number(const char *text);

/** CLOCK_MONOTONIC in nanoseconds; the source is clock_gettime(2). */
int64_t work_now_ns(void);

/** Fill in CPU time and context switches since the process and its children began
 * (getrusage(2)). */
void work_usage(struct work_call *call);

/** Wait for the start, on standard input, and sleep until it has come.
 *
 * Returns: 0, or -1 when standard input ended first
 */
int work_wait_start(struct work_call *call);

/** Write the result line. Returns: 0, or -1 when standard output is gone. */
int work_answer(const struct work_call *call);

#endif
