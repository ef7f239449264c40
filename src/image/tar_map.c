/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tar_map.c - which parts of a sparse file are stored. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/tar.h"

enum {
	NUMBER_BYTES = 12,
	ENTRY_BYTES = 2 * NUMBER_BYTES,
	HEADER_MAP = 386,
	HEADER_ENTRIES = 4,
	HEADER_GOES_ON = 482,
	HEADER_REAL_SIZE = 483,
	NEXT_ENTRIES = 21,
	NEXT_GOES_ON = 504,
	DIGITS_MOST = 19,
};

#define SIZE_MOST ((uint64_t)INT64_MAX)

static int damaged(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "the tar archive has a wrong map of a sparse file");
}

/* Runs ascend, do not overlap, and lie inside. Empty ones only tell the end. */
static int add_run(struct tar_member *member, uint64_t offset, uint64_t length,
		   struct error *err)
{
	const struct tar_run *last =
		member->run_count > 0 ? &member->runs[member->run_count - 1] : NULL;
	const uint64_t least = last != NULL ? last->offset + last->length : 0;

	if (offset < least || offset > member->size_bytes ||
	    length > member->size_bytes - offset)
		return damaged(err);
	if (length == 0)
		return 0;
	if (member->run_count == TAR_RUNS_MOST)
		return error_set(
			err, ERROR_INPUT,
			"a sparse file in the tar archive has more than %d parts",
			TAR_RUNS_MOST);
	member->runs = mem_grow(member->runs, member->run_count, sizeof(*member->runs));
	member->runs[member->run_count++] = (struct tar_run){offset, length};
	member->stored_bytes += length;
	return 0;
}

static int add_entries(struct tar_member *member, const uint8_t *entries, unsigned count,
		       struct error *err)
{
	uint64_t offset, length;
	unsigned i;

	for (i = 0; i < count; i++, entries += ENTRY_BYTES) {
		if (entries[0] == '\0' && entries[NUMBER_BYTES] == '\0')
			break;
		if (tar_number(entries, NUMBER_BYTES, &offset, err) != 0 ||
		    tar_number(entries + NUMBER_BYTES, NUMBER_BYTES, &length, err) != 0 ||
		    add_run(member, offset, length, err) != 0)
			return -1;
	}
	return 0;
}

static int read_block(struct stream *in, uint8_t *block, struct error *err)
{
	size_t length;

	if (stream_read(in, block, TAR_BLOCK, &length, err) != 0)
		return -1;
	return length == TAR_BLOCK ? 0 : damaged(err);
}

static int read_old_map(struct stream *in, const uint8_t *header,
			struct tar_member *member, struct error *err)
{
	uint8_t block[TAR_BLOCK];
	bool goes_on = header[HEADER_GOES_ON] != 0;
	unsigned blocks;

	if (tar_number(header + HEADER_REAL_SIZE, NUMBER_BYTES, &member->size_bytes,
		       err) != 0 ||
	    add_entries(member, header + HEADER_MAP, HEADER_ENTRIES, err) != 0)
		return -1;
	for (blocks = 0; goes_on; blocks++) {
		if (blocks > TAR_RUNS_MOST / NEXT_ENTRIES)
			return damaged(err);
		if (read_block(in, block, err) != 0 ||
		    add_entries(member, block, NEXT_ENTRIES, err) != 0)
			return -1;
		goes_on = block[NEXT_GOES_ON] != 0;
	}
	return 0;
}

int tar_read_old_map(struct stream *in, const uint8_t *header, struct tar_member *out,
		     struct error *err)
{
	struct tar_member member = {.is_sparse = true};

	if (read_old_map(in, header, &member, err) != 0) {
		free(member.runs);
		return -1;
	}
	*out = member;
	return 0;
}

/* The map of form 1.0: decimal numbers, one a line, in whole blocks. */
struct lines {
	struct stream *in;
	size_t next; /* TAR_BLOCK: a block is to be read */
	uint64_t blocks;
	uint8_t block[TAR_BLOCK];
};

static int read_line(struct lines *lines, uint64_t *out, struct error *err)
{
	uint64_t value = 0;
	int digits = 0;
	uint8_t byte;

	for (;;) {
		if (lines->next == TAR_BLOCK) {
			if (read_block(lines->in, lines->block, err) != 0)
				return -1;
			lines->next = 0;
			lines->blocks++;
		}
		byte = lines->block[lines->next++];
		if (byte == '\n' && digits > 0)
			break;
		if (byte < '0' || byte > '9' || digits++ == DIGITS_MOST)
			return damaged(err);
		value = value * 10 + (uint64_t)(byte - '0');
	}
	if (value > SIZE_MOST)
		return damaged(err);
	*out = value;
	return 0;
}

static int read_pax_map(struct lines *lines, struct tar_member *member, struct error *err)
{
	uint64_t count, offset, length;

	if (read_line(lines, &count, err) != 0)
		return -1;
	if (count > TAR_RUNS_MOST)
		return damaged(err);
	while (count-- > 0)
		if (read_line(lines, &offset, err) != 0 ||
		    read_line(lines, &length, err) != 0 ||
		    add_run(member, offset, length, err) != 0)
			return -1;
	return 0;
}

int tar_read_pax_map(struct stream *in, uint64_t size_bytes, uint64_t stored,
		     struct tar_member *out, struct error *err)
{
	struct tar_member member = {.size_bytes = size_bytes, .is_sparse = true};
	struct lines lines = {.in = in, .next = TAR_BLOCK};
	int result = read_pax_map(&lines, &member, err);

	if (result == 0 && (stored < lines.blocks * TAR_BLOCK ||
			    stored - lines.blocks * TAR_BLOCK != member.stored_bytes))
		result = damaged(err);
	if (result != 0) {
		free(member.runs);
		return -1;
	}
	*out = member;
	return 0;
}
