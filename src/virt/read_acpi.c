/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_acpi.c - who made the ACPI tables: the OEM id of each table's header (ACPI 6.5,
 * 5.2.6). The tables are readable by root alone; the kernel log shows the ids to all. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"

enum { HEADER = 36, OEM_AT = 10, OEM_LENGTH = 6 };

static const struct {
	const char *oem;
	enum claim claim;
	enum sign_weight weight;
	const char *cloud;
} oems[] = {
	{"Xen", CLAIM_XEN_AUTOTRANSLATED, SIGN_STRONG, NULL},
	{"BOCHS", CLAIM_QEMU, SIGN_STRONG, NULL},
	{"VBOX", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{"BHYVE", CLAIM_BHYVE, SIGN_PROOF, NULL},
	{"FIRECK", CLAIM_FIRECRACKER, SIGN_PROOF, NULL},
	{"CLOUDH", CLAIM_CLOUD_HYPERVISOR, SIGN_PROOF, NULL},
	{"CROSVM", CLAIM_CROSVM, SIGN_PROOF, NULL},
	{"VRTUAL", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{"VMWARE", CLAIM_VMWARE, SIGN_PROOF, NULL},
	{"PRLS", CLAIM_PARALLELS, SIGN_PROOF, NULL},
	{"Google", CLAIM_KVM, SIGN_WEAK, "gce"},
	{"AMAZON", CLAIM_FIRMWARE, SIGN_STRONG, "ec2"},
};

void acpi_oem_signs(const char *oem, const char *source, const char *line,
		    struct signs *out)
{
	char name[OEM_LENGTH + 1] = "";
	size_t i;

	memcpy(name, oem, strnlen(oem, OEM_LENGTH));
	(void)str_trim_end(name);
	for (i = 0; i < sizeof(oems) / sizeof(oems[0]); i++) {
		if (strcmp(name + strspn(name, " "), oems[i].oem) != 0)
			continue;
		signs_add(out, oems[i].claim, oems[i].weight, source, line, NULL);
		if (oems[i].cloud != NULL)
			signs_add(out, CLAIM_CLOUD, SIGN_STRONG, source, line,
				  oems[i].cloud);
		return;
	}
	if (name[0] != '\0')
		signs_add(out, CLAIM_FIRMWARE, SIGN_WEAK, source, line, NULL);
}

static void read_acpi(const struct place *place, struct signs *out)
{
	static const char path[] = "/sys/firmware/acpi/tables/FACP";
	autostr struct str table = STR_EMPTY;
	struct error err = {0};
	char text[512], id[OEM_LENGTH + 1] = "", line[48];

	if (place_read(place, path, HEADER, &table, &err) != 0) {
		if (err.os == 13 /* EACCES: it is there */)
			signs_add_unread(out, path, error_text(&err, text, sizeof(text)));
		return;
	}
	if (table.length < HEADER)
		return;
	memcpy(id, table.bytes + OEM_AT, OEM_LENGTH);
	(void)snprintf(line, sizeof(line), "OEM id \"%s\"", id);
	acpi_oem_signs(id, path, line, out);
}

const struct reader reader_acpi = {"acpi", read_acpi};
