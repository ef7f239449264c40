/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rules.c - the table. The factors are bounds of what is plausible, not measurements: they
 * keep a fact from being blamed for a change that it cannot make. Where a source gives
 * figures it is named; tests/lab/causes injects the causes and shows which are found. */
#include "explain/rules.h"

#include <string.h>

/* A toll on each way into the kernel and out of it: the less a test does there, the less
 * it sees of it, and nothing sees more of it than bare system calls. */
#define TOLL_EFFECTS(most_of_syscall, most_of_pipe, most_of_rest)                        \
	{                                                                                \
		{"syscall", 1.03, most_of_syscall, 0}, {"pipe", 1, most_of_pipe, 1},     \
			{"context1", 1, most_of_pipe, 1},                                \
			{"fstime", 1, most_of_rest, 0.7},                                \
			{"fsbuffer", 1, most_of_pipe, 0.9},                              \
			{"fsdisk", 1, most_of_rest, 0.7},                                \
			{"execl", 1, most_of_rest, 0.6},                                 \
			{"spawn", 1, most_of_rest, 0.6},                                 \
			{"shell1", 1, most_of_rest, 0.6},                                \
			{"shell8", 1, most_of_rest, 0.6},                                \
		{                                                                        \
			NULL, 0, 0, 0                                                    \
		}                                                                        \
	}

/* Time taken away from everything; Whetstone is scored by its CPU time and does not see it. */
#define TIME_EFFECTS(least)                                                              \
	{                                                                                \
		{"dhry2reg", least, 0, 0}, {"execl", least, 0, 0},                       \
			{"fstime", least, 0, 0}, {"fsbuffer", least, 0, 0},              \
			{"fsdisk", least, 0, 0}, {"pipe", least, 0, 0},                  \
			{"context1", 1, 0, 0}, {"spawn", least, 0, 0},                   \
			{"syscall", least, 0, 0}, {"shell1", least, 0, 0},               \
			{"shell8", least, 0, 0},                                         \
		{                                                                        \
			NULL, 0, 0, 0                                                    \
		}                                                                        \
	}

static const struct effect toll_small[] = TOLL_EFFECTS(2, 1.8, 1.4);
static const struct effect toll_middle[] = TOLL_EFFECTS(5, 4, 2.5);
static const struct effect toll_large[] = TOLL_EFFECTS(12, 6, 3);

static const struct effect time_is_taken[] = TIME_EFFECTS(2);
static const struct effect time_may_be_taken[] = TIME_EFFECTS(1);

static const struct effect pv[] = {
	{"syscall", 1, 4, 0},  {"pipe", 1.1, 5, 0},  {"context1", 1.1, 6, 0},
	{"spawn", 1.2, 8, 0},  {"execl", 1.2, 6, 0}, {"shell1", 1.1, 5, 0},
	{"shell8", 1.1, 5, 0}, {"fstime", 1, 3, 0},  {"fsbuffer", 1, 3, 0},
	{"fsdisk", 1, 3, 0},   {NULL, 0, 0, 0}};

/* Each exit, and each walk through two sets of page tables, is made by the hypervisor below:
 * system calls alone need neither, but every timer tick and every miss of the TLB does. */
static const struct effect nested[] = {
	{"dhry2reg", 1, 2, 0}, {"whetstone-double", 1, 2, 0}, {"syscall", 1, 4, 0},
	{"pipe", 1.1, 5, 0},   {"context1", 1.1, 6, 0},	      {"spawn", 1.1, 8, 0},
	{"execl", 1.1, 6, 0},  {"shell1", 1.1, 6, 0},	      {"shell8", 1.1, 6, 0},
	{"fstime", 1, 5, 0},   {"fsbuffer", 1, 5, 0},	      {"fsdisk", 1, 5, 0},
	{NULL, 0, 0, 0}};

static const struct effect emulation[] = {{"dhry2reg", 1.5, 100, 0},
					  {"whetstone-double", 1.5, 200, 0},
					  {"execl", 1.5, 100, 0},
					  {"fstime", 1.2, 100, 0},
					  {"fsbuffer", 1.2, 100, 0},
					  {"fsdisk", 1, 100, 0},
					  {"pipe", 1.5, 100, 0},
					  {"context1", 1, 100, 0},
					  {"spawn", 1.5, 100, 0},
					  {"syscall", 1.5, 100, 0},
					  {"shell1", 1.5, 100, 0},
					  {"shell8", 1.5, 100, 0},
					  {NULL, 0, 0, 0}};

static const struct effect traced[] = {
	{"syscall", 5, 2000, 0}, {"pipe", 3, 2000, 0},	   {"context1", 1.5, 1000, 0},
	{"fstime", 2, 1000, 0},	 {"fsbuffer", 2, 1000, 0}, {"fsdisk", 1.5, 1000, 0},
	{"execl", 1.3, 100, 0},	 {"spawn", 1.3, 100, 0},   {"shell1", 1.3, 100, 0},
	{"shell8", 1.3, 100, 0}, {NULL, 0, 0, 0}};

static const struct effect kernel[] = {
	{"syscall", 1, 1.35, 0}, {"pipe", 1, 1.35, 0},	   {"context1", 1, 2.5, 0},
	{"spawn", 1, 1.4, 0},	 {"execl", 1, 1.35, 0},	   {"fstime", 1, 1.35, 0},
	{"fsdisk", 1, 1.35, 0},	 {"fsbuffer", 1, 1.35, 0}, {"shell1", 1, 1.3, 0},
	{"shell8", 1, 1.3, 0},	 {NULL, 0, 0, 0}};

static const struct effect cpu[] = {
	{"dhry2reg", 1, 3, 0}, {"whetstone-double", 1, 3, 0}, {"execl", 1, 2, 0},
	{"fstime", 1, 2, 0},   {"fsbuffer", 1, 2, 0},	      {"fsdisk", 1, 2, 0},
	{"pipe", 1, 2, 0},     {"context1", 1, 2, 0},	      {"spawn", 1, 2, 0},
	{"syscall", 1, 2, 0},  {"shell1", 1, 2, 0},	      {"shell8", 1, 2, 0},
	{NULL, 0, 0, 0}};

static const struct effect frequency[] = {
	{"dhry2reg", 1.03, 4, 0}, {"whetstone-double", 1.03, 4, 0},
	{"execl", 1, 4, 0},	  {"fstime", 1, 4, 0},
	{"fsbuffer", 1, 4, 0},	  {"fsdisk", 1, 4, 0},
	{"pipe", 1, 4, 0},	  {"context1", 1, 4, 0},
	{"spawn", 1, 4, 0},	  {"syscall", 1, 4, 0},
	{"shell1", 1, 4, 0},	  {"shell8", 1, 4, 0},
	{NULL, 0, 0, 0}};

static const struct effect fewer_cpus[] = {
	{"dhry2reg", 2, 0, 0}, {"execl", 2, 0, 0},    {"fstime", 2, 0, 0},
	{"fsbuffer", 2, 0, 0}, {"fsdisk", 2, 0, 0},   {"pipe", 2, 0, 0},
	{"context1", 1, 0, 0}, {"spawn", 2, 0, 0},    {"syscall", 2, 0, 0},
	{"shell1", 1, 2.2, 0}, {"shell8", 1, 2.5, 0}, {NULL, 0, 0, 0}};

static const struct effect compiler[] = {
	{"dhry2reg", 1, 2.5, 0}, {"whetstone-double", 1, 2.5, 0}, {NULL, 0, 0, 0}};

static const struct effect libc[] = {{"dhry2reg", 1, 1.8, 0}, {"execl", 1, 2.5, 0},
				     {"spawn", 1, 1.3, 0},    {"shell1", 1, 2, 0},
				     {"shell8", 1, 2, 0},     {NULL, 0, 0, 0}};

static const struct effect shell[] = {
	{"shell1", 1.03, 4, 0}, {"shell8", 1.03, 4, 0}, {NULL, 0, 0, 0}};

static const struct effect preload[] = {{"execl", 1.01, 6, 0},
					{"shell1", 1.01, 6, 0},
					{"shell8", 1.01, 6, 0},
					{NULL, 0, 0, 0}};

static const struct effect files[] = {{"fstime", 1, 20, 0},  {"fsbuffer", 1, 20, 0},
				      {"fsdisk", 1, 20, 0},  {"shell1", 1, 1.5, 0},
				      {"shell8", 1, 1.5, 0}, {NULL, 0, 0, 0}};

static const struct effect synchronous[] = {
	{"fstime", 2, 1e6, 0}, {"fsbuffer", 2, 1e6, 0}, {"fsdisk", 1.5, 1e6, 0},
	{"shell1", 1, 100, 0}, {"shell8", 1, 100, 0},	{NULL, 0, 0, 0}};

static const char vulnerabilities[] = "grep . /sys/devices/system/cpu/vulnerabilities/*; "
				      "boot once with mitigations=off";
static const char kernel_docs[] =
	"Linux, Documentation/admin-guide/hw-vuln; Ren et al., SOSP 2019";

const struct rule explain_rules[] = {
	{"virt.mode", judge_emulation, NULL, emulation, NULL, 1, false,
	 "An emulated CPU translates every instruction; nothing runs at the speed of the "
	 "machine below.",
	 "QEMU documentation, TCG", "moult identify; start the machine with KVM"},
	{"process.tracer", judge_present, NULL, traced, NULL, 1, false,
	 "A tracer is woken twice for each system call of what it traces.", "ptrace(2)",
	 "grep TracerPid /proc/self/status"},
	{"cgroup.cpu_max", judge_quota, size_of_quota, time_is_taken, NULL, 1, false,
	 "A CPU quota stops the whole group for the rest of each period when its time is "
	 "used up.",
	 "Linux, Documentation/scheduler/sched-bwc.rst",
	 "cat /sys/fs/cgroup/cpu.stat (nr_throttled) before and after"},
	{"cpu.usable", judge_usable, size_of_usable, fewer_cpus, NULL, 1, false,
	 "Copies, and the processes of one shell test, share fewer CPUs.",
	 "sched_setaffinity(2)", "taskset -p $$; nproc"},
	{"tests.mount_options", judge_sync, NULL, synchronous, NULL, 1, false,
	 "On a file system that is mounted sync each write waits for the disk.",
	 "mount(8)", "findmnt -T /var/tmp; measure with --tmpdir /dev/shm"},
	{"process.seccomp", judge_seccomp, NULL, toll_large, "syscall", 1, false,
	 "A seccomp filter runs on each system call, before the call itself.",
	 "Linux, Documentation/userspace-api/seccomp_filter.rst; Docker's default "
	 "profile",
	 "grep Seccomp /proc/self/status"},
	{"process.seccomp_filters", judge_seccomp, NULL, toll_middle, "syscall", 0.9,
	 false, "Each further seccomp filter runs on each system call.",
	 "Linux, Documentation/userspace-api/seccomp_filter.rst",
	 "grep Seccomp_filters /proc/self/status"},
	{"kernel.context_tracking", judge_switch, NULL, toll_large, "syscall", 1, false,
	 "With context tracking each way into the kernel and out of it takes the slow "
	 "path, "
	 "which keeps account of the time.",
	 "Ren et al., SOSP 2019; Linux, Documentation/timers/no_hz.rst",
	 "cat /sys/devices/system/cpu/nohz_full; grep CONTEXT_TRACKING "
	 "/boot/config-$(uname -r)"},
	{"kernel.audit", judge_switch, NULL, toll_large, "syscall", 1, false,
	 "With audit rules each system call takes the slow path and is matched against "
	 "them.",
	 "auditctl(8), PERFORMANCE TIPS", "auditctl -s; auditctl -l"},
	{"kernel.tracing", judge_switch, NULL, toll_large, "syscall", 1, false,
	 "A tracepoint on system calls sends each of them through the slow path.",
	 "Linux, Documentation/trace/events.rst",
	 "cat /sys/kernel/tracing/events/raw_syscalls/enable"},
	{"virt.mode", judge_pv, NULL, pv, NULL, 0.95, false,
	 "In a 64-bit Xen PV guest each system call goes through the hypervisor, and "
	 "each "
	 "change of a page table is a hypercall.",
	 "Xen wiki, Virtualization Spectrum; xen-orchestra.com, PV vs PVHVM",
	 "moult identify --evidence; boot the same image as PVH or HVM"},
	{"virt.mode", judge_nested, NULL, nested, NULL, 0.9, false,
	 "The hypervisor runs inside another virtual machine: the outer one makes each "
	 "exit "
	 "and each nested page table of a PVH or HVM guest, and a PV guest needs none of "
	 "them.",
	 "Ben-Yehuda et al., The Turtles Project, OSDI 2010",
	 "moult identify --evidence; measure both guests on a host that is no guest"},
	{"moment.load", judge_load, size_of_load, time_may_be_taken, NULL, 0.9, false,
	 "Other processes had a share of the CPUs while the samples were taken.",
	 "/proc/stat around each sample",
	 "top; uptime; measure again when nothing else runs"},
	{"moment.steal_s", judge_steal, size_of_steal, time_may_be_taken, NULL, 0.9,
	 false,
	 "The hypervisor gave CPU time of this machine to others while the samples were "
	 "taken.",
	 "proc(5), steal", "vmstat 1 (column st); measure again at another hour"},
	{"cpu.vulnerability.meltdown", judge_mitigation, NULL, toll_middle, "syscall",
	 0.9, false,
	 "With page table isolation each way into the kernel switches the page tables, "
	 "and "
	 "flushes the TLB where the CPU has no PCID.",
	 kernel_docs,
	 "grep . /sys/devices/system/cpu/vulnerabilities/meltdown; boot once with "
	 "nopti"},
	{"cpu.vulnerability.retbleed", judge_mitigation, NULL, toll_middle, "syscall",
	 0.8, false,
	 "Returns are untrained, or the branch predictor is restricted, on each way into "
	 "the "
	 "kernel.",
	 kernel_docs, vulnerabilities},
	{"cpu.vulnerability.mds", judge_mitigation, NULL, toll_middle, "syscall", 0.8,
	 false, "CPU buffers are cleared on each way out of the kernel.", kernel_docs,
	 vulnerabilities},
	{"cpu.vulnerability.spec_rstack_overflow", judge_mitigation, NULL, toll_small,
	 "syscall", 0.75, false, "Returns are made safe in the kernel.", kernel_docs,
	 vulnerabilities},
	{"cpu.vulnerability.spectre_v2", judge_mitigation, NULL, toll_small, "syscall",
	 0.7, false, "Indirect branches of the kernel take a detour.", kernel_docs,
	 vulnerabilities},
	{"cpu.vulnerability.spectre_v1", judge_mitigation, NULL, toll_small, "syscall",
	 0.5, false,
	 "The kernel adds barriers on its way in and where it takes pointers of a "
	 "process.",
	 kernel_docs, vulnerabilities},
	{"userland.shell", judge_shell, NULL, shell, NULL, 1, true,
	 "The shell tests start a shell again and again: dash starts faster than bash.",
	 "https://wiki.ubuntu.com/DashAsBinSh", "readlink -f /bin/sh"},
	{"locale.charmap", judge_charmap, NULL, shell, NULL, 0.9, true,
	 "sort, grep and wc handle characters of several bytes more slowly than single "
	 "bytes.",
	 "UnixBench's Run, at $ENV{LANG}", "locale -a | grep -i en_US.utf8"},
	{"userland.ld_preload", judge_present, NULL, preload, NULL, 0.9, true,
	 "A preloaded library is mapped, relocated and initialised at each start of a "
	 "program.",
	 "ld.so(8)", "cat /etc/ld.so.preload"},
	{"tests.file_system", judge_file_system, NULL, files, NULL, 0.8, false,
	 "The copy tests write into this file system, and its own code is most of the "
	 "work.",
	 "UnixBench, fstime.c", "findmnt -T /var/tmp; measure with --tmpdir elsewhere"},
	{"cpu.governor", judge_any_change, NULL, frequency, NULL, 0.6, false,
	 "The governor decides how fast the CPU runs, and how soon.",
	 "Linux, Documentation/admin-guide/pm/cpufreq.rst",
	 "cat /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"},
	{"cpu.model", judge_any_change, NULL, cpu, NULL, 0.6, false, "It is another CPU.",
	 "/proc/cpuinfo", "lscpu"},
	{"kernel.release", judge_any_change, NULL, kernel, NULL, 0.5, false,
	 "It is another kernel: its way in, its scheduler and its page cache cost "
	 "something "
	 "else.",
	 "Ren et al., SOSP 2019; byte-unixbench pull request 59",
	 "boot this system with the other kernel, and measure both with --profile "
	 "pinned"},
	{"build.compiler", judge_any_change, NULL, compiler, NULL, 0.5, true,
	 "Another compiler made other code of Dhrystone and Whetstone.",
	 "byte-unixbench issue 23", "measure both with --profile pinned"},
	{"build.libc", judge_any_change, NULL, libc, NULL, 0.5, true,
	 "Another libc: how programs are started, and how strings are copied and "
	 "compared.",
	 "moult-bench(1), static against dynamic programs",
	 "measure both with --profile pinned"},
};
const size_t explain_rule_count = sizeof(explain_rules) / sizeof(explain_rules[0]);

const char *explain_value(const struct run *run, const char *fact)
{
	if (strcmp(fact, "build.compiler") == 0)
		return run->build.compiler;
	if (strcmp(fact, "build.libc") == 0)
		return run->build.libc;
	return environment_value(&run->environment, fact);
}
