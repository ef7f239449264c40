/* SPDX-License-Identifier: GPL-2.0-or-later */
/* undo-log.c - undo logs: opening one, reading all its records, and rolling it back onto a disk
 * in memory. Nothing may be written but where a record lies, and in the log's area. The input's
 * form is in undo_form.h. */
#include "disk/undo.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"
#include "disk/recorder.h"
#include "flow/overlay.h"
#include "fuzz.h"
#include "sys/digest.h"
#include "undo_form.h"

struct input {
	const uint8_t *bytes;
	size_t left;
};

static void put(unsigned char *at, unsigned bytes, uint64_t value)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static size_t take(struct input *input, unsigned char *out, size_t wanted)
{
	const size_t got = wanted < input->left ? wanted : input->left;

	memcpy(out, input->bytes, got);
	input->bytes += got;
	input->left -= got;
	return got;
}

static void lay_header(struct input *input, unsigned flags, uint64_t area,
		       unsigned char *block)
{
	(void)take(input, block, FORM_HEADER);
	(void)take(input, block + FORM_BLOCK - FORM_CRC, FORM_CRC);
	if ((flags & FORM_MENDED) == 0)
		return;
	memcpy(block, "MOULTUND\1\0\0", 12);
	put(block + 96, 8, FORM_DISK_BYTES);
	put(block + 104, 8, area);
	put(block + 112, 8, FORM_AREA_BYTES);
	if (bytes_le64(block + 152) > FORM_CHUNK_MOST) /* it costs nothing but time */
		put(block + 152, 8, FORM_CHUNK_MOST);
	put(block + 168, 8, (flags & FORM_IS_APART) != 0 ? UNDO_DEVICE : UNDO_TAIL);
	put(block + FORM_BLOCK - FORM_CRC, 4, bytes_crc32c(block, FORM_BLOCK - FORM_CRC));
}

/* The digest of what comes out of a frame, where that is little enough. */
static void mend_digest(unsigned char *at)
{
	const size_t length = (size_t)bytes_le64(at + 56);
	const size_t stored = (size_t)bytes_le64(at + 64);
	const uint32_t codec = bytes_le32(at + 12);
	autofree unsigned char *out = NULL;

	if (bytes_le64(at + 56) > FORM_DISK_BYTES)
		return;
	out = mem_zero(length + 1, 1);
	if (codec == 0 && stored <= length)
		memcpy(out, at + FORM_FRAME_STORED, stored);
	if (codec == 1)
		(void)ZSTD_decompress(out, length, at + FORM_FRAME_STORED, stored);
	sys_sha256(out, length, at + 72);
}

static void mend_frame(unsigned char *at, const unsigned char *header, uint64_t sequence,
		       size_t stored, unsigned flags)
{
	memcpy(at, "MUFR", 4);
	put(at + 16, 8, sequence);
	memcpy(at + 24, header + 72, 16);
	put(at + 64, 8, stored);
	sys_sha256(at + FORM_FRAME_STORED, stored, at + 104);
	if ((flags & FORM_TRUE) != 0)
		mend_digest(at);
	put(at + FORM_FRAME_STORED - FORM_CRC, 4,
	    bytes_crc32c(at, FORM_FRAME_STORED - FORM_CRC));
}

/* @area: FORM_AREA_BYTES, zeros */
static void lay_log(struct input *input, unsigned flags, uint64_t start,
		    unsigned char *area)
{
	unsigned char *at = area + FORM_BLOCK,
		      *last = area + FORM_AREA_BYTES - FORM_BLOCK;
	uint64_t sequence, wanted;
	size_t stored, room;

	lay_header(input, flags, start, area);
	memcpy(last, area, FORM_BLOCK);
	for (sequence = 0; input->left > 0 && at < last; sequence++) {
		(void)take(input, at, FORM_FRAME);
		(void)take(input, at + FORM_FRAME_STORED - FORM_CRC, FORM_CRC);
		wanted = bytes_le64(at + 64);
		room = (size_t)(last - at) - FORM_FRAME_STORED;
		stored = take(input, at + FORM_FRAME_STORED,
			      wanted < room ? (size_t)wanted : room);
		if ((flags & FORM_MENDED) != 0)
			mend_frame(at, area, sequence, stored, flags);
		at += (FORM_FRAME_STORED + stored + FORM_BLOCK - 1) / FORM_BLOCK *
		      FORM_BLOCK;
	}
}

/* Reads each record into no more room than it has; marks where it lies. */
static void load_all(struct undo *log, unsigned char *is_free)
{
	const struct undo_header *header = undo_header_of(log);
	struct error err = {0};
	size_t i;

	for (i = 0; i < undo_record_count(log); i++) {
		const struct undo_record *record = undo_record_at(log, i);
		autofree unsigned char *bytes = NULL;

		fuzz_require(record->length > 0 && record->length <= header->chunk_bytes,
			     "a record of at most a chunk", NULL);
		fuzz_require(record->length <= header->disk_bytes &&
				     record->offset <=
					     header->disk_bytes - record->length,
			     "a record on its disk", NULL);
		bytes = mem_zero((size_t)record->length, 1);
		if (undo_load(log, record, bytes, &err) != 0)
			fuzz_require(err.kind == ERROR_INPUT, "the kind of the error",
				     err.cause);
		if (header->disk_bytes == FORM_DISK_BYTES)
			memset(is_free + record->offset, 1, (size_t)record->length);
	}
}

/* Most are the same, which memcmp sees at once. */
static void check_block(const unsigned char *before, const unsigned char *now,
			const unsigned char *is_free)
{
	size_t i;

	if (memcmp(before, now, FORM_BLOCK) == 0)
		return;
	for (i = 0; i < FORM_BLOCK; i++)
		fuzz_require(before[i] == now[i] || is_free[i],
			     "nothing is written outside records", NULL);
}

static void roll_back(struct undo *log, struct sink *disk, const unsigned char *now,
		      unsigned char *is_free)
{
	autofree unsigned char *before = mem_zero(FORM_DISK_BYTES, 1);
	struct error err = {0};
	size_t i;

	memcpy(before, now, FORM_DISK_BYTES);
	if (overlay_rollback(log, disk, NULL, &err) == 0)
		fuzz_require(undo_state_of(log) == UNDO_ROLLED_BACK, "the state", NULL);
	else
		fuzz_require(err.kind != ERROR_NONE && err.kind != ERROR_SYSTEM,
			     "the kind of the error", err.cause);
	for (i = 0; i < FORM_DISK_BYTES; i += FORM_BLOCK)
		check_block(before + i, now + i, is_free + i);
}

static void use_log(struct sink *sink, struct sink *disk, uint64_t area,
		    const unsigned char *now)
{
	autofree unsigned char *is_free = mem_zero(FORM_DISK_BYTES, 1);
	struct error err = {0};
	struct undo *log;

	if (undo_open(sink, area, FORM_AREA_BYTES, &log, &err) != 0) {
		fuzz_require(err.kind == ERROR_INPUT, "the kind of the error", err.cause);
		return;
	}
	load_all(log, is_free);
	if (sink == disk)
		memset(is_free + area, 1, FORM_AREA_BYTES);
	roll_back(log, disk, now, is_free);
	undo_close(log);
	fuzz_require(undo_open(sink, area, FORM_AREA_BYTES, &log, &err) == 0,
		     "a log that was used can be opened", err.cause);
	undo_close(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = {bytes + 1, size - 1};
	autofree unsigned char *disk = NULL, *apart = NULL;
	struct sink *sink, *log_sink;
	uint64_t offset, length, area = FORM_AREA;

	if (size < 1)
		return 0;
	disk = mem_zero(FORM_DISK_BYTES, 1);
	apart = mem_zero(FORM_AREA_BYTES, 1);
	sink = recorder_open(disk, FORM_DISK_BYTES, 512, NULL, 0);
	log_sink = sink;
	if ((bytes[0] & FORM_IS_APART) != 0) {
		area = 0;
		log_sink = recorder_open(apart, FORM_AREA_BYTES, 512, NULL, 1);
	}
	lay_log(&input, bytes[0], area, log_sink == sink ? disk + FORM_AREA : apart);
	(void)undo_find_start(log_sink, &offset, &length, NULL);
	(void)undo_find_tail(log_sink, &offset, &length, NULL);
	use_log(log_sink, sink, area, disk);
	if (log_sink != sink)
		sink_close(log_sink);
	sink_close(sink);
	return 0;
}
