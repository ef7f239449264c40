/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sys/inflate: what the compressors themselves wrote is decoded to the same bytes, in pieces of any size; damage
 * and too little memory are told. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/inflate.h"

enum { PLAIN_BYTES = 9 * 1024 * 1024, MEMORY = 64 << 20 };

static const struct {
	const char *name;
	const char *command; /* FOLDER/plain -> its standard output */
} packers[] = {
	{ "gzip", "gzip -c plain" },	       { "bzip2", "bzip2 -c plain" },
	{ "xz", "xz -c -1 plain" },	       { "xz", "xz -c -1 --check=crc32 plain" },
	{ "lzma", "xz -c -1 --format=lzma plain" }, { "zstd", "zstd -q -c plain" },
	{ "lz4", "lz4 -q -c plain" },	       { "lz4", "lz4 -q -c -B4 -BD plain" },
	{ "lz4-legacy", "lz4 -q -l -c plain" },
};

static char *folder;
static uint8_t *plain;

static void make_plain(void)
{
	uint64_t state = 88172645463325252ULL;
	size_t i;

	plain = mem_zero(PLAIN_BYTES, 1);
	for (i = 0; i < PLAIN_BYTES; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		plain[i] = i / 4096 % 64 == 0 ? (uint8_t)state : (uint8_t)('a' + i / 509 % 26);
	}
}

static int begin(void **state)
{
	autofree char *path = NULL;
	struct error err;

	(void)state;
	make_plain();
	if (sys_dir_make_temporary("/tmp", &folder, &err) != 0 || asprintf(&path, "%s/plain", folder) < 0)
		return -1;
	return sys_file_write(path, plain, PLAIN_BYTES, &err);
}

static int finish(void **state)
{
	(void)state;
	free(plain);
	(void)sys_dir_remove(folder, NULL);
	free(folder);
	return 0;
}

static void pack(const char *command, struct str *out)
{
	autofree char *line = NULL, *path = NULL;
	struct error err;

	/* packed once, and kept by the command's name */
	assert_true(asprintf(&path, "%s/%s", folder, command) > 0);
	assert_true(asprintf(&line, "cd %s && { [ -e '%s' ] || %s >'%s'; }", folder, command, command, command) > 0);
	assert_int_equal(system(line), 0);
	assert_int_equal(sys_file_read(AT_FDCWD, path, 2 * PLAIN_BYTES, out, &err), 0);
}

/* Decode one stream from the beginning of @packed. Returns: bytes of it that were taken, 0 on failure */
static size_t unpack(const struct str *packed, size_t piece, uint64_t most, struct str *out, struct error *err)
{
	const uint8_t *bytes = (const uint8_t *)packed->bytes;
	const struct inflate_format *format = inflate_detect(bytes, packed->length);
	enum inflate_state state = INFLATE_MORE;
	autofree uint8_t *room = mem_zero(piece, 1);
	struct inflate *inflate = NULL;
	size_t place = 0, given = piece;
	int result;

	assert_non_null(format);
	if (inflate_open(format, most, &inflate, err) != 0)
		return 0;
	do {
		struct inflate_io io = { .in = bytes + place, .out = room, .out_bytes = piece };

		io.in_bytes = packed->length - place < given ? packed->length - place : given;
		io.is_last = place + io.in_bytes == packed->length;
		result = inflate_step(inflate, &io, &state, err);
		/* what was not taken is given again, with more behind it */
		given = io.in == bytes + place && io.out_bytes == piece ? given + piece : piece;
		if (io.is_last && io.in == bytes + place && io.out_bytes == piece && state == INFLATE_MORE)
			break; /* no progress: the caller sees that nothing was taken */
		place = (size_t)(io.in - bytes);
		str_add_bytes(out, room, piece - io.out_bytes);
	} while (result == 0 && state == INFLATE_MORE);
	inflate_close(inflate);
	return result == 0 && state == INFLATE_END ? place : 0;
}

static void every_format_gives_the_same_bytes(void **state)
{
	const size_t pieces[] = { 1 << 20, 4099 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		autostr struct str packed = STR_EMPTY;

		pack(packers[i].command, &packed);
		assert_string_equal(inflate_detect(packed.bytes, 8)->name, packers[i].name);
		for (k = 0; k < 2; k++) {
			autostr struct str made = STR_EMPTY;
			struct error err = { 0 };
			char text[600];

			if (unpack(&packed, pieces[k], MEMORY, &made, &err) != packed.length)
				fail_msg("%s: %s", packers[i].command, error_text(&err, text, sizeof(text)));
			assert_int_equal(made.length, PLAIN_BYTES);
			assert_memory_equal(made.bytes, plain, PLAIN_BYTES);
		}
	}
}

static void bytes_behind_a_stream_are_left(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		autostr struct str packed = STR_EMPTY, made = STR_EMPTY;
		struct error err = { 0 };
		size_t length;

		pack(packers[i].command, &packed);
		length = packed.length;
		str_add(&packed, "070701 further segment");
		assert_int_equal(unpack(&packed, 65536, MEMORY, &made, &err), length);
		assert_int_equal(made.length, PLAIN_BYTES);
	}
}

static void a_cut_or_damaged_stream_is_an_error(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		autostr struct str packed = STR_EMPTY, made = STR_EMPTY;
		struct error err = { 0 };

		pack(packers[i].command, &packed);
		packed.length -= 20;
		assert_int_equal(unpack(&packed, 65536, MEMORY, &made, &err), 0);
		assert_int_equal(err.kind, ERROR_INPUT);
		if (strstr(packers[i].name, "legacy") != NULL || strstr(packers[i].command, "-BD") != NULL)
			continue; /* without checksums of blocks a changed byte may pass */
		memset(packed.bytes + packed.length / 2, 0x55, 64);
		packed.length += 20;
		str_clear(&made);
		assert_int_equal(unpack(&packed, 65536, MEMORY, &made, &err), 0);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
}

static void a_window_beyond_the_limit_is_refused(void **state)
{
	static const char *const commands[] = { "xz -c -9 plain", "xz -c -9 --format=lzma plain",
						"zstd -q -c --long=27 <plain",
						"bzip2 -c plain", "lz4 -q -c plain" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		autostr struct str packed = STR_EMPTY, made = STR_EMPTY;
		struct error err = { 0 };

		pack(commands[i], &packed);
		assert_int_equal(unpack(&packed, 65536, 3 << 20, &made, &err), 0);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.cause, "memory"));
	}
}

static void other_bytes_are_no_stream(void **state)
{
	(void)state;
	assert_null(inflate_detect("070701", 6));
	assert_null(inflate_detect("\x1f", 1));
	assert_null(inflate_detect("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_the_same_bytes),
		cmocka_unit_test(bytes_behind_a_stream_are_left),
		cmocka_unit_test(a_cut_or_damaged_stream_is_an_error),
		cmocka_unit_test(a_window_beyond_the_limit_is_refused),
		cmocka_unit_test(other_bytes_are_no_stream),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, finish);
}
