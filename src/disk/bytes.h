/* SPDX-License-Identifier: GPL-2.0-or-later */
/** bytes.h - numbers, identifiers and texts out of what stands on a disk. */
#ifndef DISK_BYTES_H
#define DISK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/blocks.h"

enum { GUID_TEXT = 37 };

/** A little-endian number of 16 bits. */
static inline uint16_t bytes_le16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

/** A little-endian number of 32 bits. */
static inline uint32_t bytes_le32(const unsigned char *at)
{
	return bytes_le16(at) | (uint32_t)bytes_le16(at + 2) << 16;
}

/** A little-endian number of 64 bits. */
static inline uint64_t bytes_le64(const unsigned char *at)
{
	return bytes_le32(at) | (uint64_t)bytes_le32(at + 4) << 32;
}

/** A big-endian number of 32 bits. */
static inline uint32_t bytes_be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
	       at[3];
}

/** A big-endian number of 64 bits. */
static inline uint64_t bytes_be64(const unsigned char *at)
{
	return (uint64_t)bytes_be32(at) << 32 | bytes_be32(at + 4);
}

/** Put a little-endian number of @length bytes, at most 8. */
static inline void bytes_put_le(unsigned char *at, uint64_t value, unsigned length)
{
	for (; length > 0; length--, value >>= 8)
		*at++ = (unsigned char)value;
}

/** Write 16 bytes as a UUID in lower case. */
void bytes_uuid(const unsigned char uuid[16], char out[GUID_TEXT]);

/** Write a GUID whose first three fields are little-endian, as GPT has them. */
void bytes_guid(const unsigned char guid[16], char out[GUID_TEXT]);

/** CRC-32 as GPT and zlib have it. @crc: 0 to begin, or the result so far */
uint32_t bytes_crc32(uint32_t crc, const void *bytes, size_t length);

/** CRC-32C (Castagnoli), as btrfs and ext4 have it, from all ones and inverted at the end. */
uint32_t bytes_crc32c(const void *bytes, size_t length);

/** UTF-16LE as UTF-8; ends at the first NUL. Half surrogates become U+FFFD, control
 * characters '?'.
 *
 * @units: of 16 bits, at most 2048
 * Returns: a text that the caller frees
 */
char *bytes_utf16(const unsigned char *bytes, size_t units);

/** A text that is printed as it is: bytes that are no UTF-8, and control characters, become
 * '?'.
 *
 * @length: ends before at a NUL
 * Returns: a text that the caller frees
 */
char *bytes_text(const void *bytes, size_t length);

/** The same, with its line feeds and tabs kept. */
char *bytes_lines(const void *bytes, size_t length);

/** A count times a size. Returns: UINT64_MAX where it does not fit */
uint64_t bytes_times(uint64_t count, uint64_t size);

/** Read, unless it is a hole, or does not lie inside.
 *
 * @buffer:  @length bytes; zeros for a hole
 * Errors:   those of the source
 * Returns:  1 when it was read, 0 when there is nothing, or -1
 */
nodiscard int bytes_peek(struct blocks *blocks, uint64_t offset, void *buffer,
			 size_t length, struct error *err);

/** Whether all bytes are zero. */
bool bytes_are_zero(const unsigned char *bytes, size_t length);

#endif
