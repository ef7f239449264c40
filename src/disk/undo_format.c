/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/undo_format.h"

#include <string.h>

#include "disk/bytes.h"

enum {
	VERSION = 1,
	CRC_AT = UNDO_BLOCK_BYTES - 4,
	FRAME_CRC_AT = UNDO_FRAME_BYTES - 4,
	PLAN_ID_AT = 32,
	LOG_ID_AT = 72,
	NUMBERS_AT = 96,
};

static const char header_magic[8] = {'M', 'O', 'U', 'L', 'T', 'U', 'N', 'D'};
static const char frame_magic[4] = {'M', 'U', 'F', 'R'};

static void put32(unsigned char *at, uint32_t value)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

static void put64(unsigned char *at, uint64_t value)
{
	put32(at, (uint32_t)value);
	put32(at + 4, (uint32_t)(value >> 32));
}

void undo_put_header(const struct undo_header *header,
		     const unsigned char log_id[UNDO_ID_BYTES],
		     unsigned char out[UNDO_BLOCK_BYTES])
{
	const uint64_t numbers[] = {
		header->disk_bytes,	 header->area_offset,
		header->area_bytes,	 header->partition_offset,
		header->partition_bytes, (uint64_t)header->created_s,
		header->sector_bytes,	 header->chunk_bytes,
		(uint64_t)header->scope, (uint64_t)header->place,
	};
	size_t i;

	memset(out, 0, UNDO_BLOCK_BYTES);
	memcpy(out, header_magic, sizeof(header_magic));
	put32(out + sizeof(header_magic), VERSION);
	memcpy(out + PLAN_ID_AT, header->plan_id, sizeof(header->plan_id));
	memcpy(out + LOG_ID_AT, log_id, UNDO_ID_BYTES);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put64(out + NUMBERS_AT + 8 * i, numbers[i]);
	put32(out + CRC_AT, bytes_crc32c(out, CRC_AT));
}

static int check_header(const struct undo_header *header, struct error *err)
{
	const bool is_sane =
		header->area_offset % UNDO_BLOCK_BYTES == 0 &&
		header->area_bytes % UNDO_BLOCK_BYTES == 0 &&
		header->area_bytes >= 4 * (uint64_t)UNDO_BLOCK_BYTES &&
		header->scope < SCOPE_COUNT && header->place < UNDO_COUNT &&
		(header->sector_bytes == 512 || header->sector_bytes == 4096) &&
		header->chunk_bytes >= UNDO_BLOCK_BYTES &&
		header->chunk_bytes <= 16 * PLAN_CHUNK_BYTES;

	if (!is_sane)
		return error_set(err, ERROR_INPUT,
				 "the undo log's first block says what cannot be");
	return 0;
}

int undo_get_header(const unsigned char block[UNDO_BLOCK_BYTES], struct undo_header *out,
		    unsigned char out_log_id[UNDO_ID_BYTES], struct error *err)
{
	struct undo_header header = {0};
	uint64_t numbers[10];
	size_t i;

	if (memcmp(block, header_magic, sizeof(header_magic)) != 0)
		return error_set(err, ERROR_INPUT, "there is no undo log");
	if (bytes_le32(block + CRC_AT) != bytes_crc32c(block, CRC_AT))
		return error_set(err, ERROR_INPUT,
				 "the undo log's first block is damaged");
	if (bytes_le32(block + sizeof(header_magic)) != VERSION)
		return error_set(err, ERROR_INPUT,
				 "the undo log has version %u, and this moult knows %d; "
				 "use the moult that wrote it",
				 bytes_le32(block + sizeof(header_magic)), VERSION);
	memcpy(header.plan_id, block + PLAN_ID_AT, sizeof(header.plan_id));
	header.plan_id[sizeof(header.plan_id) - 1] = '\0';
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		numbers[i] = bytes_le64(block + NUMBERS_AT + 8 * i);
	header.disk_bytes = numbers[0];
	header.area_offset = numbers[1];
	header.area_bytes = numbers[2];
	header.partition_offset = numbers[3];
	header.partition_bytes = numbers[4];
	header.created_s = (int64_t)numbers[5];
	header.sector_bytes = (uint32_t)numbers[6];
	header.chunk_bytes = (uint32_t)numbers[7];
	header.scope = (enum plan_scope)(numbers[8] & 0xff);
	header.place = (enum plan_undo)(numbers[9] & 0xff);
	if (check_header(&header, err) != 0)
		return -1;
	memcpy(out_log_id, block + LOG_ID_AT, UNDO_ID_BYTES);
	*out = header;
	return 0;
}

void undo_put_frame(const struct undo_frame *frame, unsigned char out[UNDO_FRAME_BYTES])
{
	memset(out, 0, UNDO_FRAME_BYTES);
	memcpy(out, frame_magic, sizeof(frame_magic));
	put32(out + 4, frame->type);
	put32(out + 8, frame->epoch);
	put32(out + 12, frame->codec);
	put64(out + 16, frame->sequence);
	memcpy(out + 24, frame->log_id, UNDO_ID_BYTES);
	put32(out + 40, frame->value);
	put64(out + 48, frame->offset);
	put64(out + 56, frame->length);
	put64(out + 64, frame->stored_bytes);
	memcpy(out + 72, frame->sha, UNDO_SHA_BYTES);
	memcpy(out + 104, frame->stored_sha, UNDO_SHA_BYTES);
	put32(out + FRAME_CRC_AT, bytes_crc32c(out, FRAME_CRC_AT));
}

bool undo_get_frame(const unsigned char bytes[UNDO_FRAME_BYTES], struct undo_frame *out)
{
	if (memcmp(bytes, frame_magic, sizeof(frame_magic)) != 0 ||
	    bytes_le32(bytes + FRAME_CRC_AT) != bytes_crc32c(bytes, FRAME_CRC_AT))
		return false;
	*out = (struct undo_frame){
		.type = bytes_le32(bytes + 4),
		.epoch = bytes_le32(bytes + 8),
		.codec = bytes_le32(bytes + 12),
		.sequence = bytes_le64(bytes + 16),
		.value = bytes_le32(bytes + 40),
		.offset = bytes_le64(bytes + 48),
		.length = bytes_le64(bytes + 56),
		.stored_bytes = bytes_le64(bytes + 64),
	};
	memcpy(out->log_id, bytes + 24, UNDO_ID_BYTES);
	memcpy(out->sha, bytes + 72, UNDO_SHA_BYTES);
	memcpy(out->stored_sha, bytes + 104, UNDO_SHA_BYTES);
	return out->type >= FRAME_PLAN && out->type <= FRAME_STATE &&
	       out->codec <= CODEC_ZEROS;
}

void undo_put_digest(const struct undo_digest *digest,
		     unsigned char out[UNDO_DIGEST_BYTES])
{
	put64(out, digest->offset);
	put64(out + 8, digest->length);
	memcpy(out + 16, digest->sha, UNDO_SHA_BYTES);
}

void undo_get_digest(const unsigned char bytes[UNDO_DIGEST_BYTES],
		     struct undo_digest *out)
{
	out->offset = bytes_le64(bytes);
	out->length = bytes_le64(bytes + 8);
	memcpy(out->sha, bytes + 16, UNDO_SHA_BYTES);
}

uint64_t undo_frame_room(uint64_t stored_bytes)
{
	const uint64_t all = UNDO_FRAME_BYTES + stored_bytes;

	return (all + UNDO_BLOCK_BYTES - 1) / UNDO_BLOCK_BYTES * UNDO_BLOCK_BYTES;
}
