/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow/inspect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/layout.h"
#include "flow/inspect_guest.h"

/* Holes are counted until it is known that the source has some, or many. */
enum { EXTENTS_MOST = 1 << 16 };

static void set_source(const char *name, const struct image *image,
		       struct inspection *out)
{
	unsigned i;

	out->name = str_copy(name);
	for (i = 0; i < image->layer_count; i++)
		inspection_add_layer(out, image->layers[i].name, image->layers[i].detail);
	out->can_seek = image->can_seek;
	out->published_bytes = image->published_bytes;
	out->expanded_bytes = image->expanded_bytes;
	out->hole_bytes = UINT64_MAX;
	(void)snprintf(out->published_sha256, sizeof(out->published_sha256), "%s",
		       image->published.sha256);
	(void)snprintf(out->published_sha512, sizeof(out->published_sha512), "%s",
		       image->published.sha512);
	(void)snprintf(out->expanded_sha256, sizeof(out->expanded_sha256), "%s",
		       image->expanded.sha256);
}

/* How much of it is holes; not known of an image that is torn to very many pieces. */
static void count_holes(struct blocks *blocks, struct inspection *out)
{
	struct blocks_extent extent;
	uint64_t offset, holes = 0;
	unsigned count = 0;

	for (offset = 0; offset < blocks->size_bytes; offset += extent.length_bytes) {
		if (++count > EXTENTS_MOST ||
		    blocks_extent_at(blocks, offset, &extent, NULL) != 0)
			return;
		holes += extent.is_hole ? extent.length_bytes : 0;
	}
	out->hole_bytes = holes;
}

static int look_into(struct blocks *blocks, const struct inspect_plan *plan,
		     struct inspection *out, struct error *err)
{
	if (disk_read_layout(blocks, DISK_ALL, &out->layout, err) != 0)
		return -1;
	flow_inspect_guest(blocks, plan->want_tree, out);
	out->read_bytes = blocks->read_bytes;
	out->read_calls = blocks->read_calls;
	count_holes(blocks, out);
	return 0;
}

int flow_inspect(const char *name, const struct inspect_plan *plan,
		 struct inspection *out, struct error *err)
{
	struct image *image;
	char why[512];
	int result = 0;

	if (image_open(name, &plan->image, &image, err) != 0)
		return -1;
	set_source(name, image, out);
	if (image->blocks != NULL)
		result = look_into(image->blocks, plan, out, err);
	else
		out->unseen = str_copy(error_text(&image->why, why, sizeof(why)));
	image_close(image);
	return result;
}
