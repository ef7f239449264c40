/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/proc.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/num.h"
#include "sys/file.h"

int sys_proc_parse_cpu_time(const char *text, int64_t tick_ns, struct sys_cpu_time *out,
			    struct error *err)
{
	int64_t user, nice, system, idle, wait = 0, irq = 0, softirq = 0, steal = 0, busy;
	struct sys_cpu_time time;

	/* the columns after idle came with Linux 2.6; steal with 2.6.11 */
	if (sscanf(text,
		   "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
		   " %" SCNd64 " %" SCNd64 " %" SCNd64,
		   &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal) < 4)
		return error_set(err, ERROR_INPUT,
				 "/proc/stat does not begin with a line 'cpu'");
	busy = user + nice + system + irq + softirq;
	/* known kernels print steal as a negative number in 64 bits: such a line is not believed */
	if (user < 0 || nice < 0 || system < 0 || irq < 0 || softirq < 0 ||
	    __builtin_mul_overflow(busy, tick_ns, &time.busy_ns) ||
	    __builtin_mul_overflow(steal, tick_ns, &time.steal_ns))
		return error_set(err, ERROR_INPUT,
				 "/proc/stat has numbers that cannot be");
	*out = time;
	return 0;
}

int sys_proc_cpu_time(struct sys_cpu_time *out, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	const long ticks = sysconf(_SC_CLK_TCK);

	if (sys_file_read(AT_FDCWD, "/proc/stat", 16 << 20, &text, err) != 0)
		return -1;
	return sys_proc_parse_cpu_time(
		text.bytes, NUM_SECOND_NS / (ticks > 0 ? ticks : 100), out, err);
}

static int64_t cpu_ns(int who)
{
	struct rusage usage;

	(void)getrusage(who, &usage); /* cannot fail: the arguments are valid */
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NUM_SECOND_NS +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

int64_t sys_proc_own_cpu_ns(void)
{
	return cpu_ns(RUSAGE_SELF);
}

int64_t sys_proc_children_cpu_ns(void)
{
	return cpu_ns(RUSAGE_CHILDREN);
}

double sys_proc_load(void)
{
	autostr struct str text = STR_EMPTY;
	double load = -1;

	if (sys_file_read(AT_FDCWD, "/proc/loadavg", 4096, &text, NULL) != 0 ||
	    sscanf(text.bytes, "%lf", &load) != 1)
		return -1;
	return load;
}

unsigned sys_proc_cpu_count(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN); /* more than 1024 CPUs: the fixed set is
						   too small */
	return online > 0 ? (unsigned)online : 1;
}
