/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image/: hostile qcow2 and tar files made by hand, what servers say, files of sums. */
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
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "image/http.h"
#include "image/image.h"
#include "image/sums.h"
#include "sys/file.h"

static char *folder;

static int make_folder(void **state)
{
	struct error err;

	(void)state;
	return sys_dir_make_temporary("/tmp", &folder, &err);
}

static int remove_folder(void **state)
{
	int result = sys_dir_remove(folder, NULL);

	(void)state;
	free(folder);
	return result;
}

/* Opens what @bytes are as a file, by its content. Returns: what image_open does */
static int open_bytes(const void *bytes, size_t length, struct image **out,
		      struct error *err)
{
	autostr struct str path = STR_EMPTY;

	str_addf(&path, "%s/file", folder);
	*err = (struct error){0};
	assert_int_equal(sys_file_write(path.bytes, bytes, length, err), 0);
	return image_open(path.bytes, NULL, out, err);
}

static void put_be(uint8_t *place, unsigned count, uint64_t value)
{
	while (count-- > 0) {
		place[count] = (uint8_t)value;
		value >>= 8;
	}
}

/* A qcow2 of 32 KiB in clusters of 512 bytes: header, L1, refcounts, L2, one cluster of data. */
enum { CLUSTER = 512, L1 = 512, REFCOUNTS = 1024, L2 = 1536, DATA = 2048, BLOCK = 2560, END = 3072 };

static void make_qcow2(uint8_t *file)
{
	memset(file, 0, END);
	memcpy(file, "QFI\xfb", 4);
	put_be(file + 4, 4, 3);
	put_be(file + 20, 4, 9);
	put_be(file + 24, 8, 64 * CLUSTER);
	put_be(file + 36, 4, 1);
	put_be(file + 40, 8, L1);
	put_be(file + 48, 8, REFCOUNTS);
	put_be(file + 56, 4, 1);
	put_be(file + 96, 4, 4);
	put_be(file + 100, 4, 104);
	put_be(file + L1, 8, L2 | UINT64_C(1) << 63);
	put_be(file + REFCOUNTS, 8, BLOCK);
	put_be(file + L2 + 8, 8, DATA | UINT64_C(1) << 63);
	memset(file + DATA, 'x', CLUSTER);
}

/* Reads all of it. */
static int read_all(const uint8_t *file, size_t length, uint8_t *out, struct error *err)
{
	struct image *image = NULL;
	int result = open_bytes(file, length, &image, err);

	if (result == 0)
		result = blocks_read(image->blocks, 0, out, image->blocks->size_bytes, err);
	image_close(image);
	return result;
}

static void a_qcow2_made_by_hand_is_read(void **state)
{
	uint8_t file[END], out[64 * CLUSTER], wanted[64 * CLUSTER] = {0};
	struct blocks_extent extent;
	struct image *image;
	struct error err;

	(void)state;
	make_qcow2(file);
	memset(wanted + CLUSTER, 'x', CLUSTER);
	assert_int_equal(read_all(file, sizeof(file), out, &err), 0);
	assert_memory_equal(out, wanted, sizeof(wanted));
	assert_int_equal(open_bytes(file, sizeof(file), &image, &err), 0);
	assert_string_equal(image->layers[0].name, "qcow2");
	assert_int_equal(blocks_extent_at(image->blocks, 0, &extent, &err), 0);
	assert_true(extent.is_hole && extent.length_bytes == CLUSTER);
	assert_int_equal(blocks_extent_at(image->blocks, CLUSTER + 1, &extent, &err), 0);
	assert_true(!extent.is_hole && extent.length_bytes == CLUSTER - 1);
	assert_int_equal(blocks_extent_at(image->blocks, 2 * CLUSTER, &extent, &err), 0);
	assert_true(extent.is_hole && extent.length_bytes == 62 * CLUSTER);
	image_close(image);
}

/* Each changes one number, and must be told by these words. */
static const struct {
	unsigned offset, bytes;
	uint64_t value;
	const char *words;
} faults[] = {
	{4, 4, 1, "version 1"},
	{4, 4, 4, "version 4"},
	{8, 8, 104, "backing file"},
	{16, 4, 8, "backing file"},
	{20, 4, 8, "clusters of 2^8"},
	{20, 4, 22, "clusters of 2^22"},
	{20, 4, 0xffffffff, "clusters of 2^"},
	{24, 8, UINT64_C(1) << 62, "too large"},
	{24, 8, UINT64_MAX, "too large"},
	{24, 8, 65 * CLUSTER, "too small"},
	{32, 4, 1, "encrypted"},
	{32, 4, 2, "encrypted"},
	{36, 4, 0x7fffffff, "too large"},
	{36, 4, 2 << 20, "outside of the file"},
	{36, 4, 0, "too small"},
	{40, 8, 513, "not aligned"},
	{40, 8, 0, "not aligned"},
	{40, 8, 1 << 20, "outside of the file"},
	{40, 8, UINT64_C(0xfffffffffffffe00), "outside of the file"},
	{40, 8, REFCOUNTS, "overlap"},
	{48, 8, 1025, "not aligned"},
	{48, 8, 1 << 20, "outside of the file"},
	{56, 4, 0xffffffff, "too large"},
	{56, 4, 100, "outside of the file"},
	{72, 8, 2, "corrupt"},
	{72, 8, 4, "external data file"},
	{72, 8, 32, "not known"},
	{72, 8, UINT64_C(1) << 63, "not known"},
	{72, 8, 8, "compression"},
	{72, 8, 16, "clusters of 2^9"},
	{96, 4, 7, "refcount width"},
	{100, 4, 72, "wrong length"},
	{100, 4, 107, "wrong length"},
	{100, 4, 1024, "longer than a cluster"},
	{L1, 8, L2 | 1, "not known"},
	{L1, 8, UINT64_C(1) << 56 | L2, "not known"},
	{L1, 8, 1 << 20, "outside of the file"},
	{L1, 8, L1, "overlap"},
	{L1, 8, REFCOUNTS, "overlap"},
	{L2 + 8, 8, L2, "overlaps a table"},
	{L2 + 8, 8, L1, "overlaps a table"},
	{L2 + 8, 8, REFCOUNTS, "overlaps a table"},
	{L2 + 8, 8, 1 << 20, "outside of the file"},
	{L2 + 8, 8, END, "outside of the file"},
	{L2 + 8, 8, DATA | 2, "not known"},
	{L2 + 8, 8, UINT64_C(1) << 61 | DATA, "not known"},
	{L2 + 8, 8, UINT64_C(1) << 62 | 1 << 20, "outside of the file"},
	{L2 + 8, 8, UINT64_C(1) << 62 | END, "outside of the file"},
	{L2 + 8, 8, UINT64_C(1) << 62 | 8, "outside of the file"},
	{L2 + 8, 8, UINT64_C(1) << 62 | DATA, "is damaged"},
	{L2 + 8, 8, UINT64_C(1) << 62 | UINT64_C(1) << 61 | DATA, "is damaged"},
};

static void each_fault_of_a_qcow2_is_told(void **state)
{
	uint8_t file[END], out[64 * CLUSTER];
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		make_qcow2(file);
		put_be(file + faults[i].offset, faults[i].bytes, faults[i].value);
		if (read_all(file, sizeof(file), out, &err) != -1 ||
		    err.kind != ERROR_INPUT || strstr(err.cause, faults[i].words) == NULL)
			fail_msg("fault %zu is told as \"%s\" and not as \"%s\"", i,
				 err.cause, faults[i].words);
	}
}

static void later_things_in_an_older_qcow2_are_refused(void **state)
{
	uint8_t file[END], out[64 * CLUSTER];
	struct error err;

	(void)state;
	make_qcow2(file);
	put_be(file + 4, 4, 2);
	assert_int_equal(read_all(file, sizeof(file), out, &err), 0);
	put_be(file + L2 + 8, 8, 1);
	assert_int_equal(read_all(file, sizeof(file), out, &err), -1);
	assert_non_null(strstr(err.cause, "later version"));
}

/* Two parts of the disk that share a table: a file of 3 KiB would be a disk of any size. */
static void a_qcow2_that_loops_is_refused(void **state)
{
	uint8_t file[END], out[128 * CLUSTER];
	struct error err;

	(void)state;
	make_qcow2(file);
	put_be(file + 24, 8, 128 * CLUSTER);
	put_be(file + 36, 4, 2);
	assert_int_equal(read_all(file, sizeof(file), out, &err), 0);
	put_be(file + L1 + 8, 8, L2);
	assert_int_equal(read_all(file, sizeof(file), out, &err), -1);
	assert_non_null(strstr(err.cause, "loops"));
}

static void a_cut_qcow2_is_told_wherever_it_is_cut(void **state)
{
	uint8_t file[END], out[64 * CLUSTER];
	struct error err;
	size_t length;

	(void)state;
	make_qcow2(file);
	for (length = 8; length < DATA + CLUSTER; length += 8)
		assert_int_equal(read_all(file, length, out, &err), -1);
	assert_int_equal(read_all(file, length, out, &err), 0);
}

/* Tar */

static void add_member(struct str *tar, char type, const char *size, const void *data,
		       size_t length)
{
	static const char zeros[512];
	char header[512] = "name", sum[8];
	unsigned total = 0, i;

	(void)snprintf(header + 100, 8, "0000644");
	memcpy(header + 124, size, strlen(size));
	memset(header + 148, ' ', 8);
	header[156] = type;
	memcpy(header + 257, "ustar\0" "00", 8);
	if (type == 'S') {
		memcpy(header + 386, data, 24 * 4);
		memcpy(header + 482, (const char *)data + 96, 13);
		data = "";
		length = 0;
	}
	for (i = 0; i < sizeof(header); i++)
		total += (unsigned char)header[i];
	(void)snprintf(sum, sizeof(sum), "%06o", total);
	memcpy(header + 148, sum, 7);
	str_add_bytes(tar, header, sizeof(header));
	str_add_bytes(tar, data, length);
	str_add_bytes(tar, zeros, (512 - length % 512) % 512);
}

static void end_tar(struct str *tar)
{
	static const char zeros[1024];

	str_add_bytes(tar, zeros, sizeof(zeros));
}

/* Opens a tar at any place, and in order to its end: both must agree. */
static int open_tar(const struct str *tar, uint64_t *out_size, struct error *err)
{
	autostr struct str path = STR_EMPTY;
	struct image *image = NULL;
	struct error other = {0};
	int result = open_bytes(tar->bytes, tar->length, &image, err);
	int pipe_result, ends[2];

	if (result == 0)
		*out_size = image->expanded_bytes;
	image_close(image);
	image = NULL;
	/* a pipe cannot seek; what is small fits into it at once */
	if (tar->length > 60000)
		return result;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], tar->bytes, tar->length), (ssize_t)tar->length);
	(void)close(ends[1]);
	str_addf(&path, "/dev/fd/%d", ends[0]);
	pipe_result = image_open(path.bytes, NULL, &image, &other);
	(void)close(ends[0]);
	if (pipe_result == 0)
		assert_true(image->expanded_bytes == *out_size);
	image_close(image);
	if (pipe_result != result)
		fail_msg("by a pipe: \"%s\", else: \"%s\"", other.cause, err->cause);
	return result;
}

/* A small qcow2 counts as an image, as its content has the mark of one. */
static void tar_with_one_image_is_read(void **state)
{
	autostr struct str tar = STR_EMPTY;
	uint8_t qcow2[END];
	struct error err;
	uint64_t size = 0;

	(void)state;
	make_qcow2(qcow2);
	add_member(&tar, '5', "00000000000", "", 0);
	add_member(&tar, 'L', "00000000010", "long name", 8);
	add_member(&tar, '0', "00000000006", "README", 6);
	add_member(&tar, '0', "00000006000", qcow2, sizeof(qcow2));
	add_member(&tar, '0', "00000000006", "README", 6);
	end_tar(&tar);
	assert_int_equal(open_tar(&tar, &size, &err), 0);
	assert_true(size == 64 * CLUSTER);
}

static void tar_with_two_images_or_none_is_refused(void **state)
{
	autostr struct str two = STR_EMPTY, none = STR_EMPTY;
	uint8_t qcow2[END];
	struct error err;
	uint64_t size;

	(void)state;
	make_qcow2(qcow2);
	add_member(&two, '0', "00000006000", qcow2, sizeof(qcow2));
	add_member(&two, '0', "00000000006", "README", 6);
	add_member(&two, '0', "00000006000", qcow2, sizeof(qcow2));
	end_tar(&two);
	assert_int_equal(open_tar(&two, &size, &err), -1);
	assert_non_null(strstr(err.cause, "more than one image"));
	add_member(&none, '0', "00000000006", "README", 6);
	end_tar(&none);
	assert_int_equal(open_tar(&none, &size, &err), -1);
	assert_non_null(strstr(err.cause, "no disk image"));
}

static void a_damaged_tar_is_refused(void **state)
{
	autostr struct str tar = STR_EMPTY, short_tar = STR_EMPTY;
	uint8_t qcow2[END];
	struct error err;
	uint64_t size;

	(void)state;
	make_qcow2(qcow2);
	add_member(&tar, '0', "00000006000", qcow2, sizeof(qcow2));
	add_member(&tar, '0', "00000000006", "README", 6);
	for (size_t length = 512; length < tar.length; length += 256) {
		str_clear(&short_tar);
		str_add_bytes(&short_tar, tar.bytes, length);
		assert_int_equal(open_tar(&short_tar, &size, &err), -1);
	}
	end_tar(&tar);
	tar.bytes[512 + END + 10] ^= 1; /* the second header */
	assert_int_equal(open_tar(&tar, &size, &err), -1);
	assert_non_null(strstr(err.cause, "the sum of a header"));
}

/* Pax headers and numbers that are wrong; none may be believed. */
static void hostile_tar_headers_are_refused(void **state)
{
	static const char *const records[] = {
		"13 size=-0001\n",
		"9999 size=1\n",
		"3\n",
		"11 size=512",
		"28 size=99999999999999999999\n",
		"30 size=18446744073709551615 \n",
		"10 nothing\n",
		"22 GNU.sparse.major=1\n",
		"22 GNU.sparse.major=0\n",
		"21 GNU.sparse.size=1\n",
	};
	uint8_t qcow2[END];
	struct error err;
	char size[12];
	uint64_t length;
	size_t i;

	(void)state;
	make_qcow2(qcow2);
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		autostr struct str tar = STR_EMPTY;

		(void)snprintf(size, sizeof(size), "%011o", (unsigned)strlen(records[i]));
		add_member(&tar, 'x', size, records[i], strlen(records[i]));
		add_member(&tar, '0', "00000006000", qcow2, sizeof(qcow2));
		end_tar(&tar);
		if (open_tar(&tar, &length, &err) != -1 || err.kind != ERROR_INPUT)
			fail_msg("record %zu is taken", i);
	}
	static const char *const sizes[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
					    "\x80\x01\1\1\1\1\1\1\1\1\1\1", "0000000000x",
					    "77777777777"};
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		autostr struct str tar = STR_EMPTY;

		add_member(&tar, '0', sizes[i], qcow2, sizeof(qcow2));
		end_tar(&tar);
		if (open_tar(&tar, &length, &err) != -1 || err.kind != ERROR_INPUT)
			fail_msg("size %zu is taken", i);
	}
}

static void sparse_maps_of_tar_are_checked(void **state)
{
	/* four entries of an offset and a length, a flag, the size of the file */
	static const struct {
		const char *entries[8];
		const char *real_size, *words;
	} maps[] = {
		{{"00000000000", "00000001000", "00000003000", "00000001000"},
		 "00000010000", NULL},
		{{"00000001000", "00000001000", "00000001400", "00000001000"},
		 "00000010000", "wrong map"},
		{{"00000004000", "00000001000", "00000000000", "00000001000"},
		 "00000010000", "wrong map"},
		{{"00000000000", "00000001000", "00000020000", "00000001000"},
		 "00000010000", "wrong map"},
		{{"00000000000", "00000002000", "00000003000", "00000001000"},
		 "00000010000", "does not fit"},
	};
	char data[1024], map[24 * 4 + 13];
	struct error err;
	uint64_t size;
	size_t i, j;

	(void)state;
	memset(data, 'd', sizeof(data));
	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		autostr struct str tar = STR_EMPTY;
		int result;

		memset(map, 0, sizeof(map));
		for (j = 0; j < 8 && maps[i].entries[j] != NULL; j++)
			memcpy(map + 12 * j, maps[i].entries[j], 11);
		memcpy(map + 97, maps[i].real_size, 11);
		add_member(&tar, 'S', "00000002000", map, 0);
		str_add_bytes(&tar, data, sizeof(data));
		end_tar(&tar);
		result = open_tar(&tar, &size, &err);
		if (maps[i].words == NULL)
			assert_true(result == 0 && size == 4096);
		else if (result != -1 || strstr(err.cause, maps[i].words) == NULL)
			fail_msg("map %zu is told as \"%s\"", i, err.cause);
	}
}

/* What servers say */

static void answers_of_servers_are_parsed(void **state)
{
	static const char full[] = "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n"
				   "ETag: \"abc\"\r\nLast-Modified: then\r\n\r\n";
	static const char range[] = "HTTP/2 206\r\ncontent-range: bytes 5-9/100\r\n"
				    "Last-Modified: then\r\nETag: W/\"weak\"\r\n\r\n";
	static const char *const wrong[] = {
		"HTTP/1.1 OK\r\n\r\n",
		"ICY 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 206 OK\r\nContent-Range: bytes x-9/100\r\n\r\n",
		"HTTP/1.1 206 OK\r\nContent-Range: 5\r\n\r\n",
		"", "HTTP/", "HTTP/1.1 20",
	};
	struct http_reply reply;
	size_t i;

	(void)state;
	http_parse_reply(full, strlen(full), &reply);
	assert_true(!reply.is_wrong && reply.status == 200 && reply.length_bytes == 1234);
	assert_string_equal(reply.validator, "\"abc\"");
	http_parse_reply(range, strlen(range), &reply);
	assert_true(!reply.is_wrong && reply.status == 206 && reply.first_byte == 5 &&
		    reply.total_bytes == 100);
	assert_string_equal(reply.validator, "then");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		http_parse_reply(wrong[i], strlen(wrong[i]), &reply);
		if (!reply.is_wrong)
			fail_msg("answer %zu is taken", i);
	}
}

/* Files of sums */

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static void sums_are_found_by_the_name(void **state)
{
	static const char text[] = A64 "  other\n" B64 " *disk.img\r\n" C64 C64
				       "  ./disk.img\nSHA256 (tagged) = " C64 "\n" A64
				       "  twice\n" B64 "  twice\n";
	struct image_digests digests = {0};
	struct error err;

	(void)state;
	assert_int_equal(sums_find(text, "disk.img", &digests, &err), 0);
	assert_true(digests.sha256[0] == 'b' && strlen(digests.sha256) == 64);
	assert_string_equal(digests.sha512, C64 C64);
	digests = (struct image_digests){0};
	assert_int_equal(sums_find(text, "tagged", &digests, &err), 0);
	assert_string_equal(digests.sha256, C64);
	digests = (struct image_digests){0};
	assert_int_equal(sums_find(text, "twice", &digests, &err), -1);
	assert_non_null(strstr(err.cause, "two different"));
	assert_int_equal(sums_find(text, "img", &digests, &err), -1);
	assert_int_equal(sums_find("", "img", &digests, &err), -1);
	assert_string_equal(digests.sha256, "");
}

static void required_digests_are_checked(void **state)
{
	const struct sums_request cut = {.sha256 = "abc"};
	const struct sums_request unsigned_sums = {.sums = "x", .signature = "y"};
	const struct sums_request told = {.sha256 = B64};
	struct image_digests required = {0}, seen = {0};
	struct error err;

	(void)state;
	assert_int_equal(sums_require(&cut, "x", &required, &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_int_equal(sums_require(&unsigned_sums, "x", &required, &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_int_equal(sums_require(&told, "x", &required, &err), 0);
	assert_int_equal(sums_check(&required, &seen, &err), -1);
	assert_int_equal(err.kind, ERROR_VERIFY);
	seen = required;
	assert_int_equal(sums_check(&required, &seen, &err), 0);
	seen.sha256[63] = 'a';
	assert_int_equal(sums_check(&required, &seen, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_qcow2_made_by_hand_is_read),
		cmocka_unit_test(each_fault_of_a_qcow2_is_told),
		cmocka_unit_test(later_things_in_an_older_qcow2_are_refused),
		cmocka_unit_test(a_qcow2_that_loops_is_refused),
		cmocka_unit_test(a_cut_qcow2_is_told_wherever_it_is_cut),
		cmocka_unit_test(tar_with_one_image_is_read),
		cmocka_unit_test(tar_with_two_images_or_none_is_refused),
		cmocka_unit_test(a_damaged_tar_is_refused),
		cmocka_unit_test(hostile_tar_headers_are_refused),
		cmocka_unit_test(sparse_maps_of_tar_are_checked),
		cmocka_unit_test(answers_of_servers_are_parsed),
		cmocka_unit_test(sums_are_found_by_the_name),
		cmocka_unit_test(required_digests_are_checked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
