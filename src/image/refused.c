/* SPDX-License-Identifier: GPL-2.0-or-later */
/* refused.c - what is certainly no disk: it would be taken for a raw image otherwise, and
 * written as it is. */
#include <string.h>
#include <strings.h>

#include "image/format.h"

static const struct refused {
	const char *magic;
	size_t magic_bytes;
	size_t offset;
	const char *reason;
} refused[] = {
	{"PK\3\4", 4, 0, "it is a zip archive: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", 6, 0, "it is a 7z archive: unpack it first"},
	{"Rar!\x1a\7", 6, 0, "it is a rar archive: unpack it first"},
	{"!<arch>\n", 8, 0, "it is an ar archive: unpack it first"},
	{"LZIP", 4, 0, "it is compressed by lzip: decompress it first"},
	{"LRZI", 4, 0, "it is compressed by lrzip: decompress it first"},
	{"\x1f\x9d", 2, 0, "it is compressed by compress: decompress it first"},
	{"\x89LZO", 4, 0, "it is compressed by lzop: decompress it first"},
	{"# Disk DescriptorFile", 21, 0,
	 "it is a vmdk descriptor that names other files, which are not followed: "
	 "make it one file by qemu-img convert"},
	{"COWD", 4, 0, "it is a vmdk of ESX's old kind: convert it by qemu-img convert"},
	{"QED\0", 4, 0, "it is a qed image: convert it by qemu-img convert"},
	{"WithoutFreeSpace", 16, 0,
	 "it is a Parallels image: convert it by qemu-img convert"},
	{"WithouFreSpacExt", 16, 0,
	 "it is a Parallels image: convert it by qemu-img convert"},
	{"Bochs Virtual HD Image", 22, 0,
	 "it is a Bochs image: convert it by qemu-img convert"},
	{"\x7f"
	 "ELF",
	 4, 0, "it is a program and no disk"},
	{"<!DOCTYPE html", 14, 0, "it is a web page: look at the address again"},
	{"<html", 5, 0, "it is a web page: look at the address again"},
};

static const struct refused *find(const struct format_view *view)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (view->head_bytes >= refused[i].offset + refused[i].magic_bytes &&
		    strncasecmp((const char *)view->head + refused[i].offset,
				refused[i].magic, refused[i].magic_bytes) == 0 &&
		    (refused[i].magic[0] == '<' ||
		     memcmp(view->head + refused[i].offset, refused[i].magic,
			    refused[i].magic_bytes) == 0))
			return &refused[i];
	return NULL;
}

static bool refused_probe(const struct format_view *view)
{
	return find(view) != NULL;
}

static int refused_open_blocks(struct blocks *inner, const struct format_context *context,
			       struct blocks **out, struct error *err)
{
	uint8_t head[64] = {0};
	struct format_view view = {head, sizeof(head), NULL};
	const struct refused *row;

	(void)context;
	(void)out;
	if (inner->size_bytes < view.head_bytes)
		view.head_bytes = (size_t)inner->size_bytes;
	if (blocks_read(inner, 0, head, view.head_bytes, err) != 0)
		return -1;
	row = find(&view);
	return error_set(err, ERROR_INPUT, "%s",
			 row != NULL ? row->reason : "it changed while it was read");
}

static int refused_open_stream(struct stream *inner, const struct format_context *context,
			       struct stream **out, struct error *err)
{
	uint8_t head[64] = {0};
	struct format_view view = {head, 0, NULL};
	const struct refused *row;

	(void)context;
	(void)out;
	if (stream_read(inner, head, sizeof(head), &view.head_bytes, err) != 0)
		return -1;
	row = find(&view);
	return error_set(err, ERROR_INPUT, "%s",
			 row != NULL ? row->reason : "it changed while it was read");
}

const struct format format_refused = {
	.name = "refused",
	.probe = refused_probe,
	.open_stream = refused_open_stream,
	.open_blocks = refused_open_blocks,
};
