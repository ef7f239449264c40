/* SPDX-License-Identifier: GPL-2.0-or-later */
/** facts.h - the facts about a machine that move the figures of a measurement. Each has a
 * dotted key, a value, the place that it was read from, or the reason why it was not. */
#ifndef VIRT_FACTS_H
#define VIRT_FACTS_H

#include "model/environment.h"
#include "model/verdict.h"
#include "virt/place.h"

/** Read all facts of a place. What cannot be read is in the list with the reason.
 *
 * @folder:  the folder that the tests write in; its file system and disk are facts. NULL
 * for a captured tree
 * @verdict: what the machine is; its layers become the facts "virt.*"
 * @out:     facts are added
 * Source:   /proc, /sys, /etc/os-release, /boot/config-*, uname(2), sysconf(3), statfs(2),
 * getrlimit(2), getauxval(3), the locale and utmp databases
 */
void facts_read(const struct place *place, const char *folder,
		const struct verdict *verdict, struct environment *out);

/** Add what a machine is as facts "virt.*"; facts_read does it too. */
void facts_add_verdict(const struct verdict *verdict, struct environment *out);

/** Counters of one moment. Negative: not readable. */
struct facts_moment {
	int64_t steal_ticks;	  /* of all CPUs, 1/100 s */
	int64_t context_switches; /* of the whole machine */
	int64_t page_faults;
	int64_t throttled;	   /* periods in which a CPU quota stopped this cgroup */
	int64_t thermal_throttled; /* times that a CPU was slowed down by its heat */
	int64_t frequency_khz;	   /* of CPU 0 */
	int64_t load_percent;	   /* of the last minute, 100 for one CPU */
	int64_t suspended_ns;	   /* since boot */
	int64_t wall_less_monotonic_ns; /* moves when somebody sets the clock */
};

/** Read the counters now. */
void facts_moment_read(struct facts_moment *out);

/** Add what changed between two moments as facts "during.*".
 *
 * @first, @last: of the same boot
 */
void facts_add_changes(const struct facts_moment *first, const struct facts_moment *last,
		       struct environment *out);

#endif
