/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image.c - take one layer off after the other, until what is left is a disk. What can be
 * read at any place stays so as long as the layers allow it; otherwise it is a stream, and
 * where that must be looked into it is spooled. */
#include "image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/format.h"

#define MOST_BYTES   (UINT64_C(2) << 40)
#define MEMORY_BYTES (UINT64_C(128) << 20)
#define WINDOW_BYTES (UINT64_C(2) << 30)

enum { RETRY_WAIT_MS = 1000 };

/* An image, with what its layers look at as long as they are open. */
struct opened {
	struct image image;
	struct image_options options;
};

/* What is being taken apart: one of blocks and stream is set. */
struct peel {
	struct image *image;
	const struct image_options *options;
	struct blocks *blocks;
	struct stream *stream;
	bool is_in_order;  /* the result is to be a stream */
	bool is_published; /* the published bytes are hashed and counted, or will be */
	bool is_end_seen;  /* the stream's last bytes were looked at, before it was one */
	/* Of what was spooled, when it was below that many layers. */
	struct image_digests spooled;
	uint64_t spooled_bytes;
	unsigned spooled_layers;
};

static struct image_options with_defaults(const struct image_options *options)
{
	struct image_options filled = {0};

	if (options != NULL)
		filled = *options;
	if (filled.most_bytes == 0)
		filled.most_bytes = MOST_BYTES;
	if (filled.memory_bytes == 0)
		filled.memory_bytes = MEMORY_BYTES;
	if (filled.window_bytes == 0)
		filled.window_bytes = WINDOW_BYTES;
	if (filled.retry_wait_ms == 0)
		filled.retry_wait_ms = RETRY_WAIT_MS;
	return filled;
}

static int add_layer(struct image *image, const char *name, char **out_detail,
		     struct error *err)
{
	struct image_layer *layer = &image->layers[image->layer_count];

	if (image->layer_count == IMAGE_LAYERS_MOST)
		return error_set(err, ERROR_INPUT,
				 "more than %d layers lie around the disk",
				 IMAGE_LAYERS_MOST);
	layer->name = name;
	*out_detail = layer->detail;
	image->layer_count++;
	return 0;
}

static int check_size(const struct peel *peel, const struct blocks *blocks,
		      struct error *err)
{
	if (blocks->size_bytes <= peel->options->most_bytes)
		return 0;
	return error_set(err, ERROR_INPUT,
			 "the disk in it is %" PRIu64
			 " bytes long, more than the %" PRIu64 " that are allowed",
			 blocks->size_bytes, peel->options->most_bytes);
}

/* Look at what there is now. */
static int find_format(struct peel *peel, const struct format **out, struct error *err)
{
	uint8_t head[FORMAT_HEAD_BYTES] = {0}, tail[FORMAT_TAIL_BYTES] = {0};
	struct format_view view = {head, sizeof(head), NULL};
	struct blocks *blocks = peel->blocks;

	if (blocks == NULL) {
		if (head_peek(&peel->stream, head, &view.head_bytes, err) != 0)
			return -1;
		if (view.head_bytes == 0)
			return error_set(err, ERROR_INPUT, "nothing is in it");
		*out = format_find(&view);
		return 0;
	}
	if (blocks->size_bytes == 0)
		return error_set(err, ERROR_INPUT, "nothing is in it");
	if (blocks->size_bytes < view.head_bytes)
		view.head_bytes = (size_t)blocks->size_bytes;
	if (blocks_read(blocks, 0, head, view.head_bytes, err) != 0)
		return -1;
	if (blocks->size_bytes >= sizeof(tail)) {
		if (blocks_read(blocks, blocks->size_bytes - sizeof(tail), tail,
				sizeof(tail), err) != 0)
			return -1;
		view.tail = tail;
	}
	*out = format_find(&view);
	return 0;
}

/* From blocks to the same as a stream. */
static void read_in_order(struct peel *peel)
{
	peel->stream = stream_open_blocks(peel->blocks);
	peel->blocks = NULL;
}

/* Hash the stream that is there now as the published bytes, and tell how far it is. */
static int meter_published(struct peel *peel, struct error *err)
{
	struct image *image = peel->image;

	return meter_open(peel->stream,
			  peel->options->want_digests ? &image->published : NULL,
			  &image->published_bytes, peel->options, &peel->stream, err);
}

/* What was opened without a layer yet: blocks that are about to be read in order become a
 * metered stream, others are hashed in a pass of their own. */
static int publish(struct peel *peel, const struct format *format, struct error *err)
{
	const bool stays =
		format == NULL ? !peel->is_in_order : format->open_blocks != NULL;

	if (peel->is_published || format == &format_refused)
		return 0;
	peel->is_published = true;
	/* blocks that nobody hashes may be gone over without being read */
	if ((stays || format == NULL) && !peel->options->want_digests)
		return 0;
	if (stays)
		return meter_blocks(peel->blocks, peel->options, &peel->image->published,
				    err);
	read_in_order(peel);
	if (meter_published(peel, err) != 0)
		return -1;
	peel->is_end_seen = format == NULL;
	/* a decoder would use its buffer again */
	return format == NULL && peel->options->keeps_bytes
		       ? meter_hash_aside(peel->stream, err)
		       : 0;
}

static int open_layer(struct peel *peel, const struct format *format, struct error *err)
{
	struct format_context context = {.options = peel->options};
	struct stream *stream = NULL;
	struct blocks *blocks = NULL;

	if (add_layer(peel->image, format->name, &context.detail, err) != 0)
		return -1;
	if (peel->blocks != NULL && format->open_blocks != NULL) {
		if (format->open_blocks(peel->blocks, &context, &blocks, err) != 0)
			return -1;
		peel->blocks = blocks;
		return check_size(peel, blocks, err);
	}
	if (peel->blocks != NULL)
		read_in_order(peel);
	peel->image->can_seek = false;
	if (format->open_stream(peel->stream, &context, &stream, err) != 0)
		return -1;
	stream->most_bytes = peel->options->most_bytes;
	peel->stream = stream;
	return 0;
}

/* What the stream alone tells, when there was no room: its rest is only hashed. */
static int give_up_spooling(struct peel *peel, const struct format *format,
			    struct error *err)
{
	struct image *image = peel->image;

	if (format == NULL)
		image->expanded_bytes = peel->stream->length_bytes;
	if (peel->options->want_digests) {
		if (stream_drain(peel->stream, err) != 0)
			return -1;
		if (format == NULL) {
			image->expanded_bytes = peel->spooled_bytes;
			image->expanded = peel->spooled;
		}
	}
	stream_close(peel->stream);
	peel->stream = NULL;
	return 0;
}

/* From a stream to blocks.
 * Returns: 0, also without room: then neither is there, and `why` tells */
static int spool(struct peel *peel, const struct format *format, struct error *err)
{
	struct image *image = peel->image;
	struct error why = {0};

	if (meter_open(peel->stream, peel->options->want_digests ? &peel->spooled : NULL,
		       &peel->spooled_bytes, NULL, &peel->stream, err) != 0)
		return -1;
	image->can_seek = false;
	peel->spooled_layers = image->layer_count;
	if (spool_stream(peel->stream, peel->options, &peel->blocks, &why) == 0) {
		stream_close(peel->stream);
		peel->stream = NULL;
		return 0;
	}
	if (why.kind != ERROR_PARTIAL || peel->is_in_order) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	image->why = why;
	return give_up_spooling(peel, format, err);
}

/* One step. Returns: 0, with whether a layer may still be there, or -1 */
static int take_off(struct peel *peel, bool *out_goes_on, struct error *err)
{
	const struct format *format = NULL;

	if (find_format(peel, &format, err) != 0)
		return -1;
	if (publish(peel, format, err) != 0)
		return -1;
	if (format != NULL && format->needs_fd && peel->blocks != NULL &&
	    peel->blocks->fd < 0) {
		read_in_order(peel);
		return spool(peel, format, err);
	}
	if (format != NULL && (peel->blocks != NULL || format->open_stream != NULL))
		return open_layer(peel, format, err);
	*out_goes_on = format != NULL || (peel->blocks == NULL && !peel->is_in_order);
	return *out_goes_on ? spool(peel, format, err) : 0;
}

/* Take layers off until none is found, or the stream is what was wanted. */
static int take_apart(struct peel *peel, struct error *err)
{
	bool goes_on = true;

	while (goes_on && (peel->blocks != NULL || peel->stream != NULL))
		if (take_off(peel, &goes_on, err) != 0)
			return -1;
	return 0;
}

static int finish_blocks(struct peel *peel, struct error *err)
{
	struct image *image = peel->image;

	image->expanded_bytes = peel->blocks->size_bytes;
	if (peel->blocks->sector_bytes != 0)
		image->sector_bytes = peel->blocks->sector_bytes;
	image->blocks = peel->blocks;
	peel->blocks = NULL;
	if (!peel->options->want_digests)
		return 0;
	if (image->layer_count == 0 && image->can_seek)
		image->expanded = image->published;
	else if (!image->can_seek && peel->spooled_layers == image->layer_count)
		image->expanded = peel->spooled;
	else
		return meter_blocks(image->blocks, peel->options, &image->expanded, err);
	return 0;
}

static int finish_stream(struct peel *peel, struct error *err)
{
	const bool is_hashed =
		peel->options->want_digests && !peel->options->is_published_enough;
	struct image *image = peel->image;

	if (peel->blocks != NULL) {
		image->expanded_bytes = peel->blocks->size_bytes;
		read_in_order(peel);
	} else {
		image->expanded_bytes = peel->stream->length_bytes;
		if (!peel->is_end_seen)
			peel->stream = vhd_open_tail(peel->stream, image);
	}
	if (meter_open(peel->stream, is_hashed ? &image->expanded : NULL,
		       &image->expanded_bytes, NULL, &peel->stream, err) != 0)
		return -1;
	image->stream = peel->stream;
	peel->stream = NULL;
	return 0;
}

static int begin(struct peel *peel, const char *name, struct error *err)
{
	struct image *image = peel->image;
	struct source source;
	char *detail;

	if (source_open(name, peel->options, &source, err) != 0)
		return -1;
	peel->blocks = source.blocks;
	peel->stream = source.stream;
	image->can_seek = source.blocks != NULL;
	image->published_bytes = source.blocks != NULL ? source.blocks->size_bytes
						       : source.stream->length_bytes;
	image->expanded_bytes = STREAM_LENGTH_UNKNOWN;
	if (source.blocks != NULL)
		image->sector_bytes = source.blocks->sector_bytes;
	if (source.layer != NULL && add_layer(image, source.layer, &detail, err) != 0)
		return -1;
	peel->is_published = source.blocks == NULL;
	return peel->is_published ? meter_published(peel, err) : 0;
}

static int open_image(const char *name, const struct image_options *options,
		      bool is_in_order, struct image **out, struct error *err)
{
	struct opened *opened = mem_zero(1, sizeof(*opened));
	struct peel peel = {
		.image = &opened->image,
		.options = &opened->options,
		.is_in_order = is_in_order,
	};
	int result;

	opened->options = with_defaults(options);
	result = begin(&peel, name, err);
	if (result == 0)
		result = take_apart(&peel, err);
	if (result == 0 && is_in_order)
		result = finish_stream(&peel, err);
	else if (result == 0 && peel.blocks != NULL)
		result = finish_blocks(&peel, err);
	if (result != 0) {
		stream_close(peel.stream);
		blocks_close(peel.blocks);
		image_close(peel.image);
		return error_frame(err, "'%s'", name);
	}
	*out = peel.image;
	return 0;
}

int image_open(const char *name, const struct image_options *options, struct image **out,
	       struct error *err)
{
	return open_image(name, options, false, out, err);
}

int image_open_stream(const char *name, const struct image_options *options,
		      struct image **out, struct error *err)
{
	return open_image(name, options, true, out, err);
}

void image_close(struct image *image)
{
	if (image == NULL)
		return;
	stream_close(image->stream);
	blocks_close(image->blocks);
	free(image);
}
