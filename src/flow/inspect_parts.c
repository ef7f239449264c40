/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/inspect_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "disk/layout.h"
#include "guest/lvm.h"

static const struct layout_content *file_system_of(const struct layout_content *contents,
						   size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (contents[i].usage != NULL &&
		    strcmp(contents[i].usage, "filesystem") == 0)
			return &contents[i];
	return NULL;
}

/* Open one; what keeps it shut is the volume's problem. */
static void open_part(struct part *part, struct inspection *out)
{
	struct inspect_volume *volume = inspection_add_volume(out);
	struct error err = {0};
	char text[512];

	part->volume = out->volume_count - 1;
	volume->partition = part->partition != NULL ? part->partition->number : 0;
	volume->type = str_copy(part->content->type);
	volume->name = str_copy(part->name);
	if (vfs_open(part->blocks, &part->vfs, &err) != 0) {
		part->vfs = NULL;
		volume->problem = str_copy(error_text(&err, text, sizeof(text)));
		return;
	}
	part->opened = part->vfs;
	volume->warning = str_copy(vfs_warning(part->vfs));
}

static void add_part(struct parts *parts, const struct part *part, struct inspection *out)
{
	parts->list = mem_grow(parts->list, parts->count, sizeof(*parts->list));
	parts->list[parts->count] = *part;
	open_part(&parts->list[parts->count++], out);
}

static void open_partition(struct parts *parts, struct blocks *disk,
			   const struct layout_partition *partition,
			   struct inspection *out)
{
	const struct layout_content *content =
		file_system_of(partition->contents, partition->content_count);
	struct blocks *blocks;

	if (content == NULL || partition->role == ROLE_EXTENDED ||
	    partition->role == ROLE_PROTECTIVE ||
	    blocks_open_part(disk, partition->start_bytes, partition->inside_bytes,
			     &blocks, NULL) != 0)
		return;
	add_part(parts,
		 &(struct part){
			 .partition = partition, .content = content, .blocks = blocks},
		 out);
}

static void open_parts(struct parts *parts, struct blocks *disk, struct inspection *out)
{
	const struct layout *layout = &out->layout;
	const struct layout_content *content =
		file_system_of(layout->contents, layout->content_count);
	struct blocks *whole;
	size_t i;

	for (i = 0; i < layout->partition_count; i++)
		open_partition(parts, disk, &layout->partitions[i], out);
	if (layout->partition_count == 0 && content != NULL &&
	    blocks_open_part(disk, 0, disk->size_bytes, &whole, NULL) == 0)
		add_part(parts, &(struct part){.content = content, .blocks = whole}, out);
}

static bool is_physical_volume(const struct layout_content *contents, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(contents[i].type, "LVM2_member") == 0)
			return true;
	return false;
}

static void add_problem(struct inspection *out, const char *name, const char *type,
			unsigned partition, const struct error *err)
{
	struct inspect_volume *volume = inspection_add_volume(out);
	char text[512];

	volume->partition = partition;
	volume->name = str_copy(name);
	volume->type = str_copy(type);
	volume->problem = str_copy(error_text(err, text, sizeof(text)));
}

/* A logical volume as a part; one that holds no file system is swap, or nothing to read. */
static void open_volume(struct parts *parts, struct lvm *lvm, const char *name,
			struct inspection *out)
{
	struct part part = {.inside = mem_zero(1, sizeof(struct layout))};
	struct error err = {0};
	struct str full = STR_EMPTY;

	str_addf(&full, "%s/%s", lvm_group(lvm), name);
	part.name = full.bytes;
	if (lvm_open_volume(lvm, name, &part.blocks, &err) != 0 ||
	    disk_read_layout(part.blocks, DISK_CONTENTS, part.inside, &err) != 0)
		add_problem(out, part.name, "LVM2", 0, &err);
	else
		part.content =
			file_system_of(part.inside->contents, part.inside->content_count);
	if (part.content != NULL) {
		add_part(parts, &part, out);
		return;
	}
	blocks_close(part.blocks);
	layout_clear(part.inside);
	free(part.inside);
	free(part.name);
}

/* Nothing is in it that could be read, or missed. */
static void note_unused(struct inspection *out, unsigned partition)
{
	struct inspect_volume *volume = inspection_add_volume(out);

	volume->partition = partition;
	volume->type = str_copy("LVM2_member");
	volume->warning = str_copy("a physical volume of LVM that is in no group");
}

/* @partition: its number; 0: the whole disk */
static void add_physical(struct parts *parts, struct blocks *disk, unsigned partition,
			 uint64_t start_bytes, uint64_t size_bytes,
			 struct inspection *out)
{
	struct blocks *blocks;

	if (blocks_open_part(disk, start_bytes, size_bytes, &blocks, NULL) != 0)
		return;
	if (lvm_is_unused(blocks)) {
		note_unused(out, partition);
		blocks_close(blocks);
		return;
	}
	if (parts->physical_count == 0)
		parts->first_physical = partition;
	parts->physicals = mem_grow(parts->physicals, parts->physical_count,
				    sizeof(struct blocks *));
	parts->physical_starts =
		mem_grow(parts->physical_starts, parts->physical_count, sizeof(uint64_t));
	parts->physical_starts[parts->physical_count] = start_bytes;
	parts->physicals[parts->physical_count++] = blocks;
}

static void collect_physicals(struct parts *parts, struct blocks *disk,
			      struct inspection *out)
{
	const struct layout *layout = &out->layout;
	size_t i;

	for (i = 0; i < layout->partition_count; i++) {
		const struct layout_partition *partition = &layout->partitions[i];

		if (!is_physical_volume(partition->contents, partition->content_count))
			continue;
		add_physical(parts, disk, partition->number, partition->start_bytes,
			     partition->inside_bytes, out);
	}
	if (layout->partition_count == 0 &&
	    is_physical_volume(layout->contents, layout->content_count))
		add_physical(parts, disk, 0, 0, disk->size_bytes, out);
}

/* The group of the first physical volume: a disk of a guest seldom holds two. What keeps it shut
 * is a problem of that volume. */
static void open_group(struct parts *parts, struct inspection *out)
{
	struct lvm *lvm;
	struct error err = {0};
	const char *name;
	size_t i;

	if (lvm_open(parts->physicals, parts->physical_count, &lvm, &err) != 0) {
		add_problem(out, NULL, "LVM2_member", parts->first_physical, &err);
		return;
	}
	for (i = 0; (name = lvm_volume(lvm, i)) != NULL; i++)
		open_volume(parts, lvm, name, out);
	lvm_close(lvm);
}

void parts_open(struct parts *parts, struct blocks *disk, struct inspection *out)
{
	open_parts(parts, disk, out);
	collect_physicals(parts, disk, out);
	if (parts->physical_count > 0)
		open_group(parts, out);
}

uint64_t parts_locate(const struct parts *parts, const struct part *part, uint64_t offset,
		      uint64_t *out_length)
{
	const struct blocks *physical;
	uint64_t at = 0;
	size_t i = 0;

	if (part->name == NULL) {
		*out_length = part->blocks->size_bytes - offset;
		return (part->partition != NULL ? part->partition->start_bytes : 0) +
		       offset;
	}
	physical = lvm_locate(part->blocks, offset, &at, out_length);
	while (parts->physicals[i] != physical)
		i++;
	return parts->physical_starts[i] + at;
}

void parts_close(struct parts *parts)
{
	size_t i;

	for (i = 0; i < parts->count; i++)
		vfs_close(parts->list[i].vfs);
	for (i = 0; i < parts->count; i++) {
		blocks_close(parts->list[i].blocks);
		free(parts->list[i].name);
		if (parts->list[i].inside != NULL)
			layout_clear(parts->list[i].inside);
		free(parts->list[i].inside);
	}
	for (i = 0; i < parts->physical_count; i++)
		blocks_close(parts->physicals[i]); /* what the volumes lie on */
	free(parts->physicals);
	free(parts->physical_starts);
	free(parts->list);
}
