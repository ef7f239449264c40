/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_ext_view.c - libext2fs's io_manager over blocks: so it works on a qcow2 and on a partition
 * without any device, and what is read can be counted. What it writes stays in memory. */
#include <et/com_err.h>
#include <stdlib.h>
#include <string.h>

#include "guest/vfs_ext_write.h"

/* First word of a journal's own blocks; in a block of data it is written as 0. */
static const unsigned char journal_magic[4] = {0xc0, 0x3b, 0x39, 0x98};

/* libext2fs hands only a name to an io_manager's open. */
static _Thread_local struct ext_view *view_to_open;

/* Reads a part of a line, which is kept: metadata is read in small pieces that lie together. */
static int read_line(struct ext_view *view, uint64_t number, size_t start, void *buffer,
		     size_t length, struct error *err)
{
	const uint64_t offset = number * EXT_LINE_BYTES;
	const uint64_t left = view->blocks->size_bytes - offset;
	const size_t slot = number % EXT_LINES;
	char *bytes = view->lines[slot].bytes;

	if (bytes == NULL || view->lines[slot].number != number) {
		view->lines[slot].bytes = NULL;
		if (bytes == NULL)
			bytes = mem_zero(1, EXT_LINE_BYTES);
		if (blocks_read(view->blocks, offset, bytes,
				left < EXT_LINE_BYTES ? (size_t)left : EXT_LINE_BYTES,
				err) != 0) {
			free(bytes);
			return -1;
		}
		view->lines[slot].bytes = bytes;
		view->lines[slot].number = number;
	}
	memcpy(buffer, bytes + start, length);
	return 0;
}

static int read_source(struct ext_view *view, uint64_t offset, char *buffer,
		       size_t length, struct error *err)
{
	size_t start, piece;

	/* what does not lie inside, and what is too much to keep, is the blocks' matter */
	if (length > EXT_LINE_BYTES || offset > view->blocks->size_bytes ||
	    length > view->blocks->size_bytes - offset)
		return blocks_read(view->blocks, offset, buffer, length, err);
	while (length > 0) {
		start = (size_t)(offset % EXT_LINE_BYTES);
		piece = EXT_LINE_BYTES - start;
		if (piece > length)
			piece = length;
		if (read_line(view, offset / EXT_LINE_BYTES, start, buffer, piece, err) !=
		    0)
			return -1;
		offset += piece;
		buffer += piece;
		length -= piece;
	}
	return 0;
}

/* The first patch of @block or of a later one. */
static size_t first_patch(const struct ext_view *view, uint64_t block)
{
	size_t low = 0, high = view->patch_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (view->patches[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Puts the part of a patch that lies in the buffer there. */
static int apply_patch(struct ext_view *view, const struct ext_patch *patch,
		       uint64_t offset, char *buffer, size_t length, struct error *err)
{
	const uint64_t start = patch->block * view->block_bytes;
	const uint64_t from = start > offset ? start : offset;
	const uint64_t end = start + view->block_bytes;
	const uint64_t until = end < offset + length ? end : offset + length;
	size_t skip, i;

	if (read_source(view, patch->source * view->block_bytes + (from - start),
			buffer + (from - offset), (size_t)(until - from), err) != 0)
		return -1;
	skip = (size_t)(from - start);
	for (i = skip;
	     patch->is_escaped && i < sizeof(journal_magic) && i - skip < until - from;
	     i++)
		memcpy(buffer + (from - offset) + (i - skip), &journal_magic[i], 1);
	return 0;
}

int ext_view_read_below(struct ext_view *view, uint64_t offset, void *buffer,
			size_t length, struct error *err)
{
	size_t i;

	if (read_source(view, offset, buffer, length, err) != 0)
		return -1;
	if (view->patch_count == 0 || length == 0)
		return 0;
	for (i = first_patch(view, offset / view->block_bytes);
	     i < view->patch_count &&
	     view->patches[i].block <= (offset + length - 1) / view->block_bytes;
	     i++)
		if (apply_patch(view, &view->patches[i], offset, buffer, length, err) !=
		    0)
			return -1;
	return 0;
}

int ext_view_read(struct ext_view *view, uint64_t offset, void *buffer, size_t length,
		  struct error *err)
{
	if (ext_view_read_below(view, offset, buffer, length, err) != 0)
		return -1;
	if (view->changes != NULL)
		ext_changes_apply(view->changes, offset, buffer, length);
	return 0;
}

void ext_view_clear(struct ext_view *view)
{
	size_t i;

	for (i = 0; i < EXT_LINES; i++)
		free(view->lines[i].bytes);
	free(view->patches);
	*view = (struct ext_view){.blocks = view->blocks};
}

static errcode_t channel_open(const char *name, int flags, io_channel *out);

static errcode_t channel_close(io_channel channel)
{
	if (--channel->refcount > 0)
		return 0;
	free(channel->name);
	free(channel);
	return 0;
}

static errcode_t channel_set_block(io_channel channel, int bytes)
{
	channel->block_size = bytes;
	return 0;
}

static errcode_t channel_read64(io_channel channel, unsigned long long block, int count,
				void *data)
{
	struct ext_view *view = channel->private_data;
	const uint64_t unit = (uint64_t)channel->block_size;
	const size_t length = count < 0 ? (size_t) - (long)count : (size_t)count * unit;

	if (block > UINT64_MAX / unit)
		return EXT2_ET_BAD_BLOCK_NUM;
	if (ext_view_read(view, block * unit, data, length, &view->error) != 0)
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t channel_read(io_channel channel, unsigned long block, int count,
			      void *data)
{
	return channel_read64(channel, block, count, data);
}

static errcode_t channel_write64(io_channel channel, unsigned long long block, int count,
				 const void *data)
{
	struct ext_view *view = channel->private_data;
	const uint64_t unit = (uint64_t)channel->block_size;
	const size_t length = count < 0 ? (size_t) - (long)count : (size_t)count * unit;

	if (view->changes == NULL)
		return EXT2_ET_RO_FILSYS;
	if (block > UINT64_MAX / unit)
		return EXT2_ET_BAD_BLOCK_NUM;
	if (ext_changes_write(view, block * unit, data, length, &view->error) != 0)
		return EXT2_ET_SHORT_WRITE;
	return 0;
}

static errcode_t channel_write(io_channel channel, unsigned long block, int count,
			       const void *data)
{
	return channel_write64(channel, block, count, data);
}

static errcode_t channel_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

static struct struct_io_manager manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "blocks",
	.open = channel_open,
	.close = channel_close,
	.set_blksize = channel_set_block,
	.read_blk = channel_read,
	.write_blk = channel_write,
	.flush = channel_flush,
	.read_blk64 = channel_read64,
	.write_blk64 = channel_write64,
};

static errcode_t channel_open(const char *name, int flags, io_channel *out)
{
	io_channel channel;

	if ((flags & IO_FLAG_RW) != 0 && view_to_open->changes == NULL)
		return EXT2_ET_RO_FILSYS;
	channel = mem_zero(1, sizeof(*channel));
	channel->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	channel->manager = &manager;
	channel->name = str_copy(name);
	channel->block_size = 1024;
	channel->refcount = 1;
	channel->private_data = view_to_open;
	*out = channel;
	return 0;
}

errcode_t ext_view_open(struct ext_view *view, int flags, ext2_filsys *out)
{
	/* a lock against other hosts (MMP) is taken by writers alone */
	const int always = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP;
	errcode_t code;

	view_to_open = view;
	view->error.kind = ERROR_NONE;
	code = ext2fs_open2("blocks", NULL, always | flags, 0, 0, &manager, out);
	view_to_open = NULL;
	return code;
}

int ext_fail(struct ext_view *view, errcode_t code, const char *what, struct error *err)
{
	if (view->error.kind != ERROR_NONE) {
		if (err != NULL)
			*err = view->error;
		view->error.kind = ERROR_NONE;
		return error_frame(err, "%s", what);
	}
	initialize_ext2_error_table();
	if (code == EXT2_ET_UNSUPP_FEATURE)
		return error_set(err, ERROR_PARTIAL,
				 "%s: it has features that this program does not know",
				 what);
	return error_set(err, ERROR_INPUT, "%s: %s", what, error_message(code));
}
