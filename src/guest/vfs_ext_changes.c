/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_changes.c - blocks that were written and stay in memory, found by a hash table. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/vfs_ext_write.h"

enum { SLOTS_FIRST = 1024 };

static size_t hash(uint64_t block, size_t slot_count)
{
	return (size_t)((block * 0x9e3779b97f4a7c15u) >> 32) & (slot_count - 1);
}

/* The slot that has a block, or the free one where it would be. */
static size_t *slot_of(const struct ext_changes *changes, uint64_t block)
{
	size_t at = hash(block, changes->slot_count);

	while (changes->slots[at] != 0 &&
	       changes->rows[changes->slots[at] - 1].block != block)
		at = (at + 1) & (changes->slot_count - 1);
	return &changes->slots[at];
}

/* Keeps the table half empty. */
static void make_slots(struct ext_changes *changes)
{
	size_t wanted = changes->slot_count != 0 ? changes->slot_count : SLOTS_FIRST;
	size_t i;

	while (wanted <= 2 * changes->count)
		wanted *= 2;
	if (wanted == changes->slot_count)
		return;
	changes->slot_count = wanted;
	free(changes->slots);
	changes->slots = mem_zero(changes->slot_count, sizeof(changes->slots[0]));
	for (i = 0; i < changes->count; i++)
		*slot_of(changes, changes->rows[i].block) = i + 1;
}

static struct ext_changed *find(const struct ext_changes *changes, uint64_t block)
{
	size_t slot = 0;

	if (changes->slot_count > 0)
		slot = *slot_of(changes, block);
	return slot != 0 ? &changes->rows[slot - 1] : NULL;
}

static struct ext_changed *add(struct ext_view *view, uint64_t block, struct error *err)
{
	struct ext_changes *changes = view->changes;
	const unsigned bytes = changes->block_bytes;
	struct ext_changed row = {.block = block};

	if (changes->count >= EDIT_BYTES_MOST / bytes) {
		(void)error_set(err, ERROR_REFUSED, "the edits change more than %d MiB",
				EDIT_BYTES_MOST >> 20);
		return NULL;
	}
	row.old = mem_zero(1, bytes);
	if (ext_view_read_below(view, block * bytes, row.old, bytes, err) != 0) {
		free(row.old);
		return NULL;
	}
	row.bytes = mem_zero(1, bytes);
	memcpy(row.bytes, row.old, bytes);
	changes->rows = mem_grow(changes->rows, changes->count, sizeof(row));
	changes->rows[changes->count++] = row;
	make_slots(changes);
	*slot_of(changes, block) = changes->count;
	return &changes->rows[changes->count - 1];
}

int ext_changes_write(struct ext_view *view, uint64_t offset, const void *bytes,
		      size_t length, struct error *err)
{
	const unsigned unit = view->changes->block_bytes;
	const char *next = bytes;
	struct ext_changed *row;
	size_t start, piece;

	while (length > 0) {
		start = (size_t)(offset % unit);
		piece = unit - start < length ? unit - start : length;
		row = find(view->changes, offset / unit);
		if (row == NULL)
			row = add(view, offset / unit, err);
		if (row == NULL)
			return -1;
		memcpy(row->bytes + start, next, piece);
		offset += piece;
		next += piece;
		length -= piece;
	}
	return 0;
}

void ext_changes_apply(const struct ext_changes *changes, uint64_t offset, void *buffer,
		       size_t length)
{
	const unsigned unit = changes->block_bytes;
	const struct ext_changed *row;
	char *next = buffer;
	size_t start, piece;

	while (length > 0) {
		start = (size_t)(offset % unit);
		piece = unit - start < length ? unit - start : length;
		row = find(changes, offset / unit);
		if (row != NULL)
			memcpy(next, row->bytes + start, piece);
		offset += piece;
		next += piece;
		length -= piece;
	}
}

static int by_block(const void *left, const void *right)
{
	const struct ext_changed *first = left, *second = right;

	return first->block < second->block ? -1 : first->block > second->block;
}

static void free_row(struct ext_changed *row)
{
	free(row->bytes);
	free(row->old);
}

void ext_changes_settle(struct ext_changes *changes)
{
	size_t i, kept = 0;

	for (i = 0; i < changes->count; i++)
		if (memcmp(changes->rows[i].bytes, changes->rows[i].old,
			   changes->block_bytes) != 0)
			changes->rows[kept++] = changes->rows[i];
		else
			free_row(&changes->rows[i]);
	changes->count = kept;
	free(changes->slots);
	changes->slots = NULL;
	changes->slot_count = 0;
	if (kept > 0)
		qsort(changes->rows, kept, sizeof(changes->rows[0]), by_block);
	if (kept > 0)
		make_slots(changes);
}

struct ext_changed *ext_changes_find(const struct ext_changes *changes, uint64_t block)
{
	return find(changes, block);
}

void ext_changes_free(struct ext_changes *changes)
{
	size_t i;

	if (changes == NULL)
		return;
	for (i = 0; i < changes->count; i++)
		free_row(&changes->rows[i]);
	free(changes->rows);
	free(changes->slots);
	free(changes);
}
