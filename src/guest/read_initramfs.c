/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_initramfs.c - an initramfs as the kernel unpacks it: cpio archives one behind the other,
 * each bare (early microcode) or in a compressed stream, zeros between them (init/initramfs.c,
 * Documentation/driver-api/early-userspace/buffer-format.rst). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/parse.h"
#include "guest/read.h"
#include "guest/read_members.h"
#include "sys/inflate.h"
#include "sys/signals.h"

enum {
	MAGIC_BYTES = 6,	 /* enough to tell what begins */
	ROOM_BYTES = 256 * 1024, /* that are decompressed at once */
	SEGMENTS_MOST = 64,
	MEMBERS_MOST = 500000,
};

/* the kernel's own limit of a zstd window is 128 MiB; xz -9 needs 65 MiB */
static const uint64_t memory_most_bytes = UINT64_C(130) << 20;
static const uint64_t unpacked_most_bytes = UINT64_C(1) << 30;
static const uint64_t all_most_bytes = UINT64_C(4) << 30; /* of all that a guest has */
static const uint64_t file_most_bytes = UINT64_C(512) << 20;

struct initramfs {
	struct guest_initramfs *out;
	struct str pending;	 /* bytes of the file that were not taken yet */
	uint64_t place;		 /* where they begin in the file */
	struct inflate *inflate; /* NULL: not in a compressed stream */
	struct str inner;	 /* decompressed bytes that were not taken yet */
	uint8_t *room;
	struct cpio *cpio; /* NULL: between archives */
	uint64_t member_count;
	uint64_t expanded_bytes; /* by decompression: also zeros between archives */
	const struct cpio_visitor *visitor; /* NULL: nobody else looks */
	bool is_noted, is_visited;	    /* who wants the content of the member */
};

struct initramfs *initramfs_begin(struct guest_initramfs *out)
{
	struct initramfs *reader = mem_zero(1, sizeof(*reader));

	reader->out = out;
	reader->pending = STR_EMPTY;
	reader->inner = STR_EMPTY;
	reader->room = mem_zero(ROOM_BYTES, 1);
	return reader;
}

void initramfs_visit(struct initramfs *reader, const struct cpio_visitor *visitor)
{
	reader->visitor = visitor;
}

static bool want_member(const struct cpio_member *member, void *data)
{
	struct initramfs *reader = data;
	struct guest_initramfs *out = reader->out;

	reader->member_count++;
	out->segments[out->segment_count - 1].file_count++;
	reader->is_noted = member_note(member, out);
	reader->is_visited = reader->visitor != NULL &&
			     reader->visitor->want(member, reader->visitor->data);
	return reader->is_noted || reader->is_visited;
}

static void take_member(const struct cpio_member *member, const struct str *content,
			void *data)
{
	const struct initramfs *reader = data;

	if (reader->is_noted)
		member_read(member, content->bytes, reader->out);
	if (reader->is_visited)
		reader->visitor->take(member, content, reader->visitor->data);
}

static int begin_segment(struct initramfs *reader, const char *compression,
			 uint64_t place, struct error *err)
{
	struct guest_initramfs *out = reader->out;

	if (out->segment_count == SEGMENTS_MOST)
		return error_set(err, ERROR_INPUT, "more than %d archives",
				 SEGMENTS_MOST);
	out->segments =
		mem_grow(out->segments, out->segment_count, sizeof(*out->segments));
	out->segments[out->segment_count++] = (struct guest_segment){
		.compression = str_copy(compression), .offset_bytes = place};
	return 0;
}

static void end_segment(struct initramfs *reader, uint64_t place)
{
	struct guest_segment *segment =
		&reader->out->segments[reader->out->segment_count - 1];

	segment->size_bytes = place - segment->offset_bytes;
}

static void begin_archive(struct initramfs *reader)
{
	const struct cpio_visitor visitor = {
		.want = want_member, .take = take_member, .data = reader};

	reader->cpio = cpio_begin(&visitor);
}

static int too_much(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "it unpacks to more than %" PRIu64 " bytes or %d files",
			 unpacked_most_bytes, MEMBERS_MOST);
}

static int feed_archive(struct initramfs *reader, const uint8_t *bytes, size_t length,
			size_t *out_used, struct error *err)
{
	if (cpio_feed(reader->cpio, bytes, length, out_used, err) != 0)
		return -1;
	reader->out->unpacked_bytes += *out_used;
	if (reader->member_count > MEMBERS_MOST)
		return too_much(err);
	if (cpio_is_over(reader->cpio)) {
		cpio_end(reader->cpio);
		reader->cpio = NULL;
	}
	return 0;
}

static int unknown_bytes(uint64_t place, struct error *err)
{
	return error_set(
		err, ERROR_INPUT,
		"neither an archive nor a compressed stream begins at byte %" PRIu64,
		place);
}

/* What begins between the archives of the file. */
static int begin_in_file(struct initramfs *reader, const uint8_t *bytes, size_t length,
			 uint64_t place, struct error *err)
{
	const struct inflate_format *format;

	if (memcmp(bytes, "07070", 5) == 0) {
		begin_archive(reader);
		return begin_segment(reader, "none", place, err);
	}
	format = inflate_detect(bytes, length);
	if (format == NULL)
		return unknown_bytes(place, err);
	if (begin_segment(reader, format->name, place, err) != 0)
		return -1;
	return inflate_open(format, memory_most_bytes, &reader->inflate, err);
}

static int begin_inside(struct initramfs *reader, const uint8_t *bytes, struct error *err)
{
	if (memcmp(bytes, "07070", 5) != 0)
		return error_set(err, ERROR_INPUT,
				 "what a compressed stream holds is no cpio archive");
	begin_archive(reader);
	return 0;
}

static size_t count_zeros(const uint8_t *bytes, size_t length)
{
	size_t count = 0;

	while (count < length && bytes[count] == 0)
		count++;
	return count;
}

/* Take decompressed bytes: archives and the zeros between them. */
static int walk_inside(struct initramfs *reader, const uint8_t *bytes, size_t length,
		       size_t *out_used, struct error *err)
{
	size_t used = 0, now;

	while (used < length) {
		if (reader->cpio != NULL) {
			if (feed_archive(reader, bytes + used, length - used, &now,
					 err) != 0)
				return -1;
			used += now;
			continue;
		}
		used += count_zeros(bytes + used, length - used);
		if (length - used < MAGIC_BYTES)
			break;
		if (begin_inside(reader, bytes + used, err) != 0)
			return -1;
	}
	*out_used = used;
	return 0;
}

static void drop(struct str *text, size_t length)
{
	memmove(text->bytes, text->bytes + length, text->length - length);
	text->length -= length;
}

/* Take what was decompressed into the room. */
static int take_room(struct initramfs *reader, size_t length, struct error *err)
{
	const uint8_t *bytes = reader->room;
	size_t used;

	if (length == 0)
		return 0;
	reader->expanded_bytes += length;
	if (reader->expanded_bytes > unpacked_most_bytes)
		return too_much(err);
	if (reader->inner.length > 0) {
		str_add_bytes(&reader->inner, bytes, length);
		bytes = (const uint8_t *)reader->inner.bytes;
		length = reader->inner.length;
	}
	if (walk_inside(reader, bytes, length, &used, err) != 0)
		return -1;
	if (reader->inner.length > 0)
		drop(&reader->inner, used);
	else
		str_add_bytes(&reader->inner, bytes + used, length - used);
	return 0;
}

static int end_stream(struct initramfs *reader, uint64_t place, struct error *err)
{
	inflate_close(reader->inflate);
	reader->inflate = NULL;
	end_segment(reader, place);
	if (reader->cpio != NULL || reader->inner.length > 0)
		return error_set(err, ERROR_INPUT,
				 "a compressed archive ends in the middle of a file");
	return 0;
}

/* Decompress from the pending bytes, as far as they go. */
static int walk_stream(struct initramfs *reader, const uint8_t *bytes, size_t length,
		       bool is_last, size_t *out_used, struct error *err)
{
	struct inflate_io io = {.in = bytes, .in_bytes = length, .is_last = is_last};
	enum inflate_state state;

	do {
		if (sys_signals_came() != 0)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		io.out = reader->room;
		io.out_bytes = ROOM_BYTES;
		if (inflate_step(reader->inflate, &io, &state, err) != 0 ||
		    take_room(reader, ROOM_BYTES - io.out_bytes, err) != 0)
			return -1;
	} while (state == INFLATE_MORE && io.out_bytes == 0);
	*out_used = length - io.in_bytes;
	if (state == INFLATE_END)
		return end_stream(reader, reader->place + *out_used, err);
	return 0;
}

/* Take archives, streams and zeros of the file; one step. */
static int walk_file(struct initramfs *reader, const uint8_t *bytes, size_t length,
		     bool is_last, size_t *out_used, struct error *err)
{
	if (reader->inflate != NULL)
		return walk_stream(reader, bytes, length, is_last, out_used, err);
	if (reader->cpio != NULL) {
		if (feed_archive(reader, bytes, length, out_used, err) != 0)
			return -1;
		if (reader->cpio == NULL)
			end_segment(reader, reader->place + *out_used);
		return 0;
	}
	*out_used = count_zeros(bytes, length);
	if (*out_used > 0)
		return 0;
	if (length >= MAGIC_BYTES)
		return begin_in_file(reader, bytes, length, reader->place, err);
	return is_last ? unknown_bytes(reader->place, err) : 0;
}

/* What is being taken: a change of it is progress too. */
static const void *doing(const struct initramfs *reader)
{
	if (reader->inflate != NULL)
		return reader->inflate;
	return reader->cpio;
}

static int walk_pending(struct initramfs *reader, bool is_last, struct error *err)
{
	const void *was;
	size_t at = 0, used = 1;

	for (was = NULL; used > 0 || doing(reader) != was; at += used) {
		was = doing(reader);
		/* the end of the file may be the end of a stream */
		if (at == reader->pending.length && (!is_last || reader->inflate == NULL))
			break;
		if (walk_file(reader, (const uint8_t *)reader->pending.bytes + at,
			      reader->pending.length - at, is_last, &used, err) != 0)
			return -1;
		reader->place += used;
	}
	drop(&reader->pending, at);
	return 0;
}

int initramfs_feed(struct initramfs *reader, const uint8_t *bytes, size_t length,
		   bool is_last, struct error *err)
{
	reader->out->size_bytes += length;
	if (reader->out->size_bytes > file_most_bytes)
		return error_set(err, ERROR_INPUT, "it is longer than %" PRIu64 " bytes",
				 file_most_bytes);
	if (length > 0)
		str_add_bytes(&reader->pending, bytes, length);
	if (walk_pending(reader, is_last, err) != 0)
		return -1;
	if (is_last && (reader->cpio != NULL || reader->inflate != NULL))
		return error_set(err, ERROR_INPUT, "its last archive is cut short");
	return 0;
}

void initramfs_end(struct initramfs *reader)
{
	if (reader == NULL)
		return;
	members_conclude(reader->out);
	inflate_close(reader->inflate);
	cpio_end(reader->cpio);
	str_clear(&reader->pending);
	str_clear(&reader->inner);
	free(reader->room);
	free(reader);
}

static int take_piece(const void *bytes, size_t length, void *data, struct error *err)
{
	return initramfs_feed(data, bytes, length, false, err);
}

void read_initramfs(struct inspect *look, const char *path, struct guest_initramfs *out)
{
	struct initramfs *reader = initramfs_begin(out);
	struct error err = {0};

	out->path = str_copy(path);
	if (look->expanded_bytes > all_most_bytes) {
		out->problem = str_copy("left out: those before it unpack to too much");
		guest_problem_add(look->guest, path, out->problem);
	} else if (vfs_stream(look->vfs, path, take_piece, reader, &err) != 0 ||
		   initramfs_feed(reader, NULL, 0, true, &err) != 0) {
		out->problem = str_copy(err.cause);
		guest_problem_add(look->guest, path, err.cause);
	}
	look->expanded_bytes += reader->expanded_bytes;
	initramfs_end(reader);
}
