/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_partition.c - logical partitions: IBM Z (/proc/sysinfo), IBM POWER
 * (/proc/ppc64/lparcfg), SPARC (/dev/mdesc). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

enum { SYSINFO_MOST = 64 * 1024 };

/* Of the level that we run in, and of those around it. */
static const struct rule control_programs[2][3] = {
	{
		{RULE_HAS, "KVM", CLAIM_ZKVM, SIGN_PROOF, NULL},
		{RULE_HAS, "z/VM", CLAIM_ZVM, SIGN_PROOF, NULL},
		RULE_END,
	},
	{
		{RULE_HAS, "KVM", CLAIM_ZKVM, SIGN_WEAK, NULL},
		{RULE_HAS, "z/VM", CLAIM_ZVM, SIGN_WEAK, NULL},
		RULE_END,
	},
};

/* "VM00 Control Program: KVM/Linux": VM00 is the one that we run in, VM01 what that one
 * runs in (z/Architecture Principles of Operation, STSI 3.2.2). */
static void read_sysinfo(const struct place *place, struct signs *out)
{
	autostr struct str text = STR_EMPTY;
	const char *line;

	if (place_read(place, "/proc/sysinfo", SYSINFO_MOST, &text, NULL) != 0)
		return;
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		autofree char *copy = NULL;
		char source[48];

		line += *line == '\n';
		if (strncmp(line, "LPAR Number:", 12) == 0)
			signs_add(out, CLAIM_LPAR, SIGN_PROOF, "/proc/sysinfo", line,
				  NULL);
		if (strncmp(line, "VM", 2) != 0 ||
		    strstr(line, "Control Program:") == NULL)
			continue;
		copy = strndup(line, strcspn(line, "\n"));
		(void)snprintf(source, sizeof(source), "/proc/sysinfo, %.4s", line);
		if (copy != NULL && strstr(copy, "Control Program:") != NULL)
			(void)rules_apply(control_programs[line[3] != '0'], copy, source,
					  NULL, out);
	}
}

static void read_lparcfg(const struct place *place, struct signs *out)
{
	static const char path[] = "/proc/ppc64/lparcfg";
	autostr struct str text = STR_EMPTY;
	const char *mode;

	if (place_read(place, path, SYSINFO_MOST, &text, NULL) != 0)
		return;
	mode = strstr(text.bytes, "shared_processor_mode=");
	signs_add(out, CLAIM_POWERVM, SIGN_STRONG, path, mode != NULL ? mode : "present",
		  mode != NULL && mode[22] == '1' ? "shared" : "dedicated");
}

static void read_partition(const struct place *place, struct signs *out)
{
	read_sysinfo(place, out);
	read_lparcfg(place, out);
	if (place_has(place, "/dev/mdesc"))
		signs_add(out, CLAIM_LDOMS, SIGN_STRONG, "/dev/mdesc", "it is there",
			  NULL);
}

const struct reader reader_partition = {"partition", read_partition};
