/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage.c - how large a file system is and how much of it is used, as its superblock says.
 * Facts: kernel documentation (ext4), "XFS Algorithms and Data Structures", btrfs's "On-disk
 * format", Microsoft's FAT and exFAT specifications, ECMA-119, swapon(8)'s header. */
#include <string.h>

#include "disk/bytes.h"
#include "disk/content.h"

enum { SUPER_MOST = 1024 };

static uint64_t less(uint64_t all, uint64_t free_part)
{
	return free_part <= all ? all - free_part : 0;
}

static void measure_ext(const unsigned char *at, struct layout_content *out)
{
	const uint32_t shift = bytes_le32(at + 24);
	const bool is_64 = (bytes_le32(at + 96) & 0x80) != 0;
	uint64_t blocks = bytes_le32(at + 4), unused = bytes_le32(at + 12);

	if (shift > 6)
		return;
	if (is_64) {
		blocks |= (uint64_t)bytes_le32(at + 336) << 32;
		unused |= (uint64_t)bytes_le32(at + 344) << 32;
	}
	out->size_bytes = bytes_times(blocks, UINT64_C(1024) << shift);
	out->used_bytes = bytes_times(less(blocks, unused), UINT64_C(1024) << shift);
	out->is_used_known = true;
}

static void measure_xfs(const unsigned char *at, struct layout_content *out)
{
	const uint32_t block = bytes_be32(at + 4);
	const uint64_t blocks = bytes_be64(at + 8), unused = bytes_be64(at + 144);

	out->size_bytes = bytes_times(blocks, block);
	out->used_bytes = bytes_times(less(blocks, unused), block);
	out->is_used_known = true;
}

/* Of several devices: this one's size, and what is used of all together is left out. */
static void measure_btrfs(const unsigned char *at, struct layout_content *out)
{
	const uint64_t devices = bytes_le64(at + 136);

	out->size_bytes = bytes_le64(at + 201 + 8);
	if (devices != 1)
		return;
	out->used_bytes = bytes_le64(at + 120);
	out->is_used_known = true;
}

/* The magic is the last 10 bytes of a page; version 0 has no header. */
static void measure_swap(const unsigned char *at, struct layout_content *out)
{
	const uint64_t page = out->magic_bytes + 10;

	if (out->version == NULL || strcmp(out->version, "1") != 0)
		return;
	if (page >= 4096 && page <= 65536 && (page & (page - 1)) == 0)
		out->size_bytes = bytes_times((uint64_t)bytes_le32(at + 4) + 1, page);
}

static void measure_vfat(const unsigned char *at, struct layout_content *out)
{
	const uint32_t sectors =
		bytes_le16(at + 19) != 0 ? bytes_le16(at + 19) : bytes_le32(at + 32);

	out->size_bytes = (uint64_t)sectors * bytes_le16(at + 11);
}

static void measure_exfat(const unsigned char *at, struct layout_content *out)
{
	if (at[108] >= 9 && at[108] <= 12)
		out->size_bytes =
			bytes_times(bytes_le64(at + 72), UINT64_C(1) << at[108]);
}

static void measure_ntfs(const unsigned char *at, struct layout_content *out)
{
	out->size_bytes = bytes_times(bytes_le64(at + 40), bytes_le16(at + 11));
}

static void measure_iso(const unsigned char *at, struct layout_content *out)
{
	out->size_bytes = (uint64_t)bytes_le32(at + 80) * bytes_le16(at + 128);
}

static void measure_squashfs(const unsigned char *at, struct layout_content *out)
{
	out->size_bytes = bytes_le64(at + 40);
	out->used_bytes = out->size_bytes;
	out->is_used_known = true;
}

static void measure_lvm(const unsigned char *at, struct layout_content *out)
{
	out->size_bytes = bytes_le64(at + 64);
}

static const struct {
	const char *type;
	uint64_t offset; /* of the superblock; that of LVM lies where its magic is */
	void (*measure)(const unsigned char *at, struct layout_content *out);
} rows[] = {
	{"ext2", 1024, measure_ext},	   {"ext3", 1024, measure_ext},
	{"ext4", 1024, measure_ext},	   {"xfs", 0, measure_xfs},
	{"btrfs", 65536, measure_btrfs},   {"swap", 1024, measure_swap},
	{"vfat", 0, measure_vfat},	   {"exfat", 0, measure_exfat},
	{"ntfs", 0, measure_ntfs},	   {"iso9660", 32768, measure_iso},
	{"squashfs", 0, measure_squashfs}, {"LVM2_member", 0, measure_lvm},
};

int content_measure(struct blocks *part, struct layout_content *content,
		    struct error *err)
{
	unsigned char super[SUPER_MOST];
	uint64_t offset;
	size_t i;
	int result;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].type, content->type) != 0)
			continue;
		/* libblkid's magic of LVM2 is the text 24 bytes behind the label's start */
		offset = rows[i].measure == measure_lvm && content->magic_bytes >= 24
				 ? content->magic_bytes - 24
				 : rows[i].offset;
		result = bytes_peek(part, offset, super, sizeof(super), err);
		if (result < 0)
			return -1;
		if (result > 0)
			rows[i].measure(super, content);
	}
	return 0;
}
