/* SPDX-License-Identifier: GPL-2.0-or-later */
/* adapt_commit.c - where the edits of an adaptation lie on the disk, and in which order they are
 * brought there. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "flow/adapt.h"

enum { FILE_SECTOR_BYTES = 512 };

/* A part of the disk as a disk, for a logical volume that lies in pieces. */
struct piecemeal {
	struct sink sink;
	struct sink *disk;
	const struct parts *parts;
	const struct part *part;
};

/* Called for each piece of a range. @at: of the range; @place: of the disk */
typedef int piece_visit(uint64_t place, size_t at, size_t length, void *data,
			struct error *err);

static int visit_pieces(const struct parts *parts, const struct part *part,
			uint64_t offset, size_t length, piece_visit *visit, void *data,
			struct error *err)
{
	uint64_t piece = 0, place;
	size_t at;

	for (at = 0; at < length; at += (size_t)piece) {
		place = parts_locate(parts, part, offset + at, &piece);
		if (piece > length - at)
			piece = length - at;
		if (visit(place, at, (size_t)piece, data, err) != 0)
			return -1;
	}
	return 0;
}

/* A piece on its way: pieces need not be aligned in the buffer. */
struct transfer {
	struct sink *disk;
	char *into;	  /* read */
	const char *from; /* written */
};

static int read_piece(uint64_t place, size_t at, size_t length, void *data,
		      struct error *err)
{
	const struct transfer *transfer = data;
	autofree char *buffer = sink_buffer(length);

	if (sink_read(transfer->disk, place, buffer, length, err) != 0)
		return -1;
	memcpy(transfer->into + at, buffer, length);
	return 0;
}

static int write_piece(uint64_t place, size_t at, size_t length, void *data,
		       struct error *err)
{
	const struct transfer *transfer = data;
	autofree char *buffer = sink_buffer(length);

	memcpy(buffer, transfer->from + at, length);
	return sink_write(transfer->disk, place, buffer, length, err);
}

static int piecemeal_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
			  struct error *err)
{
	const struct piecemeal *it = (struct piecemeal *)sink;
	struct transfer transfer = {.disk = it->disk, .into = buffer};

	return visit_pieces(it->parts, it->part, offset, length, read_piece, &transfer,
			    err);
}

static int piecemeal_write(struct sink *sink, uint64_t offset, const void *buffer,
			   size_t length, struct error *err)
{
	const struct piecemeal *it = (struct piecemeal *)sink;
	struct transfer transfer = {.disk = it->disk, .from = buffer};

	return visit_pieces(it->parts, it->part, offset, length, write_piece, &transfer,
			    err);
}

static int piecemeal_flush(struct sink *sink, struct error *err)
{
	return sink_flush(((struct piecemeal *)sink)->disk, err);
}

static void piecemeal_close(struct sink *sink)
{
	(void)sink; /* adapt_commit has it in an array */
}

static const struct sink_ops piecemeal_ops = {
	.read = piecemeal_read,
	.write = piecemeal_write,
	.flush = piecemeal_flush,
	.close = piecemeal_close,
};

/* Who is given the ranges of one part. */
struct range_taker {
	const struct parts *parts;
	const struct part *part;
	edit_visit *visit;
	void *data;
	const char *bytes; /* of the range that is given just now */
};

static int give_piece(uint64_t place, size_t at, size_t length, void *data,
		      struct error *err)
{
	const struct range_taker *taker = data;

	return taker->visit(place, taker->bytes + at, length, taker->data, err);
}

static int take_range(uint64_t offset, const void *bytes, size_t length, void *data,
		      struct error *err)
{
	struct range_taker *taker = data;

	taker->bytes = bytes;
	return visit_pieces(taker->parts, taker->part, offset, length, give_piece, taker,
			    err);
}

static unsigned sector_of(const struct adapt *adapt)
{
	return adapt->disk->sector_bytes != 0 ? adapt->disk->sector_bytes
					      : FILE_SECTOR_BYTES;
}

/* The whole sectors that a write touches. */
static void widen(const struct fix_write *write, unsigned sector, uint64_t *start,
		  uint64_t *end)
{
	*start = write->offset / sector * sector;
	*end = (write->offset + write->length + sector - 1) / sector * sector;
}

/* Whether one of the first @count writes touches a sector too: it was given with that one. */
static bool is_given(const struct fix_writes *writes, size_t count, uint64_t place,
		     unsigned sector)
{
	uint64_t start, end;
	size_t i;

	for (i = 0; i < count; i++) {
		widen(&writes->list[i], sector, &start, &end);
		if (place >= start && place < end)
			return true;
	}
	return false;
}

static int give_sectors(struct adapt *adapt, uint64_t start, uint64_t end,
			edit_visit *visit, void *data, struct error *err)
{
	const size_t length = (size_t)(end - start);
	autofree char *bytes = mem_zero(1, length > 0 ? length : 1);

	if (length == 0)
		return 0;
	if (blocks_read(adapt->future, start, bytes, length, err) != 0)
		return -1;
	return visit(start, bytes, length, data, err);
}

static int give_write(struct adapt *adapt, size_t index, edit_visit *visit, void *data,
		      struct error *err)
{
	const struct fix_writes *writes = &adapt->fix.writes;
	const unsigned sector = sector_of(adapt);
	uint64_t start, end, from, at;

	widen(&writes->list[index], sector, &start, &end);
	for (from = at = start; at < end; at += sector) {
		if (!is_given(writes, index, at, sector))
			continue;
		if (give_sectors(adapt, from, at, visit, data, err) != 0)
			return -1;
		from = at + sector;
	}
	return give_sectors(adapt, from, end, visit, data, err);
}

static int boot_ranges(void *data, edit_visit *visit, void *visit_data, struct error *err)
{
	struct adapt *adapt = data;
	size_t i;

	for (i = 0; i < adapt->fix.writes.count; i++)
		if (give_write(adapt, i, visit, visit_data, err) != 0)
			return -1;
	return 0;
}

int adapt_ranges(struct adapt *adapt, edit_visit *visit, void *data, struct error *err)
{
	const struct parts *parts = &adapt->system.parts;
	size_t i;

	for (i = 0; i < parts->count; i++) {
		struct range_taker taker = {.parts = parts,
					    .part = &parts->list[i],
					    .visit = visit,
					    .data = data};

		if (edit_ranges_blocks(adapt->edits, parts->list[i].blocks, take_range,
				       &taker, err) != 0)
			return -1;
		if (adapt->esp != NULL &&
		    edit_ranges_blocks(adapt->esp, parts->list[i].blocks, take_range,
				       &taker, err) != 0)
			return -1;
	}
	return boot_ranges(adapt, visit, data, err);
}

static int all_ranges(void *data, edit_visit *visit, void *visit_data, struct error *err)
{
	return adapt_ranges(data, visit, visit_data, err);
}

/* @volumes: one for each part, for those that lie in pieces */
static void aim(struct adapt *adapt, const struct adapt_place *place,
		struct piecemeal *volumes)
{
	const struct parts *parts = &adapt->system.parts;
	size_t i;

	for (i = 0; i < parts->count; i++) {
		const struct part *part = &parts->list[i];
		struct edit_target target = {.sink = place->sink,
					     .beside = place->beside};

		if (part->name == NULL) {
			target.offset = part->partition != NULL
						? part->partition->start_bytes
						: 0;
		} else {
			volumes[i] = (struct piecemeal){
				.sink = {.ops = &piecemeal_ops,
					 .size_bytes = part->blocks->size_bytes,
					 .sector_bytes = place->sink->sector_bytes},
				.disk = place->sink,
				.parts = parts,
				.part = part};
			target.sink = &volumes[i].sink;
			target.beside = NULL; /* it would name places of the volume */
		}
		edit_aim_blocks(adapt->edits, part->blocks, &target);
		if (adapt->esp != NULL)
			edit_aim_blocks(adapt->esp, part->blocks, &target);
	}
}

/* Whether one journal is not enough. */
static bool is_spread(const struct adapt *adapt)
{
	const size_t esp = adapt->esp != NULL ? edit_spread(adapt->esp) : 0;

	return edit_spread(adapt->edits) + esp > 1 || adapt->fix.writes.count > 0;
}

static bool has_ranges(const struct adapt *adapt)
{
	return edit_has_ranges(adapt->edits) &&
	       (adapt->esp == NULL || edit_has_ranges(adapt->esp));
}

/* What is there already stays: the next adapt does the rest. */
static int fail_later(bool has_begun, const struct error *why, struct error *err)
{
	char text[512];

	if (has_begun)
		return error_set(err, ERROR_WRITTEN,
				 "%.180s; a part is written, run this again",
				 error_text(why, text, sizeof(text)));
	if (err != NULL)
		*err = *why;
	return -1;
}

static int commit_in_turn(struct adapt *adapt, const struct adapt_place *place,
			  struct error *err)
{
	const struct edit_target target = {.sink = place->sink, .beside = place->beside};
	bool has_begun = edit_count(adapt->edits) > 0;
	struct error why = {0};

	if (edit_commit(adapt->edits, err) != 0)
		return -1;
	if (adapt->esp != NULL && edit_commit(adapt->esp, &why) != 0)
		return fail_later(has_begun, &why, err);
	has_begun = has_begun || (adapt->esp != NULL && edit_count(adapt->esp) > 0);
	if (adapt->fix.writes.count > 0 &&
	    edit_write_ranges(&target, boot_ranges, adapt, &why) != 0)
		return fail_later(has_begun, &why, err);
	return 0;
}

int adapt_commit(struct adapt *adapt, const struct adapt_place *place, struct error *err)
{
	autofree struct piecemeal *volumes =
		mem_zero(adapt->system.parts.count + 1, sizeof(*volumes));
	const struct edit_target whole = {.sink = place->sink, .beside = place->beside};

	if (adapt_is_empty(adapt))
		return 0;
	if (place->is_file && is_spread(adapt) && has_ranges(adapt))
		return edit_write_ranges(&whole, all_ranges, adapt, err);
	aim(adapt, place, volumes);
	return commit_in_turn(adapt, place, err);
}
