/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch.c - which areas these are was seen in libblkid's reads (strace of blkid -p on places
 * of many sizes; tests/disk/layouts.bats compares the results of both ways). */
#define _GNU_SOURCE
#include "disk/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "disk/bytes.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

enum { PIECE = 64 * 1024 };

/* From the start, or, with `is_end`, back from the end. */
static const struct {
	bool is_end;
	uint64_t offset, length;
} areas[] = {
	{false, 0, 576 * KIB},	      {false, MIB, 24 * KIB},
	{false, 2 * MIB, 4 * KIB},    {false, 4 * MIB, 4 * KIB},
	{true, 1548 * KIB, 8 * KIB},  {true, MIB + 8 * KIB, 16 * KIB},
	{true, 544 * KIB, 544 * KIB},
};

/* memfd_create as a system call: kernels before 3.17 have none, and C libraries of that
 * time no function for it. */
static int open_memory(void)
{
	return (int)syscall(SYS_memfd_create, "moult-scratch", 1U /* MFD_CLOEXEC */);
}

static int open_unlinked(struct error *err)
{
	const char *folder = getenv("TMPDIR");
	autostr struct str path = STR_EMPTY;
	int fd;

	str_addf(&path, "%s/moult-XXXXXX", folder != NULL ? folder : "/tmp");
	fd = mkostemp(path.bytes, O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "make a file in '%s'",
				 folder != NULL ? folder : "/tmp");
	if (unlink(path.bytes) != 0) {
		(void)error_sys(err, "remove '%s'", path.bytes);
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int write_piece(int fd, const unsigned char *bytes, size_t length, uint64_t offset,
		       struct error *err)
{
	ssize_t written;

	while (length > 0) {
		written = pwrite(fd, bytes, length, (off_t)offset);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return error_sys(err, "write a scratch file");
		bytes += written;
		offset += (uint64_t)written;
		length -= (size_t)written;
	}
	return 0;
}

static int copy_area(struct blocks *part, int fd, uint64_t offset, uint64_t length,
		     struct error *err)
{
	autofree unsigned char *piece = mem_zero(PIECE, 1);
	size_t next;
	int result;

	if (offset >= part->size_bytes)
		return 0;
	if (length > part->size_bytes - offset)
		length = part->size_bytes - offset;
	for (; length > 0; offset += next, length -= next) {
		next = length < PIECE ? (size_t)length : PIECE;
		result = bytes_peek(part, offset, piece, next, err);
		if (result < 0)
			return -1;
		if (result > 0 && write_piece(fd, piece, next, offset, err) != 0)
			return -1;
	}
	return 0;
}

/* NTFS keeps its label where its boot sector says, and libblkid takes it for none when the
 * file record is not there; FAT32 keeps it in its first folder. */
static int copy_pointed_at(struct blocks *part, int fd, struct error *err)
{
	unsigned char sector[512];
	uint64_t sector_bytes, at;
	const int result = bytes_peek(part, 0, sector, sizeof(sector), err);

	if (result <= 0)
		return result;
	sector_bytes = bytes_le16(sector + 11);
	if (memcmp(sector + 3, "NTFS    ", 8) == 0) {
		at = bytes_times(bytes_le64(sector + 48), sector_bytes * sector[13]);
		return copy_area(part, fd, at, 64 * KIB, err);
	}
	if (memcmp(sector + 82, "FAT32   ", 8) == 0) {
		at = bytes_le16(sector + 14) +
		     (uint64_t)sector[16] * bytes_le32(sector + 36);
		at += (uint64_t)sector[13] * (bytes_le32(sector + 44) - UINT64_C(2));
		return copy_area(part, fd, bytes_times(at, sector_bytes), 64 * KIB, err);
	}
	return 0;
}

/* The anchor of a DDF set stands in the last sector and tells where its header is. */
static int copy_ddf_header(struct blocks *part, int fd, struct error *err)
{
	unsigned char sector[512];
	int result;

	if (part->size_bytes < sizeof(sector))
		return 0;
	result = bytes_peek(part, part->size_bytes - sizeof(sector), sector,
			    sizeof(sector), err);
	if (result <= 0 || bytes_be32(sector) != 0xde11de11)
		return result < 0 ? -1 : 0;
	return copy_area(part, fd, bytes_times(bytes_be64(sector + 96), sizeof(sector)),
			 4 * KIB, err);
}

static int copy_areas(struct blocks *part, int fd, struct error *err)
{
	const uint64_t end = part->size_bytes;
	uint64_t offset;
	size_t i;

	for (i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		offset = areas[i].offset;
		if (areas[i].is_end)
			offset = end > offset ? end - offset : 0;
		if (copy_area(part, fd, offset, areas[i].length, err) != 0)
			return -1;
	}
	if (copy_pointed_at(part, fd, err) != 0)
		return -1;
	return copy_ddf_header(part, fd, err);
}

int scratch_open(struct blocks *part, struct error *err)
{
	int fd = open_memory();

	if (fd < 0)
		fd = open_unlinked(err);
	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)part->size_bytes) != 0)
		(void)error_sys(err, "make a sparse file of the place's size");
	else if (copy_areas(part, fd, err) == 0)
		return fd;
	(void)close(fd);
	return -1;
}
