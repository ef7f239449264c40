/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disk/: partition tables that were made by hand to mislead. Real ones are in
 * tests/disk/layouts.bats. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "disk/layout.h"

enum { SECTOR = 512, DISK = 4 * 1024 * 1024 };

/* A disk in memory, larger than its bytes: the rest reads as zeros. */
struct memory {
	struct blocks blocks;
	unsigned char *bytes;
	uint64_t fails_at; /* reading this byte is an error */
};

static int memory_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		       struct error *err)
{
	const struct memory *memory = (struct memory *)blocks;
	size_t i;

	if (memory->fails_at >= offset && memory->fails_at - offset < length)
		return error_set(err, ERROR_SYSTEM, "planted");
	for (i = 0; i < length; i++)
		((unsigned char *)buffer)[i] =
			offset + i < DISK ? memory->bytes[offset + i] : 0;
	return 0;
}

static void memory_close(struct blocks *blocks)
{
	(void)blocks;
}

static const struct blocks_ops memory_ops = {.read = memory_read, .close = memory_close};

static struct memory disk;
static struct layout layout;

static int begin(void **state)
{
	(void)state;
	disk = (struct memory){
		.blocks = {.ops = &memory_ops, .size_bytes = DISK, .fd = -1},
		.bytes = mem_zero(DISK, 1),
		.fails_at = UINT64_MAX,
	};
	return 0;
}

static int end(void **state)
{
	(void)state;
	layout_clear(&layout);
	free(disk.bytes);
	return 0;
}

static void put(unsigned char *at, uint64_t value, unsigned bytes)
{
	for (; bytes > 0; bytes--, at++, value >>= 8)
		*at = (unsigned char)value;
}

static void put_mbr(uint64_t lba, unsigned index, unsigned type, uint64_t start,
		    uint64_t sectors)
{
	unsigned char *sector = disk.bytes + lba * SECTOR;
	unsigned char *entry = sector + 446 + 16 * index;

	entry[4] = (unsigned char)type;
	put(entry + 8, start, 4);
	put(entry + 12, sectors, 4);
	put(sector + 510, 0xaa55, 2);
}

/* What a hand-made GPT says; the checksums are made right afterwards. */
struct gpt_plan {
	uint64_t lba, alternate, entries_lba, first, last;
	uint32_t count, size, sector;
};

static struct gpt_plan first_plan(void)
{
	return (struct gpt_plan){.lba = 1,
				 .alternate = DISK / SECTOR - 1,
				 .entries_lba = 2,
				 .first = 34,
				 .last = DISK / SECTOR - 34,
				 .count = 128,
				 .size = 128,
				 .sector = SECTOR};
}

static struct gpt_plan second_plan(void)
{
	struct gpt_plan plan = first_plan();

	plan.lba = DISK / SECTOR - 1;
	plan.alternate = 1;
	plan.entries_lba = DISK / SECTOR - 33;
	return plan;
}

static void put_entry(const struct gpt_plan *plan, unsigned index, uint64_t start,
		      uint64_t last)
{
	static const unsigned char linux_type[16] = {0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84,
						     0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69,
						     0xd8, 0x47, 0x7d, 0xe4};
	unsigned char *entry = disk.bytes + plan->entries_lba * plan->sector +
			       (size_t)index * plan->size;

	memcpy(entry, linux_type, 16);
	put(entry + 16, index + 1, 8);
	put(entry + 32, start, 8);
	put(entry + 40, last, 8);
}

static void put_header(const struct gpt_plan *plan)
{
	unsigned char *at = disk.bytes + plan->lba * plan->sector;
	const size_t entries = (size_t)plan->count * plan->size;
	const uint64_t start = plan->entries_lba * plan->sector;

	memcpy(at, "EFI PART", 8);
	put(at + 8, 0x10000, 4);
	put(at + 12, 92, 4);
	put(at + 24, plan->lba, 8);
	put(at + 32, plan->alternate, 8);
	put(at + 40, plan->first, 8);
	put(at + 48, plan->last, 8);
	put(at + 56, 0x1234, 8);
	put(at + 72, plan->entries_lba, 8);
	put(at + 80, plan->count, 4);
	put(at + 84, plan->size, 4);
	put(at + 88, 0, 4);
	if (start < DISK && entries <= DISK - start)
		put(at + 88, bytes_crc32(0, disk.bytes + start, entries), 4);
	put(at + 16, 0, 4);
	put(at + 16, bytes_crc32(0, at, 92), 4);
}

/* Both tables with the same two partitions, and a protective MBR. */
static void put_good_gpt(void)
{
	struct gpt_plan plan = first_plan(), other = second_plan();

	put_mbr(0, 0, 0xee, 1, DISK / SECTOR - 1);
	put_entry(&plan, 0, 2048, 4095);
	put_entry(&plan, 1, 4096, 6143);
	put_entry(&other, 0, 2048, 4095);
	put_entry(&other, 1, 4096, 6143);
	put_header(&plan);
	put_header(&other);
}

static void read_layout(unsigned what)
{
	struct error err = {0};

	layout_clear(&layout);
	assert_int_equal(disk_read_layout(&disk.blocks, what, &layout, &err), 0);
}

static unsigned count_faults(enum layout_fault_code code)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < layout.fault_count; i++)
		count += layout.faults[i].code == code;
	return count;
}

static void a_good_gpt_has_no_faults(void **state)
{
	(void)state;
	put_good_gpt();
	read_layout(DISK_ALL);
	assert_int_equal(layout.kind, LAYOUT_GPT);
	assert_int_equal(layout.sector_bytes, 512);
	assert_int_equal(layout.fault_count, 0);
	assert_int_equal(layout.stale_count, 0);
	assert_int_equal(layout.partition_count, 2);
	assert_int_equal(layout.partitions[1].start_bytes, 4096 * SECTOR);
	assert_int_equal(layout.partitions[1].inside_bytes, 2048 * SECTOR);
	assert_string_equal(layout.partitions[0].type_name, "Linux filesystem");
	assert_int_equal(layout.free_count, 2);
	assert_int_equal(layout.free[0].start_bytes, 34 * SECTOR);
	assert_int_equal(layout.free[1].size_bytes, (8192 - 6144 - 33) * SECTOR);
}

static void an_empty_disk_has_nothing(void **state)
{
	static const uint64_t sizes[] = {0, 1, 511, 512, 513, 1024, 4096, 8191};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		disk.blocks.size_bytes = sizes[i];
		read_layout(DISK_ALL);
		assert_int_equal(layout.kind, LAYOUT_NONE);
		assert_int_equal(layout.partition_count, 0);
		assert_int_equal(layout.boot.kind, BOOT_NONE);
	}
}

static void entries_without_bound_are_refused(void **state)
{
	static const struct {
		uint32_t count, size;
	} bad[] = {{UINT32_MAX, 128}, {UINT32_MAX, UINT32_MAX}, {8193, 128}, {128, 0},
		   {128, 127},	      {128, 132},		{0, 128},    {1, 8192}};
	struct gpt_plan plan;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_good_gpt();
		plan = first_plan();
		plan.count = bad[i].count;
		plan.size = bad[i].size;
		put_header(&plan);
		disk.blocks.read_bytes = 0;
		read_layout(DISK_TABLE);
		assert_true(disk.blocks.read_bytes < 256 * 1024);
		assert_int_equal(count_faults(FAULT_GPT_PRIMARY), 1);
		assert_int_equal(layout.partition_count, 2); /* of the backup */
		memset(disk.bytes + DISK - 33 * SECTOR, 0, 33 * SECTOR);
		read_layout(DISK_TABLE);
		assert_int_equal(count_faults(FAULT_GPT_UNREADABLE), 1);
		assert_int_equal(layout.partition_count, 0);
		assert_int_equal(layout_worst(&layout), LAYOUT_BROKEN);
	}
}

static void each_field_of_a_header_is_checked(void **state)
{
	static const struct {
		unsigned at;
		uint64_t value;
		unsigned bytes;
	} bad[] = {{12, 91, 4}, {12, 513, 4}, {12, UINT32_MAX, 4}, {24, 2, 8},
		   {72, 0, 8},	{72, 1, 8},   {72, UINT64_MAX, 8}, {72, DISK / SECTOR, 8},
		   {72, DISK / SECTOR - 1, 8}, {88, 1, 4}};
	unsigned char *header = disk.bytes + SECTOR;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_good_gpt();
		put(header + bad[i].at, bad[i].value, bad[i].bytes);
		put(header + 16, 0, 4);
		put(header + 16, bytes_crc32(0, header, 92), 4);
		read_layout(DISK_TABLE);
		assert_int_equal(count_faults(FAULT_GPT_PRIMARY), 1);
		assert_int_equal(layout.partition_count, 2);
	}
	put_good_gpt();
	header[60] ^= 1;
	read_layout(DISK_TABLE);
	assert_non_null(strstr(layout.faults[0].text, "checksum of its header"));
}

static void the_backup_is_looked_for_and_compared(void **state)
{
	struct gpt_plan plan = second_plan();

	(void)state;
	put_good_gpt();
	put_entry(&plan, 2, 7000, 7100);
	put_header(&plan);
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_GPT_DIFFER), 1);
	disk.bytes[DISK - SECTOR + 17] ^= 1;
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_GPT_BACKUP_BAD), 1);
	disk.bytes[DISK - SECTOR] = 0;
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_GPT_BACKUP_MISSING), 1);
	disk.blocks.size_bytes = DISK - 1024 * 1024;
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_GPT_BACKUP_MISSING), 1);
	assert_non_null(strstr(layout.faults[1].text, "the disk ends at sector 6143"));
}

static void a_backup_that_is_not_at_the_end_is_told(void **state)
{
	(void)state;
	put_good_gpt();
	disk.blocks.size_bytes = DISK + 1024 * 1024;
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_GPT_BACKUP_PLACE), 1);
	assert_int_equal(count_faults(FAULT_PMBR_SIZE), 1);
	assert_int_equal(layout.fault_count, 2);
	assert_int_equal(layout.free_count, 3); /* behind the table too */
}

static void a_gpt_without_protection_counts_where_nothing_else_does(void **state)
{
	(void)state;
	put_good_gpt();
	memset(disk.bytes, 0, SECTOR);
	read_layout(DISK_ALL);
	assert_int_equal(layout.kind, LAYOUT_GPT);
	assert_int_equal(count_faults(FAULT_GPT_NO_PMBR), 1);
	put_mbr(0, 0, 0x83, 2048, 2048);
	read_layout(DISK_ALL);
	assert_int_equal(layout.kind, LAYOUT_MBR);
	assert_int_equal(layout.partition_count, 1);
	assert_int_equal(layout.stale_count, 2); /* both headers */
	assert_string_equal(layout.stale[0].type, "gpt");
	memset(disk.bytes, 0, SECTOR);
	memcpy(disk.bytes, "something else", 14);
	read_layout(DISK_TABLE);
	assert_int_equal(layout.kind, LAYOUT_NONE);
}

static void a_hybrid_shows_both(void **state)
{
	(void)state;
	put_good_gpt();
	put_mbr(0, 1, 0x83, 2048, 2048);
	read_layout(DISK_TABLE);
	assert_int_equal(layout.kind, LAYOUT_HYBRID);
	assert_int_equal(layout.partition_count, 2);
	assert_int_equal(layout.mbr_count, 2);
	assert_int_equal(layout.mbr[0].role, ROLE_PROTECTIVE);
	assert_int_equal(layout.mbr[1].start_lba, 2048);
	put_mbr(0, 0, 0xee, 2, 100);
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_PMBR_START), 1);
}

static void partitions_that_cannot_be_are_told(void **state)
{
	struct gpt_plan plan = first_plan();

	(void)state;
	put_good_gpt();
	put_entry(&plan, 2, 4000, 4100);	 /* over both */
	put_entry(&plan, 3, 8000, 9000);	 /* beyond the end */
	put_entry(&plan, 4, UINT64_MAX - 1, UINT64_MAX);
	put_entry(&plan, 5, 7000, 6999);	 /* ends before its start */
	put_entry(&plan, 6, 0, UINT64_MAX);	 /* 2^64 sectors */
	put_entry(&plan, 7, 2, 3);		 /* in the table */
	put(disk.bytes + 2 * SECTOR + 3 * 128 + 16, 1, 8); /* the id of the first */
	put_header(&plan);
	read_layout(DISK_ALL);
	assert_int_equal(layout.partition_count, 8);
	assert_true(count_faults(FAULT_OVERLAP) >= 4);
	assert_int_equal(count_faults(FAULT_BEYOND_END), 3);
	assert_int_equal(count_faults(FAULT_END_BEFORE_START), 1);
	assert_true(count_faults(FAULT_OUTSIDE_USABLE) >= 4);
	assert_int_equal(count_faults(FAULT_DUPLICATE_ID), 1);
	assert_int_equal(layout.partitions[4].inside_bytes, 0);
	assert_int_equal(layout.partitions[6].inside_bytes, DISK);
}

static void names_are_made_utf8(void **state)
{
	static const unsigned char name[] = {'r',  0,	 0xe9, 0,    0x3d, 0xd8, 0x00, 0xde,
					     0x00, 0xd8, 'x',  0,    0x00, 0xdc, 0x1b, 0,
					     0x9b, 0,	 0xff, 0xff, 0x3d, 0xd8};
	struct gpt_plan plan = first_plan();
	size_t i;

	(void)state;
	put_good_gpt();
	memcpy(disk.bytes + 2 * SECTOR + 56, name, sizeof(name));
	for (i = 0; i < 72; i++)
		disk.bytes[2 * SECTOR + 128 + 56 + i] = (unsigned char)(0xd8 + (i & 1));
	put_header(&plan);
	read_layout(DISK_TABLE);
	assert_string_equal(layout.partitions[0].name, "r\xc3\xa9\xf0\x9f\x98\x80"
						       "\xef\xbf\xbdx\xef\xbf\xbd??"
						       "\xef\xbf\xbf\xef\xbf\xbd");
	assert_int_equal(strlen(layout.partitions[1].name), 36 * 3);
}

static void a_table_of_thousands_is_bounded(void **state)
{
	struct gpt_plan plan = first_plan();
	unsigned i;

	(void)state;
	put_mbr(0, 0, 0xee, 1, DISK / SECTOR - 1);
	plan.count = 8192;
	for (i = 0; i < plan.count; i++)
		put_entry(&plan, i, 34, 8000);
	put_header(&plan);
	disk.blocks.read_bytes = 0;
	read_layout(DISK_BOOT | DISK_STALE);
	assert_int_equal(layout.partition_count, 8192);
	assert_int_equal(layout.fault_count, LAYOUT_FAULTS_MOST);
	assert_true(layout.fault_left_out > 8000);
	assert_true(disk.blocks.read_bytes < 3 * 1024 * 1024);
}

static void a_chain_is_numbered_from_five(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 100, 100);
	put_mbr(0, 1, 0x05, 1000, 5000);
	put_mbr(1000, 0, 0x83, 10, 500);
	put_mbr(1000, 1, 0x05, 1000, 1000);
	put_mbr(2000, 1, 0x05, 2000, 1000); /* names no partition */
	put_mbr(3000, 0, 0x82, 10, 500);
	read_layout(DISK_ALL);
	assert_int_equal(layout.kind, LAYOUT_MBR);
	assert_int_equal(layout.fault_count, 0);
	assert_int_equal(layout.partition_count, 4);
	assert_int_equal(layout.partitions[2].number, 5);
	assert_int_equal(layout.partitions[2].start_lba, 1010);
	assert_int_equal(layout.partitions[3].number, 6);
	assert_int_equal(layout.partitions[3].start_lba, 3010);
	assert_true(layout.partitions[3].is_logical);
	assert_int_equal(layout.partitions[3].ebr_lba, 3000);
	assert_int_equal(layout.partitions[3].role, ROLE_SWAP);
	/* 1 to 100, 200 to 1000; 1001 to 1010, 1510 to 3000, 3001 to 3010, 3510 to 6000; the rest */
	assert_int_equal(layout.free_count, 7);
	assert_false(layout.free[1].is_logical);
	assert_int_equal(layout.free[1].size_bytes, 800 * SECTOR);
	assert_true(layout.free[3].is_logical);
	assert_int_equal(layout.free[3].start_bytes, 1510 * SECTOR);
	assert_int_equal(layout.free[5].size_bytes, 2490 * SECTOR);
	assert_int_equal(layout.free[6].start_bytes, 6000 * SECTOR);
	assert_false(layout.free[6].is_logical);
}

static void chains_that_do_not_end_are_cut(void **state)
{
	uint64_t lba;

	(void)state;
	put_mbr(0, 0, 0x0f, 1000, 7000);
	put_mbr(1000, 0, 0x83, 1, 1);
	put_mbr(1000, 1, 0x05, 0, 7000); /* to itself */
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_LOOP), 1);
	assert_int_equal(layout.partition_count, 2);
	put_mbr(1000, 1, 0x05, 2, 7000);
	put_mbr(1002, 0, 0x83, 1, 1);
	put_mbr(1002, 1, 0x05, 0, 7000); /* back */
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_LOOP), 1);
	assert_int_equal(layout.partition_count, 3);
	for (lba = 1002; lba < 7000; lba += 2) {
		put_mbr(lba, 0, 0x83, 1, 1);
		put_mbr(lba, 1, 0x05, lba + 2 - 1000, 2);
	}
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_LONG), 1);
	assert_int_equal(layout.partition_count, 1 + 128);
}

static void chains_that_leave_are_cut(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x05, 1000, 1000);
	put_mbr(1000, 0, 0x83, 1, 1);
	put_mbr(1000, 1, 0x05, 1000, 1);
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_OUTSIDE), 1);
	put_mbr(1000, 1, 0x05, 500, 1); /* nothing stands there */
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_BAD), 1);
	put_mbr(0, 0, 0x05, UINT32_MAX, UINT32_MAX);
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_CHAIN_BAD), 1);
	assert_int_equal(count_faults(FAULT_BEYOND_END), 1);
	put_mbr(0, 0, 0x05, 1000, 1000);
	put_mbr(1000, 0, 0x83, 1, 3000); /* leaves the extended one */
	put_mbr(1000, 1, 0, 0, 0);
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_OUTSIDE_USABLE), 1);
}

static void an_mbr_has_faults_of_its_own(void **state)
{
	(void)state;
	put_mbr(0, 0, 0x83, 100, 1000);
	put_mbr(0, 1, 0x83, 500, 1000);
	put_mbr(0, 2, 0x05, 1400, 1000);
	put_mbr(0, 3, 0x0f, 3000, 10000);
	disk.bytes[446] = disk.bytes[462] = 0x80;
	read_layout(DISK_TABLE);
	assert_int_equal(count_faults(FAULT_OVERLAP), 2);
	assert_int_equal(count_faults(FAULT_MBR_SEVERAL_ACTIVE), 1);
	assert_int_equal(count_faults(FAULT_MBR_SEVERAL_EXTENDED), 1);
	assert_int_equal(count_faults(FAULT_BEYOND_END), 1);
	disk.bytes[446] = 0x7f; /* no table has such a mark */
	read_layout(DISK_TABLE);
	assert_int_equal(layout.kind, LAYOUT_NONE);
}

static void a_fat_is_no_table(void **state)
{
	static const unsigned char fat[] = {0xeb, 0x3c, 0x90, 'm', 'k', 'f', 's', '.', 'f',
					    'a',  't',	0,    2,   1,	1,   0,	  2,   0,
					    2,	  0,	0x20, 0xf8};

	(void)state;
	put_mbr(0, 0, 0x20, 0x6f6f6f6f, 0x61616161); /* text in a boot sector */
	memcpy(disk.bytes, fat, sizeof(fat));
	read_layout(DISK_TABLE);
	assert_int_equal(layout.kind, LAYOUT_NONE);
	put_mbr(0, 0, 0x83, 2048, 100);
	read_layout(DISK_TABLE);
	assert_int_equal(layout.kind, LAYOUT_MBR);
}

static void a_table_for_other_sectors_is_told(void **state)
{
	struct gpt_plan plan = first_plan();

	(void)state;
	plan.sector = 4096;
	plan.alternate = DISK / 4096 - 1;
	plan.last = DISK / 4096 - 6;
	put_mbr(0, 0, 0xee, 1, DISK / 4096 - 1);
	put_entry(&plan, 0, 256, 511);
	put_header(&plan);
	plan.lba = DISK / 4096 - 1;
	plan.alternate = 1;
	read_layout(DISK_TABLE);
	assert_int_equal(layout.sector_bytes, 4096);
	assert_int_equal(layout.partitions[0].start_bytes, 1024 * 1024);
	assert_int_equal(count_faults(FAULT_SECTOR_SIZE), 0);
	disk.blocks.sector_bytes = 512;
	read_layout(DISK_TABLE);
	assert_int_equal(layout.sector_bytes, 4096);
	assert_int_equal(count_faults(FAULT_SECTOR_SIZE), 1);
}

static void what_cannot_be_read_is_told(void **state)
{
	struct error err = {0};
	struct layout untouched = {.size_bytes = 7};

	(void)state;
	put_good_gpt();
	disk.fails_at = 4096 * SECTOR + 1030;
	read_layout(DISK_ALL);
	assert_int_equal(count_faults(FAULT_UNREADABLE), 1);
	assert_int_equal(layout.partition_count, 2);
	disk.fails_at = 100;
	assert_int_equal(disk_read_layout(&disk.blocks, DISK_ALL, &untouched, &err), -1);
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_int_equal(untouched.size_bytes, 7);
}

/* A block list and a decompressor that lie about where they lead. */
static void a_core_that_lies_is_not_believed(void **state)
{
	unsigned char *list = disk.bytes + SECTOR;
	unsigned i;

	(void)state;
	put_mbr(0, 0, 0x83, 2048, 100);
	disk.bytes[0] = 0xeb;
	disk.bytes[1] = 0x63;
	memcpy(disk.bytes + 0x180, "Geom\0Hard Disk\0Read\0 Error", 27);
	put(disk.bytes + 0x5c, UINT64_MAX, 8);
	read_layout(DISK_BOOT);
	assert_int_equal(layout.boot.kind, BOOT_GRUB2);
	assert_non_null(layout.boot.core->problem);
	put(disk.bytes + 0x5c, 1, 8);
	for (i = 0; i < 40; i++) {
		put(list + 500 - 12 * i, i % 2 == 0 ? 2 : UINT64_MAX / 512, 8);
		put(list + 508 - 12 * i, 0xffff, 2);
		put(list + 510 - 12 * i, 0x820, 2);
	}
	read_layout(DISK_BOOT);
	assert_int_equal(layout.boot.core->size_bytes, SECTOR);
	assert_string_equal(layout.boot.core->problem, "its block list leads outside");
	put(list + 508, 64, 2);
	put(list + 496, 0, 2);
	put(list + SECTOR + 8, UINT32_MAX, 4);
	put(list + SECTOR + 12, UINT32_MAX, 4);
	for (i = 64; i < 4096; i += 8) {
		list[SECTOR + i] = 0xbe;
		put(list + SECTOR + i + 1, 0x8200 + 1004, 4);
	}
	read_layout(DISK_BOOT);
	assert_non_null(layout.boot.core->problem);
	put(list + SECTOR + 8, 20000, 4);
	read_layout(DISK_BOOT);
	assert_string_equal(layout.boot.core->problem, "it says that it is larger than 8 MiB");
	put(list + SECTOR + 12, 100000, 4);
	read_layout(DISK_BOOT);
	assert_string_equal(layout.boot.core->problem, "its compressed part is damaged");
}

static void copies_of_a_btrfs_say_where_it_began(void **state)
{
	unsigned char *at = disk.bytes + 1024 * 1024 + 65536;

	(void)state;
	put_good_gpt();
	memcpy(at + 64, "_BHRfS_M", 8);
	put(at + 48, 65536, 8);
	read_layout(DISK_STALE);
	assert_int_equal(layout.stale_count, 0); /* inside a partition: libblkid's to say */
	memcpy(disk.bytes + 3072 * 1024 + 65536, at, 512);
	read_layout(DISK_STALE);
	assert_int_equal(layout.stale_count, 1);
	assert_int_equal(layout.stale[0].origin_bytes, 6144 * SECTOR);
	put(disk.bytes + 3072 * 1024 + 65536 + 48, 4096, 8); /* it lay elsewhere */
	read_layout(DISK_STALE);
	assert_int_equal(layout.stale_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_good_gpt_has_no_faults),
		TEST(an_empty_disk_has_nothing),
		TEST(entries_without_bound_are_refused),
		TEST(each_field_of_a_header_is_checked),
		TEST(the_backup_is_looked_for_and_compared),
		TEST(a_backup_that_is_not_at_the_end_is_told),
		TEST(a_gpt_without_protection_counts_where_nothing_else_does),
		TEST(a_hybrid_shows_both),
		TEST(partitions_that_cannot_be_are_told),
		TEST(names_are_made_utf8),
		TEST(a_table_of_thousands_is_bounded),
		TEST(a_chain_is_numbered_from_five),
		TEST(chains_that_do_not_end_are_cut),
		TEST(chains_that_leave_are_cut),
		TEST(an_mbr_has_faults_of_its_own),
		TEST(a_fat_is_no_table),
		TEST(a_table_for_other_sectors_is_told),
		TEST(what_cannot_be_read_is_told),
		TEST(a_core_that_lies_is_not_believed),
		TEST(copies_of_a_btrfs_say_where_it_began),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
