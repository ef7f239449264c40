/* SPDX-License-Identifier: GPL-2.0-or-later */
/* behaviour.c - each operation is done in batches until its share of the time is over; the
 * median batch counts, so that a neighbour's burst does not. */
#define _GNU_SOURCE
#include "virt/behaviour.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "sys/clock.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

enum { BATCHES_MOST = 64, BATCHES_LEAST = 3 };
static const int64_t share_ns = NUM_SECOND_NS / 5; /* of each operation */

static volatile uint64_t sink;

static void add_many(unsigned count)
{
	uint64_t value = sink;

	while (count-- > 0)
		value = value * 6364136223846793005U + 1442695040888963407U;
	sink = value;
}

static void call_many(unsigned count)
{
	while (count-- > 0)
		(void)syscall(SYS_getppid);
}

static void map_many(unsigned count)
{
	while (count-- > 0) {
		char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			return;
		*(volatile char *)page = 1;
		(void)munmap(page, 4096);
	}
}

static void fork_many(unsigned count)
{
	while (count-- > 0) {
		const pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child > 0)
			(void)waitpid(child, NULL, 0);
	}
}

#if defined(__x86_64__) || defined(__i386__)
static void cpuid_many(unsigned count)
{
	unsigned a = 0, b = 0, c = 0, d = 0;

	while (count-- > 0)
		__cpuid(0, a, b, c, d);
	sink += a + b + c + d;
}

static void rdtsc_many(unsigned count)
{
	uint64_t sum = 0;

	while (count-- > 0)
		sum += __rdtsc();
	sink += sum;
}
#else
#define cpuid_many NULL
#define rdtsc_many NULL
#endif

static const struct {
	void (*many)(unsigned count); /* NULL: this machine has no such operation */
	unsigned batch;
} operations[BEHAVIOUR_COUNT] = {
	[BEHAVIOUR_ADD] = {add_many, 100000},  [BEHAVIOUR_SYSCALL] = {call_many, 2000},
	[BEHAVIOUR_CPUID] = {cpuid_many, 500}, [BEHAVIOUR_RDTSC] = {rdtsc_many, 2000},
	[BEHAVIOUR_MMAP] = {map_many, 200},    [BEHAVIOUR_FORK] = {fork_many, 4},
	[BEHAVIOUR_TIMER] = {NULL, 0},
};

static int compare(const void *first, const void *second)
{
	const double a = *(const double *)first, b = *(const double *)second;

	return (a > b) - (a < b);
}

static struct behaviour_cost summary(double *values, unsigned count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return (struct behaviour_cost){
		.median_ns = values[count / 2],
		.low_ns = values[count / 4],
		.high_ns = values[count - 1 - count / 4],
		.batches = count,
	};
}

static int64_t time_of(void (*many)(unsigned count), unsigned count)
{
	const int64_t start_ns = sys_clock_monotonic_ns();

	many(count);
	return sys_clock_monotonic_ns() - start_ns;
}

/* A nested guest under emulation takes a thousand times as long: a batch is never longer
 * than a sixteenth of the share. */
static unsigned fitting_batch(void (*many)(unsigned count), unsigned batch)
{
	int64_t one_ns;

	(void)time_of(many, 1); /* the first touches cold memory */
	one_ns = time_of(many, 1);
	if (one_ns < 1)
		one_ns = 1;
	return one_ns * batch <= share_ns / 16 ? batch
	       : one_ns >= share_ns / 16       ? 1
					       : (unsigned)(share_ns / 16 / one_ns);
}

static struct behaviour_cost measure(void (*many)(unsigned count), unsigned most)
{
	const int64_t end_ns = sys_clock_monotonic_ns() + share_ns;
	const unsigned batch = fitting_batch(many, most);
	double values[BATCHES_MOST];
	unsigned count = 0;

	do {
		values[count++] = (double)time_of(many, batch) / batch;
	} while (count < BATCHES_MOST &&
		 (sys_clock_monotonic_ns() < end_ns || count < BATCHES_LEAST));
	return summary(values, count);
}

/* How much later than 1 ms a sleep of 1 ms ends. */
static struct behaviour_cost measure_timer(void)
{
	const struct timespec wait = {.tv_nsec = 1000000};
	double values[BATCHES_MOST];
	unsigned i;

	for (i = 0; i < BATCHES_MOST; i++) {
		const int64_t start_ns = sys_clock_monotonic_ns();

		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
		values[i] = (double)(sys_clock_monotonic_ns() - start_ns) - 1e6;
	}
	return summary(values, BATCHES_MOST);
}

void virt_measure(struct behaviour *out)
{
	int i;

	for (i = 0; i < BEHAVIOUR_COUNT; i++)
		if (operations[i].many != NULL)
			out->costs[i] = measure(operations[i].many, operations[i].batch);
	out->costs[BEHAVIOUR_TIMER] = measure_timer();
}
