/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signature.c - facts from the formats' public descriptions: kernel documentation (ext4,
 * f2fs, squashfs, erofs; md's "RAID superblock formats" on the RAID wiki), "XFS Algorithms
 * and Data Structures", btrfs.readthedocs.io "On-disk format", LUKS1 and LUKS2 On-Disk Format
 * Specifications, "ZFS On-Disk Specification", UEFI 5.3, ECMA-119, lvm2's man pages. */
#define _GNU_SOURCE
#include "disk/signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "disk/bytes.h"

enum { BYTES_MOST = 4096, KIB = 1024 };

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static bool is_power_of_two(uint32_t value, uint32_t lowest, uint32_t highest)
{
	return value >= lowest && value <= highest && (value & (value - 1)) == 0;
}

/* Only the first superblock: copies have the number of their group. */
static bool check_ext(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes_le32(bytes) != 0 && bytes_le32(bytes + 4) != 0 &&
	       bytes_le32(bytes + 24) <= 6 && bytes_le16(bytes + 90) == 0;
}

static const char *name_ext(const unsigned char *bytes)
{
	const uint32_t compat = bytes_le32(bytes + 92), incompat = bytes_le32(bytes + 96);

	/* beyond filetype, recover, journal device and meta_bg: only ext4 has them */
	if ((incompat & ~UINT32_C(0x1e)) != 0)
		return "ext4";
	return (compat & 4) != 0 ? "ext3" : "ext2";
}

static bool check_xfs(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return is_power_of_two(bytes_be32(bytes + 4), 512, 65536);
}

/* Each copy says where it lies. */
static bool check_btrfs(const unsigned char *bytes, uint64_t place)
{
	return bytes_le64(bytes + 48) == place;
}

static bool check_md1(const unsigned char *bytes, uint64_t place)
{
	return bytes_le32(bytes + 4) == 1 && bytes_le64(bytes + 144) == place / 512;
}

static bool check_md0(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes_le32(bytes + 4) == 0;
}

static bool check_luks(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes[6] == 0 && (bytes[7] == 1 || bytes[7] == 2);
}

static bool check_luks2_copy(const unsigned char *bytes, uint64_t place)
{
	return bytes[6] == 0 && bytes[7] == 2 && bytes_be64(bytes + 256) == place;
}

static bool check_lvm(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return memcmp(bytes + 24, "LVM2 001", 8) == 0 && bytes_le32(bytes + 20) == 32;
}

static bool check_boot_sector(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes[510] == 0x55 && bytes[511] == 0xaa && bytes_le16(bytes + 11) >= 256;
}

static bool check_squashfs(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes_le16(bytes + 28) == 4; /* the version in use since 2009 */
}

static bool check_gpt(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes_le32(bytes + 12) >= 92 && bytes_le32(bytes + 12) <= 4096;
}

/* The version of an XDR list; its first pair. */
static bool check_zfs(const unsigned char *bytes, uint64_t place)
{
	(void)place;
	return bytes[0] == 1 && bytes_be32(bytes + 4) == 0 && bytes_be32(bytes + 20) == 7;
}

#define START(place) .offset = (place)
#define END(less, round, back)                                                           \
	.is_from_end = true, .before = (less), .align = (round), .offset = (back)
#define MAGIC(at, text) .magic_at = (at), .magic = (text), .magic_bytes = sizeof(text) - 1
#define UUID(at, how)	.uuid_at = (at), .uuid = (how)
/* what is read: the part with magic, identifier and what is checked */
#define SIZE(length) .bytes = (length)

#define BTRFS(place, copy)                                                               \
	{                                                                                \
		"btrfs", .is_mirror = (copy), START(place), MAGIC(64, "_BHRfS_M"),       \
			 UUID(32, UUID_BYTES), SIZE(512), .check = check_btrfs           \
	}
#define LVM(place)                                                                       \
	{                                                                                \
		"LVM2_member", START(place), MAGIC(0, "LABELONE"), UUID(32, UUID_LVM),   \
			SIZE(512), .check = check_lvm                                    \
	}
#define LUKS2_COPY(place)                                                                \
	{                                                                                \
		"crypto_LUKS", START(place), MAGIC(0, "SKUL\xba\xbe"),                   \
			UUID(168, UUID_TEXT), SIZE(512), .check = check_luks2_copy       \
	}
#define ZFS_START(place)                                                                 \
	{                                                                                \
		"zfs_member", START((place) + 16 * KIB), MAGIC(24, "version"),           \
			UUID(0, UUID_POOL), SIZE(4096), .check = check_zfs               \
	}
#define ZFS_END(back)                                                                    \
	{                                                                                \
		"zfs_member", END(0, 256 * KIB, (back)-16 * KIB), MAGIC(24, "version"),  \
			UUID(0, UUID_POOL), SIZE(4096), .check = check_zfs               \
	}

const struct signature signature_all[] = {
	{"ext4", START(1024), MAGIC(56, "\x53\xef"), UUID(104, UUID_BYTES), SIZE(512),
	 .check = check_ext, .name = name_ext},
	{"xfs", START(0), MAGIC(0, "XFSB"), UUID(32, UUID_BYTES), SIZE(512),
	 .check = check_xfs},
	BTRFS(64 * KIB, false),
	BTRFS(64 * MIB, true),
	BTRFS(256 * GIB, true),
	LVM(0),
	LVM(512),
	LVM(1024),
	LVM(1536),
	{"linux_raid_member", END(8192, 4096, 0), MAGIC(0, "\xfc\x4e\x2b\xa9"),
	 UUID(16, UUID_BYTES), SIZE(512), .check = check_md1},
	{"linux_raid_member", START(0), MAGIC(0, "\xfc\x4e\x2b\xa9"),
	 UUID(16, UUID_BYTES), SIZE(512), .check = check_md1},
	{"linux_raid_member", START(4096), MAGIC(0, "\xfc\x4e\x2b\xa9"),
	 UUID(16, UUID_BYTES), SIZE(512), .check = check_md1},
	{"linux_raid_member", END(0, 65536, 65536), MAGIC(0, "\xfc\x4e\x2b\xa9"),
	 UUID(20, UUID_MD0), SIZE(512), .check = check_md0},
	{"crypto_LUKS", START(0), MAGIC(0, "LUKS\xba\xbe"), UUID(168, UUID_TEXT),
	 SIZE(512), .check = check_luks},
	LUKS2_COPY(0x4000),
	LUKS2_COPY(0x8000),
	LUKS2_COPY(0x10000),
	LUKS2_COPY(0x20000),
	LUKS2_COPY(0x40000),
	LUKS2_COPY(0x80000),
	LUKS2_COPY(0x100000),
	LUKS2_COPY(0x200000),
	LUKS2_COPY(0x400000),
	{"swap", START(0), MAGIC(4086, "SWAPSPACE2"), UUID(1036, UUID_BYTES), SIZE(4096)},
	{"swap", START(0xf000), MAGIC(4086, "SWAPSPACE2"), SIZE(4096)},
	ZFS_START(0),
	ZFS_START(256 * KIB),
	ZFS_END(512 * KIB),
	ZFS_END(256 * KIB),
	{"gpt", START(512), MAGIC(0, "EFI PART"), UUID(56, UUID_GUID), SIZE(512),
	 .check = check_gpt},
	{"gpt", START(4096), MAGIC(0, "EFI PART"), UUID(56, UUID_GUID), SIZE(512),
	 .check = check_gpt},
	{"gpt", END(0, 512, 512), MAGIC(0, "EFI PART"), UUID(56, UUID_GUID), SIZE(512),
	 .check = check_gpt},
	{"gpt", END(0, 4096, 4096), MAGIC(0, "EFI PART"), UUID(56, UUID_GUID), SIZE(512),
	 .check = check_gpt},
	{"vfat", START(0), MAGIC(82, "FAT32   "), SIZE(512), .check = check_boot_sector},
	{"vfat", START(0), MAGIC(54, "FAT16   "), SIZE(512), .check = check_boot_sector},
	{"vfat", START(0), MAGIC(54, "FAT12   "), SIZE(512), .check = check_boot_sector},
	{"ntfs", START(0), MAGIC(3, "NTFS    "), SIZE(512), .check = check_boot_sector},
	{"exfat", START(0), MAGIC(3, "EXFAT   "), SIZE(512)},
	{"BitLocker", START(0), MAGIC(3, "-FVE-FS-"), SIZE(512)},
	{"f2fs", START(1024), MAGIC(0, "\x10\x20\xf5\xf2"), UUID(108, UUID_BYTES),
	 SIZE(512)},
	{"erofs", START(1024), MAGIC(0, "\xe2\xe1\xf5\xe0"), UUID(48, UUID_BYTES),
	 SIZE(512)},
	{"squashfs", START(0), MAGIC(0, "hsqs"), SIZE(512), .check = check_squashfs},
	{"iso9660", START(32768), MAGIC(1, "CD001"), SIZE(512)},
	{"reiserfs", START(65536), MAGIC(52, "ReIsEr2Fs"), UUID(84, UUID_BYTES),
	 SIZE(512)},
	{"reiserfs", START(65536), MAGIC(52, "ReIsEr3Fs"), UUID(84, UUID_BYTES),
	 SIZE(512)},
	{"jfs", START(32768), MAGIC(0, "JFS1"), UUID(136, UUID_BYTES), SIZE(512)},
	{"bcache", START(4096),
	 MAGIC(24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81"),
	 UUID(40, UUID_BYTES), SIZE(512)},
	{"isw_raid_member", END(0, 512, 1024), MAGIC(0, "Intel Raid ISM Cfg Sig. "),
	 SIZE(512)},
	{"ddf_raid_member", END(0, 512, 512), MAGIC(0, "\xde\x11\xde\x11"), SIZE(512)},
	{.type = NULL},
};

/* Six groups with dashes between them, as lvm shows its identifiers. */
static void write_lvm(const unsigned char *bytes, struct signature_hit *hit)
{
	autofree char *text = bytes_text(bytes, 32);

	if (strlen(text) == 32)
		(void)snprintf(hit->uuid, sizeof(hit->uuid),
			       "%.6s-%.4s-%.4s-%.4s-%.4s-%.4s-%.6s", text, text + 6,
			       text + 10, text + 14, text + 18, text + 22, text + 26);
}

/* Four words, which are shown as numbers; the first stands apart from the other three. */
static void write_md0(const unsigned char *bytes, struct signature_hit *hit)
{
	unsigned char uuid[16];
	size_t i, word;

	for (i = 0; i < sizeof(uuid); i++) {
		word = i / 4 == 0 ? 0 : 32 + (i / 4 - 1) * 4;
		uuid[i] = bytes[word + 3 - i % 4];
	}
	bytes_uuid(uuid, hit->uuid);
}

/* The pair "pool_guid": its name is padded to 12 bytes, then come type, count and value. */
static void write_pool(const unsigned char *bytes, size_t length,
		       struct signature_hit *hit)
{
	const unsigned char *name = memmem(bytes, length, "pool_guid\0\0\0", 12);

	if (name == NULL || (size_t)(name - bytes) + 28 > length)
		return;
	(void)snprintf(hit->uuid, sizeof(hit->uuid), "%" PRIu64, bytes_be64(name + 20));
}

static void write_uuid(const struct signature *row, const unsigned char *bytes,
		       struct signature_hit *hit)
{
	autofree char *text = NULL;

	switch (row->uuid) {
	case UUID_BYTES:
		bytes_uuid(bytes + row->uuid_at, hit->uuid);
		break;
	case UUID_GUID:
		bytes_guid(bytes + row->uuid_at, hit->uuid);
		break;
	case UUID_TEXT:
		text = bytes_text(bytes + row->uuid_at, 40);
		(void)snprintf(hit->uuid, sizeof(hit->uuid), "%s", text);
		break;
	case UUID_LVM:
		write_lvm(bytes + row->uuid_at, hit);
		break;
	case UUID_MD0:
		write_md0(bytes + row->uuid_at, hit);
		break;
	case UUID_POOL:
		write_pool(bytes, row->bytes, hit);
		break;
	case UUID_NONE:
		break;
	}
}

/* Where the structure would lie, from the origin. Returns: false when the range is too small */
static bool place_of(const struct signature *row, uint64_t size_bytes, uint64_t *out)
{
	uint64_t end;

	if (!row->is_from_end) {
		*out = row->offset;
		return row->offset < size_bytes;
	}
	if (size_bytes < row->before)
		return false;
	end = size_bytes - row->before;
	end -= end % row->align;
	if (end < row->offset)
		return false;
	*out = end - row->offset;
	return true;
}

int signature_find(struct blocks *blocks, const struct signature *row,
		   const struct signature_range *range, struct signature_hit *out,
		   struct error *err)
{
	unsigned char bytes[BYTES_MOST];
	struct signature_hit hit = {.row = row, .type = row->type};
	uint64_t place;
	int result;

	if (!place_of(row, range->size_bytes, &place) ||
	    range->start_bytes > blocks->size_bytes)
		return 0;
	result = bytes_peek(blocks, range->start_bytes + place, bytes, row->bytes, err);
	if (result <= 0)
		return result;
	if (memcmp(bytes + row->magic_at, row->magic, row->magic_bytes) != 0 ||
	    (row->check != NULL && !row->check(bytes, place)))
		return 0;
	hit.magic_bytes = range->start_bytes + place + row->magic_at;
	if (row->name != NULL)
		hit.type = row->name(bytes);
	write_uuid(row, bytes, &hit);
	*out = hit;
	return 1;
}

static int is_link_at(struct blocks *blocks, uint64_t offset, struct error *err)
{
	unsigned char sector[512];
	const int result = bytes_peek(blocks, offset, sector, sizeof(sector), err);

	if (result <= 0)
		return result;
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

int signature_is_at(struct blocks *blocks, uint64_t offset, bool is_chain,
		    struct error *err)
{
	struct signature_range range = {.start_bytes = offset};
	const struct signature *row;
	struct signature_hit hit;
	int result;

	if (offset >= blocks->size_bytes)
		return 0;
	if (is_chain)
		return is_link_at(blocks, offset, err);
	range.size_bytes = blocks->size_bytes - offset;
	for (row = signature_all; row->type != NULL; row++) {
		if (row->is_from_end || row->is_mirror)
			continue;
		result = signature_find(blocks, row, &range, &hit, err);
		if (result != 0)
			return result;
	}
	return 0;
}
