/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_cpuinfo.c - what the kernel says of the CPU: /proc/cpuinfo and the vulnerabilities.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

/* On x86 the first processor's block tells all; POWER writes the machine behind the last. */
#if defined(__x86_64__) || defined(__i386__)
enum { OURS_MOST = 4096 };
#else
enum { OURS_MOST = 1 << 20 };
#endif
enum { TREE_MOST = 1 << 20 };

void cpu_flag_signs(const char *flags, const char *source, struct signs *out)
{
	const bool is_seen = rules_has_word(flags, "hypervisor");

	/* every x86 flag line begins with fpu; other machines have other names */
	if (!rules_has_word(flags, "fpu"))
		return;
	signs_add(out, CLAIM_CPU_SEEN, SIGN_PROOF, source, "readable", NULL);
	if (is_seen)
		signs_add(out, CLAIM_SOME_HYPERVISOR, SIGN_STRONG, source,
			  "the flag hypervisor", NULL);
	else
		signs_add(out, CLAIM_NO_HYPERVISOR, SIGN_WEAK, source,
			  "no flag hypervisor", NULL);
	/* Xen takes these away from a PV kernel, which cannot use them
	 * (arch/x86/xen/enlighten_pv.c); every other 64-bit x86 system has them */
	if (rules_has_word(flags, "lm") && !rules_has_word(flags, "vme") &&
	    !rules_has_word(flags, "pse") && !rules_has_word(flags, "pge") &&
	    !rules_has_word(flags, "mtrr"))
		signs_add(out, CLAIM_XEN_PV, SIGN_STRONG, source,
			  "the flags vme, pse, pge and mtrr are missing, as in a Xen PV "
			  "kernel alone",
			  NULL);
}

void cpu_model_signs(const char *model, const char *source, struct signs *out)
{
	static const struct rule rules[] = {
		{RULE_HAS, "QEMU TCG CPU", CLAIM_TCG, SIGN_PROOF, NULL},
		{RULE_HAS, "QEMU Virtual CPU", CLAIM_QEMU, SIGN_STRONG, "cpu"},
		{RULE_HAS, "Common KVM processor", CLAIM_KVM, SIGN_STRONG, NULL},
		{RULE_HAS, "Common 32-bit KVM processor", CLAIM_KVM, SIGN_STRONG, NULL},
		{RULE_HAS, "UML", CLAIM_UML, SIGN_STRONG, NULL},
		RULE_END,
	};

	(void)rules_apply(rules, model, source, NULL, out);
}

static const struct rule line_rules[] = {
	{RULE_STARTS, "vendor_id\t: User Mode Linux", CLAIM_UML, SIGN_PROOF, NULL},
	{RULE_HAS, "PowerVM Lx86", CLAIM_LX86, SIGN_PROOF, NULL},
	{RULE_HAS, "(emulated by qemu)", CLAIM_KVM, SIGN_WEAK, "power"},
	{RULE_HAS, "platform\t: pSeries", CLAIM_POWERVM, SIGN_WEAK, NULL},
	{RULE_HAS, "platform\t: PowerNV", CLAIM_REAL_MACHINE, SIGN_STRONG, "PowerNV"},
	{RULE_HAS, "machine\t\t: PowerNV", CLAIM_REAL_MACHINE, SIGN_STRONG, "PowerNV"},
	RULE_END,
};

static const char *value_of(const char *line)
{
	const char *colon = strchr(line, ':');

	return colon != NULL ? colon + 1 + strspn(colon + 1, " \t") : "";
}

static void take_line(char *line, struct signs *out)
{
	static const char path[] = "/proc/cpuinfo";

	if (strncmp(line, "flags\t", 6) == 0 || strncmp(line, "flags ", 6) == 0)
		cpu_flag_signs(value_of(line), path, out);
	else if (strncmp(line, "model name", 10) == 0)
		cpu_model_signs(value_of(line), path, out);
	else
		(void)rules_apply(line_rules, line, path, NULL, out);
}

static void read_cpuinfo(const struct place *place, struct signs *out)
{
	const size_t most = place->root < 0 ? OURS_MOST : TREE_MOST;
	autostr struct str text = STR_EMPTY;
	char *line, *next;

	if (place_read(place, "/proc/cpuinfo", most, &text, NULL) != 0 ||
	    text.length == 0)
		return;
	/* a block that was cut in the middle of a line is whole up to that line */
	for (line = text.bytes; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next == '\0' && text.length == most)
			break;
		if (*next == '\n')
			*next++ = '\0';
		if (*line == '\0')
			continue;
		take_line(line, out);
	}
}

const struct reader reader_cpuinfo = {"cpuinfo", read_cpuinfo};

static const struct rule vulnerability_rules[] = {
	{RULE_HAS, "XEN PV detected", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_HAS, "Dependent on hypervisor status", CLAIM_SOME_HYPERVISOR, SIGN_STRONG,
	 NULL},
	RULE_END,
};

static void read_vulnerabilities(const struct place *place, struct signs *out)
{
	static const char *const paths[] = {
		"/sys/devices/system/cpu/vulnerabilities/meltdown",
		"/sys/devices/system/cpu/vulnerabilities/srbds",
		"/sys/devices/system/cpu/vulnerabilities/gather_data_sampling",
	};
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		autofree char *line = place_line(place, paths[i]);

		if (line == NULL)
			break;
		(void)rules_apply(vulnerability_rules, line, paths[i], NULL, out);
	}
}

const struct reader reader_vulnerabilities = {"vulnerabilities", read_vulnerabilities};
