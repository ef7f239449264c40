/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vhdx.c - Hyper-V's newer disks, read by QEMU, which refuses those that stand on another
 * file and those whose log was not replayed. Source: [MS-VHDX]. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "image/nbd.h"

enum {
	REGIONS_OFFSET = 192 * 1024,
	TABLE_BYTES = 64 * 1024,
	ENTRY_BYTES = 32,
	GUID_BYTES = 16,
	HAS_PARENT = 2,
	STATE_MASK = 7,
	STATE_PRESENT = 6, /* and 7: in part */
	PLACE_SHIFT = 20,
};

static bool vhdx_probe(const struct format_view *view)
{
	return view->head_bytes >= 8 && memcmp(view->head, "vhdxfile", 8) == 0;
}

/* A region of the file, or an item of its metadata. */
struct place {
	uint64_t offset;
	uint64_t length;
};

/* GUIDs as they lie in the file. */
static const uint8_t table_of_blocks[GUID_BYTES] = {0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6,
						    0x00, 0x42, 0x9d, 0x64, 0x11, 0x5e,
						    0x9b, 0xfd, 0x4a, 0x08};
static const uint8_t metadata[GUID_BYTES] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47,
					     0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f,
					     0x05, 0x0f, 0x88, 0x6e};
static const uint8_t parameters[GUID_BYTES] = {0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa,
					       0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0,
					       0xaa, 0x44, 0xe7, 0x6b};

/* The entry of a table that has a GUID. Returns: its bytes, or NULL */
static const uint8_t *find_entry(const uint8_t *table, size_t first, uint64_t count,
				 const uint8_t *guid)
{
	for (; count > 0 && first + ENTRY_BYTES <= TABLE_BYTES; count--) {
		if (memcmp(table + first, guid, GUID_BYTES) == 0)
			return table + first;
		first += ENTRY_BYTES;
	}
	return NULL;
}

static int read_table(struct blocks *inner, uint64_t offset, const char *signature,
		      uint8_t *table, struct error *err)
{
	if (offset > inner->size_bytes || inner->size_bytes - offset < TABLE_BYTES)
		return format_is_cut("vhdx", err);
	if (blocks_read(inner, offset, table, TABLE_BYTES, err) != 0)
		return -1;
	if (memcmp(table, signature, strlen(signature)) != 0)
		return error_set(err, ERROR_INPUT, "a table of the vhdx is damaged");
	return 0;
}

static int find_region(struct blocks *inner, const uint8_t *guid, struct place *out,
		       struct error *err)
{
	autofree uint8_t *table = mem_zero(TABLE_BYTES, 1);
	const uint8_t *entry;
	struct place place;

	if (read_table(inner, REGIONS_OFFSET, "regi", table, err) != 0)
		return -1;
	entry = find_entry(table, 16, format_le(table + 8, 4), guid);
	if (entry == NULL)
		return error_set(err, ERROR_INPUT, "the vhdx lacks a region");
	place.offset = format_le(entry + 16, 8);
	place.length = format_le(entry + 24, 4);
	if (place.offset > inner->size_bytes ||
	    place.length > inner->size_bytes - place.offset)
		return format_is_cut("vhdx", err);
	*out = place;
	return 0;
}

static int read_block_size(struct blocks *inner, uint64_t *out, struct error *err)
{
	autofree uint8_t *table = mem_zero(TABLE_BYTES, 1);
	struct place region = {0};
	uint8_t item[8];
	const uint8_t *entry;
	uint64_t offset;

	if (find_region(inner, metadata, &region, err) != 0 ||
	    read_table(inner, region.offset, "metadata", table, err) != 0)
		return -1;
	entry = find_entry(table, 32, format_le(table + 10, 2), parameters);
	offset = entry != NULL ? format_le(entry + 16, 4) : 0;
	if (entry == NULL || offset + sizeof(item) > region.length)
		return error_set(err, ERROR_INPUT,
				 "the metadata of the vhdx are damaged");
	if (blocks_read(inner, region.offset + offset, item, sizeof(item), err) != 0)
		return -1;
	if ((item[4] & HAS_PARENT) != 0)
		return error_set(
			err, ERROR_INPUT,
			"the vhdx stands on another file, which is not followed: "
			"make it one file by qemu-img convert");
	*out = format_le(item, 4);
	return 0;
}

/* Blocks that are there must be in the file: QEMU takes for zeros what is not. */
static int check_blocks(struct blocks *inner, struct error *err)
{
	autofree uint8_t *entries = mem_zero(TABLE_BYTES, 1);
	struct place region = {0};
	uint64_t block = 0, entry, done, i;
	size_t some;

	if (read_block_size(inner, &block, err) != 0 ||
	    find_region(inner, table_of_blocks, &region, err) != 0)
		return -1;
	for (done = 0; done < region.length; done += some) {
		some = region.length - done < TABLE_BYTES ? (size_t)(region.length - done)
							  : (size_t)TABLE_BYTES;
		if (blocks_read(inner, region.offset + done, entries, some, err) != 0)
			return -1;
		for (i = 0; i + 8 <= some; i += 8) {
			entry = format_le(entries + i, 8);
			if ((entry & STATE_MASK) < STATE_PRESENT)
				continue;
			entry = entry >> PLACE_SHIFT << PLACE_SHIFT;
			if (entry > inner->size_bytes ||
			    block > inner->size_bytes - entry)
				return format_is_cut("vhdx", err);
		}
	}
	return 0;
}

static int vhdx_open_blocks(struct blocks *inner, const struct format_context *context,
			    struct blocks **out, struct error *err)
{
	(void)context;
	if (check_blocks(inner, err) != 0)
		return -1;
	return nbd_open_blocks(inner, "vhdx", out, err);
}

const struct format format_vhdx = {
	.name = "vhdx",
	.probe = vhdx_probe,
	.open_blocks = vhdx_open_blocks,
	.needs_fd = true,
};
