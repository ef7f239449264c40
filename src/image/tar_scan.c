/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tar_scan.c - go through the members. Names mean nothing here: an image is what is long
 * enough for a disk, or what has the mark of an image format. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "image/tar.h"

enum {
	SIZE_OFFSET = 124,
	SIZE_BYTES = 12,
	SUM_OFFSET = 148,
	SUM_BYTES = 8,
	TYPE_OFFSET = 156,
	BASE_256 = 0x80,
};

#define SIZE_MOST ((uint64_t)INT64_MAX - TAR_BLOCK)

/* What a pax header says of the member that follows. */
struct pax {
	bool has_size, has_real_size, is_sparse, is_old_sparse;
	uint64_t size, real_size, major, minor;
};

static int damaged(const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "the tar archive is damaged: %s", what);
}

int tar_number(const uint8_t *field, size_t length, uint64_t *out, struct error *err)
{
	uint64_t value = 0;
	size_t i = 0;

	if ((field[0] & BASE_256) != 0) {
		for (i = 1; i + 8 < length; i++)
			if (field[i] != 0)
				return damaged("a number is too large", err);
		value = format_be(field + length - 8, 8);
		if (field[0] != BASE_256 || value > SIZE_MOST)
			return damaged("a number is too large", err);
		*out = value;
		return 0;
	}
	while (i < length && field[i] == ' ')
		i++;
	for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	if (i < length && field[i] != ' ' && field[i] != '\0')
		return damaged("a number has other bytes than octal digits", err);
	*out = value;
	return 0;
}

/* The sum of all bytes, with blanks for its own field; some programs summed signed bytes. */
static bool has_sum(const uint8_t *header)
{
	uint64_t sum = 0, unsigned_sum = 0;
	int64_t signed_sum = 0;
	unsigned i;

	for (i = 0; i < TAR_BLOCK; i++) {
		const bool is_own = i >= SUM_OFFSET && i < SUM_OFFSET + SUM_BYTES;
		const uint8_t byte = is_own ? ' ' : header[i];

		unsigned_sum += byte;
		signed_sum += (int8_t)byte;
	}
	return tar_number(header + SUM_OFFSET, SUM_BYTES, &sum, NULL) == 0 &&
	       (sum == unsigned_sum || (int64_t)sum == signed_sum);
}

static bool is_zero(const uint8_t *block)
{
	static const uint8_t zeros[TAR_BLOCK];

	return memcmp(block, zeros, TAR_BLOCK) == 0;
}

/* The keys of pax headers that matter; the others are of names, owners and times. */
static const struct {
	const char *key;
	size_t value, flag;
} pax_keys[] = {
	{"size", offsetof(struct pax, size), offsetof(struct pax, has_size)},
	{"GNU.sparse.major", offsetof(struct pax, major),
	 offsetof(struct pax, is_sparse)},
	{"GNU.sparse.minor", offsetof(struct pax, minor),
	 offsetof(struct pax, is_sparse)},
	{"GNU.sparse.realsize", offsetof(struct pax, real_size),
	 offsetof(struct pax, has_real_size)},
	{"GNU.sparse.size", offsetof(struct pax, real_size),
	 offsetof(struct pax, is_old_sparse)},
	{"SCHILY.realsize", offsetof(struct pax, real_size),
	 offsetof(struct pax, is_old_sparse)},
};

static bool decimal(const char *text, size_t length, uint64_t most, uint64_t *out)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' || i > 18)
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	*out = value;
	return length > 0 && value <= most;
}

static int take_record(struct pax *pax, const char *key, size_t key_length,
		       const char *value, size_t length, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(pax_keys) / sizeof(pax_keys[0]); i++) {
		if (strlen(pax_keys[i].key) != key_length ||
		    memcmp(pax_keys[i].key, key, key_length) != 0)
			continue;
		if (!decimal(value, length, SIZE_MOST,
			     (uint64_t *)(void *)((char *)pax + pax_keys[i].value)))
			return damaged("a number of a pax header is none", err);
		*(bool *)((char *)pax + pax_keys[i].flag) = true;
	}
	return 0;
}

/* Records "LENGTH KEY=VALUE\n", where the length counts all of it. */
static int parse_pax(const char *text, size_t length, struct pax *pax, struct error *err)
{
	const char *space, *equals;
	uint64_t record;

	while (length > 0 && text[0] != '\0') {
		space = memchr(text, ' ', length);
		if (space == NULL ||
		    !decimal(text, (size_t)(space - text), length, &record) ||
		    record < (uint64_t)(space - text) + 3 || text[record - 1] != '\n')
			return damaged("a pax header", err);
		space++;
		equals = memchr(space, '=', (size_t)(text + record - space));
		if (equals == NULL)
			return damaged("a pax header", err);
		if (take_record(pax, space, (size_t)(equals - space), equals + 1,
				(size_t)(text + record - 1 - equals - 1), err) != 0)
			return -1;
		text += record;
		length -= (size_t)record;
	}
	return 0;
}

static int read_pax(struct tar_scan *scan, uint64_t size, struct pax *pax,
		    struct error *err)
{
	autofree char *text = NULL;
	size_t length;

	if (size > TAR_PAX_MOST)
		return damaged("a pax header is too long", err);
	text = mem_zero((size_t)size + 1, 1);
	if (stream_read(scan->in, text, (size_t)size, &length, err) != 0)
		return -1;
	if (length != size)
		return damaged("it is cut", err);
	if (parse_pax(text, length, pax, err) != 0)
		return -1;
	return stream_skip(scan->in, tar_padding(size), err);
}

/* Whether a short file has the mark of an image format. */
static bool is_marked(const uint8_t *head, size_t length)
{
	const struct format_view view = {head, length, NULL};
	const struct format *format = format_find(&view);

	return format != NULL && format != &format_refused;
}

static int found_image(struct tar_scan *scan, struct tar_member *member,
		       struct error *err)
{
	if (scan->has_image) {
		free(member->runs);
		return error_set(err, ERROR_INPUT,
				 "the tar archive has more than one image in it: "
				 "unpack the one that is meant");
	}
	scan->member = *member;
	scan->has_image = true;
	return 0;
}

static int take_plain(struct tar_scan *scan, uint64_t size, struct error *err)
{
	struct tar_member member = {.size_bytes = size, .stored_bytes = size};

	member.run_count = 1;
	member.runs = mem_zero(1, sizeof(*member.runs));
	member.runs[0].length = size;
	return found_image(scan, &member, err);
}

/* What is too short for a disk is looked at. */
static int take_short(struct tar_scan *scan, uint64_t size, struct error *err)
{
	uint8_t head[FORMAT_HEAD_BYTES];
	const size_t wanted = size < sizeof(head) ? (size_t)size : sizeof(head);
	size_t length;

	if (stream_read(scan->in, head, wanted, &length, err) != 0)
		return -1;
	if (length < wanted)
		return damaged("it is cut", err);
	if (!is_marked(head, length))
		return stream_skip(scan->in, size - length + tar_padding(size), err);
	if (take_plain(scan, size, err) != 0)
		return -1;
	memcpy(scan->head, head, length);
	scan->head_bytes = length;
	return 0;
}

static int take_sparse(struct tar_scan *scan, const uint8_t *header,
		       const struct pax *pax, uint64_t size, struct error *err)
{
	struct tar_member member;

	if (header[TYPE_OFFSET] == 'S') {
		if (tar_read_old_map(scan->in, header, &member, err) != 0)
			return -1;
		if (member.stored_bytes != size) {
			free(member.runs);
			return damaged("the map of a sparse file does not fit", err);
		}
		return found_image(scan, &member, err);
	}
	if (pax->is_old_sparse || !pax->has_real_size || pax->major != 1 ||
	    pax->minor != 0)
		return error_set(err, ERROR_INPUT,
				 "the tar archive has a sparse file in a form that is "
				 "not read: make it again with --sparse-version=1.0");
	if (tar_read_pax_map(scan->in, pax->real_size, size, &member, err) != 0)
		return -1;
	return found_image(scan, &member, err);
}

/* What becomes of the types of members. */
static const struct {
	const char *types;
	enum treatment { TAKE, LOOK_AT_PAX, GO_OVER, HAS_NO_DATA, REFUSE } treatment;
} treatments[] = {
	{"07S", TAKE},		 /* regular, contiguous, GNU's sparse */
	{"x", LOOK_AT_PAX},	 /* of the next member */
	{"gLKVDNAX", GO_OVER},	 /* of all members; long names; labels; lists of names */
	{"123456", HAS_NO_DATA}, /* links, devices, folders, FIFOs */
	{"M", REFUSE},		 /* goes on in another archive */
};

static enum treatment treatment_of(uint8_t type)
{
	size_t i;

	if (type == '\0')
		return TAKE;
	for (i = 0; i < sizeof(treatments) / sizeof(treatments[0]); i++)
		if (strchr(treatments[i].types, type) != NULL)
			return treatments[i].treatment;
	return GO_OVER;
}

static int take_file(struct tar_scan *scan, const uint8_t *header, const struct pax *pax,
		     uint64_t size, struct error *err)
{
	if (header[TYPE_OFFSET] == 'S' || pax->is_sparse || pax->is_old_sparse)
		return take_sparse(scan, header, pax, size, err);
	return size >= TAR_IMAGE_LEAST ? take_plain(scan, size, err)
				       : take_short(scan, size, err);
}

/* One header with what belongs to it; @pax: what the header before it said. */
static int take_member(struct tar_scan *scan, const uint8_t *header, struct pax *pax,
		       struct error *err)
{
	const struct pax said = *pax;
	uint64_t size;

	*pax = (struct pax){0};
	if (tar_number(header + SIZE_OFFSET, SIZE_BYTES, &size, err) != 0)
		return -1;
	if (said.has_size)
		size = said.size;
	if (size > SIZE_MOST || scan->members++ == TAR_MEMBERS_MOST)
		return damaged("it has too many members, or one that is too long", err);
	switch (treatment_of(header[TYPE_OFFSET])) {
	case TAKE:
		return take_file(scan, header, &said, size, err);
	case LOOK_AT_PAX:
		return read_pax(scan, size, pax, err);
	case HAS_NO_DATA:
		return 0;
	case REFUSE:
		return error_set(err, ERROR_INPUT,
				 "the tar archive is one of several volumes: unpack it "
				 "first");
	case GO_OVER:
		break;
	}
	return stream_skip(scan->in, size + tar_padding(size), err);
}

/* Returns: 0, with whether a header came and not the end of the archive, or -1 */
static int read_header(struct tar_scan *scan, uint8_t *header, bool *out_is_there,
		       struct error *err)
{
	size_t length;

	if (stream_read(scan->in, header, TAR_BLOCK, &length, err) != 0)
		return -1;
	if (length < TAR_BLOCK)
		return damaged("it is cut", err);
	*out_is_there = !is_zero(header);
	if (*out_is_there && !has_sum(header))
		return damaged("the sum of a header is wrong", err);
	return 0;
}

int tar_find_image(struct tar_scan *scan, struct error *err)
{
	const bool had_image = scan->has_image;
	uint8_t header[TAR_BLOCK];
	struct pax pax = {0};
	bool is_there = true;

	while (scan->has_image == had_image) {
		if (read_header(scan, header, &is_there, err) != 0)
			return -1;
		if (!is_there)
			return 0;
		if (take_member(scan, header, &pax, err) != 0)
			return -1;
	}
	return 0;
}

int tar_finish(struct tar_scan *scan, struct error *err)
{
	if (stream_skip(scan->in, tar_padding(scan->member.stored_bytes), err) != 0 ||
	    tar_find_image(scan, err) != 0)
		return -1;
	return stream_drain(scan->in, err);
}
