/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/next.h"

#include <string.h>

#include "explain/rules.h"

/* What to look at when some tests moved together. */
struct group {
	const char *tests; /* keys */
	const char *with;  /* only when this one moved; NULL: always */
	unsigned least;	   /* that many of the tests at least */
	struct {
		const char *fact, *check;
		bool is_outside; /* the runs cannot hold the answer: it is asked in any case */
	} next[NEXT_MOST];	 /* ends in an empty one, or is full */
};

static const char entry[] =
	"cat /sys/devices/system/cpu/nohz_full; grep -E 'CONTEXT_TRACKING|NO_HZ_FULL' "
	"/boot/config-$(uname -r); auditctl -s; auditctl -l";
static const char outside[] = "measure again at another hour; ask the provider for "
			      "limits and neighbours of the host";

/* The first group that fits takes its tests away. */
static const struct group groups[] = {
	{"dhry2reg whetstone-double execl fstime fsbuffer fsdisk pipe context1 spawn "
	 "syscall "
	 "shell1 shell8",
	 "dhry2reg",
	 8,
	 {{"cgroup.cpu_max", "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.stat", false},
	  {"moment.steal_s", "vmstat 1 (column st) while the tests run", false},
	  {"cpu.frequency_khz",
	   "turbostat, or grep MHz /proc/cpuinfo, while the tests run", false},
	  {"moment.load", "top; uptime", false},
	  {"virt.outer", outside, true}}},
	{"syscall pipe context1 fstime fsbuffer fsdisk execl spawn shell1 shell8",
	 "syscall",
	 1,
	 {{"kernel.entry", entry, false},
	  {"cpu.vulnerability.meltdown",
	   "grep . /sys/devices/system/cpu/vulnerabilities/*", false},
	  {"process.seccomp", "grep Seccomp /proc/self/status", false},
	  {"virt.mode", "moult identify --evidence", false},
	  {"kernel.tracing",
	   "cat /sys/kernel/tracing/events/raw_syscalls/enable; bpftool prog", false}}},
	{"fstime fsbuffer fsdisk",
	 NULL,
	 1,
	 {{"tests.file_system", "findmnt -T /var/tmp", false},
	  {"tests.mount_options", "findmnt -T /var/tmp", false},
	  {"tests.disk.driver", "lsblk -o NAME,ROTA,SCHED,TRAN", false},
	  {"memory.dirty_ratio", "sysctl vm.dirty_ratio vm.dirty_bytes; free -m", false},
	  {"cgroup.memory_max", "cat /sys/fs/cgroup/memory.max", false},
	  {"moment.io_pressure", outside, true}}},
	{"context1 pipe",
	 NULL,
	 1,
	 {{"cpu.smt", "lscpu -e", false},
	  {"cpu.idle_driver",
	   "cat /sys/devices/system/cpu/cpuidle/current_driver; boot once with idle=poll",
	   false},
	  {"kernel.preemption", "uname -v; cat /sys/kernel/debug/sched/preempt", false},
	  {"virt.outer", outside, true}}},
	{"execl spawn shell1 shell8",
	 NULL,
	 1,
	 {{"userland.libc", "ldd --version; measure both with --profile pinned", false},
	  {"userland.shell", "readlink -f /bin/sh", false},
	  {"locale.charmap", "locale -a | grep -i en_US.utf8", false},
	  {"virt.mode", "moult identify --evidence", false},
	  {"virt.outer",
	   "perf stat -e page-faults,dTLB-load-misses; ask whether the host uses nested "
	   "paging",
	   true}}},
	{"dhry2reg whetstone-double",
	 NULL,
	 1,
	 {{"cpu.model", "lscpu", false},
	  {"cpu.governor", "cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
	   false},
	  {"build.compiler", "measure both with --profile pinned", false},
	  {"cpu.frequency_khz", "grep MHz /proc/cpuinfo while the tests run", false},
	  {"virt.outer", outside, true}}},
};

static unsigned mask_of(const char *keys)
{
	unsigned mask = 0;
	size_t i, length;
	const char *found;

	for (i = 0; i < TESTS_COUNT; i++) {
		length = strlen(tests_all[i].key);
		found = strstr(keys, tests_all[i].key);
		if (found != NULL && (found[length] == ' ' || found[length] == '\0'))
			mask |= 1u << i;
	}
	return mask;
}

static void add_check(const struct run *first, const struct run *second, const char *fact,
		      const char *check, bool is_outside, struct unexplained *out)
{
	const char *before = explain_value(first, fact);
	const char *after = explain_value(second, fact);
	const bool is_held =
		before != NULL && after != NULL && !environment_is_of_a_moment(fact);

	/* known on both sides and equal: it is not the reason */
	if (is_held && !is_outside && strcmp(before, after) == 0)
		return;
	out->next[out->next_count++] =
		(struct next_check){fact, check, is_held && !is_outside};
}

static void add_group(const struct run *first, const struct run *second,
		      const struct group *group, unsigned tests, struct explanation *out)
{
	struct unexplained *there = &out->unexplained[out->unexplained_count++];
	size_t i;

	*there = (struct unexplained){.tests = tests};
	for (i = 0; i < NEXT_MOST && group->next[i].fact != NULL; i++)
		add_check(first, second, group->next[i].fact, group->next[i].check,
			  group->next[i].is_outside, there);
}

/* Tests that became slower and tests that became faster have no common reason. */
static void take_groups(const struct run *first, const struct run *second, unsigned tests,
			struct explanation *out)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const unsigned here = tests & mask_of(groups[i].tests);

		if (here == 0 || (unsigned)__builtin_popcount(here) < groups[i].least ||
		    (groups[i].with != NULL && (here & mask_of(groups[i].with)) == 0) ||
		    out->unexplained_count == UNEXPLAINED_MOST)
			continue;
		add_group(first, second, &groups[i], here, out);
		tests &= ~here;
	}
}

void explain_add_next(const struct run *first, const struct run *second, unsigned tests,
		      unsigned slower, struct explanation *out)
{
	take_groups(first, second, tests & slower, out);
	take_groups(first, second, tests & ~slower, out);
}
