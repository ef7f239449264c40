/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/content.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "disk/scratch.h"

/* One place has one or two signatures; what has more is made to have them. */
enum { CONTENTS_MOST = 16 };

static void free_probe(blkid_probe *probe)
{
	if (*probe != NULL)
		blkid_free_probe(*probe);
}

#define autoprobe __attribute__((cleanup(free_probe)))

/* Returns: a text that can be printed, or NULL; the caller frees it */
static char *value_of(blkid_probe probe, const char *name)
{
	const char *text = NULL;
	size_t length = 0;

	if (blkid_probe_lookup_value(probe, name, &text, &length) != 0 || text == NULL)
		return NULL;
	return bytes_text(text, length);
}

static uint64_t number_of(blkid_probe probe, const char *name)
{
	autofree char *text = value_of(probe, name);

	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static void add_content(blkid_probe probe, struct layout_content **list, size_t *count)
{
	struct layout_content *content;
	char *type = value_of(probe, "TYPE");

	if (type == NULL)
		return;
	*list = mem_grow(*list, *count, sizeof(**list));
	content = &(*list)[(*count)++];
	*content = (struct layout_content){
		.type = type,
		.usage = value_of(probe, "USAGE"),
		.version = value_of(probe, "VERSION"),
		.uuid = value_of(probe, "UUID"),
		.uuid_sub = value_of(probe, "UUID_SUB"),
		.label = value_of(probe, "LABEL"),
		.block_bytes = number_of(probe, "BLOCK_SIZE"),
		.magic_bytes = number_of(probe, "SBMAGIC_OFFSET"),
		.is_damaged = blkid_probe_has_value(probe, "SBBADCSUM") != 0,
	};
	if (content->usage == NULL)
		content->usage = str_copy("other");
}

static int prepare(blkid_probe probe, int fd, uint64_t offset, const struct blocks *part,
		   struct error *err)
{
	const int flags = BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE |
			  BLKID_SUBLKS_USAGE | BLKID_SUBLKS_VERSION | BLKID_SUBLKS_MAGIC |
			  BLKID_SUBLKS_BADCSUM;

	errno = 0;
	if (blkid_probe_set_device(probe, fd, (blkid_loff_t)offset,
				   (blkid_loff_t)part->size_bytes) != 0)
		return error_sys(err, "look for signatures");
	if (part->sector_bytes != 0 &&
	    blkid_probe_set_sectorsize(probe, part->sector_bytes) != 0)
		return error_set(err, ERROR_SYSTEM,
				 "libblkid refuses sectors of %u bytes",
				 part->sector_bytes);
	if (blkid_probe_enable_superblocks(probe, 1) != 0 ||
	    blkid_probe_set_superblocks_flags(probe, flags) != 0)
		return error_set(err, ERROR_SYSTEM, "libblkid cannot be set up");
	return 0;
}

int content_read(struct blocks *part, struct layout_content **out, size_t *out_count,
		 struct error *err)
{
	autoclose int scratch = -1;
	autoprobe blkid_probe probe = NULL;
	struct layout_content *list = NULL;
	size_t count = 0;
	int result;

	if (part->size_bytes > INT64_MAX || part->fd_offset > INT64_MAX)
		return error_set(err, ERROR_INPUT, "the place is too large to look into");
	if (part->fd < 0) {
		scratch = scratch_open(part, err);
		if (scratch < 0)
			return -1;
	}
	probe = blkid_new_probe();
	if (probe == NULL)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	if (prepare(probe, part->fd >= 0 ? part->fd : scratch,
		    part->fd >= 0 ? part->fd_offset : 0, part, err) != 0)
		return -1;
	while ((result = blkid_do_probe(probe)) == 0 && count < CONTENTS_MOST)
		add_content(probe, &list, &count);
	if (result < 0 && count == 0)
		return error_set(err, ERROR_SYSTEM, "libblkid cannot read it");
	*out = list;
	*out_count = count;
	return 0;
}
