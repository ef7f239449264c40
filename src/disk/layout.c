/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/layout.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/own.h"
#include "disk/boot.h"
#include "disk/content.h"
#include "disk/part.h"
#include "disk/stale.h"
#include "disk/table.h"

/* Partitions that are looked into; real disks have fewer, hostile tables have thousands. */
enum { LOOK_MOST = 128 };

static void close_blocks(struct blocks **blocks)
{
	blocks_close(*blocks);
}

#define autoblocks __attribute__((cleanup(close_blocks)))

/* What cannot be read is told, and the rest is read all the same. */
static void add_unreadable(struct layout *layout, const char *what,
			   const struct error *why)
{
	char text[256];

	layout_add_fault(layout, FAULT_UNREADABLE, "%s cannot be read: %s", what,
			 error_text(why, text, sizeof(text)));
}

static void check_content(struct layout *layout, const char *where, uint64_t size_bytes,
			  const struct layout_content *content)
{
	if (content->is_damaged)
		layout_add_fault(layout, FAULT_CONTENT_DAMAGED,
				 "the checksum of the %s superblock in %s is wrong",
				 content->type, where);
	if (content->size_bytes > size_bytes)
		layout_add_fault(layout, FAULT_CONTENT_LONG,
				 "the %s in %s has %" PRIu64 " bytes, and only %" PRIu64
				 " are there",
				 content->type, where, content->size_bytes, size_bytes);
}

/* @size_bytes: of the place, as the table has it */
static void read_contents(struct blocks *place, struct layout *layout, const char *where,
			  uint64_t size_bytes, struct layout_content **out,
			  size_t *out_count)
{
	struct error err = {0};
	size_t i;

	if (content_read(place, out, out_count, &err) != 0) {
		add_unreadable(layout, where, &err);
		return;
	}
	for (i = 0; i < *out_count; i++) {
		if (content_measure(place, &(*out)[i], &err) != 0)
			add_unreadable(layout, where, &err);
		check_content(layout, where, size_bytes, &(*out)[i]);
	}
}

static void look_into_partition(struct blocks *blocks, unsigned what,
				struct layout *layout, struct layout_partition *part)
{
	autoblocks struct blocks *place = NULL;
	struct error err = {0};
	char where[32];

	if (part->inside_bytes == 0 || part->role == ROLE_EXTENDED)
		return;
	(void)snprintf(where, sizeof(where), "partition %u", part->number);
	if (blocks_open_part(blocks, part->start_bytes, part->inside_bytes, &place,
			     &err) != 0) {
		add_unreadable(layout, where, &err);
		return;
	}
	if ((what & DISK_CONTENTS) != 0)
		read_contents(place, layout, where, part->size_bytes, &part->contents,
			      &part->content_count);
	if ((what & DISK_BOOT) != 0 &&
	    boot_read(blocks, layout, part, &part->boot, &err) != 0)
		add_unreadable(layout, where, &err);
}

static void look_into_partitions(struct blocks *blocks, unsigned what,
				 struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->partition_count && i < LOOK_MOST; i++)
		look_into_partition(blocks, what, layout, &layout->partitions[i]);
	if (layout->partition_count > LOOK_MOST)
		layout_add_fault(layout, FAULT_TOO_MANY,
				 "of %zu partitions only the first %d were looked into",
				 layout->partition_count, LOOK_MOST);
}

/* A table without entries is one only where nothing else claims the disk: a boot sector of
 * extlinux on a bare file system looks the same. */
static void look_into_whole(struct blocks *blocks, unsigned what, struct layout *layout)
{
	const bool is_empty = layout->kind == LAYOUT_MBR && layout->partition_count == 0;

	if (layout->kind != LAYOUT_NONE && !is_empty)
		return;
	if ((what & DISK_CONTENTS) != 0)
		read_contents(blocks, layout, "the disk", layout->size_bytes,
			      &layout->contents, &layout->content_count);
	if (!is_empty || layout->content_count == 0)
		return;
	layout->kind = LAYOUT_NONE;
	layout->id[0] = '\0';
	layout->table_head_bytes = 0;
}

static void read_boot(struct blocks *blocks, struct layout *layout)
{
	struct error err = {0};

	if (boot_read(blocks, layout, NULL, &layout->boot, &err) != 0 ||
	    boot_find_unled(blocks, layout, &err) != 0)
		add_unreadable(layout, "the boot code", &err);
}

int disk_read_layout(struct blocks *blocks, unsigned what, struct layout *out,
		     struct error *err)
{
	struct layout layout = {.size_bytes = blocks->size_bytes};
	struct error later = {0};

	if (table_read(blocks, &layout, err) != 0) {
		layout_clear(&layout);
		return error_frame(err, "read the partition table");
	}
	look_into_whole(blocks, what, &layout);
	look_into_partitions(blocks, what, &layout);
	part_find_free(&layout);
	if ((what & DISK_BOOT) != 0)
		read_boot(blocks, &layout);
	if ((what & DISK_STALE) != 0 && stale_find(blocks, &layout, &later) != 0)
		add_unreadable(&layout, "what lies outside partitions", &later);
	*out = layout;
	return 0;
}
