/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform_names.c - machines by name: what QEMU 7 and later and Xen 4.17 show a guest that was
 * started in their usual form. The modaliases are those of /sys in such guests. */
#include <string.h>

#include "base/str.h"
#include "model/platform.h"

enum { WAYS = 2, CONSOLES = 3 };

/* A device; a list of them ends in an empty row. */
struct device_row {
	const char *modalias, *driver;
};

static const struct device_row virtio_blk_old[] = {
	{"pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00", "virtio_pci"},
	{"virtio:d00000002v00001AF4", "virtio_blk"},
	{NULL, NULL},
};
static const struct device_row virtio_blk_new[] = {
	{"pci:v00001AF4d00001042sv00001AF4sd00001100bc01sc00i00", "virtio_pci"},
	{"virtio:d00000002v00001AF4", "virtio_blk"},
	{NULL, NULL},
};
static const struct device_row virtio_scsi[] = {
	{"pci:v00001AF4d00001004sv00001AF4sd00000008bc01sc00i00", "virtio_pci"},
	{"virtio:d00000008v00001AF4", "virtio_scsi"},
	{"scsi:t-0x00", "sd_mod"},
	{NULL, NULL},
};
static const struct device_row ahci[] = {
	{"pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01", "ahci"},
	{"scsi:t-0x00", "sd_mod"},
	{NULL, NULL},
};
static const struct device_row nvme[] = {
	{"pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", "nvme"},
	{NULL, NULL},
};
static const struct device_row xen_disk[] = {
	{"xen:vbd", "xen_blkfront"},
	{NULL, NULL},
};
static const struct device_row piix[] = {
	{"pci:v00008086d00007010sv00005853sd00000001bc01sc01i80", "ata_piix"},
	{"scsi:t-0x00", "sd_mod"},
	{NULL, NULL},
};
static const struct device_row virtio_net[] = {
	{"pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00", "virtio_pci"},
	{"virtio:d00000001v00001AF4", "virtio_net"},
	{NULL, NULL},
};
static const struct device_row e1000e[] = {
	{"pci:v00008086d000010D3sv00008086sd00000000bc02sc00i00", "e1000e"},
	{NULL, NULL},
};
static const struct device_row xen_net[] = {
	{"xen:vif", "xen_netfront"},
	{NULL, NULL},
};

/* One way in which the boot disk shows itself. */
struct way_row {
	const char *disk;
	const struct device_row *devices;
};

static const struct machine_row {
	const char *name;
	enum platform_firmware firmware;
	struct way_row ways[WAYS];
	const struct device_row *nic;
	const char *stable; /* name of the card by udev's rules; NULL: by its slot */
	const char *consoles[CONSOLES];
} machines[] = {
	{"kvm-virtio-bios",
	 PLATFORM_BIOS,
	 {{"vda", virtio_blk_old}},
	 virtio_net,
	 NULL,
	 {"ttyS0", "tty0"}},
	{"kvm-virtio-uefi",
	 PLATFORM_UEFI,
	 {{"vda", virtio_blk_new}},
	 virtio_net,
	 NULL,
	 {"ttyS0", "tty0"}},
	{"kvm-scsi-bios",
	 PLATFORM_BIOS,
	 {{"sda", virtio_scsi}},
	 virtio_net,
	 NULL,
	 {"ttyS0", "tty0"}},
	{"ahci-bios", PLATFORM_BIOS, {{"sda", ahci}}, e1000e, NULL, {"ttyS0", "tty0"}},
	{"nvme-uefi",
	 PLATFORM_UEFI,
	 {{"nvme0n1", nvme}},
	 virtio_net,
	 NULL,
	 {"ttyS0", "tty0"}},
	{"xen-pv", PLATFORM_XEN_PV, {{"xvda", xen_disk}}, xen_net, "enX0", {"hvc0"}},
	/* the emulated controller goes away when the kernel can do without it */
	{"xen-hvm",
	 PLATFORM_BIOS,
	 {{"xvda", xen_disk}, {"sda", piix}},
	 xen_net,
	 "enX0",
	 {"ttyS0", "tty0", "hvc0"}},
	{"xen-pvh", PLATFORM_XEN_PVH, {{"xvda", xen_disk}}, xen_net, "enX0", {"hvc0"}},
};

enum { MACHINES = sizeof(machines) / sizeof(machines[0]) };

const char *platform_name_at(size_t index)
{
	return index < MACHINES ? machines[index].name : NULL;
}

static void add_devices(const struct device_row *row, struct platform_chain *out)
{
	for (; row->driver != NULL; row++)
		platform_add_driver(out, row->modalias, row->driver);
}

static void fill(const struct machine_row *row, struct platform *out)
{
	struct platform_disk *disk;
	struct platform_nic *nic;
	size_t i;

	out->name = str_copy(row->name);
	out->firmware = row->firmware;
	out->architecture = str_copy("x86_64");
	for (i = 0; i < WAYS && row->ways[i].disk != NULL; i++) {
		disk = platform_add_disk(out, row->ways[i].disk);
		disk->is_boot = true;
		disk->sector_bytes = 512;
		add_devices(row->ways[i].devices, &disk->chain);
	}
	nic = platform_add_nic(out, "eth0");
	nic->stable = str_copy(row->stable);
	nic->mtu_bytes = 1500;
	add_devices(row->nic, &nic->chain);
	for (i = 0; i < CONSOLES && row->consoles[i] != NULL; i++)
		guest_words_add(&out->consoles, row->consoles[i],
				strlen(row->consoles[i]));
}

int platform_by_name(const char *name, struct platform *out, struct error *err)
{
	struct platform platform = {0};
	size_t i;

	for (i = 0; i < MACHINES; i++) {
		if (strcmp(machines[i].name, name) != 0)
			continue;
		fill(&machines[i], &platform);
		*out = platform;
		return 0;
	}
	return error_set(err, ERROR_USAGE, "no machine is called '%.80s'", name);
}
