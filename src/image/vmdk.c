/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmdk.c - VMware's disks in one file: sparse and streamOptimized, read by QEMU. The text in
 * such a file may name other files, and QEMU would open them: it is looked at first.
 * Source: VMware, "Virtual Disk Format 5.0". */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "image/nbd.h"

enum {
	SECTOR_BYTES = 512,
	HEADER_BYTES = 79,
	CAPACITY_OFFSET = 12,
	TEXT_OFFSET = 28,
	TEXT_SIZE = 36,
	TEXT_MOST_SECTORS = 128,
	/* QEMU looks for a parent here, whatever the header says */
	FIXED_OFFSET = 512,
	FIXED_BYTES = 20 * SECTOR_BYTES,
	GRAIN_OFFSET = 20,
	TABLES_OFFSET = 56,
	TABLE_ENTRIES = 512,  /* grains a table */
	GRAIN_MOST = 1 << 16, /* sectors */
	TABLES_MOST = 1 << 16,
};

#define ADVICE "make it one file by qemu-img convert"

static const char *const kinds[] = {
	"createType=\"monolithicSparse\"",
	"createType=\"streamOptimized\"",
};

/* Read text that may be anywhere, with a NUL behind it. */
static int read_text(struct blocks *inner, uint64_t offset, size_t length, char **out,
		     struct error *err)
{
	char *text;

	if (offset > inner->size_bytes)
		return error_set(err, ERROR_INPUT,
				 "the vmdk's descriptor lies outside of the file");
	if (length > inner->size_bytes - offset)
		length = (size_t)(inner->size_bytes - offset);
	text = mem_zero(length + 1, 1);
	if (blocks_read(inner, offset, text, length, err) != 0) {
		free(text);
		return -1;
	}
	*out = text;
	return 0;
}

static int check_fixed(struct blocks *inner, struct error *err)
{
	autofree char *text = NULL;

	if (read_text(inner, FIXED_OFFSET, FIXED_BYTES, &text, err) != 0)
		return -1;
	if (memmem(text,
		   FIXED_BYTES < inner->size_bytes - FIXED_OFFSET
			   ? (size_t)FIXED_BYTES
			   : (size_t)(inner->size_bytes - FIXED_OFFSET),
		   "parentFileNameHint", 18) != NULL)
		return error_set(err, ERROR_INPUT,
				 "the vmdk has a parent file, which is not "
				 "followed: " ADVICE);
	return 0;
}

/* Lines that name extents: "RW 2048 SPARSE "name"". */
static unsigned count_extents(const char *text)
{
	static const char *const starts[] = {"RW ", "RDONLY ", "NOACCESS "};
	unsigned count = 0;
	size_t i;

	while (*text != '\0') {
		text += strspn(text, " \t\r\n");
		for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			count += strncmp(text, starts[i], strlen(starts[i])) == 0;
		text += strcspn(text, "\n");
	}
	return count;
}

static int check_text(const char *text, const char **out_kind, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(text, kinds[i]) != NULL)
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]) || count_extents(text) != 1)
		return error_set(err, ERROR_INPUT,
				 "the vmdk is of a kind that names other files, which "
				 "are not followed: " ADVICE);
	if (strstr(text, "parentFileNameHint") != NULL)
		return error_set(err, ERROR_INPUT,
				 "the vmdk has a parent file, which is not "
				 "followed: " ADVICE);
	*out_kind = i == 0 ? "sparse" : "streamOptimized";
	return 0;
}

static int check_header(struct blocks *inner, const char **out_kind, struct error *err)
{
	autofree char *text = NULL;
	uint8_t header[HEADER_BYTES];
	uint64_t offset, sectors;

	if (blocks_read(inner, 0, header, sizeof(header), err) != 0)
		return -1;
	offset = format_le(header + TEXT_OFFSET, 8);
	sectors = format_le(header + TEXT_SIZE, 8);
	/* without a capacity QEMU takes the text for the whole description */
	if (format_le(header + CAPACITY_OFFSET, 8) == 0 || offset == 0 ||
	    offset > inner->size_bytes / SECTOR_BYTES || sectors == 0 ||
	    sectors > TEXT_MOST_SECTORS)
		return error_set(err, ERROR_INPUT,
				 "the vmdk is a part of a disk in several files, or "
				 "damaged: " ADVICE);
	if (read_text(inner, offset * SECTOR_BYTES, (size_t)sectors * SECTOR_BYTES, &text,
		      err) != 0)
		return -1;
	return check_text(text, out_kind, err);
}

/* What is looked for in the tables of grains. */
struct grains {
	bool is_packed;	  /* compressed: of any length, behind a marker */
	uint64_t sectors; /* of each, where they are not */
	uint64_t last;	  /* the one that lies last */
};

/* Grains of a table must be in the file: QEMU takes for zeros what is not. */
static int check_table(struct blocks *inner, uint64_t sector, struct grains *grains,
		       struct error *err)
{
	const uint64_t sectors = inner->size_bytes / SECTOR_BYTES;
	const uint64_t length = grains->is_packed ? 1 : grains->sectors;
	uint8_t entries[TABLE_ENTRIES * 4];
	uint64_t place;
	size_t i;

	if (sector > sectors || sectors - sector < sizeof(entries) / SECTOR_BYTES)
		return format_is_cut("vmdk", err);
	if (blocks_read(inner, sector * SECTOR_BYTES, entries, sizeof(entries), err) != 0)
		return -1;
	for (i = 0; i < TABLE_ENTRIES; i++) {
		place = format_le(entries + 4 * i, 4);
		/* 0: not there, 1: zeros */
		if (place > 1 && (place > sectors || length > sectors - place))
			return format_is_cut("vmdk", err);
		if (place > grains->last)
			grains->last = place;
	}
	return 0;
}

/* The marker of a compressed grain: the sector on the disk, and how many bytes follow. */
static int check_last(struct blocks *inner, const struct grains *grains,
		      struct error *err)
{
	const uint64_t offset = grains->last * SECTOR_BYTES;
	uint8_t marker[12];

	if (!grains->is_packed || grains->last <= 1)
		return 0;
	if (blocks_read(inner, offset, marker, sizeof(marker), err) != 0)
		return -1;
	if (format_le(marker + 8, 4) > inner->size_bytes - offset - sizeof(marker))
		return format_is_cut("vmdk", err);
	return 0;
}

static int check_tables(struct blocks *inner, struct grains *grains, uint64_t start,
			uint64_t count, struct error *err)
{
	uint8_t entry[4];
	uint64_t sector, i;

	if (start > inner->size_bytes / SECTOR_BYTES)
		return format_is_cut("vmdk", err);
	for (i = 0; i < count; i++) {
		if (start * SECTOR_BYTES + 4 * i + 4 > inner->size_bytes)
			return format_is_cut("vmdk", err);
		if (blocks_read(inner, start * SECTOR_BYTES + 4 * i, entry, 4, err) != 0)
			return -1;
		sector = format_le(entry, 4);
		if (sector != 0 && check_table(inner, sector, grains, err) != 0)
			return -1;
	}
	return check_last(inner, grains, err);
}

static int check_length(struct blocks *inner, bool is_packed, struct error *err)
{
	struct grains grains = {.is_packed = is_packed};
	uint8_t header[HEADER_BYTES];
	uint64_t start, count;

	if (blocks_read(inner, 0, header, sizeof(header), err) != 0)
		return -1;
	grains.sectors = format_le(header + GRAIN_OFFSET, 8);
	start = format_le(header + TABLES_OFFSET, 8);
	if (grains.sectors == 0 || grains.sectors > GRAIN_MOST)
		return error_set(err, ERROR_INPUT, "the vmdk has a wrong grain size");
	count = (format_le(header + CAPACITY_OFFSET, 8) - 1) /
			(grains.sectors * TABLE_ENTRIES) +
		1;
	if (count > TABLES_MOST)
		return error_set(err, ERROR_INPUT, "the vmdk is too large");
	/* the tables stand at the end, behind a footer that QEMU looks for */
	if (is_packed && start == UINT64_MAX)
		return 0;
	return check_tables(inner, &grains, start, count, err);
}

static int vmdk_open_blocks(struct blocks *inner, const struct format_context *context,
			    struct blocks **out, struct error *err)
{
	const char *kind = "";

	if (inner->size_bytes <= FIXED_OFFSET)
		return error_set(err, ERROR_INPUT, "the vmdk is cut");
	if (check_header(inner, &kind, err) != 0 || check_fixed(inner, err) != 0)
		return -1;
	if (check_length(inner, strcmp(kind, "sparse") != 0, err) != 0)
		return -1;
	(void)snprintf(context->detail, FORMAT_DETAIL_BYTES, "%s", kind);
	return nbd_open_blocks(inner, "vmdk", out, err);
}

static bool vmdk_probe(const struct format_view *view)
{
	return view->head_bytes >= HEADER_BYTES && memcmp(view->head, "KDMV", 4) == 0;
}

const struct format format_vmdk = {
	.name = "vmdk",
	.probe = vmdk_probe,
	.open_blocks = vmdk_open_blocks,
	.needs_fd = true,
};
