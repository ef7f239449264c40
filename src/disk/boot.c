/* SPDX-License-Identifier: GPL-2.0-or-later */
/* boot.c - boot code is known by what it says on the screen when it fails, and by where its
 * kind keeps its data. Sources: GRUB Legacy's manual, "Embedded data"; GRUB's manual,
 * "Images", and what grub-bios-setup writes; the syslinux wiki, "Mbr"; mkfs.fat(8). */
#define _GNU_SOURCE
#include "disk/boot.h"

#include <string.h>

#include "disk/bytes.h"
#include "disk/grub.h"

enum { ANYWHERE = -1, GRUB2_LBA_AT = 0x5c, GRUB_LEGACY_LBA_AT = 0x44 };

static const struct {
	enum layout_boot_kind kind;
	int at; /* of the text; ANYWHERE */
	const char *text;
	int jump_to; /* second byte of the short jump that it begins with; -1: any */
} codes[] = {
	{BOOT_GRUB2, ANYWHERE, "Hard Disk", 0x63},
	{BOOT_GRUB_LEGACY, ANYWHERE, "Hard Disk", 0x48},
	{BOOT_EXTLINUX, 3, "EXTLINUX", -1},
	{BOOT_SYSLINUX, 3, "SYSLINUX", -1},
	{BOOT_ISOLINUX, ANYWHERE, "isolinux.bin missing or corrupt", -1},
	{BOOT_SYSLINUX_GPTMBR, ANYWHERE, "Missing OS\r\n", -1},
	{BOOT_SYSLINUX_MBR, ANYWHERE, "Operating system load error", -1},
	{BOOT_LILO, 2, "LILO", -1},
	{BOOT_LILO, 6, "LILO", -1},
	{BOOT_MKFS_FAT, ANYWHERE, "This is not a bootable disk", -1},
	{BOOT_WINDOWS, ANYWHERE, "BOOTMGR", -1},
	{BOOT_WINDOWS, ANYWHERE, "NTLDR", -1},
	{BOOT_WINDOWS, ANYWHERE, "Error loading operating system", -1},
	{BOOT_DOS, ANYWHERE, "Non-System disk", -1},
	{BOOT_DOS, ANYWHERE, "FreeDOS", -1},
	/* the code of parted's new tables has no words: its first instructions */
	{BOOT_PARTED, 0, "\xfa\xb8\x00\x10\x8e\xd0\xbc\x00\xb0", -1},
};

static bool does_fit(const unsigned char *sector, size_t row)
{
	const size_t length =
		codes[row].kind == BOOT_PARTED ? 9 : strlen(codes[row].text);

	if (codes[row].jump_to >= 0 &&
	    (sector[0] != 0xeb || sector[1] != codes[row].jump_to))
		return false;
	if (codes[row].at >= 0)
		return memcmp(sector + codes[row].at, codes[row].text, length) == 0;
	return memmem(sector, BOOT_SECTOR_BYTES, codes[row].text, length) != NULL;
}

/* extlinux's sector has the name of syslinux too, since version 4; only the file system around
 * it is another one. */
static bool is_in_fat(const unsigned char *sector)
{
	return memcmp(sector + 54, "FAT", 3) == 0 || memcmp(sector + 82, "FAT", 3) == 0;
}

void boot_name_code(const unsigned char sector[BOOT_SECTOR_BYTES],
		    struct layout_boot *out)
{
	struct layout_boot boot = {.kind = BOOT_UNKNOWN};
	size_t i;

	/* firmware starts nothing else, and the table alone is no code */
	if (sector[510] != 0x55 || sector[511] != 0xaa || bytes_are_zero(sector, 440))
		boot.kind = BOOT_NONE;
	for (i = 0; boot.kind == BOOT_UNKNOWN && i < sizeof(codes) / sizeof(codes[0]);
	     i++)
		if (does_fit(sector, i))
			boot.kind = codes[i].kind;
	if (boot.kind == BOOT_SYSLINUX && !is_in_fat(sector))
		boot.kind = BOOT_EXTLINUX;
	if (boot.kind == BOOT_GRUB2)
		boot.next_lba = bytes_le64(sector + GRUB2_LBA_AT);
	if (boot.kind == BOOT_GRUB_LEGACY)
		boot.next_lba = bytes_le32(sector + GRUB_LEGACY_LBA_AT);
	*out = boot;
}

static unsigned number_at(const struct layout *layout, uint64_t offset)
{
	const struct layout_partition *part = layout_partition_at(layout, offset);

	return part != NULL ? part->number : 0;
}

int boot_read(struct blocks *blocks, const struct layout *layout,
	      const struct layout_partition *part, struct layout_boot *out,
	      struct error *err)
{
	unsigned char sector[BOOT_SECTOR_BYTES];
	const uint64_t start = part != NULL ? part->start_bytes : 0;
	struct layout_boot boot;
	uint64_t next;

	if (bytes_peek(blocks, start, sector, sizeof(sector), err) < 0)
		return -1;
	boot_name_code(sector, &boot);
	next = bytes_times(boot.next_lba, BOOT_SECTOR_BYTES);
	if (boot.kind == BOOT_GRUB2) {
		if (grub_read_core(blocks, next, &boot.core, err) != 0)
			return -1;
		boot.core->partition = number_at(layout, next);
	}
	*out = boot;
	return 0;
}

/* Whether the boot code of the disk leads into a partition. */
static bool is_led_to(const struct layout *layout, const struct layout_partition *part)
{
	const struct layout_core *core = layout->boot.core;

	return core != NULL && core->partition == part->number;
}

int boot_find_unled(struct blocks *blocks, struct layout *layout, struct error *err)
{
	const struct layout_partition *part;
	struct layout_core *core;
	size_t i;

	for (i = 0; i < layout->partition_count && layout->bios_boot == NULL; i++) {
		part = &layout->partitions[i];
		if (part->role != ROLE_BIOS_BOOT || is_led_to(layout, part))
			continue;
		if (grub_read_core(blocks, part->start_bytes, &core, err) != 0)
			return -1;
		core->partition = part->number;
		if (core->size_bytes > 0)
			layout->bios_boot = core;
		else
			layout_core_free(core);
	}
	return 0;
}
