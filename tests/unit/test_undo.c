/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The undo log's bytes: as doc/undo-log.md tells them, by hand-written offsets, in both
 * directions; and logs that somebody made to write where they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/recorder.h"
#include "flow/overlay.h"
#include "sys/digest.h"

enum {
	MIB = 1024 * 1024,
	CHUNK = 64 * 1024,
	DISK = 4 * MIB,
	AREA = 2 * MIB, /* up to 4 MiB - 64 KiB, rounded down to whole MiB */
	AREA_BYTES = MIB,
	BLOCK = 4096,
	FRAME = 256,
};

static unsigned char *disk;
static struct sink *sink;
static struct error err;

static int begin(void **state)
{
	size_t i;

	(void)state;
	err = (struct error){0};
	disk = mem_zero(DISK, 1);
	for (i = 0; i < DISK; i++)
		disk[i] = (unsigned char)(i / 512);
	sink = recorder_open(disk, DISK, 512, NULL, 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sink_close(sink);
	free(disk);
	return 0;
}

static uint64_t number(const unsigned char *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static void put(unsigned char *at, unsigned bytes, uint64_t value)
{
	unsigned i;

	for (i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* RFC 3720, B.4; not the one that wrote the log */
static uint32_t crc32c(const unsigned char *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;
	unsigned bit;
	size_t i;

	for (i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void assert_zeros(const unsigned char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		assert_int_equal(bytes[i], 0);
}

static const struct undo_header header = {
	.plan_id = "0123456789abcdef0123456789abcdef",
	.disk_bytes = DISK,
	.sector_bytes = 512,
	.chunk_bytes = CHUNK,
	.scope = SCOPE_FULL,
	.place = UNDO_TAIL,
	.area_offset = AREA,
	.area_bytes = AREA_BYTES,
	.partition_offset = AREA - 65536,
	.partition_bytes = AREA_BYTES + 65536,
	.created_s = 1700000000,
};

static const char plan_text[] = "{\"schema\":\"moult.plan/1\"}";

/* What the frames of the log hold, in their order. */
struct expected {
	unsigned type, epoch, codec;
	uint64_t offset, length;
	unsigned state;
	const unsigned char *bytes;
};

static void assert_header(const unsigned char *block)
{
	assert_memory_equal(block, "MOULTUND", 8);
	assert_int_equal(number(block + 8, 4), 1);
	assert_zeros(block + 12, 20);
	assert_string_equal((const char *)block + 32, "0123456789abcdef0123456789abcdef");
	assert_zeros(block + 65, 7);
	assert_zeros(block + 88, 8);
	assert_true(number(block + 96, 8) == DISK);
	assert_true(number(block + 104, 8) == AREA);
	assert_true(number(block + 112, 8) == AREA_BYTES);
	assert_true(number(block + 120, 8) == AREA - 65536);
	assert_true(number(block + 128, 8) == AREA_BYTES + 65536);
	assert_true(number(block + 136, 8) == 1700000000);
	assert_true(number(block + 144, 8) == 512);
	assert_true(number(block + 152, 8) == CHUNK);
	assert_true(number(block + 160, 8) == 1);
	assert_true(number(block + 168, 8) == 1);
	assert_zeros(block + 176, 4092 - 176);
	assert_int_equal(number(block + 4092, 4), crc32c(block, 4092));
}

static void assert_digest(const unsigned char *digest, const void *bytes, size_t length)
{
	unsigned char own[32];

	sys_sha256(bytes, length, own);
	assert_memory_equal(digest, own, 32);
}

/* @at: the frame. Returns: where the next one begins */
static const unsigned char *assert_frame(const unsigned char *at, uint64_t sequence,
					 const struct expected *expected)
{
	const unsigned char *log_id = disk + AREA + 72, *stored = at + 256;
	const size_t length = (size_t)expected->length;
	const size_t bytes = (size_t)number(at + 64, 8);
	autofree unsigned char *expanded = mem_zero(length + 1, 1);

	assert_memory_equal(at, "MUFR", 4);
	assert_int_equal(number(at + 4, 4), expected->type);
	assert_int_equal(number(at + 8, 4), expected->epoch);
	assert_int_equal(number(at + 12, 4), expected->codec);
	assert_true(number(at + 16, 8) == sequence);
	assert_memory_equal(at + 24, log_id, 16);
	assert_int_equal(number(at + 40, 4), expected->state);
	assert_zeros(at + 44, 4);
	assert_true(number(at + 48, 8) == expected->offset);
	assert_true(number(at + 56, 8) == expected->length);
	assert_zeros(at + 136, 116);
	assert_int_equal(number(at + 252, 4), crc32c(at, 252));
	assert_digest(at + 72, expected->bytes, length);
	assert_digest(at + 104, stored, bytes);
	if (expected->codec == 0)
		memcpy(expanded, stored, length);
	if (expected->codec == 1)
		assert_int_equal(ZSTD_decompress(expanded, length, stored, bytes),
				 length);
	assert_int_equal(bytes, expected->codec == 0   ? length
				: expected->codec == 2 ? 0
						       : bytes);
	assert_memory_equal(expanded, expected->bytes, length);
	assert_zeros(stored + bytes, (BLOCK - (256 + bytes) % BLOCK) % BLOCK);
	return at + (256 + bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* Bytes of each kind: zeros, text, and noise that nothing makes smaller. */
static unsigned char *make_bytes(unsigned kind)
{
	unsigned char *bytes = sink_buffer(CHUNK);
	uint32_t noise = 1;
	size_t i;

	for (i = 0; kind > 0 && i < CHUNK; i++) {
		noise = noise * 1664525 + 1013904223;
		bytes[i] = kind == 1 ? (unsigned char)"moult"[i % 5]
				     : (unsigned char)(noise >> 24);
	}
	return bytes;
}

static void assert_good(int result)
{
	if (result != 0)
		fail_msg("%s: %s", err.trail, err.cause);
}

static void a_log_is_as_its_documentation_says(void **state)
{
	autofree unsigned char *zeros = make_bytes(0), *words = make_bytes(1),
			       *noise = make_bytes(2);
	const struct undo_digest digests[2] = {{512, 1024, "abc"},
					       {DISK - 512, 512, "d"}};
	unsigned char listed[96] = {0};
	const struct expected expected[] = {
		{1, 1, 0, 0, sizeof(plan_text) - 1, 0, (const unsigned char *)plan_text},
		{5, 1, 2, 0, 0, 0, zeros},
		{3, 1, 2, 0, CHUNK, 0, zeros},
		{2, 1, 1, CHUNK, CHUNK, 0, words},
		{2, 1, 0, 3 * CHUNK, CHUNK, 0, noise},
		{4, 1, 0, 0, 96, 0, listed},
		{5, 1, 2, 0, 0, 1, zeros},
		{2, 2, 0, DISK - 512, 512, 0, noise},
		{5, 2, 2, 0, 0, 2, zeros},
	};
	const unsigned char *at = disk + AREA + BLOCK;
	struct undo *log = NULL;
	size_t i;

	(void)state;
	assert_good(undo_create(sink, &header, plan_text, &log, &err));
	assert_good(undo_add(log, 0, zeros, CHUNK, true, &err));
	assert_good(undo_add(log, CHUNK, words, CHUNK, false, &err));
	assert_good(undo_add(log, UINT64_C(3) * CHUNK, noise, CHUNK, false, &err));
	assert_good(undo_add_digests(log, digests, 2, &err));
	assert_good(undo_set_state(log, UNDO_BODY, &err));
	undo_close(log);
	assert_good(undo_open(sink, AREA, AREA_BYTES, &log, &err)); /* a second session */
	assert_good(undo_add(log, DISK - 512, noise, 512, false, &err));
	assert_good(undo_set_state(log, UNDO_COMPLETE, &err));
	undo_close(log);

	put(listed, 8, 512);
	put(listed + 8, 8, 1024);
	memcpy(listed + 16, "abc", 3);
	put(listed + 48, 8, DISK - 512);
	put(listed + 56, 8, 512);
	listed[64] = 'd';
	assert_header(disk + AREA);
	assert_memory_equal(disk + AREA, disk + AREA + AREA_BYTES - BLOCK, BLOCK);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		at = assert_frame(at, i, &expected[i]);
	assert_memory_not_equal(at, "MUFR", 4);
}

static void the_documented_check_is_that_of_iscsi(void **state)
{
	(void)state;
	assert_int_equal(crc32c((const unsigned char *)"123456789", 9), 0xe3069283);
}

static void commit_makes_both_ends_zero(void **state)
{
	struct undo *log = NULL;
	uint64_t offset = 0, bytes = 0;

	(void)state;
	assert_good(undo_create(sink, &header, plan_text, &log, &err));
	undo_close(log);
	assert_int_equal(undo_find_tail(sink, &offset, &bytes, &err), 1);
	assert_true(offset == AREA && bytes == AREA_BYTES);
	assert_good(undo_wipe(sink, AREA, AREA_BYTES, &err));
	assert_zeros(disk + AREA, BLOCK);
	assert_zeros(disk + AREA + AREA_BYTES - BLOCK, BLOCK);
	assert_memory_equal(disk + AREA + BLOCK, "MUFR", 4); /* the rest is as it was */
	assert_int_equal(undo_find_tail(sink, &offset, &bytes, &err), 0);
}

/* A log by hand, from here on. */
static const unsigned char *log_id = (const unsigned char *)"a log's own id..";

static void seal_header(unsigned char *block)
{
	put(block + 4092, 4, crc32c(block, 4092));
}

static void lay_header(unsigned char *block)
{
	static const uint64_t numbers[] = {DISK, AREA, AREA_BYTES, 0, 0,
					   0,	 512,  CHUNK,	   1, 1};
	size_t i;

	memset(block, 0, BLOCK);
	memcpy(block, "MOULTUND", 8);
	put(block + 8, 4, 1);
	memset(block + 32, 'f', 32);
	memcpy(block + 72, log_id, 16);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put(block + 96 + 8 * i, 8, numbers[i]);
	seal_header(block);
}

static void seal_frame(unsigned char *at)
{
	put(at + 252, 4, crc32c(at, 252));
}

/* A frame of codec 0. Returns: where the next one begins */
static unsigned char *lay_frame(unsigned char *at, unsigned type, uint64_t sequence,
				uint64_t offset, const void *bytes, size_t length)
{
	const size_t room = (256 + length + BLOCK - 1) / BLOCK * BLOCK;

	memset(at, 0, room);
	memcpy(at, "MUFR", 4);
	put(at + 4, 4, type);
	put(at + 8, 4, 1);
	put(at + 16, 8, sequence);
	memcpy(at + 24, log_id, 16);
	put(at + 48, 8, offset);
	put(at + 56, 8, length);
	put(at + 64, 8, length);
	sys_sha256(bytes, length, at + 72);
	sys_sha256(bytes, length, at + 104);
	if (length > 0)
		memcpy(at + 256, bytes, length);
	seal_frame(at);
	return at + room;
}

/* Frames 0 to 3: the plan, the state writing, two records of a sector; the second one is what the
 * tests change. */
enum {
	FIRST_AT = AREA + 3 * BLOCK,
	SECOND_AT = AREA + 4 * BLOCK,
	THIRD_AT = AREA + 5 * BLOCK
};

static void lay_log(void)
{
	unsigned char old[512], *at = disk + AREA + BLOCK;

	lay_header(disk + AREA);
	lay_header(disk + AREA + AREA_BYTES - BLOCK);
	memset(old, 'o', sizeof(old));
	at = lay_frame(at, 1, 0, 0, plan_text, strlen(plan_text));
	at = lay_frame(at, 5, 1, 0, "", 0);
	at = lay_frame(at, 2, 2, 512, old, sizeof(old));
	at = lay_frame(at, 2, 3, 8 * MIB / 4096, old, sizeof(old));
	memset(at, 0, BLOCK);
	assert_ptr_equal(at, disk + THIRD_AT);
}

static struct undo *open_log(void)
{
	struct undo *log = NULL;

	assert_good(undo_open(sink, AREA, AREA_BYTES, &log, &err));
	return log;
}

static void a_log_by_hand_is_read_and_rolled_back(void **state)
{
	struct undo *log;

	(void)state;
	lay_log();
	log = open_log();
	assert_int_equal(undo_record_count(log), 2);
	assert_int_equal(undo_state_of(log), UNDO_WRITING);
	assert_string_equal(undo_plan_of(log), plan_text);
	assert_string_equal(undo_header_of(log)->plan_id,
			    "ffffffffffffffffffffffffffffffff");
	assert_true(undo_record_at(log, 0)->offset == 512);
	assert_good(overlay_rollback(log, sink, NULL, &err));
	undo_close(log);
	assert_int_equal(disk[511], 0);
	assert_int_equal(disk[512], 'o');
	assert_int_equal(disk[1023], 'o');
	assert_int_equal(disk[1024], 2);
	assert_int_equal(disk[2048], 'o');
	log = open_log();
	assert_int_equal(undo_state_of(log), UNDO_ROLLED_BACK);
	undo_close(log);
}

/* What a test does to the second record. */
struct change {
	const char *what;
	unsigned at, bytes;
	uint64_t value;
};

static const struct change not_whole[] = {
	{"type 0", 4, 4, 0},
	{"type 6", 4, 4, 6},
	{"epoch 0, below the last", 8, 4, 0},
	{"codec 3", 12, 4, 3},
	{"a sequence left out", 16, 8, 4},
	{"a sequence again", 16, 8, 2},
	{"another log", 24, 1, 'b'},
	{"state 5", 4, 8, 5 | UINT64_C(1) << 32}, /* of type 5, in no field of records */
	{"at the disk's end", 48, 8, DISK},
	{"half beyond the disk's end", 48, 8, DISK - 256},
	{"at 2^63", 48, 8, UINT64_C(1) << 63},
	{"at the end of numbers", 48, 8, UINT64_MAX - 511},
	{"no whole sector", 48, 8, 513},
	{"over the log's first block", 48, 8, AREA},
	{"over the log's last block", 48, 8, AREA + AREA_BYTES - 512},
	{"0 bytes", 56, 8, 0},
	{"511 bytes", 56, 8, 511},
	{"longer than a chunk", 56, 8, CHUNK + 512},
	{"2^63 bytes", 56, 8, UINT64_C(1) << 63},
	{"so long that its end is small", 56, 8, UINT64_MAX - 511},
	{"stored 2^63 bytes", 64, 8, UINT64_C(1) << 63},
	{"stored so much that the room is small", 64, 8, UINT64_MAX - 255},
	{"stored up to the last block", 64, 8, AREA_BYTES - 4 * BLOCK - 255},
	{"stored bytes of another digest", 104, 8, 0},
};

static void change_second(const struct change *change)
{
	lay_log();
	put(disk + SECOND_AT + change->at, change->bytes, change->value);
	if (strncmp(change->what, "state", 5) == 0)
		put(disk + SECOND_AT + 40, 4, 5);
	seal_frame(disk + SECOND_AT);
}

/* All but the sector of the first record and the log itself. */
static void assert_rest_is_there(const unsigned char *before)
{
	assert_memory_equal(disk, before, 512);
	assert_memory_equal(disk + 1024, before + 1024, AREA - 1024);
	assert_memory_equal(disk + AREA + AREA_BYTES, before + AREA + AREA_BYTES,
			    DISK - AREA - AREA_BYTES);
}

static void frames_that_cannot_be_end_the_log(void **state)
{
	autofree unsigned char *before = mem_zero(DISK, 1);
	struct undo *log;
	size_t i;

	(void)state;
	memcpy(before, disk, DISK);
	for (i = 0; i < sizeof(not_whole) / sizeof(not_whole[0]); i++) {
		change_second(&not_whole[i]);
		log = open_log();
		if (undo_record_count(log) != 1 || undo_state_of(log) != UNDO_WRITING)
			fail_msg("%s was taken", not_whole[i].what);
		assert_good(overlay_rollback(log, sink, NULL, &err));
		undo_close(log);
		assert_int_equal(disk[512], 'o');
		assert_rest_is_there(before);
	}
}

/* Frames that are whole and lie about what comes out of them. */
static const struct change liars[] = {
	{"raw and longer than stored", 56, 8, 1024},
	{"raw and shorter than stored", 64, 8, 256},
	{"zeros of a digest that is not theirs", 12, 4, 2},
	{"no zstd", 12, 4, 1},
	{"expanded bytes of another digest", 72, 8, 0},
};

static void records_that_lie_are_errors(void **state)
{
	autofree unsigned char *before = mem_zero(DISK, 1);
	struct undo *log;
	size_t i;

	(void)state;
	memcpy(before, disk, DISK);
	for (i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		unsigned char *at = disk + SECOND_AT;

		change_second(&liars[i]);
		sys_sha256(at + 256, (size_t)number(at + 64, 8), at + 104);
		seal_frame(at);
		log = open_log();
		assert_int_equal(undo_record_count(log), 2);
		if (overlay_rollback(log, sink, NULL, &err) != -1)
			fail_msg("%s was taken", liars[i].what);
		assert_int_equal(err.kind, ERROR_WRITTEN);
		assert_int_equal(undo_state_of(log), UNDO_ROLLING_BACK);
		undo_close(log);
		assert_rest_is_there(before);
	}
}

/* A zstd frame that says it expands to what the record says, and expands to more, or less. */
static void what_expands_to_another_size_is_an_error(void **state)
{
	static const size_t sizes[] = {0, 511, 513, CHUNK, 16 * MIB};
	autofree unsigned char *packed = mem_zero(BLOCK, 1);
	unsigned char buffer[512];
	struct undo *log;
	size_t i, length;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		autofree unsigned char *bomb = mem_zero(sizes[i] + 1, 1);

		lay_log();
		length = ZSTD_compress(packed, BLOCK, bomb, sizes[i], 1);
		assert_true(length < BLOCK - FRAME);
		(void)lay_frame(disk + SECOND_AT, 2, 3, 2048, packed, length);
		put(disk + SECOND_AT + 12, 4, 1);
		put(disk + SECOND_AT + 56, 8, 512);
		memset(buffer, 0,
		       sizeof(buffer)); /* what was there would fit the digest */
		sys_sha256(buffer, sizeof(buffer), disk + SECOND_AT + 72);
		seal_frame(disk + SECOND_AT);
		log = open_log();
		assert_int_equal(undo_record_count(log), 2);
		assert_int_equal(undo_load(log, undo_record_at(log, 1), buffer, &err),
				 -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		undo_close(log);
	}
}

static void digests_that_cannot_be_write_nothing(void **state)
{
	static const uint64_t bad[][2] = {{DISK, 512},
					  {UINT64_MAX - 511, 512},
					  {0, UINT64_C(1) << 63},
					  {0, CHUNK + 512},
					  {1, 512},
					  {DISK - 512, 1024}};
	autofree unsigned char *before = mem_zero(DISK, 1);
	unsigned char entry[48] = {0};
	struct undo *log;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		lay_log();
		put(disk + AREA + 160, 8, 0); /* until-boot looks at them */
		seal_header(disk + AREA);
		put(entry, 8, bad[i][0]);
		put(entry + 8, 8, bad[i][1]);
		(void)lay_frame(disk + SECOND_AT, 4, 3, 0, entry, sizeof(entry));
		memcpy(before, disk, DISK);
		log = open_log();
		assert_int_equal(overlay_rollback(log, sink, NULL, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		undo_close(log);
		assert_memory_equal(disk, before, DISK);
	}
	/* half an entry is none */
	(void)lay_frame(disk + SECOND_AT, 4, 3, 0, entry, 47);
	log = open_log();
	(void)undo_digests(log, &i);
	assert_int_equal(i, 0);
	undo_close(log);
}

static const struct change bad_headers[] = {
	{"another word", 0, 1, 'm'},
	{"a later version", 8, 4, 2},
	{"an area that begins elsewhere", 104, 8, AREA + BLOCK},
	{"an area without end", 112, 8, UINT64_MAX - BLOCK + 1},
	{"no whole blocks", 112, 8, AREA_BYTES + 512},
	{"sectors of 1000", 144, 8, 1000},
	{"sectors of 0", 144, 8, 0},
	{"chunks of 0", 152, 8, 0},
	{"chunks of 17 MiB", 152, 8, 17 * MIB},
	{"scope 4", 160, 8, 4},
	{"place 4", 168, 8, 4},
};

static void change_header(unsigned char *block, const struct change *change)
{
	lay_header(block);
	put(block + change->at, change->bytes, change->value);
	seal_header(block);
}

static void headers_that_cannot_be_are_refused(void **state)
{
	unsigned char *last = disk + AREA + AREA_BYTES - BLOCK;
	struct undo *log = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_headers) / sizeof(bad_headers[0]); i++) {
		lay_log();
		change_header(disk + AREA, &bad_headers[i]);
		log = open_log(); /* the last block is still good */
		assert_int_equal(undo_record_count(log), 2);
		undo_close(log);
		change_header(last, &bad_headers[i]);
		if (undo_open(sink, AREA, AREA_BYTES, &log, &err) != -1)
			fail_msg("%s was taken", bad_headers[i].what);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

/* Two headers that do not say the same: the one that says where it lies counts, and the first
 * before the last. */
static void of_two_headers_the_first_counts(void **state)
{
	unsigned char *last = disk + AREA + AREA_BYTES - BLOCK;
	struct undo *log;

	(void)state;
	lay_log();
	put(last + 96, 8, UINT64_C(1) << 60); /* of a disk without end */
	put(last + 152, 8, 16 * MIB);
	seal_header(last);
	log = open_log();
	assert_true(undo_header_of(log)->disk_bytes == DISK);
	undo_close(log);
	disk[AREA + 4092] ^= 1;
	log = open_log();
	assert_true(undo_header_of(log)->disk_bytes == UINT64_C(1) << 60);
	assert_int_equal(overlay_rollback(log, sink, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_REFUSED); /* it is of another disk */
	undo_close(log);
}

static void a_log_is_found_where_it_says_that_it_lies(void **state)
{
	static const struct change others[] = {
		{"before the disk", 104, 8, UINT64_MAX - BLOCK + 1},
		{"beyond the disk", 104, 8, DISK},
		{"larger than the disk", 112, 8, UINT64_C(1) << 62},
		{"ends elsewhere", 112, 8, AREA_BYTES - BLOCK},
		{"in a file", 168, 8, 2},
	};
	unsigned char *last = disk + AREA + AREA_BYTES - BLOCK;
	uint64_t offset = 7, bytes = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		change_header(last, &others[i]);
		assert_int_equal(undo_find_tail(sink, &offset, &bytes, &err), 0);
	}
	assert_true(offset == 7 && bytes == 7);
	lay_header(last);
	assert_int_equal(undo_find_tail(sink, &offset, &bytes, &err), 1);
	/* the same at a beginning: a log in the tail is none there */
	lay_header(disk);
	put(disk + 104, 8, 0);
	seal_header(disk);
	assert_int_equal(undo_find_start(sink, &offset, &bytes, &err), 0);
	put(disk + 168, 8, 3);
	seal_header(disk);
	assert_int_equal(undo_find_start(sink, &offset, &bytes, &err), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(a_log_is_as_its_documentation_says),
		TEST(the_documented_check_is_that_of_iscsi),
		TEST(commit_makes_both_ends_zero),
		TEST(a_log_by_hand_is_read_and_rolled_back),
		TEST(frames_that_cannot_be_end_the_log),
		TEST(records_that_lie_are_errors),
		TEST(what_expands_to_another_size_is_an_error),
		TEST(digests_that_cannot_be_write_nothing),
		TEST(headers_that_cannot_be_are_refused),
		TEST(of_two_headers_the_first_counts),
		TEST(a_log_is_found_where_it_says_that_it_lies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
