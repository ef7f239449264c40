/* SPDX-License-Identifier: GPL-2.0-or-later */
/** signature.h - the places where each kind of signature lies, for looking where no
 * partition is. What lies in partitions is libblkid's to say. */
#ifndef DISK_SIGNATURE_H
#define DISK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/blocks.h"

/** How an identifier is written. */
enum signature_uuid {
	UUID_NONE,
	UUID_BYTES,
	UUID_GUID, /* mixed order, as GPT */
	UUID_TEXT, /* up to 40 characters */
	UUID_LVM,  /* 32 characters */
	UUID_MD0,  /* four words in two places */
	UUID_POOL, /* ZFS: the number of the pool */
};

/** Where a kind has a signature, and how it is known. */
struct signature {
	const char *type; /* libblkid's name */
	bool is_from_end; /* place = (size - before) rounded down to align, less offset */
	bool is_mirror;	  /* of a file system that begins elsewhere; it says where */
	uint32_t before, align;
	uint64_t offset;   /* of the structure; from the start or as above */
	unsigned magic_at; /* in the structure */
	unsigned magic_bytes;
	const char *magic;
	unsigned uuid_at;
	enum signature_uuid uuid;
	unsigned bytes; /* how much of the structure is read */
	/* Further conditions; NULL: none. @place: of the structure, from the origin */
	bool (*check)(const unsigned char *bytes, uint64_t place);
	/* A finer name; NULL: `type` */
	const char *(*name)(const unsigned char *bytes);
};

/** A range in which something may have begun and ended. */
struct signature_range {
	uint64_t start_bytes, size_bytes;
};

/** One that was found. */
struct signature_hit {
	const struct signature *row;
	const char *type;
	uint64_t magic_bytes; /* of its magic, from the beginning of the blocks */
	char uuid[64];	      /* "": none */
};

/** All kinds; ends in a row without type. */
extern const struct signature signature_all[];

/** Look for one kind as if it had the range for itself.
 *
 * Errors:  those of the source
 * Returns: 1 when it is there, 0 when not, or -1
 */
nodiscard int signature_find(struct blocks *blocks, const struct signature *row,
			     const struct signature_range *range,
			     struct signature_hit *out, struct error *err);

/** Whether something that is known begins at a place; or, with @is_chain, a link of logical
 * partitions.
 *
 * Errors:  those of the source
 * Returns: 1, 0 or -1
 */
nodiscard int signature_is_at(struct blocks *blocks, uint64_t offset, bool is_chain,
			      struct error *err);

#endif
