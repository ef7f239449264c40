/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub.c - core.img of GRUB 2.00 and later for BIOS is: one sector with a block list (from its
 * end backwards: start, 8 bytes; count, 2; segment, 2); a decompressor with the sizes at its
 * bytes 8 and 12; a raw LZMA stream, lc 3, lp 0, pb 2, of 64 KiB; redundancy. In the stream are
 * the kernel, and behind it the modules: a header ("mimg", offset, size), then objects, each
 * with type and size. Sources: GRUB's manual, "Images"; the sizes and types were compared with
 * what grub-mkimage writes (tests/disk/layouts.bats). */
#define _GNU_SOURCE
#include "disk/grub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "sys/lzma_raw.h"

enum {
	SECTOR = 512,
	LIST_ENTRY = 12,
	LIST_ENTRIES_MOST = 30,
	FIRST_SEGMENT = 0x820, /* where boot.img's successor loads the rest */
	CORE_SECTORS_MOST = 4096,
	PLAIN_MOST = 8 * 1024 * 1024,
	CONFIG_MOST = 16 * 1024,
	PREFIX_MOST = 1024,
	COMPRESSED_AT = 8,
	PLAIN_AT = 12,
	LINK_ADDRESS = 0x8200, /* that the decompressor runs at */
	MOV_ESI = 0xbe,
	MODULES_MAGIC = 0x676d696d, /* "mimg" */
	EFI_HEADER = 24,	    /* of the modules, where words have 64 bits */
};

/* What follows the kernel: the types that tell something. */
enum object_type {
	OBJECT_MODULE = 0,
	OBJECT_MEMDISK = 1,
	OBJECT_CONFIG = 2,
	OBJECT_PREFIX = 3,
};

struct image {
	unsigned char *bytes; /* without the sector of the block list */
	size_t length;
};

static int set_problem(struct layout_core *core, const char *problem)
{
	core->problem = str_copy(problem);
	return 0;
}

/* Returns: 1 when the next range of the list was read, 0 at its end or when it leads outside,
 * -1 on errors */
static int read_range(struct blocks *blocks, const unsigned char *entry,
		      struct image *image, struct error *err)
{
	const uint64_t start = bytes_times(bytes_le64(entry), SECTOR);
	const size_t length = (size_t)bytes_le16(entry + 8) * SECTOR;

	if (length == 0 || image->length + length > (size_t)CORE_SECTORS_MOST * SECTOR)
		return 0;
	if (start >= blocks->size_bytes || length > blocks->size_bytes - start)
		return 0;
	if (bytes_peek(blocks, start, image->bytes + image->length, length, err) < 0)
		return -1;
	image->length += length;
	return 1;
}

static int read_image(struct blocks *blocks, const unsigned char *list_sector,
		      struct image *image, struct error *err)
{
	const unsigned char *entry = list_sector + SECTOR - LIST_ENTRY;
	size_t sectors = 0;
	unsigned i;
	int result = 1;

	for (i = 0; i < LIST_ENTRIES_MOST && bytes_le16(entry - i * LIST_ENTRY + 8) != 0;
	     i++)
		sectors += bytes_le16(entry - i * LIST_ENTRY + 8);
	if (sectors > CORE_SECTORS_MOST)
		sectors = CORE_SECTORS_MOST;
	image->bytes = mem_zero(sectors + 1, SECTOR);
	for (i = 0; i < LIST_ENTRIES_MOST && result == 1; i++)
		result = read_range(blocks, entry - i * LIST_ENTRY, image, err);
	return result < 0 ? -1 : 0;
}

/* The stream begins where the decompressor ends: it loads that address into ESI. */
static size_t find_stream(const struct image *image)
{
	const size_t most = image->length < 8192 ? image->length : 8192;
	uint32_t address;
	size_t i;

	for (i = 32; i + 5 <= most; i++) {
		if (image->bytes[i] != MOV_ESI)
			continue;
		address = bytes_le32(image->bytes + i + 1);
		if (address > LINK_ADDRESS + 256 && address < LINK_ADDRESS + most &&
		    image->bytes[address - LINK_ADDRESS] == 0)
			return address -
			       LINK_ADDRESS; /* each LZMA stream begins with 0 */
	}
	return 0;
}

static void take_object(unsigned type, const unsigned char *bytes, size_t length,
			struct layout_core *core)
{
	const size_t config = length < CONFIG_MOST ? length : CONFIG_MOST;

	switch (type) {
	case OBJECT_MODULE:
		core->module_count++;
		break;
	case OBJECT_MEMDISK:
		core->memdisk_bytes += length;
		break;
	case OBJECT_CONFIG:
		if (core->config == NULL)
			core->config = bytes_lines(bytes, config);
		break;
	case OBJECT_PREFIX:
		if (core->prefix == NULL)
			core->prefix = bytes_text(
				bytes, length < PREFIX_MOST ? length : PREFIX_MOST);
		break;
	default:
		break; /* keys, and what later versions add */
	}
}

/* @modules: at the header; @at: of the first object, from there; @end: of the last */
static void take_objects(const unsigned char *modules, uint64_t at, uint64_t end,
			 struct layout_core *core)
{
	size_t size;

	while (at < end && end - at >= 8) {
		size = bytes_le32(modules + at + 4);
		if (size < 8 || size > end - at)
			return;
		take_object(bytes_le32(modules + at), modules + at + 8, size - 8, core);
		at += size;
	}
}

static const unsigned char *find_modules(const unsigned char *plain, size_t length)
{
	size_t at;

	for (at = 0; at + 12 <= length; at += 4)
		if (bytes_le32(plain + at) == MODULES_MAGIC &&
		    bytes_le32(plain + at + 4) >= 12 &&
		    bytes_le32(plain + at + 8) <= length - at)
			return plain + at;
	return NULL;
}

static int read_embedded(const struct image *image, struct layout_core *core)
{
	const size_t stream = find_stream(image);
	const uint32_t compressed = bytes_le32(image->bytes + COMPRESSED_AT);
	const uint32_t plain_bytes = bytes_le32(image->bytes + PLAIN_AT);
	autofree unsigned char *plain = NULL;
	const unsigned char *modules;

	if (stream == 0 || compressed == 0 || compressed > image->length - stream)
		return set_problem(core,
				   "no decompressor of GRUB 2.00 or later begins it");
	if (plain_bytes == 0 || plain_bytes > PLAIN_MOST)
		return set_problem(core, "it says that it is larger than 8 MiB");
	plain = mem_zero(plain_bytes, 1);
	if (!sys_lzma_unpack(image->bytes + stream, compressed, plain, plain_bytes))
		return set_problem(core, "its compressed part is damaged");
	modules = find_modules(plain, plain_bytes);
	if (modules == NULL)
		return set_problem(core, "no modules are in it");
	take_objects(modules, bytes_le32(modules + 4), bytes_le32(modules + 8), core);
	return 0;
}

/* The sector that boot.img reads: its list's first range is loaded right behind it. */
static bool is_block_list(const unsigned char *sector)
{
	const unsigned char *entry = sector + SECTOR - LIST_ENTRY;

	return bytes_le16(entry + 10) == FIRST_SEGMENT && bytes_le16(entry + 8) != 0;
}

static int read_core(struct blocks *blocks, uint64_t start_bytes,
		     struct layout_core *core, struct error *err)
{
	unsigned char sector[SECTOR];
	struct image image = {0};
	int result;

	if (bytes_peek(blocks, start_bytes, sector, sizeof(sector), err) < 0)
		return -1;
	if (!is_block_list(sector))
		return set_problem(core, "no core.img begins there");
	result = read_image(blocks, sector, &image, err);
	if (result == 0) {
		core->size_bytes = SECTOR + image.length;
		result = image.length >= SECTOR
				 ? read_embedded(&image, core)
				 : set_problem(core, "its block list leads outside");
	}
	free(image.bytes);
	return result;
}

int grub_read_core(struct blocks *blocks, uint64_t start_bytes, struct layout_core **out,
		   struct error *err)
{
	struct layout_core *core = mem_zero(1, sizeof(*core));

	core->start_bytes = start_bytes;
	if (read_core(blocks, start_bytes, core, err) != 0) {
		layout_core_free(core);
		return -1;
	}
	*out = core;
	return 0;
}

/* The header of the modules: the machine's words are of 32 or of 64 bits. The second form has four
 * bytes of nothing behind the magic, where the first has an offset. */
static bool take_efi_objects(const unsigned char *at, size_t length,
			     struct layout_core *core)
{
	const bool is_wide = bytes_le32(at + 4) == 0;
	const uint64_t first = is_wide ? bytes_le64(at + 8) : bytes_le32(at + 4);
	const uint64_t end = is_wide ? bytes_le64(at + 16) : bytes_le32(at + 8);

	if (bytes_le32(at) != MODULES_MAGIC || first < 12 || first > end || end > length)
		return false;
	take_objects(at, first, end, core);
	return core->module_count > 0 || core->prefix != NULL;
}

bool grub_read_efi(const unsigned char *bytes, size_t length, struct layout_core **out)
{
	struct layout_core *core = mem_zero(1, sizeof(*core));
	size_t at;

	for (at = 0; at + EFI_HEADER <= length; at += 8) {
		if (take_efi_objects(bytes + at, length - at, core)) {
			*out = core;
			return true;
		}
	}
	layout_core_free(core);
	return false;
}
