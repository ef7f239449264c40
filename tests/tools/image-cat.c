/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image-cat.c - what the room image/ makes of a source: image-cat info|bytes|extents|stream|holes
 * NAME [KEY=VALUE...]. Exit status as the error's kind. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/image.h"
#include "image/sums.h"
#include "sys/file.h"
#include "sys/signals.h"

enum { ROOM = 1 << 20 };

static struct image_options options;
static struct sums_request request;
static uint64_t told_bytes;

static int fail(const struct error *err)
{
	char text[600];

	(void)fprintf(stderr, "image-cat: %s\n", error_text(err, text, sizeof(text)));
	return (int)err->kind;
}

static void print_length(const char *what, uint64_t length, FILE *out)
{
	if (length == STREAM_LENGTH_UNKNOWN)
		(void)fprintf(out, "%s: unknown\n", what);
	else
		(void)fprintf(out, "%s: %" PRIu64 "\n", what, length);
}

static void print_info(const struct image *image, FILE *out)
{
	unsigned i;
	char text[600];

	(void)fprintf(out, "layers:");
	for (i = 0; i < image->layer_count; i++)
		(void)fprintf(out, " %s", image->layers[i].name);
	(void)fprintf(out, "\n");
	for (i = 0; i < image->layer_count; i++)
		if (image->layers[i].detail[0] != '\0')
			(void)fprintf(out, "%s: %s\n", image->layers[i].name,
				      image->layers[i].detail);
	(void)fprintf(out, "seek: %s\n", image->can_seek ? "yes" : "no");
	print_length("published", image->published_bytes, out);
	print_length("expanded", image->expanded_bytes, out);
	(void)fprintf(out, "sector: %u\n", image->sector_bytes);
	(void)fprintf(out, "published sha256: %s\n", image->published.sha256);
	(void)fprintf(out, "published sha512: %s\n", image->published.sha512);
	(void)fprintf(out, "expanded sha256: %s\n", image->expanded.sha256);
	(void)fprintf(out, "told: %" PRIu64 "\n", told_bytes);
	if (image->why.kind != ERROR_NONE)
		(void)fprintf(out, "why: %s\n",
			      error_text(&image->why, text, sizeof(text)));
}

static int put_bytes(struct image *image, struct error *err)
{
	autofree char *buffer = mem_zero(ROOM, 1);
	struct blocks *blocks = image->blocks;
	uint64_t offset, left;
	size_t some;

	for (offset = 0; offset < blocks->size_bytes; offset += some) {
		left = blocks->size_bytes - offset;
		some = left < ROOM ? (size_t)left : (size_t)ROOM;
		if (blocks_read(blocks, offset, buffer, some, err) != 0 ||
		    sys_fd_write(STDOUT_FILENO, buffer, some, err) != 0)
			return -1;
	}
	return 0;
}

static uint64_t run_start, run_length;
static bool run_is_hole;

static void put_run(uint64_t length, bool is_hole)
{
	if (run_length > 0 && (length == 0 || is_hole != run_is_hole)) {
		(void)printf("%" PRIu64 " %" PRIu64 " %s\n", run_start, run_length,
			     run_is_hole ? "hole" : "data");
		run_start += run_length;
		run_length = 0;
	}
	run_length += length;
	run_is_hole = is_hole;
}

static int put_extents(struct image *image, struct error *err)
{
	struct blocks *blocks = image->blocks;
	struct blocks_extent extent;
	uint64_t offset;

	for (offset = 0; offset < blocks->size_bytes; offset += extent.length_bytes) {
		if (blocks_extent_at(blocks, offset, &extent, err) != 0)
			return -1;
		put_run(extent.length_bytes, extent.is_hole);
	}
	put_run(0, false);
	return 0;
}

/* Bytes, or with @only_holes what would be extents. */
static int put_stream(struct image *image, bool only_holes, struct error *err)
{
	autofree char *buffer = mem_zero(ROOM, 1);
	struct stream_piece piece;
	size_t some;

	if (!only_holes) {
		do {
			if (stream_read(image->stream, buffer, ROOM, &some, err) != 0 ||
			    sys_fd_write(STDOUT_FILENO, buffer, some, err) != 0)
				return -1;
		} while (some > 0);
		return 0;
	}
	do {
		if (stream_next(image->stream, buffer, ROOM, &piece, err) != 0)
			return -1;
		put_run(piece.length_bytes, piece.is_hole);
	} while (piece.length_bytes > 0);
	return 0;
}

static void tell(void *data, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)data;
	(void)total_bytes;
	told_bytes = done_bytes;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static void take_option(char *text)
{
	char *value = strchr(text, '=');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(text, "most") == 0)
		options.most_bytes = number(value);
	else if (strcmp(text, "memory") == 0)
		options.memory_bytes = number(value);
	else if (strcmp(text, "window") == 0)
		options.window_bytes = number(value);
	else if (strcmp(text, "wait") == 0)
		options.retry_wait_ms = (unsigned)number(value);
	else if (strcmp(text, "digests") == 0)
		options.want_digests = true;
	else if (strcmp(text, "sha256") == 0)
		request.sha256 = value;
	else if (strcmp(text, "sha512") == 0)
		request.sha512 = value;
	else if (strcmp(text, "sums") == 0)
		request.sums = value;
	else if (strcmp(text, "sig") == 0)
		request.signature = value;
	else if (strcmp(text, "keyring") == 0)
		request.keyring = value;
}

static int run(const char *mode, const char *name, struct error *err)
{
	const bool is_stream = strcmp(mode, "stream") == 0 || strcmp(mode, "holes") == 0;
	struct image_digests required = {0};
	struct image *image = NULL;
	int result = 0;

	if (sums_require(&request, name, &required, err) != 0)
		return -1;
	if ((is_stream ? image_open_stream : image_open)(name, &options, &image, err) !=
	    0)
		return -1;
	if (is_stream)
		result = put_stream(image, strcmp(mode, "holes") == 0, err);
	else if (image->blocks == NULL)
		*err = image->why;
	if (result == 0 && image->blocks != NULL && strcmp(mode, "bytes") == 0)
		result = put_bytes(image, err);
	if (result == 0 && image->blocks != NULL && strcmp(mode, "extents") == 0)
		result = put_extents(image, err);
	if (result == 0)
		print_info(image, strcmp(mode, "info") == 0 ? stdout : stderr);
	if (result == 0)
		result = sums_check(&required, &image->published, err);
	if (result == 0 && !is_stream && image->blocks == NULL)
		result = -1;
	image_close(image);
	return result;
}

int main(int argc, char **argv)
{
	struct error err = {0};
	int i;

	if (argc < 3)
		return 2;
	options.progress = tell;
	for (i = 3; i < argc; i++)
		take_option(argv[i]);
	sys_signals_catch();
	if (run(argv[1], argv[2], &err) != 0)
		return fail(&err);
	return fflush(stdout) == 0 ? 0 : 1;
}
