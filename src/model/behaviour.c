/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/behaviour.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

const char *const behaviour_names[BEHAVIOUR_COUNT] = {
	[BEHAVIOUR_ADD] = "multiply_add", [BEHAVIOUR_SYSCALL] = "system_call",
	[BEHAVIOUR_CPUID] = "cpuid",	  [BEHAVIOUR_RDTSC] = "rdtsc",
	[BEHAVIOUR_MMAP] = "page_map",	  [BEHAVIOUR_FORK] = "fork",
	[BEHAVIOUR_TIMER] = "timer_late",
};

/* Bounds that no machine of the kind was seen beyond, with a wide margin: a VM exit takes
 * 0.5 us on the best hardware and CPUID always makes one; without one CPUID takes 30 to 100
 * ns. A system call of a kernel that runs on the CPU takes 0.03 to 0.7 us, with every
 * mitigation that there is; one that is trapped (gVisor, ptrace) 2 us and more. RDTSC takes
 * 8 to 30 ns, emulated it makes an exit. A multiply and add takes 1 to 2 ns from 2 GHz on.
 * To map, touch and unmap a page takes 1 to 3 us where the CPU walks the guest's own page
 * tables; 6.4 us were seen where a hypervisor in software keeps them (KVM's PVM). */
enum {
	EXIT_LEAST_NS = 300,
	SYSCALL_MOST_NS = 1500,
	RDTSC_MOST_NS = 150,
	ADD_MOST_NS = 6,
	MAP_MOST_NS = 5000,
};

static void add(struct behaviour *behaviour, const char *fmt, double cost_ns)
{
	struct str text = STR_EMPTY;

	str_addf(&text, "%.0f ns ", cost_ns);
	str_add(&text, fmt);
	behaviour->findings = mem_grow(behaviour->findings, behaviour->finding_count,
				       sizeof(*behaviour->findings));
	behaviour->findings[behaviour->finding_count++] = text.bytes;
}

static bool is_hardware_assisted(const struct verdict *verdict)
{
	const char *mode = verdict_layer_id(verdict, LAYER_MODE);

	return mode != NULL && (strcmp(mode, "hvm") == 0 || strcmp(mode, "pvhvm") == 0 ||
				strcmp(mode, "pvh") == 0);
}

void behaviour_judge(const struct verdict *verdict, struct behaviour *behaviour)
{
	const double cpuid_ns = behaviour->costs[BEHAVIOUR_CPUID].median_ns;
	const double syscall_ns = behaviour->costs[BEHAVIOUR_SYSCALL].median_ns;
	const double rdtsc_ns = behaviour->costs[BEHAVIOUR_RDTSC].median_ns;
	const double add_ns = behaviour->costs[BEHAVIOUR_ADD].median_ns;
	const double map_ns = behaviour->costs[BEHAVIOUR_MMAP].median_ns;
	const char *mode = verdict_layer_id(verdict, LAYER_MODE);
	const bool is_emulated = mode != NULL && strcmp(mode, "tcg") == 0;
	const bool is_none = strcmp(verdict->class_name, "none") == 0;

	if (add_ns > ADD_MOST_NS && !is_emulated)
		add(behaviour,
		    "for a multiply and add: no CPU of the last twenty years is that "
		    "slow; "
		    "it is emulated in software, or was hardly given time",
		    add_ns);
	if (is_hardware_assisted(verdict) && cpuid_ns > 0 && cpuid_ns < EXIT_LEAST_NS &&
	    add_ns <= ADD_MOST_NS)
		add(behaviour,
		    "for CPUID: in a hardware-assisted virtual machine it makes an exit, "
		    "which "
		    "takes longer; this is virtualization in software, or none",
		    cpuid_ns);
	if (is_none && cpuid_ns > 2 * EXIT_LEAST_NS)
		add(behaviour,
		    "for CPUID: on hardware it takes a tenth of that; a hypervisor that "
		    "does "
		    "not name itself may be there",
		    cpuid_ns);
	if (syscall_ns > SYSCALL_MOST_NS && !is_emulated)
		add(behaviour,
		    "for the cheapest system call: something stands in its way (a trap "
		    "into "
		    "the hypervisor, a tracer, a filter, auditing)",
		    syscall_ns);
	if (map_ns > MAP_MOST_NS && add_ns <= ADD_MOST_NS &&
	    (is_none || is_hardware_assisted(verdict)))
		add(behaviour,
		    "to map, touch and unmap a page: changes of page tables are trapped "
		    "or "
		    "copied, as in software virtualization (PV, shadow paging, PVM), not "
		    "walked by the CPU",
		    map_ns);
	if (rdtsc_ns > RDTSC_MOST_NS && !is_emulated)
		add(behaviour,
		    "for RDTSC: the time stamp counter is emulated or traps, so that "
		    "every "
		    "look at the clock is dear",
		    rdtsc_ns);
}

void behaviour_clear(struct behaviour *behaviour)
{
	size_t i;

	for (i = 0; i < behaviour->finding_count; i++)
		free(behaviour->findings[i]);
	free(behaviour->findings);
	*behaviour = (struct behaviour){0};
}
