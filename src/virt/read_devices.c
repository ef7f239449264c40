/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_devices.c - PCI devices that only one hypervisor makes, and the device tree. Source
 * of the ids: the PCI ID repository; of the device tree: Linux'
 * Documentation/devicetree/bindings and QEMU's hw/arm/virt.c. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

enum { PCI_MOST = 256 * 1024, NODE_MOST = 256 };

/* Second column of /proc/bus/pci/devices: vendor and device. */
static const struct rule pci_rules[] = {
	{RULE_STARTS, "80eebeef", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{RULE_STARTS, "80eecafe", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{RULE_STARTS, "58530001", CLAIM_XEN_HVM, SIGN_PROOF, NULL},
	{RULE_STARTS, "58530002", CLAIM_XEN_HVM, SIGN_PROOF, NULL},
	{RULE_STARTS, "15ad0740", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_STARTS, "15ad0405", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_STARTS, "14145353", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{RULE_STARTS, "1ab84000", CLAIM_PARALLELS, SIGN_PROOF, NULL},
	{RULE_STARTS, "1b360100", CLAIM_QEMU, SIGN_STRONG, NULL},
	{RULE_STARTS, "1b360008", CLAIM_QEMU, SIGN_STRONG, NULL},
	{RULE_STARTS, "12341111", CLAIM_QEMU, SIGN_STRONG, NULL},
	{RULE_STARTS, "fb5d0001", CLAIM_BHYVE, SIGN_STRONG, NULL},
	RULE_END,
};

static void read_pci(const struct place *place, struct signs *out)
{
	static const char path[] = "/proc/bus/pci/devices";
	autostr struct str text = STR_EMPTY;
	const char *line, *ids;

	if (place_read(place, path, PCI_MOST, &text, NULL) != 0)
		return;
	for (line = text.bytes; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		ids = line + strcspn(line, "\t \n");
		if (*ids == '\t' || *ids == ' ')
			(void)rules_apply(pci_rules, ids + 1, path, line, out);
	}
}

static const struct rule hypervisor_nodes[] = {
	{RULE_HAS, "xen,xen", CLAIM_XEN_ARM, SIGN_PROOF, NULL},
	{RULE_HAS, "linux,kvm", CLAIM_KVM, SIGN_PROOF, NULL},
	{RULE_HAS, "vmware", CLAIM_VMWARE, SIGN_PROOF, NULL},
	RULE_END,
};

/* Strings of a property are separated by NULs. */
static int read_property(const struct place *place, const char *path, struct str *out)
{
	size_t i;

	if (place_read(place, path, NODE_MOST, out, NULL) != 0 || out->length == 0)
		return -1;
	for (i = 0; i + 1 < out->length; i++)
		if (out->bytes[i] == '\0')
			out->bytes[i] = ' ';
	return 0;
}

static void read_device_tree(const struct place *place, struct signs *out)
{
	static const char hypervisor[] = "/proc/device-tree/hypervisor/compatible";
	static const char board[] = "/proc/device-tree/compatible";
	autostr struct str node = STR_EMPTY, machine = STR_EMPTY, names = STR_EMPTY;

	if (place_list(place, "/proc/device-tree", &names, NULL) < 0)
		return;
	if (read_property(place, hypervisor, &node) == 0)
		(void)rules_apply(hypervisor_nodes, node.bytes, hypervisor, NULL, out);
	if (strstr(names.bytes, "fw-cfg") != NULL)
		signs_add(out, CLAIM_QEMU, SIGN_STRONG, "/proc/device-tree",
			  "a node fw-cfg", "cpu");
	else if (read_property(place, board, &machine) == 0 &&
		 strstr(machine.bytes, "linux,dummy-virt") != NULL)
		signs_add(out, CLAIM_LKVM, SIGN_STRONG, board,
			  "linux,dummy-virt without QEMU's fw-cfg", NULL);
}

static void read_devices(const struct place *place, struct signs *out)
{
	read_pci(place, out);
	read_device_tree(place, out);
}

const struct reader reader_devices = {"devices", read_devices};
