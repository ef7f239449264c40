/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_drivers.c - what a kernel was configured with, and where the drivers are that a machine
 * may need to boot or to be reached: disks, network cards, consoles, file systems. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/text.h"

/* Names as modules have them, with "_". The order is the one that they are shown in. */
static const char *const drivers[] = {
	"xen_blkfront", "xen_netfront", "xen_scsifront", "xen_pcifront", "virtio_pci",
	"virtio_mmio",	"virtio_blk",	"virtio_scsi",	 "virtio_net",	 "virtio_console",
	"ata_piix",	"ata_generic",	"ahci",		 "sd_mod",	 "sr_mod",
	"nvme",		"vmw_pvscsi",	"vmxnet3",	 "mptspi",	 "hv_vmbus",
	"hv_storvsc",	"hv_netvsc",	"megaraid_sas",	 "mpt3sas",	 "hpsa",
	"smartpqi",	"aacraid",	"usb_storage",	 "uas",		 "e1000",
	"e1000e",	"igb",		"ixgbe",	 "i40e",	 "ice",
	"ena",		"gve",		"8139cp",	 "8139too",	 "r8169",
	"tg3",		"bnxt_en",	"mlx5_core",	 "ext4",	 "xfs",
	"btrfs",	"vfat",		"dm_mod",	 "dm_crypt",	 "raid1",
	"overlay",
};

enum { DRIVER_COUNT = sizeof(drivers) / sizeof(drivers[0]) };

static const char *const options[] = {
	"CONFIG_64BIT",
	"CONFIG_XEN",
	"CONFIG_XEN_PV",
	"CONFIG_XEN_PVH",
	"CONFIG_XEN_PVHVM",
	"CONFIG_X86_XEN",
	"CONFIG_X86_64_XEN",
	"CONFIG_PVH",
	"CONFIG_XEN_BLKDEV_FRONTEND",
	"CONFIG_XEN_NETDEV_FRONTEND",
	"CONFIG_HVC_XEN",
	"CONFIG_KVM_GUEST",
	"CONFIG_VIRTIO_PCI",
	"CONFIG_VIRTIO_BLK",
	"CONFIG_VIRTIO_NET",
	"CONFIG_SCSI_VIRTIO",
	"CONFIG_VIRTIO_CONSOLE",
	"CONFIG_ATA_PIIX",
	"CONFIG_SATA_AHCI",
	"CONFIG_BLK_DEV_SD",
	"CONFIG_BLK_DEV_NVME",
	"CONFIG_EXT4_FS",
	"CONFIG_XFS_FS",
	"CONFIG_BTRFS_FS",
	"CONFIG_SERIAL_8250_CONSOLE",
	"CONFIG_EFI_STUB",
	"CONFIG_BLK_DEV_INITRD",
	"CONFIG_RD_GZIP",
	"CONFIG_RD_XZ",
	"CONFIG_RD_ZSTD",
	"CONFIG_RD_LZ4",
	"CONFIG_MODULE_SIG_FORCE",
	"CONFIG_KEXEC",
	"CONFIG_DEVTMPFS",
};

static bool is_option(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i], name) == 0)
			return true;
	return false;
}

void kernel_config_parse(const char *text, const char *source, struct guest_settings *out)
{
	autofree char *copy = str_copy(text);
	char *rest = copy, *line, *value;

	while ((line = text_next_line(&rest)) != NULL) {
		value = strchr(line, '=');
		if (value == NULL || !text_starts(line, "CONFIG_"))
			continue;
		*value++ = '\0';
		if (is_option(line) && guest_settings_value(out, line) == NULL)
			guest_settings_add(out, line, value, source);
	}
}

bool module_name(const char *path, size_t length, struct str *out)
{
	const char *name = memrchr(path, '/', length);
	size_t end, i;

	name = name != NULL ? name + 1 : path;
	length -= (size_t)(name - path);
	for (end = 0; end + 3 <= length; end++)
		if (memcmp(name + end, ".ko", 3) == 0 &&
		    (end + 3 == length || name[end + 3] == '.'))
			break;
	if (end == 0 || end + 3 > length)
		return false;
	for (i = 0; i < end; i++)
		str_add_bytes(out, name[i] == '-' ? "_" : name + i, 1);
	return true;
}

static void place_driver(struct guest_kernel *kernel, const char *name,
			 enum guest_driver_place place)
{
	size_t i;

	for (i = 0; i < DRIVER_COUNT; i++)
		if (strcmp(kernel->drivers[i].name, name) == 0)
			kernel->drivers[i].place = place;
}

/* Lines that begin with a module's path; in modules.dep a colon ends it. */
static uint64_t place_all(const char *text, enum guest_driver_place place,
			  struct guest_kernel *kernel)
{
	const char *line, *end;
	uint64_t count = 0;

	for (line = text; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		autostr struct str name = STR_EMPTY;

		end = strchrnul(line, '\n');
		if (!module_name(line, strcspn(line, ":\n"), &name))
			continue;
		place_driver(kernel, name.bytes, place);
		count++;
	}
	return count;
}

void kernel_drivers_parse(const char *dep, const char *builtin, struct guest_kernel *out)
{
	size_t i;

	free(out->drivers);
	out->drivers = mem_zero(DRIVER_COUNT, sizeof(*out->drivers));
	out->driver_count = DRIVER_COUNT;
	for (i = 0; i < DRIVER_COUNT; i++)
		out->drivers[i].name = drivers[i];
	out->module_count = place_all(dep, GUEST_DRIVER_MODULE, out);
	(void)place_all(builtin, GUEST_DRIVER_BUILTIN, out); /* counted with the kernel */
}
