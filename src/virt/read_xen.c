/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_xen.c - what a kernel that knows Xen tells: /sys/hypervisor, /proc/xen, xenbus.
 * Source: Linux' Documentation/ABI/{stable,testing}/sysfs-hypervisor-xen, Xen's
 * public/features.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

#define FEATURE(number) (UINT32_C(1) << (number))

static const struct rule guest_types[] = {
	{RULE_IS, "PV", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_IS, "PVH", CLAIM_XEN_PVH, SIGN_PROOF, NULL},
	{RULE_IS, "HVM", CLAIM_XEN_HVM, SIGN_PROOF, NULL},
	{RULE_IS, "HVM", CLAIM_XEN_AUTOTRANSLATED, SIGN_PROOF, NULL},
	{RULE_IS, "Xen", CLAIM_XEN_ARM, SIGN_PROOF, NULL},
	RULE_END,
};

/* "4.17" and ".7" make "4.17.7". */
static char *xen_version(const struct place *place)
{
	autofree char *major = place_line(place, "/sys/hypervisor/version/major");
	autofree char *minor = place_line(place, "/sys/hypervisor/version/minor");
	autofree char *extra = place_line(place, "/sys/hypervisor/version/extra");
	struct str text = STR_EMPTY;

	if (major == NULL || minor == NULL)
		return NULL;
	str_addf(&text, "%s.%s%s", major, minor,
		 extra != NULL && extra[0] != '<' ? extra : "");
	return text.bytes;
}

static void add_features(const struct place *place, struct signs *out)
{
	static const char path[] = "/sys/hypervisor/properties/features";
	autofree char *line = place_line(place, path);
	uint32_t bits;

	if (line == NULL || sscanf(line, "%" SCNx32, &bits) != 1)
		return;
	if ((bits & FEATURE(11)) != 0)
		signs_add(out, CLAIM_XEN_DOM0, SIGN_PROOF, path, line, NULL);
	if ((bits & FEATURE(2)) != 0)
		signs_add(out, CLAIM_XEN_AUTOTRANSLATED, SIGN_PROOF, path, line, NULL);
	else if ((bits & FEATURE(5)) != 0)
		signs_add(out, CLAIM_XEN_PV, SIGN_PROOF, path, line, NULL);
	if ((bits & FEATURE(2)) != 0 && (bits & FEATURE(10)) != 0)
		signs_add(out, CLAIM_XEN_HVM, SIGN_STRONG, path, line, NULL);
}

static void read_hypervisor(const struct place *place, struct signs *out)
{
	autofree char *type = place_line(place, "/sys/hypervisor/type");
	autofree char *guest = NULL;
	autofree char *first = NULL;
	autofree char *uuid = NULL;
	autofree char *version = NULL;

	if (type == NULL || strcmp(type, "xen") != 0)
		return;
	version = xen_version(place);
	signs_add(out, CLAIM_XEN, SIGN_PROOF, "/sys/hypervisor/type", type, version);
	guest = place_line(place, "/sys/hypervisor/guest_type");
	if (guest != NULL)
		rules_apply_all(guest_types, guest, "/sys/hypervisor/guest_type", NULL,
				out);
	add_features(place, out);
	first = place_line(place, "/sys/hypervisor/start_flags/initdomain");
	if (first != NULL)
		signs_add(out, first[0] == '1' ? CLAIM_XEN_DOM0 : CLAIM_XEN_DOMU,
			  SIGN_PROOF, "/sys/hypervisor/start_flags/initdomain", first,
			  NULL);
	uuid = place_line(place, "/sys/hypervisor/uuid");
	if (uuid != NULL && strncmp(uuid, "ec2", 3) == 0)
		signs_add(out, CLAIM_CLOUD, SIGN_STRONG, "/sys/hypervisor/uuid",
			  "begins with ec2", "ec2");
}

/* xenfs is often not mounted: that it is absent proves nothing. */
static void read_proc_xen(const struct place *place, struct signs *out)
{
	static const char path[] = "/proc/xen/capabilities";
	autofree char *line = NULL;

	if (!place_has(place, "/proc/xen"))
		return;
	signs_add(out, CLAIM_XEN, SIGN_STRONG, "/proc/xen", "it is there", NULL);
	line = place_line(place, path);
	if (line == NULL)
		return;
	if (strstr(line, "control_d") != NULL)
		signs_add(out, CLAIM_XEN_DOM0, SIGN_PROOF, path, line, NULL);
	else
		signs_add(out, CLAIM_XEN_DOMU, SIGN_STRONG, path,
			  "empty: not the control domain", NULL);
}

/* The bus itself is there in every kernel that could run on Xen; a device on it is there
 * only on Xen, and in use where a driver is bound to it. */
static void read_frontends(const struct place *place, struct signs *out)
{
	static const char folder[] = "/sys/bus/xen/devices";
	autostr struct str names = STR_EMPTY;
	const char *name, *end;
	bool is_any = false;

	if (place_list(place, folder, &names, NULL) < 0)
		return;
	for (name = names.bytes; *name != '\0'; name = end + 1) {
		autostr struct str path = STR_EMPTY;
		autofree char *driver = NULL;

		end = strchr(name, '\n');
		if (strncmp(name, "vif-", 4) != 0 && strncmp(name, "vbd-", 4) != 0)
			continue;
		str_addf(&path, "%s/%.*s/driver", folder, (int)(end - name), name);
		signs_add(out, CLAIM_XEN, SIGN_STRONG, folder, name, NULL);
		driver = place_link(place, path.bytes);
		if (driver == NULL)
			continue;
		is_any = true;
		signs_add(out, CLAIM_XEN_PV_DRIVERS, SIGN_PROOF, path.bytes, driver,
			  NULL);
	}
	if (!is_any)
		signs_add(out, CLAIM_XEN_NO_FRONTENDS, SIGN_STRONG, folder,
			  "no vif or vbd has a driver", NULL);
}

/* Drivers that were loaded for an HVM guest whose kernel has no /sys/hypervisor. */
static void read_drivers(const struct place *place, struct signs *out)
{
	if (place_has(place, "/sys/bus/xen/drivers/vbd") &&
	    !place_has(place, "/proc/xen") && !place_has(place, "/sys/hypervisor/type") &&
	    !place_has(place, "/sys/bus/xen-backend")) {
		signs_add(out, CLAIM_XEN, SIGN_STRONG, "/sys/bus/xen/drivers", "vbd",
			  NULL);
		signs_add(out, CLAIM_XEN_AUTOTRANSLATED, SIGN_WEAK,
			  "/sys/bus/xen/drivers",
			  "frontend drivers without the files of a PV kernel", NULL);
	}
}

static void read_xen(const struct place *place, struct signs *out)
{
	read_hypervisor(place, out);
	read_proc_xen(place, out);
	read_frontends(place, out);
	read_drivers(place, out);
}

const struct reader reader_xen = {"xen", read_xen};
