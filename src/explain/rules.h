/* SPDX-License-Identifier: GPL-2.0-or-later */
/** rules.h - which fact moves which tests, by how much, and why. */
#ifndef EXPLAIN_RULES_H
#define EXPLAIN_RULES_H

#include <stddef.h>

#include "model/run.h"

/** Which run is on the slow side of a fact. */
enum side {
	SIDE_NONE,   /* the fact is the same, or not in a way that matters */
	SIDE_SECOND, /* the second run should be slower */
	SIDE_FIRST,
	SIDE_EITHER, /* it matters, and may be faster or slower */
};

/** A test that a fact moves: how many times slower the slow side is, at least and at most. */
struct effect {
	const char *test; /* key; NULL ends a list */
	double least;	  /* 1: it may leave the test alone */
	double most;	  /* 0: what `size` of the rule says */
	double of_lead;	  /* no more than this share of what moved the rule's lead, in
			   logarithms; 0: not bounded by it */
};

/** What a rule is asked about. */
struct rule_case {
	const struct run *first, *second;
	const char *first_value, *second_value; /* of the rule's fact; NULL: not known */
};

/** A row of the table. */
struct rule {
	const char *fact; /* key of `moult identify --facts`, or of the build */
	enum side (*judge)(const struct rule_case *about);
	double (*size)(
		const struct rule_case *about); /* the factor; NULL: as in the effects */
	const struct effect *effects;
	const char *lead; /* the test that feels it most; NULL: there is none */
	double weight; /* 0 to 1: how surely the mechanism works when the fact differs */
	bool is_userland; /* the profile pinned brings its own: it cannot be moved */
	const char *mechanism;
	const char *source;
	const char *check;
};

/** All rules; the order is that of causes which account for the same share. */
extern const struct rule explain_rules[];
extern const size_t explain_rule_count;

/** The value of a fact of a run, also of its build: "build.compiler", "build.libc". Returns:
 * NULL when it is not known */
const char *explain_value(const struct run *run, const char *fact);

/** The judges of the table. Each looks at the two values of its rule's fact alone, but where it
 * says otherwise. Returns: the slow side */

/** Any difference matters, in either direction. */
enum side judge_any_change(const struct rule_case *about);

/** A Xen PV guest against any other. */
enum side judge_pv(const struct rule_case *about);

/** A PVH or HVM guest against a PV guest, on a Xen whose CPU is itself another hypervisor's:
 * looks at the CPU's model, too. */
enum side judge_nested(const struct rule_case *about);

/** Software emulation against anything that runs on the CPU. */
enum side judge_emulation(const struct rule_case *about);

/** A seccomp filter in force, or more of them. */
enum side judge_seccomp(const struct rule_case *about);

/** Zero or nothing against a number: a tracer, a preloaded library. */
enum side judge_present(const struct rule_case *about);

/** "off" or "disabled" against anything else; "enabled, 0 rules" lies between. */
enum side judge_switch(const struct rule_case *about);

/** "Mitigation: ..." against "Vulnerable" or "Not affected". */
enum side judge_mitigation(const struct rule_case *about);

/** A CPU quota, "QUOTA PERIOD" or "max PERIOD". */
enum side judge_quota(const struct rule_case *about);

/** Fewer CPUs that may be used. */
enum side judge_usable(const struct rule_case *about);

/** Others' CPU time while the samples were taken; the load average where there are none. */
enum side judge_load(const struct rule_case *about);

/** Time that the hypervisor took away while the samples were taken. */
enum side judge_steal(const struct rule_case *about);

/** A character set of several bytes against one of single bytes. */
enum side judge_charmap(const struct rule_case *about);

/** The mount option "sync". */
enum side judge_sync(const struct rule_case *about);

/** The program that /bin/sh is. */
enum side judge_shell(const struct rule_case *about);

/** Another file system, in either direction; one behind a server is slower. */
enum side judge_file_system(const struct rule_case *about);

/** How many times slower the slow side of a quota is, at the most. */
double size_of_quota(const struct rule_case *about);

/** The same for fewer CPUs: as many copies share them. */
double size_of_usable(const struct rule_case *about);

/** The same for the work of others. */
double size_of_load(const struct rule_case *about);

/** The same for stolen time. */
double size_of_steal(const struct rule_case *about);

#endif
