/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { VIEW_BYTES = 64 * 1024 };

static int check(const struct sink *sink, uint64_t offset, size_t length,
		 struct error *err)
{
	if (offset > sink->size_bytes || length > sink->size_bytes - offset)
		return error_set(err, ERROR_INPUT, "byte %llu is beyond the disk's end",
				 (unsigned long long)(offset + length));
	if (offset % sink->sector_bytes != 0 || length % sink->sector_bytes != 0)
		return error_set(
			err, ERROR_INPUT,
			"%zu bytes at byte %llu are no whole sectors of %u bytes", length,
			(unsigned long long)offset, sink->sector_bytes);
	return 0;
}

int sink_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
	      struct error *err)
{
	if (check(sink, offset, length, err) != 0 ||
	    sink->ops->read(sink, offset, buffer, length, err) != 0)
		return -1;
	sink->read_bytes += length;
	return 0;
}

void sink_ahead(struct sink *sink, uint64_t offset, void *buffer, size_t length)
{
	if (sink->ops->ahead != NULL && check(sink, offset, length, NULL) == 0)
		sink->ops->ahead(sink, offset, buffer, length);
}

void sink_forget(struct sink *sink)
{
	if (sink->ops->forget != NULL)
		sink->ops->forget(sink);
}

int sink_is_zero(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	return length == 0 || (at[0] == 0 && memcmp(at, at + 1, length - 1) == 0);
}

int sink_write(struct sink *sink, uint64_t offset, const void *buffer, size_t length,
	       struct error *err)
{
	int done = 1;

	if (check(sink, offset, length, err) != 0)
		return -1;
	if (sink->ops->zero != NULL && sink_is_zero(buffer, length))
		done = sink->ops->zero(sink, offset, length, err);
	if (done < 0)
		return -1;
	if (done == 0) {
		sink->zeroed_bytes += length;
		return 0;
	}
	if (sink->ops->write(sink, offset, buffer, length, err) != 0)
		return -1;
	sink->written_bytes += length;
	return 0;
}

int sink_flush(struct sink *sink, struct error *err)
{
	sink->flushes++;
	return sink->ops->flush(sink, err);
}

void *sink_buffer(size_t length)
{
	void *buffer = NULL;

	if (posix_memalign(&buffer, SINK_ALIGN_BYTES, length > 0 ? length : 1) != 0)
		abort();
	memset(buffer, 0, length);
	return buffer;
}

struct view {
	struct blocks blocks;
	struct sink *sink;
	unsigned char *buffer;
};

static int view_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	struct view *view = (struct view *)blocks;
	unsigned char *out = buffer;
	uint64_t start;
	size_t skip, part, whole;

	while (length > 0) {
		start = offset - offset % view->sink->sector_bytes;
		skip = (size_t)(offset - start);
		whole = VIEW_BYTES;
		if (whole > view->sink->size_bytes - start)
			whole = (size_t)(view->sink->size_bytes - start);
		if (sink_read(view->sink, start, view->buffer, whole, err) != 0)
			return -1;
		part = length < whole - skip ? length : whole - skip;
		memcpy(out, view->buffer + skip, part);
		out += part;
		offset += part;
		length -= part;
	}
	return 0;
}

static void view_close(struct blocks *blocks)
{
	struct view *view = (struct view *)blocks;

	free(view->buffer);
	free(view);
}

static const struct blocks_ops view_ops = {.read = view_read, .close = view_close};

struct blocks *sink_open_blocks(struct sink *sink)
{
	struct view *view = mem_zero(1, sizeof(*view));

	view->blocks.ops = &view_ops;
	view->blocks.size_bytes = sink->size_bytes;
	view->blocks.sector_bytes = sink->sector_bytes;
	view->blocks.fd = -1;
	view->sink = sink;
	view->buffer = sink_buffer(VIEW_BYTES);
	return &view->blocks;
}

void sink_close(struct sink *sink)
{
	if (sink != NULL)
		sink->ops->close(sink);
}
