/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvm.c - LVM2: where the label, the physical volume's header and the metadata lie.
 * Format: lvm2's own description of it (lib/format_text/layout.h, lib/label/label.h as
 * documentation), and the text itself (vgcfgbackup(8)). */
#define _GNU_SOURCE
#include "guest/lvm.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "guest/lvm_group.h"

enum { LABEL_SECTORS = 4, AREAS_MOST = 64, METADATA_MOST = 16 << 20, RAW_IGNORED = 1 };

static const char area_magic[16] = " LVM2 x[5A%r0N*>";

static uint64_t le64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

static uint32_t le32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return le32toh(value);
}

/* The CRC-32 of Ethernet, begun with LVM's own value and not inverted. */
static uint32_t checksum(uint32_t value, const void *bytes, size_t length)
{
	const unsigned char *place = bytes;
	int bit;

	while (length-- > 0) {
		value ^= *place++;
		for (bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (0xedb88320u & (0u - (value & 1u)));
	}
	return value;
}

static const uint32_t checksum_start = 0xf597a6cf;

/* Finds the label. @out: its sector. Returns whether there is one. */
static bool find_label(struct blocks *blocks, unsigned char *out)
{
	unsigned i;

	for (i = 0; i < LABEL_SECTORS; i++) {
		if (blocks_read(blocks, (uint64_t)i * LVM_SECTOR_BYTES, out,
				LVM_SECTOR_BYTES, NULL) != 0)
			return false;
		if (memcmp(out, "LABELONE", 8) == 0 &&
		    memcmp(out + 24, "LVM2 001", 8) == 0 && le64(out + 8) == i)
			return true;
	}
	return false;
}

bool lvm_is_physical(struct blocks *blocks)
{
	unsigned char label[LVM_SECTOR_BYTES];

	return find_label(blocks, label);
}

/* What a label tells: the uuid, and where the metadata areas lie. */
struct label {
	char uuid[LVM_UUID_BYTES];
	uint64_t areas[AREAS_MOST];
	size_t count;
};

/* Reads the header: uuid, size, a list of data areas and one of metadata areas, each of which
 * ends in a zero. */
static int read_label(struct blocks *blocks, struct label *out, struct error *err)
{
	unsigned char sector[LVM_SECTOR_BYTES];
	bool is_metadata = false;
	size_t at;

	*out = (struct label){.count = 0};
	if (!find_label(blocks, sector))
		return error_set(err, ERROR_INPUT, "no physical volume of LVM lies here");
	if (checksum(checksum_start, sector + 20, LVM_SECTOR_BYTES - 20) !=
	    le32(sector + 16))
		return lvm_damaged("its label has a wrong checksum", err);
	at = le32(sector + 20);
	if (at < 32 || at > LVM_SECTOR_BYTES - LVM_UUID_BYTES - 8)
		return lvm_damaged("its label leads out of its sector", err);
	memcpy(out->uuid, sector + at, LVM_UUID_BYTES);
	for (at += LVM_UUID_BYTES + 8; at + 16 <= LVM_SECTOR_BYTES; at += 16) {
		if (le64(sector + at) == 0 && is_metadata)
			return 0;
		if (le64(sector + at) == 0)
			is_metadata = true;
		else if (is_metadata && out->count < AREAS_MOST)
			out->areas[out->count++] = le64(sector + at);
	}
	return lvm_damaged("its header has no end", err);
}

/* Where a text lies in its metadata area, which goes round behind its first sector. */
struct place {
	uint64_t start, size; /* of the area */
	uint64_t offset, length;
	uint32_t checksum;
	bool is_ignored; /* other physical volumes of the group have the text */
};

static int read_head(struct blocks *blocks, uint64_t start, struct place *out,
		     struct error *err)
{
	unsigned char head[LVM_SECTOR_BYTES];

	if (blocks_read(blocks, start, head, sizeof(head), err) != 0)
		return -1;
	if (memcmp(head + 4, area_magic, sizeof(area_magic)) != 0 ||
	    checksum(checksum_start, head + 4, LVM_SECTOR_BYTES - 4) != le32(head))
		return lvm_damaged("a metadata area has a wrong checksum", err);
	*out = (struct place){.start = start,
			      .size = le64(head + 32),
			      .offset = le64(head + 40),
			      .length = le64(head + 48),
			      .checksum = le32(head + 56),
			      .is_ignored = (le32(head + 60) & RAW_IGNORED) != 0};
	return 0;
}

/* Without a text the group, if there is one, has its metadata elsewhere. */
static int has_none(struct error *err)
{
	return error_set(err, ERROR_PARTIAL,
			 "a physical volume of LVM holds no metadata of its group");
}

static int read_area(struct blocks *blocks, uint64_t start, struct place *out,
		     struct error *err)
{
	if (read_head(blocks, start, out, err) != 0)
		return -1;
	if (out->offset == 0 || out->is_ignored)
		return has_none(err);
	if (out->size <= LVM_SECTOR_BYTES || out->size > blocks->size_bytes ||
	    out->offset < LVM_SECTOR_BYTES || out->offset >= out->size ||
	    out->length == 0 || out->length > METADATA_MOST ||
	    out->length > out->size - LVM_SECTOR_BYTES)
		return lvm_damaged("a metadata area leads out of itself", err);
	return 0;
}

bool lvm_is_unused(struct blocks *blocks)
{
	struct label label = {.count = 0};
	struct place place = {0};
	size_t i;

	if (read_label(blocks, &label, NULL) != 0)
		return false;
	for (i = 0; i < label.count; i++)
		if (read_head(blocks, label.areas[i], &place, NULL) != 0 ||
		    place.offset != 0 || place.is_ignored)
			return false;
	return label.count > 0;
}

static int read_text(struct blocks *blocks, const struct place *place, char **out,
		     struct error *err)
{
	autofree char *text = mem_zero((size_t)place->length + 1, 1);
	const uint64_t room = place->size - place->offset;
	const size_t first = (size_t)(place->length < room ? place->length : room);

	if (blocks_read(blocks, place->start + place->offset, text, first, err) != 0 ||
	    blocks_read(blocks, place->start + LVM_SECTOR_BYTES, text + first,
			(size_t)place->length - first, err) != 0)
		return -1;
	if (checksum(checksum_start, text, (size_t)place->length) != place->checksum)
		return lvm_damaged("its metadata has a wrong checksum", err);
	*out = text;
	text = NULL;
	return 0;
}

/* Reads the metadata from the first area that is whole. */
static int read_metadata(struct lvm *lvm, const struct label *label, struct error *err)
{
	struct blocks *blocks = lvm->physicals[0].blocks;
	struct place place = {0};
	size_t i;

	if (label->count == 0)
		return has_none(err);
	for (i = 0; i < label->count; i++) {
		autofree char *text = NULL;

		if (read_area(blocks, label->areas[i], &place, err) == 0 &&
		    read_text(blocks, &place, &text, err) == 0)
			return lvm_text_parse(text, &lvm->text, err);
	}
	return -1; /* the reason is that of the last one */
}

/* Finds the section of the group: the only one at the top. */
static int find_group(struct lvm *lvm, struct error *err)
{
	uint64_t sectors = 0;
	size_t i, place;

	for (i = 0; (place = lvm_text_child(&lvm->text, 0, i)) != 0; i++)
		if (lvm_text_find(&lvm->text, place, "extent_size") != 0)
			break;
	if (place == 0)
		return lvm_damaged("its metadata names no group", err);
	lvm->group = place;
	lvm->volumes = lvm_text_find(&lvm->text, place, "logical_volumes");
	if (lvm_text_number(&lvm->text, place, "extent_size", &sectors, err) != 0)
		return -1;
	if (sectors == 0 || sectors > UINT32_MAX)
		return lvm_damaged("the size of its extents", err);
	lvm->extent_bytes = sectors * LVM_SECTOR_BYTES;
	return 0;
}

static int read_physicals(struct lvm *lvm, struct blocks *const *physicals, size_t count,
			  struct label *first, struct error *err)
{
	struct label label = {.count = 0};
	size_t i;

	for (i = 0; i < count && i < LVM_PHYSICALS_MOST; i++) {
		if (read_label(physicals[i], &label, err) != 0)
			return -1;
		if (i == 0)
			*first = label;
		lvm->physicals[i].blocks = physicals[i];
		memcpy(lvm->physicals[i].uuid, label.uuid, LVM_UUID_BYTES);
		lvm->physical_count++;
	}
	return 0;
}

int lvm_open(struct blocks *const *physicals, size_t count, struct lvm **out,
	     struct error *err)
{
	struct lvm *lvm = mem_zero(1, sizeof(*lvm));
	struct label label = {.count = 0};

	if (read_physicals(lvm, physicals, count, &label, err) != 0 ||
	    read_metadata(lvm, &label, err) != 0 || find_group(lvm, err) != 0) {
		lvm_close(lvm);
		return -1;
	}
	*out = lvm;
	return 0;
}

int lvm_damaged(const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "a physical volume of LVM is damaged: %s",
			 what);
}

const char *lvm_group(const struct lvm *lvm)
{
	return lvm->text.nodes[lvm->group].name;
}

static bool has_word(const struct lvm_text *text, size_t list, const char *word)
{
	size_t i, place;

	for (i = 0; list != 0 && (place = lvm_text_child(text, list, i)) != 0; i++)
		if (text->nodes[place].text != NULL &&
		    strcmp(text->nodes[place].text, word) == 0)
			return true;
	return false;
}

const char *lvm_volume(const struct lvm *lvm, size_t index)
{
	const struct lvm_text *text = &lvm->text;
	size_t i, place;

	for (i = 0;
	     lvm->volumes != 0 && (place = lvm_text_child(text, lvm->volumes, i)) != 0;
	     i++)
		if (has_word(text, lvm_text_find(text, place, "status"), "VISIBLE") &&
		    index-- == 0)
			return text->nodes[place].name;
	return NULL;
}

void lvm_close(struct lvm *lvm)
{
	if (lvm == NULL)
		return;
	lvm_text_clear(&lvm->text);
	free(lvm);
}
