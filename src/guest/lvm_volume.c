/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lvm_volume.c - how a logical volume's extents lie on physical ones: what the device mapper's
 * targets "linear" and "striped" do.
 * Format: the metadata's own text (vgcfgbackup(8)). */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "guest/lvm.h"
#include "guest/lvm_group.h"

enum { SEGMENTS_MOST = 100000, STRIPES_MOST = 128 };

/* A part of a logical volume: stripes of equal length side by side; a linear one has one. */
struct segment {
	uint64_t start, length; /* in the volume, bytes */
	uint64_t stripe_bytes;	/* how much lies in a stripe before the next one's turn */
	size_t stripe_count;
	struct stripe {
		struct blocks *blocks;
		uint64_t offset;
	} * stripes;
};

struct volume {
	struct blocks blocks;
	struct segment *segments; /* in order, without gaps */
	size_t count;
};

static struct segment *segment_at(struct volume *volume, uint64_t offset)
{
	size_t low = 0, high = volume->count - 1, middle;

	while (low < high) {
		middle = low + (high - low + 1) / 2;
		if (volume->segments[middle].start <= offset)
			low = middle;
		else
			high = middle - 1;
	}
	return &volume->segments[low];
}

/* Where a byte lies, and how many behind it lie there too. */
static struct blocks *locate(struct volume *volume, uint64_t offset, uint64_t *out_at,
			     uint64_t *out_length)
{
	const struct segment *segment = segment_at(volume, offset);
	const uint64_t inside = offset - segment->start;
	const uint64_t turn = inside / segment->stripe_bytes;
	const uint64_t in_stripe = inside % segment->stripe_bytes;
	const struct stripe *stripe = &segment->stripes[turn % segment->stripe_count];

	*out_at = stripe->offset + turn / segment->stripe_count * segment->stripe_bytes +
		  in_stripe;
	*out_length = segment->stripe_bytes - in_stripe;
	if (*out_length > segment->length - inside)
		*out_length = segment->length - inside;
	return stripe->blocks;
}

const struct blocks *lvm_locate(struct blocks *volume, uint64_t offset, uint64_t *out_at,
				uint64_t *out_length)
{
	return locate((struct volume *)volume, offset, out_at, out_length);
}

static int volume_read(struct blocks *blocks, uint64_t offset, void *buffer,
		       size_t length, struct error *err)
{
	struct volume *volume = (struct volume *)blocks;
	char *place = buffer;
	uint64_t at = 0, part = 0;

	while (length > 0) {
		struct blocks *from = locate(volume, offset, &at, &part);

		if (part > length)
			part = length;
		if (blocks_read(from, at, place, (size_t)part, err) != 0)
			return -1;
		offset += part;
		place += part;
		length -= (size_t)part;
	}
	return 0;
}

static int volume_extent(struct blocks *blocks, uint64_t offset,
			 struct blocks_extent *out, struct error *err)
{
	uint64_t at = 0, part = 0;
	struct blocks *from = locate((struct volume *)blocks, offset, &at, &part);

	if (blocks_extent_at(from, at, out, err) != 0)
		return -1;
	if (out->length_bytes > part)
		out->length_bytes = part;
	return 0;
}

static void volume_close(struct blocks *blocks)
{
	struct volume *volume = (struct volume *)blocks;
	size_t i;

	for (i = 0; i < volume->count; i++)
		free(volume->segments[i].stripes);
	free(volume->segments);
	free(volume);
}

static const struct blocks_ops volume_ops = {
	.read = volume_read,
	.extent = volume_extent,
	.close = volume_close,
};

/* Whether a uuid of the text, which has dashes, is that of a header. */
static bool is_same_uuid(const char *text, const char *uuid)
{
	size_t i = 0;

	for (; *text != '\0' && i < LVM_UUID_BYTES; text++)
		if (*text != '-' && *text != uuid[i++])
			return false;
	return i == LVM_UUID_BYTES && *text == '\0';
}

/* Finds a physical volume by the name that the text gives it. */
static struct blocks *find_physical(const struct lvm *lvm, size_t section)
{
	const char *uuid = lvm_text_word(&lvm->text, section, "id");
	size_t i;

	for (i = 0; uuid != NULL && i < lvm->physical_count; i++)
		if (is_same_uuid(uuid, lvm->physicals[i].uuid))
			return lvm->physicals[i].blocks;
	return NULL;
}

/* Fills a stripe: the text has a physical volume's name and an extent in it. */
static int read_stripe(const struct lvm *lvm, const char *name, const char *extent,
		       uint64_t length, struct stripe *out, struct error *err)
{
	const struct lvm_text *text = &lvm->text;
	const size_t physicals = lvm_text_find(text, lvm->group, "physical_volumes");
	const size_t section = physicals != 0 ? lvm_text_find(text, physicals, name) : 0;
	uint64_t start = 0, number = 0, offset;
	struct blocks *blocks;

	if (section == 0 || lvm_text_number(text, section, "pe_start", &start, err) != 0)
		return lvm_damaged("a volume lies on a physical one that is not named",
				   err);
	blocks = find_physical(lvm, section);
	if (blocks == NULL)
		return error_set(err, ERROR_PARTIAL,
				 "physical volume %s of group %s is not here", name,
				 lvm_group(lvm));
	if (num_parse_uint(extent, "extent", 0, UINT32_MAX, &number, err) != 0 ||
	    start > UINT64_MAX / 2 / LVM_SECTOR_BYTES ||
	    __builtin_mul_overflow(number, lvm->extent_bytes, &offset) ||
	    __builtin_add_overflow(offset, start * LVM_SECTOR_BYTES, &offset) ||
	    offset > blocks->size_bytes || length > blocks->size_bytes - offset)
		return lvm_damaged("a volume leads out of its physical one", err);
	*out = (struct stripe){.blocks = blocks, .offset = offset};
	return 0;
}

static int read_stripes(const struct lvm *lvm, size_t section, struct segment *segment,
			struct error *err)
{
	const struct lvm_text *text = &lvm->text;
	const size_t list = lvm_text_find(text, section, "stripes");
	size_t i;

	for (i = 0; i < segment->stripe_count; i++) {
		const size_t name = list != 0 ? lvm_text_child(text, list, 2 * i) : 0;
		const size_t extent =
			list != 0 ? lvm_text_child(text, list, 2 * i + 1) : 0;

		if (name == 0 || extent == 0 || text->nodes[name].text == NULL ||
		    text->nodes[extent].text == NULL)
			return lvm_damaged("a stripe is missing", err);
		if (read_stripe(lvm, text->nodes[name].text, text->nodes[extent].text,
				segment->length / segment->stripe_count,
				&segment->stripes[i], err) != 0)
			return -1;
	}
	return 0;
}

/* Reads a segment that begins where the one before has ended. */
static int read_segment(const struct lvm *lvm, size_t section, struct segment *out,
			struct error *err)
{
	const struct lvm_text *text = &lvm->text;
	const char *type = lvm_text_word(text, section, "type");
	uint64_t start = 0, extents = 0, stripes = 0, sectors = 0;

	if (type == NULL || strcmp(type, "striped") != 0)
		return error_set(err, ERROR_PARTIAL,
				 "a volume of kind '%s' is mapped by the kernel alone",
				 type != NULL ? type : "?");
	if (lvm_text_number(text, section, "start_extent", &start, err) != 0 ||
	    lvm_text_number(text, section, "extent_count", &extents, err) != 0 ||
	    lvm_text_number(text, section, "stripe_count", &stripes, err) != 0)
		return -1;
	if (stripes > 1 &&
	    lvm_text_number(text, section, "stripe_size", &sectors, err) != 0)
		return -1;
	if (extents == 0 || stripes == 0 || stripes > STRIPES_MOST ||
	    sectors > UINT32_MAX || (stripes > 1 && sectors == 0) ||
	    extents % stripes != 0 ||
	    __builtin_mul_overflow(extents, lvm->extent_bytes, &out->length) ||
	    __builtin_mul_overflow(start, lvm->extent_bytes, &start) ||
	    start != out->start || out->start > UINT64_MAX - out->length)
		return lvm_damaged("a segment has wrong sizes", err);
	out->stripe_count = (size_t)stripes;
	out->stripe_bytes = stripes > 1 ? sectors * LVM_SECTOR_BYTES : out->length;
	out->stripes = mem_zero(out->stripe_count, sizeof(*out->stripes));
	return read_stripes(lvm, section, out, err);
}

static int read_segments(const struct lvm *lvm, size_t section, struct volume *volume,
			 struct error *err)
{
	uint64_t count = 0, end = 0, i;
	char name[32];
	size_t place;

	if (lvm_text_number(&lvm->text, section, "segment_count", &count, err) != 0)
		return -1;
	if (count == 0 || count > SEGMENTS_MOST)
		return lvm_damaged("the number of segments", err);
	volume->segments = mem_zero((size_t)count, sizeof(*volume->segments));
	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "segment%" PRIu64, i + 1);
		place = lvm_text_find(&lvm->text, section, name);
		if (place == 0)
			return lvm_damaged("a segment is missing", err);
		volume->count = (size_t)i + 1;
		volume->segments[i].start = end;
		if (read_segment(lvm, place, &volume->segments[i], err) != 0)
			return -1;
		end += volume->segments[i].length;
	}
	volume->blocks.size_bytes = end;
	return 0;
}

/* Where all of a volume lies in one piece of a file, it has that file's descriptor. */
static void set_descriptor(struct volume *volume)
{
	const struct segment *first = &volume->segments[0];
	const struct blocks *under = first->stripes[0].blocks;

	volume->blocks.fd = -1;
	volume->blocks.sector_bytes = under->sector_bytes;
	if (volume->count == 1 && first->stripe_count == 1 && under->fd >= 0) {
		volume->blocks.fd = under->fd;
		volume->blocks.fd_offset = under->fd_offset + first->stripes[0].offset;
	}
}

int lvm_open_volume(struct lvm *lvm, const char *name, struct blocks **out,
		    struct error *err)
{
	const size_t section =
		lvm->volumes != 0 ? lvm_text_find(&lvm->text, lvm->volumes, name) : 0;
	struct volume *volume;

	if (section == 0)
		return error_set(err, ERROR_INPUT, "group %s has no volume '%s'",
				 lvm_group(lvm), name);
	volume = mem_zero(1, sizeof(*volume));
	volume->blocks.ops = &volume_ops;
	if (read_segments(lvm, section, volume, err) != 0) {
		volume_close(&volume->blocks);
		return error_frame(err, "%s/%s", lvm_group(lvm), name);
	}
	set_descriptor(volume);
	*out = &volume->blocks;
	return 0;
}
