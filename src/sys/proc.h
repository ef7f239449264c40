/* SPDX-License-Identifier: GPL-2.0-or-later */
/** proc.h - what /proc tells of the machine's work at one moment. */
#ifndef SYS_PROC_H
#define SYS_PROC_H

#include <stdint.h>

#include "base/error.h"

/** CPU time of all CPUs together since boot, in nanoseconds (kept by the kernel in ticks
 * of 10 ms). */
struct sys_cpu_time {
	int64_t busy_ns; /* user, nice, system, irq, softirq; time of guests is in user */
	int64_t steal_ns; /* time that the hypervisor gave to others */
};

/** Read the first line of /proc/stat.
 *
 * Errors:  ERROR_SYSTEM, ERROR_INPUT when the line is not as proc(5) has it
 * Source:  /proc/stat
 * Returns: 0 or -1, @out untouched
 */
nodiscard int sys_proc_cpu_time(struct sys_cpu_time *out, struct error *err);

/** Parse the first line of /proc/stat.
 *
 * @tick_ns: length of a tick; sysconf(_SC_CLK_TCK) gives its inverse
 * Errors:   ERROR_INPUT
 * Returns:  0 or -1, @out untouched
 */
nodiscard int sys_proc_parse_cpu_time(const char *text, int64_t tick_ns,
				      struct sys_cpu_time *out, struct error *err);

/** CPU time that this process has used, without its children, nanoseconds (getrusage(2)).
 */
int64_t sys_proc_own_cpu_ns(void);

/** CPU time of all children that were waited for, nanoseconds (getrusage(2)). */
int64_t sys_proc_children_cpu_ns(void);

/** The load average of the last minute; negative when /proc/loadavg cannot be read. */
double sys_proc_load(void);

/** CPUs that this process may run on (sched_getaffinity(2)); at least 1. */
unsigned sys_proc_cpu_count(void);

#endif
