/* SPDX-License-Identifier: GPL-2.0-or-later */
/** platform.h - what a machine offers the system that is to run on it: firmware, the controller
 * of its boot disk, network, consoles, CPU. Plain facts; what is not known is NULL, 0 or an
 * empty list. */
#ifndef MODEL_PLATFORM_H
#define MODEL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/guest.h"

/** What starts the system. */
enum platform_firmware {
	PLATFORM_BIOS,
	PLATFORM_UEFI,
	PLATFORM_XEN_PV, /* the host loads the kernel: pygrub, pv-grub, or its own file */
	PLATFORM_XEN_PVH,
	PLATFORM_FIRMWARE_COUNT
};

/** Names of the firmwares: "bios", "uefi", "xen-pv", "xen-pvh". */
extern const char *const platform_firmware_names[PLATFORM_FIRMWARE_COUNT];

/** How a network card of the machine got its addresses of one family. */
enum platform_addressing {
	PLATFORM_UNKNOWN,
	PLATFORM_NONE,
	PLATFORM_DHCP,
	PLATFORM_STATIC,
	PLATFORM_AUTO, /* by router advertisements */
	PLATFORM_ADDRESSING_COUNT
};

/** Names of the ways: "unknown", "none", "dhcp", "static", "auto". */
extern const char *const platform_addressing_names[PLATFORM_ADDRESSING_COUNT];

/** One device on the way from the bus to a disk or network card. */
struct platform_driver {
	char *modalias; /* as sysfs has it: "virtio:d00000002v00001AF4"; NULL: none */
	char *name;	/* module that drives it, with "_"; NULL: not known */
};

/** The devices on a way, the one next to the CPU first. All must have drivers. */
struct platform_chain {
	struct platform_driver *list;
	size_t count;
};

/** A disk. Several that are `is_boot` are one disk, which shows itself in the first way that the
 * system has a driver for, as an HVM of Xen does. */
struct platform_disk {
	char *name; /* "vda" */
	bool is_boot;
	uint64_t size_bytes;   /* UINT64_MAX: not known */
	unsigned sector_bytes; /* logical; 0: not known */
	struct platform_chain chain;
};

/** A route. */
struct platform_route {
	char *to;      /* "default", "192.0.2.0/24" */
	char *gateway; /* NULL: none */
	bool is_on_link;
};

/** A network card. */
struct platform_nic {
	char *name;   /* as the machine's present system calls it */
	char *stable; /* as udev's rules call it by its place: "ens3"; NULL: not known */
	char *mac;    /* lower case */
	unsigned mtu_bytes;
	enum platform_addressing ip4, ip6;
	struct guest_words addresses; /* "192.0.2.7/24"; no link-local ones */
	struct platform_route *routes;
	size_t route_count;
	struct platform_chain chain;
};

/** A machine; start zeroed. */
struct platform {
	char *name; /* "this machine", or of the table */
	enum platform_firmware firmware;
	char *architecture; /* as uname -m has it */
	unsigned cpu_level; /* x86-64-vN; 0: not known */
	uint64_t memory_bytes;
	struct platform_disk *disks;
	size_t disk_count;
	struct platform_nic *nics;
	size_t nic_count;
	struct guest_words consoles;  /* that somebody can look at: "ttyS0", "hvc0" */
	struct guest_words resolvers; /* addresses */
	struct guest_words domains;   /* that names are looked for in */
};

/** The name of a machine that platform_by_name() knows. Returns: it, NULL behind the last */
const char *platform_name_at(size_t index);

/** A machine by name: what QEMU and Xen show a guest in their usual form. Its network is not known
 * but for the cards' drivers.
 *
 * @out:    the caller clears it; untouched on failure
 * Errors:  ERROR_USAGE for other names
 * Source:  QEMU's docs/specs/pci-ids.rst, the virtio specification 5 and 4.1.2.1, Linux'
 *          drivers/block/xen-blkfront.c; compared with sysfs in guests
 * Returns: 0 or -1
 */
nodiscard int platform_by_name(const char *name, struct platform *out, struct error *err);

/** Add a disk. Returns: it, valid until the next is added */
struct platform_disk *platform_add_disk(struct platform *platform, const char *name);

/** Add a network card. Returns: it, valid until the next is added */
struct platform_nic *platform_add_nic(struct platform *platform, const char *name);

/** Add a route; texts are copied. @gateway: may be NULL */
void platform_add_route(struct platform_nic *nic, const char *to, const char *gateway,
			bool is_on_link);

/** Add a device; texts are copied, either may be NULL. */
void platform_add_driver(struct platform_chain *chain, const char *modalias,
			 const char *name);

/** Give the memory back. */
void platform_clear(struct platform *platform);

#endif
