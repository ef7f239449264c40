/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout_types.c - what the types of partitions are called. */
#include <string.h>

#include "model/layout.h"

static const struct {
	const char *guid;
	const char *name;
	enum layout_role role;
} guids[] = {
	{"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI System", ROLE_ESP},
	{"21686148-6449-6e6f-744e-656564454649", "BIOS boot", ROLE_BIOS_BOOT},
	{"0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux filesystem", ROLE_DATA},
	{"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap", ROLE_SWAP},
	{"e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM", ROLE_LVM},
	{"a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID", ROLE_RAID},
	{"44479540-f297-41b2-9af7-d131d5f0458a", "Linux root (x86)", ROLE_DATA},
	{"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)", ROLE_DATA},
	{"69dad710-2ce4-4e3c-b16c-21a1d49abed3", "Linux root (ARM)", ROLE_DATA},
	{"b921b045-1df0-41c3-af44-4c6f280d3fae", "Linux root (ARM-64)", ROLE_DATA},
	{"2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "Linux root verity (x86-64)", ROLE_DATA},
	{"8484680c-9521-48c6-9c11-b0720656f69e", "Linux /usr (x86-64)", ROLE_DATA},
	{"77ff5f63-e7b6-4633-acf4-1565b864c0e6", "Linux /usr verity (x86-64)", ROLE_DATA},
	{"933ac7e1-2eb4-4f13-b844-0e14e2aef915", "Linux home", ROLE_DATA},
	{"3b8f8425-20e0-4f3b-907f-1a25a76f98e8", "Linux server data", ROLE_DATA},
	{"4d21b016-b534-45c2-a9fb-5c16e091fd2d", "Linux variable data", ROLE_DATA},
	{"7ec6f557-3bc5-4aca-b293-16ef5df639d1", "Linux temporary data", ROLE_DATA},
	{"bc13c2ff-59e6-4262-a352-b275fd6f7172", "Linux extended boot", ROLE_DATA},
	{"8da63339-0007-60c0-c436-083ac8230908", "Linux reserved", ROLE_DATA},
	{"ca7d7ccb-63ed-4c53-861c-1742536059cc", "Linux LUKS", ROLE_DATA},
	{"7ffec5c9-2d00-49b7-8941-3ea10a5586b7", "Linux plain dm-crypt", ROLE_DATA},
	{"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft basic data", ROLE_DATA},
	{"e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved", ROLE_DATA},
	{"de94bba4-06d1-4d40-a16a-bfd50179d6ac", "Windows recovery", ROLE_DATA},
	{"5808c8aa-7e8f-42e0-85d2-e1e90434cfb3", "Microsoft LDM metadata", ROLE_DATA},
	{"af9b60a0-1431-4f62-bc68-3311714a69ad", "Microsoft LDM data", ROLE_DATA},
	{"e75caf8f-f680-4cee-afa3-b001e56efc2d", "Microsoft Storage Spaces", ROLE_DATA},
	{"9e1a2d38-c612-4316-aa26-8b49521e5a8b", "PowerPC PReP boot", ROLE_DATA},
	{"48465300-0000-11aa-aa11-00306543ecac", "Apple HFS/HFS+", ROLE_DATA},
	{"7c3457ef-0000-11aa-aa11-00306543ecac", "Apple APFS", ROLE_DATA},
	{"83bd6b9d-7f41-11dc-be0b-001560b84f0f", "FreeBSD boot", ROLE_DATA},
	{"516e7cb5-6ecf-11d6-8ff8-00022d09712b", "FreeBSD swap", ROLE_SWAP},
	{"516e7cb6-6ecf-11d6-8ff8-00022d09712b", "FreeBSD UFS", ROLE_DATA},
	{"516e7cba-6ecf-11d6-8ff8-00022d09712b", "FreeBSD ZFS", ROLE_DATA},
	{"6a898cc3-1dd2-11b2-99a6-080020736631", "Solaris /usr or Apple ZFS", ROLE_DATA},
	{"6a945a3b-1dd2-11b2-99a6-080020736631", "Solaris reserved 1", ROLE_DATA},
	{"aa31e02a-400f-11db-9590-000c2911d1b8", "VMware VMFS", ROLE_DATA},
	{"9d275380-40ad-11db-bf97-000c2911d1b8", "VMware diagnostic", ROLE_DATA},
	{"fe3a2a5d-4f32-41a7-b725-accc3285a309", "ChromeOS kernel", ROLE_DATA},
	{"3cb8e202-3b7e-47dd-8a3c-7ff2a13cfcec", "ChromeOS root fs", ROLE_DATA},
	{"4fbd7e29-9d25-41b8-afd0-062c0ceff05d", "Ceph OSD", ROLE_DATA},
	{"024dee41-33e7-11d3-9d69-0008c781f39f", "MBR partition scheme", ROLE_DATA},
};

static const struct {
	unsigned type;
	const char *name;
	enum layout_role role;
} bytes[] = {
	{0x01, "FAT12", ROLE_DATA},
	{0x04, "FAT16 <32M", ROLE_DATA},
	{0x05, "Extended", ROLE_EXTENDED},
	{0x06, "FAT16", ROLE_DATA},
	{0x07, "HPFS/NTFS/exFAT", ROLE_DATA},
	{0x0b, "W95 FAT32", ROLE_DATA},
	{0x0c, "W95 FAT32 (LBA)", ROLE_DATA},
	{0x0e, "W95 FAT16 (LBA)", ROLE_DATA},
	{0x0f, "W95 Ext'd (LBA)", ROLE_EXTENDED},
	{0x11, "Hidden FAT12", ROLE_DATA},
	{0x12, "Compaq diagnostics", ROLE_DATA},
	{0x17, "Hidden HPFS/NTFS", ROLE_DATA},
	{0x1b, "Hidden W95 FAT32", ROLE_DATA},
	{0x1c, "Hidden W95 FAT32 (LBA)", ROLE_DATA},
	{0x27, "Hidden NTFS WinRE", ROLE_DATA},
	{0x41, "PPC PReP Boot", ROLE_DATA},
	{0x42, "SFS", ROLE_DATA},
	{0x63, "GNU HURD or SysV", ROLE_DATA},
	{0x82, "Linux swap / Solaris", ROLE_SWAP},
	{0x83, "Linux", ROLE_DATA},
	{0x85, "Linux extended", ROLE_EXTENDED},
	{0x88, "Linux plaintext", ROLE_DATA},
	{0x8e, "Linux LVM", ROLE_LVM},
	{0xa5, "FreeBSD", ROLE_DATA},
	{0xa6, "OpenBSD", ROLE_DATA},
	{0xa9, "NetBSD", ROLE_DATA},
	{0xaf, "HFS / HFS+", ROLE_DATA},
	{0xbf, "Solaris", ROLE_DATA},
	{0xda, "Non-FS data", ROLE_DATA},
	{0xde, "Dell Utility", ROLE_DATA},
	{0xea, "Linux extended boot", ROLE_DATA},
	{0xee, "GPT", ROLE_PROTECTIVE},
	{0xef, "EFI (FAT-12/16/32)", ROLE_ESP},
	{0xfb, "VMware VMFS", ROLE_DATA},
	{0xfd, "Linux raid autodetect", ROLE_RAID},
};

const char *layout_type_of_guid(const char *guid, enum layout_role *out_role)
{
	size_t i;

	for (i = 0; i < sizeof(guids) / sizeof(guids[0]); i++) {
		if (strcmp(guids[i].guid, guid) != 0)
			continue;
		*out_role = guids[i].role;
		return guids[i].name;
	}
	*out_role = ROLE_DATA;
	return "unknown";
}

const char *layout_type_of_byte(unsigned type, enum layout_role *out_role)
{
	size_t i;

	for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		if (bytes[i].type != type)
			continue;
		*out_role = bytes[i].role;
		return bytes[i].name;
	}
	*out_role = ROLE_DATA;
	return "unknown";
}
