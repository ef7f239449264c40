/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_kernel.c - what the kernel's own name and command line say: some are built for one
 * kind of machine alone. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

enum { TEXT_MOST = 4096 };

static const struct rule version_rules[] = {
	{RULE_HAS, "BrandZ virtual linux", CLAIM_CONTAINER, SIGN_PROOF, "illumos-lx"},
	{RULE_HAS, "-gvisor", CLAIM_GVISOR, SIGN_PROOF, NULL},
	{RULE_HAS, "microsoft-standard-WSL", CLAIM_CONTAINER, SIGN_PROOF, "wsl"},
	{RULE_HAS, "-Microsoft", CLAIM_CONTAINER, SIGN_PROOF, "wsl"},
	{RULE_HAS, "WSL2", CLAIM_CONTAINER, SIGN_PROOF, "wsl"},
	RULE_END,
};

/* Small virtual machine monitors hand over devices by these words, where there is neither
 * PCI nor ACPI. Firecracker's default command line adds three more, which others copy. */
void command_line_signs(const char *text, const char *source, struct signs *out)
{
	if (strstr(text, "virtio_mmio.device=") == NULL)
		return;
	signs_add(out, CLAIM_MICROVM, SIGN_STRONG, source,
		  strstr(text, "virtio_mmio.device="), NULL);
	if (rules_has_word(text, "pci=off") && rules_has_word(text, "reboot=k") &&
	    rules_has_word(text, "panic=1"))
		signs_add(out, CLAIM_FIRECRACKER, SIGN_WEAK, source,
			  "reboot=k panic=1 pci=off and virtio_mmio.device=", NULL);
}

static void read_kernel(const struct place *place, struct signs *out)
{
	autofree char *version = place_line(place, "/proc/version");
	autofree char *words = place_line(place, "/proc/cmdline");

	if (version != NULL)
		(void)rules_apply(version_rules, version, "/proc/version", NULL, out);
	if (words != NULL)
		command_line_signs(words, "/proc/cmdline", out);
}

const struct reader reader_kernel = {"kernel", read_kernel};
