/* SPDX-License-Identifier: GPL-2.0-or-later */
/* whetstone.c - the Whetstone program in double precision.
 *
 * H. J. Curnow and B. A. Wichmann, "A synthetic benchmark", The Computer Journal 19(1),
 * 1976, in the eight timed sections N1 to N8 that its C versions have had since R.
 * Longbottom's; the numbers of inner loops are times 100. One loop of the sample is one
 * pass over all sections, 10 million Whetstone instructions. By that program's rule N1 is
 * run ten times and its time divided by ten.
 *
 * The rate is made of user CPU time, as in UnixBench 5.1.3; the wall time stands beside
 * it. The compiler may remove N4, whose values repeat: gcc does at these flags, and the
 * time of N4 in the result says so. clang would also remove N3 and N7, so it is told that
 * their values are needed.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "work.h"

enum { SECTIONS = 8, TIMES_100 = 100, N1_TIMES = 10 };

/* In the pinned build every section is kept, by every compiler. */
#if defined(__clang__) || defined(WORK_PINNED)
#define KEEP_INTEGER(value) __asm__ volatile("" : "+r"(value))
#define KEEP_MEMORY() __asm__ volatile("" ::: "memory")
#else
#define KEEP_INTEGER(value) ((void)0)
#define KEEP_MEMORY() ((void)0)
#endif
#ifdef WORK_PINNED
#define KEEP_PINNED(value) KEEP_INTEGER(value)
#else
#define KEEP_PINNED(value) ((void)0)
#endif

static double results[SECTIONS];
static int64_t user_ns[SECTIONS];
static int64_t wall_ns[SECTIONS];
static int64_t user_before_ns, wall_before_ns;

static int64_t user_time_ns(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail: the argument is valid */
	return (int64_t)usage.ru_utime.tv_sec * 1000000000 +
	       (int64_t)usage.ru_utime.tv_usec * 1000;
}

static void section_begin(void)
{
	wall_before_ns = work_now_ns();
	user_before_ns = user_time_ns();
}

static void section_end(int section, int times, double result)
{
	user_ns[section - 1] = (user_time_ns() - user_before_ns) / times;
	wall_ns[section - 1] = (work_now_ns() - wall_before_ns) / times;
	results[section - 1] = result;
}

void array_as_parameter(double e[4], double t, double t2)
{
	long j;

	for (j = 0; j < 6; j++) {
		e[0] = (e[0] + e[1] + e[2] - e[3]) * t;
		e[1] = (e[0] + e[1] - e[2] + e[3]) * t;
		e[2] = (e[0] - e[1] + e[2] + e[3]) * t;
		e[3] = (-e[0] + e[1] + e[2] + e[3]) / t2;
	}
}

void array_references(double e[4], long j, long k, long l)
{
	e[j] = e[k];
	e[k] = e[l];
	e[l] = e[j];
}

void procedure_call(double *x, double *y, double *z, double t, double t1, double t2)
{
	*x = *y;
	*y = *z;
	*x = t * (*x + *y);
	*y = t1 * (*x + *y);
	*z = (*x + *y) / t2;
}

/* The order of the sections and of their statements is the program; it is one function so
 * that the compiler sees what it sees in the original. */
static void
whetstone_passes(long passes) /* NOLINT(readability-function-size): see above */
{
	const long n1 = 12 * TIMES_100 * N1_TIMES, n2 = 14 * TIMES_100,
		   n3 = 345 * TIMES_100;
	const long n4 = 210 * TIMES_100, n5 = 32 * TIMES_100, n6 = 899 * TIMES_100;
	const long n7 = 616 * TIMES_100, n8 = 93 * TIMES_100;
	double t = 0.49999975;
	const double t0 = t, t1 = 0.50000025, t2 = 2.0;
	double x, y, z, e1[4];
	long i, pass, j, k, l;

	/* N1, array elements */
	e1[0] = 1.0;
	e1[1] = -1.0;
	e1[2] = -1.0;
	e1[3] = -1.0;
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < n1; i++) {
			e1[0] = (e1[0] + e1[1] + e1[2] - e1[3]) * t;
			e1[1] = (e1[0] + e1[1] - e1[2] + e1[3]) * t;
			e1[2] = (e1[0] - e1[1] + e1[2] + e1[3]) * t;
			e1[3] = (-e1[0] + e1[1] + e1[2] + e1[3]) * t;
		}
		t = 1.0 - t;
	}
	t = t0;
	section_end(1, N1_TIMES, e1[3]);

	/* N2, array as parameter */
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < n2; i++)
			array_as_parameter(e1, t, t2);
		t = 1.0 - t;
	}
	t = t0;
	section_end(2, 1, e1[3]);

	/* N3, conditional jumps */
	j = 1;
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < n3; i++) {
			if (j == 1)
				j = 2;
			else
				j = 3;
			if (j > 2)
				j = 0;
			else
				j = 1;
			if (j < 1)
				j = 1;
			else
				j = 0;
			KEEP_INTEGER(j);
		}
	}
	section_end(3, 1, (double)j);

	/* N4, integer arithmetic */
	j = 1;
	k = 2;
	l = 3;
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < n4; i++) {
			j = j * (k - j) * (l - k);
			k = l * k - (l - j) * k;
			l = (l - k) * (k + j);
			e1[l - 2] = (double)(j + k + l);
			e1[k - 2] = (double)(j * k * l);
			KEEP_PINNED(j);
			KEEP_PINNED(k);
			KEEP_PINNED(l);
		}
	}
	section_end(4, 1, e1[0] + e1[1]);

	/* N5, trigonometric functions; from 1, as the original has it */
	x = 0.5;
	y = 0.5;
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 1; i < n5; i++) {
			x = t *
			    atan(t2 * sin(x) * cos(x) / (cos(x + y) + cos(x - y) - 1.0));
			y = t *
			    atan(t2 * sin(y) * cos(y) / (cos(x + y) + cos(x - y) - 1.0));
		}
		t = 1.0 - t;
	}
	t = t0;
	section_end(5, 1, y);

	/* N6, procedure calls */
	x = 1.0;
	y = 1.0;
	z = 1.0;
	section_begin();
	for (pass = 0; pass < passes; pass++)
		for (i = 0; i < n6; i++)
			procedure_call(&x, &y, &z, t, t1, t2);
	section_end(6, 1, z);

	/* N7, array references */
	j = 0;
	k = 1;
	l = 2;
	e1[0] = 1.0;
	e1[1] = 2.0;
	e1[2] = 3.0;
	section_begin();
	for (pass = 0; pass < passes; pass++) {
		for (i = 0; i < n7; i++) {
			array_references(e1, j, k, l);
			KEEP_MEMORY();
		}
	}
	section_end(7, 1, e1[2]);

	/* N8, standard functions */
	x = 0.75;
	section_begin();
	for (pass = 0; pass < passes; pass++)
		for (i = 0; i < n8; i++)
			x = sqrt(exp(log(x) / t1));
	section_end(8, 1, x);
}

static int64_t sum_ns(const int64_t *values)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < SECTIONS; i++)
		sum += values[i];
	return sum;
}

static int is_near(double value, double expected, double tolerance)
{
	return fabs(value - expected) <= tolerance;
}

/* The values that the program's C versions publish for one pass. */
static int check_one_pass(void)
{
	static const double published[SECTIONS] = {
		-1.12398255667392, -1.12187079889284, 1.0, 12.0,
		0.499029372815183, 0.999999878908028, 3.0, 0.751001630184587};
	static char reason[64];
	int i;

	for (i = 0; i < SECTIONS; i++) {
		if (is_near(results[i], published[i], 1e-9))
			continue;
		(void)snprintf(reason, sizeof(reason),
			       "section N%d gives %.12f instead of %.12f", i + 1,
			       results[i], published[i]);
		return work_fail(reason, 0);
	}
	return 0;
}

static long wanted_passes;

/* Finds how many passes fill the duration. The first pass is also the check of all eight
 * values. */
static int whetstone_prepare(struct work_call *call)
{
	const int64_t enough_ns = 60000000;
	long passes = 1;
	int64_t used_ns;

	whetstone_passes(1);
	if (check_one_pass() != 0)
		return -1;
	if (work_limit != ULONG_MAX) {
		wanted_passes = (long)work_limit;
		return 0;
	}
	while ((used_ns = sum_ns(user_ns)) < enough_ns) {
		passes *= 3;
		whetstone_passes(passes);
	}
	wanted_passes =
		(long)((double)passes * (double)call->duration_ns / (double)used_ns);
	if (wanted_passes < 1)
		wanted_passes = 1;
	return 0;
}

static int whetstone_run(struct work_call *call)
{
	int i, length = 0;

	whetstone_passes(wanted_passes);
	call->count = (uint64_t)wanted_passes;
	call->scored_ns = sum_ns(user_ns);
	call->elapsed_ns = sum_ns(wall_ns);
	for (i = 0; i < SECTIONS; i++)
		length += snprintf(call->extra + length,
				   sizeof(call->extra) - (size_t)length, " n%d_ns=%lld",
				   i + 1, (long long)user_ns[i]);
	return 0;
}

/* After more passes N8 follows a power law and N3, N4 and N7 repeat; the others stay near
 * where they were after the first or the second pass. */
static int whetstone_check(struct work_call *call)
{
	const double n8_loops = 93.0 * TIMES_100 * (double)call->count;
	const double n8 = exp(log(0.75) * pow(2.0 * 0.50000025, -n8_loops));

	if (!is_near(results[0], -1.1286, 0.006) || !is_near(results[1], -1.1276, 0.007))
		return work_fail("section N1 or N2 has a wrong value", 0);
	if (!is_near(results[2], 1.0, 0.0) || !is_near(results[3], 12.0, 0.0) ||
	    !is_near(results[6], 3.0, 0.0))
		return work_fail("section N3, N4 or N7 has a wrong value", 0);
	if (!is_near(results[4], 0.4995, 0.0006) ||
	    !is_near(results[5], 1.0, 2e-7 + 2e-8 * (double)call->count))
		return work_fail("section N5 or N6 has a wrong value", 0);
	if (!is_near(results[7], n8, 1e-6))
		return work_fail("section N8 has a wrong value", 0);
	return 0;
}

const struct work work = {"whetstone-double", whetstone_prepare, whetstone_run,
			  whetstone_check, NULL};
