/* SPDX-License-Identifier: GPL-2.0-or-later */
/** behaviour.h - what some operations cost on a machine, and what follows from that. */
#ifndef MODEL_BEHAVIOUR_H
#define MODEL_BEHAVIOUR_H

#include <stddef.h>

#include "model/verdict.h"

/** An operation whose cost tells how a machine is virtualized. */
enum behaviour_kind {
	BEHAVIOUR_ADD,	   /* a dependent multiply and add */
	BEHAVIOUR_SYSCALL, /* the cheapest system call */
	BEHAVIOUR_CPUID,
	BEHAVIOUR_RDTSC,
	BEHAVIOUR_MMAP,	 /* map, touch and unmap one page */
	BEHAVIOUR_FORK,	 /* fork, exit, wait */
	BEHAVIOUR_TIMER, /* how late a timer of 1 ms wakes us */
};
enum { BEHAVIOUR_COUNT = BEHAVIOUR_TIMER + 1 };

/** Names of the operations, as JSON has them. */
extern const char *const behaviour_names[BEHAVIOUR_COUNT];

/** The cost of one operation; nanoseconds of one. 0: not measured. */
struct behaviour_cost {
	double median_ns;
	double low_ns, high_ns; /* first and third quartile over the batches */
	unsigned batches;
};

/** All costs, and sentences about those that do not fit the declared mode. */
struct behaviour {
	struct behaviour_cost costs[BEHAVIOUR_COUNT];
	char **findings;
	size_t finding_count;
};

/** Fill the findings: where a cost is outside what the verdict's mode can do. A cost proves
 * nothing alone and overrules no evidence. Pure. */
void behaviour_judge(const struct verdict *verdict, struct behaviour *behaviour);

/** Give the memory back. */
void behaviour_clear(struct behaviour *behaviour);

#endif
