/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/str.h"
#include "disk/undo_log.h"
#include "sys/digest.h"

enum { STORED_MOST_BYTES = UNDO_PLAN_MOST_BYTES };

void undo_reserve(struct undo *undo, size_t bytes)
{
	if (bytes <= undo->block_bytes)
		return;
	free(undo->block);
	undo->block = sink_buffer(bytes);
	undo->block_bytes = bytes;
}

int undo_expand(uint32_t codec, const void *stored, size_t stored_bytes, void *out,
		size_t length, struct error *err)
{
	if (codec == CODEC_ZEROS && stored_bytes == 0) {
		memset(out, 0, length);
		return 0;
	}
	if (codec == CODEC_RAW && stored_bytes == length) {
		memcpy(out, stored, length);
		return 0;
	}
	if (codec == CODEC_ZSTD &&
	    ZSTD_decompress(out, length, stored, stored_bytes) == length)
		return 0;
	return error_set(err, ERROR_INPUT, "a frame of the undo log does not expand");
}

void undo_keep_record(struct undo *undo, const struct undo_frame *frame,
		      uint64_t log_offset)
{
	struct undo_record *record;

	undo->records =
		mem_grow(undo->records, undo->record_count, sizeof(undo->records[0]));
	record = &undo->records[undo->record_count++];
	*record = (struct undo_record){
		.offset = frame->offset,
		.length = frame->length,
		.is_kept = frame->type == FRAME_KEPT,
		.log_offset = log_offset,
		.stored_bytes = frame->stored_bytes,
		.codec = frame->codec,
	};
	memcpy(record->old_sha, frame->sha, sizeof(record->old_sha));
}

/* A log in the disk's tail never saves itself: to bring that back would end the log. */
static bool is_own(const struct undo_header *header, const struct undo_frame *frame)
{
	return header->place == UNDO_TAIL &&
	       frame->offset < header->area_offset + header->area_bytes &&
	       header->area_offset < frame->offset + frame->length;
}

/* Lengths that the rest may rely on. */
static bool is_sane(const struct undo *undo, const struct undo_frame *frame)
{
	const uint64_t left = undo->header.area_bytes - UNDO_BLOCK_BYTES - undo->next;
	const bool is_old = frame->type == FRAME_OLD || frame->type == FRAME_KEPT;

	if (frame->stored_bytes > STORED_MOST_BYTES ||
	    undo_frame_room(frame->stored_bytes) > left)
		return false;
	if (frame->type == FRAME_STATE)
		return frame->value < UNDO_STATE_COUNT;
	if (is_old)
		return frame->length > 0 && frame->length <= undo->header.chunk_bytes &&
		       frame->offset <= undo->header.disk_bytes &&
		       frame->length <= undo->header.disk_bytes - frame->offset &&
		       frame->offset % undo->header.sector_bytes == 0 &&
		       frame->length % undo->header.sector_bytes == 0 &&
		       !is_own(&undo->header, frame);
	return frame->length <= UNDO_PLAN_MOST_BYTES;
}

static int take_plan(struct undo *undo, const struct undo_frame *frame,
		     const unsigned char *stored)
{
	const size_t length = (size_t)frame->length;
	char *plan = mem_zero(length + 1, 1);

	if (undo_expand(frame->codec, stored, (size_t)frame->stored_bytes, plan, length,
			NULL) != 0) {
		free(plan);
		return -1;
	}
	free(undo->plan);
	undo->plan = plan;
	return 0;
}

static int take_digests(struct undo *undo, const struct undo_frame *frame,
			const unsigned char *stored)
{
	size_t at;

	if (frame->codec != CODEC_RAW || frame->length != frame->stored_bytes ||
	    frame->length % UNDO_DIGEST_BYTES != 0)
		return -1;
	for (at = 0; at < frame->length; at += UNDO_DIGEST_BYTES) {
		undo->digests = mem_grow(undo->digests, undo->digest_count,
					 sizeof(undo->digests[0]));
		undo_get_digest(stored + at, &undo->digests[undo->digest_count++]);
	}
	return 0;
}

static int take_frame(struct undo *undo, const struct undo_frame *frame,
		      const unsigned char *stored)
{
	switch (frame->type) {
	case FRAME_PLAN:
		return take_plan(undo, frame, stored);
	case FRAME_DIGESTS:
		return take_digests(undo, frame, stored);
	case FRAME_STATE:
		undo->state = (enum undo_state)frame->value;
		return 0;
	default:
		undo_keep_record(undo, frame,
				 undo->header.area_offset + undo->next +
					 UNDO_FRAME_BYTES);
		return 0;
	}
}

/* Returns: 1 when a whole frame stood there, 0 when not, or -1. */
static int scan_one(struct undo *undo, uint32_t *epoch, struct error *err)
{
	const uint64_t at = undo->header.area_offset + undo->next;
	struct undo_frame frame;
	unsigned char sha[UNDO_SHA_BYTES];

	if (undo->next + 2 * (uint64_t)UNDO_BLOCK_BYTES > undo->header.area_bytes)
		return 0;
	undo_reserve(undo, UNDO_BLOCK_BYTES);
	if (sink_read(undo->sink, at, undo->block, UNDO_BLOCK_BYTES, err) != 0)
		return -1;
	if (!undo_get_frame(undo->block, &frame) || !is_sane(undo, &frame) ||
	    memcmp(frame.log_id, undo->log_id, sizeof(frame.log_id)) != 0 ||
	    frame.sequence != undo->sequence || frame.epoch < *epoch)
		return 0;
	undo_reserve(undo, (size_t)undo_frame_room(frame.stored_bytes));
	if (sink_read(undo->sink, at, undo->block,
		      (size_t)undo_frame_room(frame.stored_bytes), err) != 0)
		return -1;
	sys_sha256(undo->block + UNDO_FRAME_BYTES, (size_t)frame.stored_bytes, sha);
	if (memcmp(sha, frame.stored_sha, sizeof(sha)) != 0 ||
	    take_frame(undo, &frame, undo->block + UNDO_FRAME_BYTES) != 0)
		return 0;
	*epoch = frame.epoch;
	undo->sequence++;
	undo->next += undo_frame_room(frame.stored_bytes);
	return 1;
}

static int by_offset(const void *a, const void *b)
{
	const struct undo_entry *one = a, *other = b;

	if (one->offset != other->offset)
		return one->offset < other->offset ? -1 : 1;
	return one->number < other->number ? -1 : one->number > other->number;
}

void undo_index(struct undo *undo)
{
	size_t i;

	free(undo->index);
	undo->index = mem_zero(undo->record_count + 1, sizeof(undo->index[0]));
	for (i = 0; i < undo->record_count; i++)
		undo->index[i] = (struct undo_entry){undo->records[i].offset, i};
	undo->index_count = undo->record_count;
	qsort(undo->index, undo->index_count, sizeof(undo->index[0]), by_offset);
}

int undo_scan(struct undo *undo, struct error *err)
{
	uint32_t epoch = 0;
	int more = 1;

	while (more == 1)
		more = scan_one(undo, &epoch, err);
	if (more < 0)
		return -1;
	undo->epoch = epoch + 1;
	undo_index(undo);
	return 0;
}
