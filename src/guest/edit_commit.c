/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edit_commit.c - the life of a set: its file systems, their writers, and all or nothing. */
#include <stdlib.h>

#include "base/own.h"
#include "guest/edit_set.h"

/* Adds the layers of a file system and of what is attached to it. */
static struct vfs *add_parts(struct edits *edits, struct vfs *below, int64_t time_s)
{
	struct edit_changes *changes = mem_zero(1, sizeof(*changes));
	struct vfs *layer;
	size_t i;

	changes->time_s = time_s;
	layer = edit_layer_open(below, changes);
	edits->parts = mem_grow(edits->parts, edits->count, sizeof(edits->parts[0]));
	edits->parts[edits->count++] =
		(struct edit_part){.below = below, .layer = layer, .changes = changes};
	layer->mounts = mem_zero(below->mount_count + 1, sizeof(layer->mounts[0]));
	for (i = 0; i < below->mount_count; i++)
		layer->mounts[i] = (struct vfs_mount){
			.path = str_copy(below->mounts[i].path),
			.other = add_parts(edits, below->mounts[i].other, time_s)};
	layer->mount_count = below->mount_count;
	return layer;
}

struct edits *edit_begin(struct vfs *vfs, int64_t time_s)
{
	struct edits *edits = mem_zero(1, sizeof(*edits));

	(void)add_parts(edits, vfs, time_s);
	return edits;
}

struct vfs *edit_vfs(struct edits *edits)
{
	return edits->parts[0].layer;
}

size_t edit_count(const struct edits *edits)
{
	size_t i, count = 0;

	for (i = 0; i < edits->count; i++)
		count += edits->parts[i].changes->count;
	return count;
}

size_t edit_steps(const struct edits *edits)
{
	size_t i, steps = 0;

	for (i = 0; i < edits->count; i++)
		steps += edits->parts[i].changes->steps;
	return steps;
}

size_t edit_spread(const struct edits *edits)
{
	size_t i, spread = 0;

	for (i = 0; i < edits->count; i++)
		spread += edits->parts[i].changes->count > 0;
	return spread;
}

static struct edit_part *part_on(const struct edits *edits, const struct vfs *vfs)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (edits->parts[i].below == vfs)
			return &edits->parts[i];
	return NULL;
}

struct vfs *edit_vfs_of(const struct edits *edits, const struct vfs *vfs)
{
	const struct edit_part *part = part_on(edits, vfs);

	return part != NULL ? part->layer : NULL;
}

void edit_aim_blocks(struct edits *edits, const struct blocks *blocks,
		     const struct edit_target *target)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (edits->parts[i].below->blocks == blocks)
			edits->parts[i].target = *target;
}

void edit_aim(struct edits *edits, const struct vfs *vfs,
	      const struct edit_target *target)
{
	struct edit_part *part = part_on(edits, vfs);

	if (part != NULL)
		part->target = *target;
}

int edit_target_check(const struct edit_target *target, unsigned block_bytes,
		      struct error *err)
{
	if (target->sink == NULL)
		return error_set(err, ERROR_REFUSED,
				 "nothing was named that it could be written to");
	if (block_bytes % target->sink->sector_bytes != 0 ||
	    target->offset % target->sink->sector_bytes != 0)
		return error_set(err, ERROR_REFUSED,
				 "its blocks of %u bytes are no whole sectors of %u",
				 block_bytes, target->sink->sector_bytes);
	return 0;
}

static int prepare_part(struct edit_part *part, struct error *err)
{
	if (part->changes->count == 0 || part->writer != NULL)
		return 0;
	if (part->below->prepare == NULL)
		return error_set(err, ERROR_REFUSED, "%s is only read here",
				 part->below->type);
	if (part->below->prepare(part->below, part->changes, &part->writer, err) != 0)
		return error_frame(err, "edit the %s file system", part->below->type);
	return 0;
}

int edit_prepare(struct edits *edits, struct error *err)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (prepare_part(&edits->parts[i], err) != 0)
			return -1;
	edits->is_prepared = true;
	return 0;
}

static int part_ranges(const struct edit_part *part, edit_visit *visit, void *data,
		       struct error *err)
{
	if (part->writer == NULL)
		return 0;
	if (part->writer->ops->ranges == NULL)
		return error_set(
			err, ERROR_REFUSED,
			"which bytes of a %s change is known to its writer alone",
			part->below->type);
	return part->writer->ops->ranges(part->writer, visit, data, err);
}

int edit_ranges(struct edits *edits, const struct vfs *vfs, edit_visit *visit, void *data,
		struct error *err)
{
	const struct edit_part *part = part_on(edits, vfs);

	return part != NULL ? part_ranges(part, visit, data, err) : 0;
}

int edit_ranges_blocks(struct edits *edits, const struct blocks *blocks,
		       edit_visit *visit, void *data, struct error *err)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (edits->parts[i].below->blocks == blocks &&
		    part_ranges(&edits->parts[i], visit, data, err) != 0)
			return -1;
	return 0;
}

bool edit_has_ranges(const struct edits *edits)
{
	size_t i;

	for (i = 0; i < edits->count; i++)
		if (edits->parts[i].writer != NULL &&
		    edits->parts[i].writer->ops->ranges == NULL)
			return false;
	return true;
}

/* Takes back what the parts before @count have written. */
static int undo(struct edits *edits, size_t count, struct error *err)
{
	struct error why = {0};
	char text[512];
	size_t i;

	for (i = count; i-- > 0;) {
		if (edits->parts[i].writer == NULL ||
		    edits->parts[i].writer->ops->undo(edits->parts[i].writer, &why) == 0)
			continue;
		return error_set(err, ERROR_WRITTEN,
				 "a part of the edits failed, and those of the %s file "
				 "system could not be undone: %.160s",
				 edits->parts[i].below->type,
				 error_text(&why, text, sizeof(text)));
	}
	return 0;
}

static int settle(struct edits *edits, struct error *err)
{
	const struct edit_writer_ops *ops;
	size_t i;

	for (i = 0; i < edits->count; i++) {
		if (edits->parts[i].writer == NULL)
			continue;
		ops = edits->parts[i].writer->ops;
		if (ops->settle != NULL && ops->settle(edits->parts[i].writer, err) != 0)
			return error_frame(err, "after all edits were written");
	}
	return 0;
}

static int commit_part(struct edit_part *part, struct error *err)
{
	if (part->writer == NULL)
		return 0;
	part->writer->target = part->target;
	if (part->writer->ops->commit(part->writer, err) != 0)
		return error_frame(err, "edit the %s file system", part->below->type);
	return 0;
}

int edit_commit(struct edits *edits, struct error *err)
{
	struct error why = {0};
	size_t i;

	if (edits->is_committed)
		return error_set(err, ERROR_REFUSED, "the set was committed before");
	if (edit_prepare(edits, err) != 0)
		return -1;
	edits->is_committed = true;
	for (i = 0; i < edits->count; i++) {
		if (commit_part(&edits->parts[i], &why) == 0)
			continue;
		if (why.kind != ERROR_WRITTEN && undo(edits, i, err) != 0)
			return -1;
		if (err != NULL)
			*err = why;
		return -1;
	}
	return settle(edits, err);
}

void edit_change_free(struct edit_change *change)
{
	free(change->path);
	str_clear(&change->bytes);
	free(change);
}

static void clear_part(struct edit_part *part)
{
	size_t i;

	if (part->writer != NULL)
		part->writer->ops->close(part->writer);
	for (i = 0; i < part->changes->count; i++)
		edit_change_free(part->changes->rows[i]);
	free(part->changes->rows);
	free(part->changes);
}

void edit_end(struct edits *edits)
{
	size_t i;

	if (edits == NULL)
		return;
	vfs_close(edits->parts[0].layer);
	for (i = 0; i < edits->count; i++)
		clear_part(&edits->parts[i]);
	free(edits->parts);
	free(edits);
}
