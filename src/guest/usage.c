/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest/usage.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/str.h"
#include "guest/usage_xfs.h"
#include "guest/vfs_ext.h"

void usage_add(struct usage *usage, uint64_t offset, uint64_t length)
{
	struct usage_run *last = usage->count > 0 ? &usage->runs[usage->count - 1] : NULL;

	if (length == 0)
		return;
	if (last != NULL && last->offset + last->length == offset) {
		last->length += length;
		return;
	}
	usage->runs = mem_grow(usage->runs, usage->count, sizeof(usage->runs[0]));
	usage->runs[usage->count++] = (struct usage_run){offset, length};
}

static int by_offset(const void *a, const void *b)
{
	const struct usage_run *one = a, *other = b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

void usage_join(struct usage *usage)
{
	struct usage_run *last, *run;
	size_t i, count = 0;

	if (usage->count < 2)
		return;
	qsort(usage->runs, usage->count, sizeof(usage->runs[0]), by_offset);
	for (i = 1; i < usage->count; i++) {
		last = &usage->runs[count];
		run = &usage->runs[i];
		if (run->offset > last->offset + last->length)
			usage->runs[++count] = *run;
		else if (run->offset + run->length > last->offset + last->length)
			last->length = run->offset + run->length - last->offset;
	}
	usage->count = count + 1;
}

/* A group whose bitmap was never written says so itself; libext2fs makes it. */
static void add_all(ext2_filsys fs, uint64_t part_bytes, struct usage *out)
{
	const uint64_t first = fs->super->s_first_data_block;
	const uint64_t count = ext2fs_blocks_count(fs->super);
	uint64_t block;

	usage_add(out, 0, first * fs->blocksize);
	for (block = first; block < count; block++)
		if (ext2fs_test_block_bitmap2(fs->block_map, block) != 0)
			usage_add(out, block * fs->blocksize, fs->blocksize);
	if (part_bytes > count * fs->blocksize)
		usage_add(out, count * fs->blocksize, part_bytes - count * fs->blocksize);
}

static bool is_in_order(ext2_filsys fs, uint64_t part_bytes)
{
	const struct ext2_super_block *super = fs->super;

	return (super->s_state & EXT2_VALID_FS) != 0 &&
	       (super->s_state & EXT2_ERROR_FS) == 0 &&
	       ext2fs_has_feature_journal_needs_recovery(fs->super) == 0 &&
	       ext2fs_blocks_count(fs->super) <= part_bytes / fs->blocksize;
}

static int read_ext(struct blocks *part, struct usage *out, struct error *err)
{
	struct ext_view view = {.blocks = part};
	struct usage usage = {0};
	ext2_filsys fs = NULL;
	bool is_known;

	if (ext_view_open(&view, 0, &fs) != 0) {
		is_known = false;
	} else {
		is_known = is_in_order(fs, part->size_bytes) &&
			   ext2fs_read_block_bitmap(fs) == 0;
		if (is_known)
			add_all(fs, part->size_bytes, &usage);
		ext2fs_free(fs);
	}
	if (view.error.kind != ERROR_NONE && view.error.kind != ERROR_INPUT) {
		*err = view.error;
		ext_view_clear(&view);
		usage_clear(&usage);
		return -1;
	}
	ext_view_clear(&view);
	if (is_known)
		*out = usage;
	return is_known;
}

int usage_read(struct blocks *part, struct usage *out, struct error *err)
{
	const int known = read_ext(part, out, err);

	return known == 0 ? usage_read_xfs(part, out, err) : known;
}

/* The first run that ends behind @offset. */
static size_t first_behind(const struct usage *usage, uint64_t offset)
{
	size_t low = 0, high = usage->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (usage->runs[middle].offset + usage->runs[middle].length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int usage_is_free(const struct usage *usage, uint64_t offset, uint64_t length)
{
	const size_t first = first_behind(usage, offset);

	return first == usage->count || usage->runs[first].offset >= offset + length;
}

uint64_t usage_bytes_in(const struct usage *usage, uint64_t offset, uint64_t length)
{
	uint64_t start, end, bytes = 0;
	size_t i;

	for (i = first_behind(usage, offset);
	     i < usage->count && usage->runs[i].offset < offset + length; i++) {
		start = usage->runs[i].offset > offset ? usage->runs[i].offset : offset;
		end = usage->runs[i].offset + usage->runs[i].length;
		bytes += (end < offset + length ? end : offset + length) - start;
	}
	return bytes;
}

void usage_clear(struct usage *usage)
{
	free(usage->runs);
	*usage = (struct usage){0};
}
