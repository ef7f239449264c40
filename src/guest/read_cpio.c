/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_cpio.c - cpio archives in the "newc" format, fed piece by piece. Source:
 * Documentation/driver-api/early-userspace/buffer-format.rst. */
#include <stdlib.h>
#include <string.h>

#include "guest/parse.h"

enum {
	HEADER_BYTES = 110, /* a magic of 6, then 13 numbers of 8 hexadecimal digits */
	FIELD_MODE = 1,
	FIELD_SIZE = 6,
	FIELD_NAME_SIZE = 11,
	NAME_MOST = 4096,	/* as the kernel has it (PATH_MAX) */
	CONTENT_MOST = 1 << 20, /* a wanted member that is longer is passed over */
};

enum cpio_phase { PHASE_HEADER, PHASE_NAME, PHASE_CONTENT, PHASE_OVER };

struct cpio {
	struct cpio_visitor visitor;
	enum cpio_phase phase;
	struct str part;     /* the header, the name or the content, as far as it came */
	uint64_t left_bytes; /* of this phase, without padding */
	uint32_t pad_bytes;  /* behind it */
	uint32_t name_bytes;
	bool is_wanted;
	struct str name;
	struct cpio_member member;
};

static void begin_phase(struct cpio *cpio, enum cpio_phase phase, uint64_t bytes,
			uint64_t before)
{
	cpio->phase = phase;
	cpio->left_bytes = bytes;
	/* everything is filled up to 4 bytes, counted from the header's beginning */
	cpio->pad_bytes = (uint32_t)(-(before + bytes) & 3);
	str_clear(&cpio->part);
}

static void begin_header(struct cpio *cpio)
{
	begin_phase(cpio, PHASE_HEADER, HEADER_BYTES, 0);
	cpio->pad_bytes = 0; /* the name follows at once */
}

struct cpio *cpio_begin(const struct cpio_visitor *visitor)
{
	struct cpio *cpio = mem_zero(1, sizeof(*cpio));

	cpio->visitor = *visitor;
	cpio->part = STR_EMPTY;
	cpio->name = STR_EMPTY;
	begin_header(cpio);
	return cpio;
}

static int field(const char *header, int index, uint32_t *out)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < 8; i++) {
		const char digit = header[6 + 8 * index + i];
		uint32_t add;

		if (digit >= '0' && digit <= '9')
			add = (uint32_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			add = (uint32_t)(digit - 'a') + 10;
		else if (digit >= 'A' && digit <= 'F')
			add = (uint32_t)(digit - 'A') + 10;
		else
			return -1;
		value = value << 4 | add;
	}
	*out = value;
	return 0;
}

static int end_header(struct cpio *cpio, struct error *err)
{
	const char *header = cpio->part.bytes;
	uint32_t name_bytes;

	if (memcmp(header, "070701", 6) != 0 && memcmp(header, "070702", 6) != 0)
		return error_set(err, ERROR_INPUT, "no cpio header where one must be");
	cpio->member = (struct cpio_member){.name = NULL};
	if (field(header, FIELD_MODE, &cpio->member.mode) != 0 ||
	    field(header, FIELD_SIZE, &cpio->member.size_bytes) != 0 ||
	    field(header, FIELD_NAME_SIZE, &name_bytes) != 0)
		return error_set(err, ERROR_INPUT,
				 "a cpio header holds other than numbers");
	if (name_bytes == 0 || name_bytes > NAME_MOST)
		return error_set(err, ERROR_INPUT,
				 "a cpio member's name has %u bytes, not 1 to %d",
				 name_bytes, NAME_MOST);
	begin_phase(cpio, PHASE_NAME, name_bytes, HEADER_BYTES);
	return 0;
}

static const char *strip_name(const char *name)
{
	while (name[0] == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return name;
}

static void end_name(struct cpio *cpio)
{
	str_clear(&cpio->name);
	str_add(&cpio->name, strip_name(cpio->part.bytes));
	cpio->member.name = cpio->name.bytes;
	if (strcmp(cpio->name.bytes, "TRAILER!!!") == 0) {
		begin_phase(cpio, PHASE_OVER, 0, 0);
		return;
	}
	/* name and header end on 4 bytes already */
	begin_phase(cpio, PHASE_CONTENT, cpio->member.size_bytes, 0);
	cpio->is_wanted = cpio->visitor.want(&cpio->member, cpio->visitor.data) &&
			  cpio->member.size_bytes <= CONTENT_MOST;
}

static int end_phase(struct cpio *cpio, struct error *err)
{
	switch (cpio->phase) {
	case PHASE_HEADER:
		return end_header(cpio, err);
	case PHASE_NAME:
		end_name(cpio);
		return 0;
	case PHASE_CONTENT:
		if (cpio->is_wanted)
			cpio->visitor.take(&cpio->member, &cpio->part,
					   cpio->visitor.data);
		begin_header(cpio);
		return 0;
	case PHASE_OVER:
		break;
	}
	return 0;
}

/* Take what belongs to the phase, then its padding. Returns: bytes that were taken */
static size_t take(struct cpio *cpio, const uint8_t *bytes, size_t length)
{
	size_t used = cpio->left_bytes < length ? (size_t)cpio->left_bytes : length;
	size_t pad;

	if (cpio->phase != PHASE_CONTENT || cpio->is_wanted)
		str_add_bytes(&cpio->part, bytes, used);
	cpio->left_bytes -= used;
	if (cpio->left_bytes > 0)
		return used;
	pad = cpio->pad_bytes < length - used ? cpio->pad_bytes : length - used;
	cpio->pad_bytes -= (uint32_t)pad;
	return used + pad;
}

int cpio_feed(struct cpio *cpio, const uint8_t *bytes, size_t length, size_t *out_used,
	      struct error *err)
{
	size_t used = 0;

	while (cpio->phase != PHASE_OVER && used < length) {
		used += take(cpio, bytes + used, length - used);
		while (cpio->phase != PHASE_OVER && cpio->left_bytes == 0 &&
		       cpio->pad_bytes == 0)
			if (end_phase(cpio, err) != 0)
				return -1;
	}
	*out_used = used;
	return 0;
}

bool cpio_is_over(const struct cpio *cpio)
{
	return cpio->phase == PHASE_OVER;
}

void cpio_end(struct cpio *cpio)
{
	if (cpio == NULL)
		return;
	str_clear(&cpio->part);
	str_clear(&cpio->name);
	free(cpio);
}
