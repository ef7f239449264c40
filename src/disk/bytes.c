/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void bytes_uuid(const unsigned char uuid[16], char out[GUID_TEXT])
{
	size_t i, at = 0;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		at += (size_t)snprintf(out + at, GUID_TEXT - at, "%02x", uuid[i]);
	}
}

void bytes_guid(const unsigned char guid[16], char out[GUID_TEXT])
{
	static const unsigned char order[16] = {3, 2, 1,  0,  5,  4,  7,  6,
						8, 9, 10, 11, 12, 13, 14, 15};
	unsigned char uuid[16];
	size_t i;

	for (i = 0; i < 16; i++)
		uuid[i] = guid[order[i]];
	bytes_uuid(uuid, out);
}

/* The table of a reflected polynomial for half a byte. */
static uint32_t crc_run(uint32_t polynomial, uint32_t crc, const unsigned char *next,
			size_t length)
{
	uint32_t table[16], value;
	unsigned i, bit;

	for (i = 0; i < 16; i++) {
		value = i;
		for (bit = 0; bit < 4; bit++)
			value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
		table[i] = value;
	}
	for (; length > 0; length--, next++) {
		crc ^= *next;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

uint32_t bytes_crc32(uint32_t crc, const void *bytes, size_t length)
{
	return ~crc_run(0xedb88320, ~crc, bytes, length);
}

uint32_t bytes_crc32c(const void *bytes, size_t length)
{
	return ~crc_run(0x82f63b78, UINT32_MAX, bytes, length);
}

static void add_utf8(struct str *out, uint32_t point)
{
	char bytes[4];
	size_t length = 0;

	if (point < ' ' || (point >= 0x7f && point < 0xa0))
		point = '?';
	if (point < 0x80) {
		bytes[length++] = (char)point;
	} else if (point < 0x800) {
		bytes[length++] = (char)(0xc0 | point >> 6);
	} else if (point < 0x10000) {
		bytes[length++] = (char)(0xe0 | point >> 12);
		bytes[length++] = (char)(0x80 | (point >> 6 & 0x3f));
	} else {
		bytes[length++] = (char)(0xf0 | point >> 18);
		bytes[length++] = (char)(0x80 | (point >> 12 & 0x3f));
		bytes[length++] = (char)(0x80 | (point >> 6 & 0x3f));
	}
	if (point >= 0x80)
		bytes[length++] = (char)(0x80 | (point & 0x3f));
	str_add_bytes(out, bytes, length);
}

char *bytes_utf16(const unsigned char *bytes, size_t units)
{
	struct str out = STR_EMPTY;
	uint32_t point, low;
	size_t i;

	for (i = 0; i < units; i++) {
		point = bytes_le16(bytes + 2 * i);
		if (point == 0)
			break;
		low = i + 1 < units ? bytes_le16(bytes + 2 * i + 2) : 0;
		if (point >= 0xd800 && point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
			i++;
		} else if (point >= 0xd800 && point < 0xe000) {
			point = 0xfffd;
		}
		add_utf8(&out, point);
	}
	return out.length > 0 ? out.bytes : str_copy("");
}

/* How many bytes the UTF-8 character at @next takes, which it puts in @out; 0: none. */
static size_t take_utf8(const unsigned char *next, size_t length, uint32_t *out)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t count, i;
	uint32_t point;

	if (next[0] < 0x80) {
		*out = next[0];
		return 1;
	}
	count = next[0] >= 0xf0 ? 4 : next[0] >= 0xe0 ? 3 : 2;
	if (next[0] < 0xc2 || next[0] > 0xf4 || count > length)
		return 0;
	point = next[0] & (0x7fU >> count);
	for (i = 1; i < count; i++) {
		if ((next[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (next[i] & 0x3fU);
	}
	if (point < lowest[count] || point > 0x10ffff ||
	    (point >= 0xd800 && point < 0xe000))
		return 0;
	*out = point;
	return count;
}

static char *clean(const unsigned char *next, size_t length, bool keeps_lines)
{
	struct str out = STR_EMPTY;
	uint32_t point;
	size_t taken;

	while (length > 0 && *next != '\0') {
		taken = take_utf8(next, length, &point);
		if (keeps_lines && (*next == '\n' || *next == '\t'))
			str_add_bytes(&out, next, 1);
		else
			add_utf8(&out, taken > 0 ? point : '?');
		taken = taken > 0 ? taken : 1;
		next += taken;
		length -= taken;
	}
	return out.length > 0 ? out.bytes : str_copy("");
}

char *bytes_text(const void *bytes, size_t length)
{
	return clean(bytes, length, false);
}

char *bytes_lines(const void *bytes, size_t length)
{
	return clean(bytes, length, true);
}

uint64_t bytes_times(uint64_t count, uint64_t size)
{
	uint64_t product;

	return __builtin_mul_overflow(count, size, &product) ? UINT64_MAX : product;
}

int bytes_peek(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
	       struct error *err)
{
	struct blocks_extent extent;

	memset(buffer, 0, length);
	if (length == 0 || offset >= blocks->size_bytes ||
	    length > blocks->size_bytes - offset)
		return 0;
	if (blocks_extent_at(blocks, offset, &extent, err) != 0)
		return -1;
	if (extent.is_hole && extent.length_bytes >= length)
		return 0;
	return blocks_read(blocks, offset, buffer, length, err) == 0 ? 1 : -1;
}

bool bytes_are_zero(const unsigned char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}
