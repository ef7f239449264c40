/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/undo.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "disk/undo_log.h"
#include "sys/digest.h"
#include "sys/random_bytes.h"

enum {
	TAIL_SPARE_BYTES = 64 * 1024, /* the second GPT, at any sector size */
	TAIL_ALIGN_BYTES = 1024 * 1024,
};

const char *const undo_state_names[UNDO_STATE_COUNT] = {
	[UNDO_WRITING] = "writing",	    [UNDO_BODY] = "body",
	[UNDO_COMPLETE] = "complete",	    [UNDO_ROLLING_BACK] = "rolling-back",
	[UNDO_ROLLED_BACK] = "rolled-back",
};

uint64_t undo_tail_end(uint64_t disk_bytes)
{
	if (disk_bytes < TAIL_ALIGN_BYTES + TAIL_SPARE_BYTES)
		return 0;
	return (disk_bytes - TAIL_SPARE_BYTES) / TAIL_ALIGN_BYTES * TAIL_ALIGN_BYTES;
}

uint64_t undo_room_for(uint64_t bytes, uint64_t pieces, size_t plan_bytes)
{
	/* each piece: its frame and what fills its last block, and its digest; then the two
	 * ends, the plan, and a few states */
	return bytes + pieces * (2 * UNDO_BLOCK_BYTES + UNDO_DIGEST_BYTES) + plan_bytes +
	       64 * (uint64_t)UNDO_BLOCK_BYTES;
}

static int write_ends(struct undo *undo, struct error *err)
{
	const uint64_t last = undo->header.area_bytes - UNDO_BLOCK_BYTES;

	undo_reserve(undo, UNDO_BLOCK_BYTES);
	undo_put_header(&undo->header, undo->log_id, undo->block);
	if (sink_write(undo->sink, undo->header.area_offset + last, undo->block,
		       UNDO_BLOCK_BYTES, err) != 0)
		return -1;
	return sink_write(undo->sink, undo->header.area_offset, undo->block,
			  UNDO_BLOCK_BYTES, err);
}

/* Write a frame whose type, place and value are set. */
static int append(struct undo *undo, struct undo_frame *frame, struct undo_packed *packed,
		  struct error *err)
{
	const uint64_t room = undo_frame_room(packed->stored_bytes);

	if (undo->next + room + UNDO_BLOCK_BYTES > undo->header.area_bytes)
		return error_set(err, ERROR_REFUSED, "the undo log of %llu MiB is full",
				 (unsigned long long)(undo->header.area_bytes >> 20));
	frame->sequence = undo->sequence;
	frame->epoch = undo->epoch;
	frame->codec = packed->codec;
	frame->length = packed->length;
	frame->stored_bytes = packed->stored_bytes;
	memcpy(frame->log_id, undo->log_id, sizeof(frame->log_id));
	memcpy(frame->sha, packed->sha, sizeof(frame->sha));
	memcpy(frame->stored_sha, packed->stored_sha, sizeof(frame->stored_sha));
	undo_put_frame(frame, packed->block);
	if (sink_write(undo->sink, undo->header.area_offset + undo->next, packed->block,
		       (size_t)room, err) != 0)
		return -1;
	undo->sequence++;
	undo->next += room;
	return 0;
}

static struct undo *open_at(struct sink *sink)
{
	struct undo *undo = mem_zero(1, sizeof(*undo));

	undo->sink = sink;
	undo->packer = undo_packer_open();
	undo->epoch = 1;
	undo->next = UNDO_BLOCK_BYTES;
	return undo;
}

int undo_create(struct sink *sink, const struct undo_header *header, const char *plan,
		struct undo **out, struct error *err)
{
	struct undo_frame frame = {.type = FRAME_PLAN};
	const size_t length = strlen(plan);
	struct undo *undo;

	if (header->area_bytes < undo_room_for(0, 0, length))
		return error_set(err, ERROR_REFUSED,
				 "%llu bytes are too few for an undo log",
				 (unsigned long long)header->area_bytes);
	undo = open_at(sink);
	undo->header = *header;
	sys_random(undo->log_id, sizeof(undo->log_id));
	undo->plan = str_copy(plan);
	undo_pack(undo->packer, undo->plan, length, &undo->packed);
	if (write_ends(undo, err) != 0 || append(undo, &frame, &undo->packed, err) != 0 ||
	    undo_set_state(undo, UNDO_WRITING, err) != 0) {
		undo_close(undo);
		return -1;
	}
	*out = undo;
	return 0;
}

/* Look at one block for a header that says of itself that it lies there. */
static int find_at(struct sink *sink, uint64_t at, bool is_last, uint64_t *out_offset,
		   uint64_t *out_bytes, struct error *err)
{
	autofree unsigned char *block = sink_buffer(UNDO_BLOCK_BYTES);
	unsigned char log_id[UNDO_ID_BYTES];
	struct undo_header header;

	if (at > sink->size_bytes || sink->size_bytes - at < UNDO_BLOCK_BYTES)
		return 0;
	if (sink_read(sink, at, block, UNDO_BLOCK_BYTES, err) != 0)
		return -1;
	if (undo_get_header(block, &header, log_id, NULL) != 0 ||
	    header.area_bytes > sink->size_bytes ||
	    header.area_offset > sink->size_bytes - header.area_bytes)
		return 0;
	if (is_last != (header.place == UNDO_TAIL) ||
	    (is_last ? header.area_offset + header.area_bytes != at + UNDO_BLOCK_BYTES
		     : header.area_offset != at))
		return 0;
	*out_offset = header.area_offset;
	*out_bytes = header.area_bytes;
	return 1;
}

int undo_find_tail(struct sink *sink, uint64_t *out_offset, uint64_t *out_bytes,
		   struct error *err)
{
	const uint64_t end = undo_tail_end(sink->size_bytes);

	if (end == 0)
		return 0;
	return find_at(sink, end - UNDO_BLOCK_BYTES, true, out_offset, out_bytes, err);
}

int undo_find_start(struct sink *sink, uint64_t *out_offset, uint64_t *out_bytes,
		    struct error *err)
{
	return find_at(sink, 0, false, out_offset, out_bytes, err);
}

/* The first block, or, where it was cut, the last one, which says the same. */
static int read_header(struct undo *undo, uint64_t area_offset, uint64_t area_bytes,
		       struct error *err)
{
	const uint64_t places[] = {area_offset,
				   area_offset + area_bytes - UNDO_BLOCK_BYTES};
	unsigned i;

	undo_reserve(undo, UNDO_BLOCK_BYTES);
	for (i = 0; i < 2; i++) {
		if (sink_read(undo->sink, places[i], undo->block, UNDO_BLOCK_BYTES,
			      err) != 0)
			return -1;
		if (undo_get_header(undo->block, &undo->header, undo->log_id, err) == 0 &&
		    undo->header.area_offset == area_offset &&
		    undo->header.area_bytes == area_bytes)
			return 0;
	}
	if (err != NULL && err->kind != ERROR_INPUT)
		return error_set(err, ERROR_INPUT, "the undo log lies in another place");
	return -1;
}

int undo_open(struct sink *sink, uint64_t area_offset, uint64_t area_bytes,
	      struct undo **out, struct error *err)
{
	struct undo *undo = open_at(sink);

	if (read_header(undo, area_offset, area_bytes, err) != 0 ||
	    undo_scan(undo, err) != 0) {
		undo_close(undo);
		return -1;
	}
	*out = undo;
	return 0;
}

const struct undo_header *undo_header_of(const struct undo *undo)
{
	return &undo->header;
}

enum undo_state undo_state_of(const struct undo *undo)
{
	return undo->state;
}

const char *undo_plan_of(const struct undo *undo)
{
	return undo->plan != NULL ? undo->plan : "";
}

const struct undo_record *undo_record_at(const struct undo *undo, size_t number)
{
	return &undo->records[undo->index[number].number];
}

size_t undo_record_count(const struct undo *undo)
{
	return undo->index_count;
}

const struct undo_digest *undo_digests(const struct undo *undo, size_t *out_count)
{
	*out_count = undo->digest_count;
	return undo->digests;
}

uint64_t undo_saved_bytes(const struct undo *undo)
{
	uint64_t bytes = 0;
	size_t i;

	/* those of this session are in no index yet */
	for (i = 0; i < undo->record_count; i++)
		bytes += undo->records[i].length;
	return bytes;
}

void undo_room(const struct undo *undo, uint64_t *out_used, uint64_t *out_all)
{
	*out_used = undo->next;
	*out_all = undo->header.area_bytes;
}

const struct undo_record *undo_saved(const struct undo *undo, uint64_t offset,
				     uint64_t length)
{
	size_t low = 0, high = undo->index_count, middle;
	const struct undo_record *record;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (undo->index[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == undo->index_count || undo->index[low].offset != offset)
		return NULL;
	record = &undo->records[undo->index[low].number];
	return record->length == length ? record : NULL;
}

int undo_add_packed(struct undo *undo, uint64_t offset, struct undo_packed *packed,
		    bool is_kept, struct error *err)
{
	struct undo_frame frame = {.type = is_kept ? FRAME_KEPT : FRAME_OLD,
				   .offset = offset};
	const uint64_t at = undo->header.area_offset + undo->next + UNDO_FRAME_BYTES;

	if (append(undo, &frame, packed, err) != 0)
		return -1;
	undo_keep_record(undo, &frame, at);
	return 0;
}

int undo_add(struct undo *undo, uint64_t offset, const void *bytes, size_t length,
	     bool is_kept, struct error *err)
{
	undo_pack(undo->packer, bytes, length, &undo->packed);
	return undo_add_packed(undo, offset, &undo->packed, is_kept, err);
}

int undo_add_digests(struct undo *undo, const struct undo_digest *digests, size_t count,
		     struct error *err)
{
	const size_t length = count * UNDO_DIGEST_BYTES;
	struct undo_frame frame = {.type = FRAME_DIGESTS};
	autofree unsigned char *bytes = mem_zero(length + 1, 1);
	size_t i;

	for (i = 0; i < count; i++)
		undo_put_digest(&digests[i], bytes + i * UNDO_DIGEST_BYTES);
	undo_store(bytes, length, &undo->packed);
	if (append(undo, &frame, &undo->packed, err) != 0)
		return -1;
	for (i = 0; i < count; i++) {
		undo->digests = mem_grow(undo->digests, undo->digest_count,
					 sizeof(undo->digests[0]));
		undo->digests[undo->digest_count++] = digests[i];
	}
	return 0;
}

int undo_set_state(struct undo *undo, enum undo_state state, struct error *err)
{
	struct undo_frame frame = {.type = FRAME_STATE, .value = state};

	undo_pack(undo->packer, "", 0, &undo->packed);
	if (append(undo, &frame, &undo->packed, err) != 0 || undo_sync(undo, err) != 0)
		return -1;
	undo->state = state;
	return 0;
}

int undo_sync(struct undo *undo, struct error *err)
{
	return sink_flush(undo->sink, err);
}

int undo_load(struct undo *undo, const struct undo_record *record, void *buffer,
	      struct error *err)
{
	const uint64_t start = record->log_offset - UNDO_FRAME_BYTES;
	const size_t room = (size_t)undo_frame_room(record->stored_bytes);
	unsigned char sha[UNDO_SHA_BYTES];

	undo_reserve(undo, room);
	if (sink_read(undo->sink, start, undo->block, room, err) != 0 ||
	    undo_expand(record->codec, undo->block + UNDO_FRAME_BYTES,
			(size_t)record->stored_bytes, buffer, (size_t)record->length,
			err) != 0)
		return -1;
	sys_sha256(buffer, (size_t)record->length, sha);
	if (memcmp(sha, record->old_sha, sizeof(sha)) != 0)
		return error_set(err, ERROR_INPUT,
				 "what the undo log holds of byte %llu is damaged",
				 (unsigned long long)record->offset);
	return 0;
}

int undo_wipe(struct sink *sink, uint64_t area_offset, uint64_t area_bytes,
	      struct error *err)
{
	autofree unsigned char *zeros = sink_buffer(UNDO_BLOCK_BYTES);

	if (sink_write(sink, area_offset + area_bytes - UNDO_BLOCK_BYTES, zeros,
		       UNDO_BLOCK_BYTES, err) != 0 ||
	    sink_write(sink, area_offset, zeros, UNDO_BLOCK_BYTES, err) != 0)
		return -1;
	return sink_flush(sink, err);
}

void undo_close(struct undo *undo)
{
	if (undo == NULL)
		return;
	free(undo->plan);
	free(undo->records);
	free(undo->index);
	free(undo->digests);
	free(undo->block);
	undo_packer_close(undo->packer);
	undo_packed_clear(&undo->packed);
	free(undo);
}
