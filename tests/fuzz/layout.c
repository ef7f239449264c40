/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layout.c - partition tables, boot code and stale signatures. The first byte tells how the
 * rest is laid on a disk: most of it at the start, some at the end; and whether the checksums
 * of a GPT are made right, which no fuzzer would guess. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "disk/layout.h"
#include "fuzz.h"

enum {
	DISK = 256 * 1024,
	TAIL_MOST = 1024,
	IS_4096 = 1,
	IS_KNOWN = 2,
	HAS_TAIL = 4,
	HAS_CRC = 8,
	HAS_CONTENTS = 16,
	IS_LARGE = 32,
	READ_MOST = 64 * 1024 * 1024,
};

struct memory {
	struct blocks blocks;
	unsigned char *bytes;
};

static int memory_read(struct blocks *blocks, uint64_t offset, void *buffer,
		       size_t length, struct error *err)
{
	const struct memory *memory = (struct memory *)blocks;
	size_t here = offset < DISK ? DISK - (size_t)offset : 0;

	(void)err;
	here = here < length ? here : length;
	memset(buffer, 0, length);
	if (here > 0)
		memcpy(buffer, memory->bytes + offset, here);
	return 0;
}

static void memory_close(struct blocks *blocks)
{
	(void)blocks;
}

static const struct blocks_ops memory_ops = {.read = memory_read, .close = memory_close};

static void put32(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)value;
	at[1] = (unsigned char)(value >> 8);
	at[2] = (unsigned char)(value >> 16);
	at[3] = (unsigned char)(value >> 24);
}

static void mend_header(unsigned char *bytes, unsigned sector, size_t lba)
{
	unsigned char *at = bytes + lba * sector;
	const uint64_t entries = (uint64_t)bytes_le32(at + 80) * bytes_le32(at + 84);
	const uint64_t start = bytes_times(bytes_le64(at + 72), sector);
	const uint32_t length = bytes_le32(at + 12);

	if (memcmp(at, "EFI PART", 8) != 0 || length < 92 || length > sector)
		return;
	if (start < DISK && entries <= DISK - start)
		put32(at + 88, bytes_crc32(0, bytes + start, (size_t)entries));
	put32(at + 16, 0);
	put32(at + 16, bytes_crc32(0, at, length));
}

static void lay(const uint8_t *bytes, size_t size, unsigned flags, unsigned char *disk)
{
	const unsigned sector = (flags & IS_4096) != 0 ? 4096 : 512;
	size_t tail = (flags & HAS_TAIL) != 0 ? size / 2 : 0;

	tail = tail < TAIL_MOST ? tail : TAIL_MOST;
	memcpy(disk, bytes, size - tail);
	memcpy(disk + DISK - tail, bytes + size - tail, tail);
	if ((flags & HAS_CRC) == 0)
		return;
	mend_header(disk, sector, 1);
	mend_header(disk, sector, DISK / sector - 1);
}

static void check_text(const char *text, const char *what)
{
	for (; text != NULL && *text != '\0'; text++)
		fuzz_require((unsigned char)*text >= ' ' && *text != 0x7f, what,
			     "a control byte");
}

static void check_partitions(const struct layout *layout)
{
	const struct layout_partition *part;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		part = &layout->partitions[i];
		check_text(part->name, "a partition's name");
		fuzz_require(part->inside_bytes <= part->size_bytes, "inside", NULL);
		fuzz_require(part->inside_bytes == 0 ||
				     part->start_bytes + part->inside_bytes <=
					     layout->size_bytes,
			     "inside the disk", NULL);
	}
}

static void check_free(const struct layout *layout)
{
	const struct layout_free *row;
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < layout->free_count; i++) {
		row = &layout->free[i];
		fuzz_require(row->size_bytes > 0 && row->start_bytes >= end,
			     "free ranges", "not in order");
		end = row->start_bytes + row->size_bytes;
		fuzz_require(end <= layout->size_bytes, "free ranges", "beyond the end");
		fuzz_require(layout_partition_at(layout, row->start_bytes) == NULL &&
				     layout_partition_at(layout, end - 1) == NULL,
			     "free ranges", "in a partition");
	}
}

static void check(const struct layout *layout, const struct memory *memory)
{
	size_t i;

	check_partitions(layout);
	check_free(layout);
	for (i = 0; i < layout->fault_count; i++)
		check_text(layout->faults[i].text, "a fault");
	for (i = 0; i < layout->stale_count; i++)
		check_text(layout->stale[i].uuid, "an identifier");
	fuzz_require(layout->fault_count <= LAYOUT_FAULTS_MOST, "faults", NULL);
	fuzz_require(memory->blocks.read_bytes < READ_MOST, "bytes read", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	autofree unsigned char *disk = mem_zero(DISK, 1);
	struct memory memory = {
		.blocks = {.ops = &memory_ops, .size_bytes = DISK, .fd = -1},
		.bytes = disk};
	struct layout layout = {0};
	struct error err = {0};
	unsigned flags, what = DISK_BOOT | DISK_STALE;

	if (size < 2 || size > DISK / 2)
		return 0;
	flags = bytes[0];
	lay(bytes + 1, size - 1, flags, disk);
	if ((flags & IS_KNOWN) != 0)
		memory.blocks.sector_bytes = (flags & IS_4096) != 0 ? 4096 : 512;
	if ((flags & HAS_CONTENTS) != 0)
		what |= DISK_CONTENTS;
	if ((flags & IS_LARGE) != 0)
		memory.blocks.size_bytes = UINT64_C(1) << 40;
	fuzz_require(disk_read_layout(&memory.blocks, what, &layout, &err) == 0,
		     "a layout of readable blocks", err.cause);
	check(&layout, &memory);
	layout_clear(&layout);
	return 0;
}
