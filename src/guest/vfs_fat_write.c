/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_fat_write.c - edits of FAT: mtools makes them in a private copy, and where that differs from
 * what was there is what is to be written. */
#define _GNU_SOURCE
#include "guest/vfs_fat_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_fat.h"
#include "guest/vfs_mount.h"
#include "sys/file.h"

enum { UNIT_BYTES = 4096, NAME_BYTES = 80 };

struct fat_writer {
	struct edit_writer writer;
	struct blocks *blocks;
	int copy;
	char image[NAME_BYTES]; /* the copy, as mtools takes it */
	int64_t time_s;
};

static int take_nothing(const void *bytes, size_t length, void *data, struct error *err)
{
	(void)bytes;
	(void)length;
	(void)data;
	(void)err;
	return 0;
}

/* Runs mtools; what has no room is ENOSPC. */
static int run(struct fat_writer *writer, const char *const *words, struct error *err)
{
	struct error why = {0};

	if (fat_run(writer->image, words, take_nothing, NULL, &why) == 0)
		return 0;
	if (strcasestr(why.cause, "full") != NULL ||
	    strcasestr(why.cause, "no free cluster") != NULL) {
		errno = ENOSPC;
		return error_sys(err, "no free clusters");
	}
	if (err != NULL)
		*err = why;
	return -1;
}

static int take_bytes(const void *bytes, size_t length, void *data, struct error *err)
{
	if (length > EDIT_BYTES_MOST - ((struct str *)data)->length)
		return error_set(err, ERROR_REFUSED, "it is too long to be added to");
	str_add_bytes(data, bytes, length);
	return 0;
}

/* The file's content in a nameless file, which mcopy can open. */
static int make_source(const struct fat_writer *writer, const struct str *bytes,
		       struct error *err)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
					  {.tv_sec = (time_t)writer->time_s}};
	const int fd = memfd_create("moult", MFD_CLOEXEC);

	if (fd < 0)
		return error_sys(err, "make a file in memory");
	if (sys_fd_write(fd, bytes->bytes, bytes->length, err) == 0) {
		if (futimens(fd, times) == 0)
			return fd;
		(void)error_sys(err, "set the time of a file in memory");
	}
	(void)close(fd);
	return -1;
}

static int put(struct fat_writer *writer, const struct edit_change *change,
	       const char *path, struct error *err)
{
	struct str autostr bytes = STR_EMPTY;
	char source[NAME_BYTES];
	autoclose int fd = -1;

	if (change->kind == EDIT_APPEND && !edit_change_is_new(change) &&
	    fat_run(writer->image, (const char *[]){"mcopy", "-n", path, "-", NULL},
		    take_bytes, &bytes, err) != 0)
		return -1;
	str_add_bytes(&bytes, change->bytes.bytes, change->bytes.length);
	fd = make_source(writer, &bytes, err);
	if (fd < 0)
		return -1;
	(void)snprintf(source, sizeof(source), "/proc/%ld/fd/%d", (long)getpid(), fd);
	return run(writer, (const char *[]){"mcopy", "-o", "-m", source, path, NULL},
		   err);
}

static int do_change(struct fat_writer *writer, const struct edit_change *change,
		     struct error *err)
{
	struct str autostr path = STR_EMPTY;

	if (strpbrk(change->path, "[*?\"<>|:\\") != NULL)
		return error_set(err, ERROR_REFUSED, "FAT cannot have that name");
	str_addf(&path, "::%s", change->path);
	if (change->drops_old &&
	    run(writer, (const char *[]){"mdel", path.bytes, NULL}, err) != 0)
		return -1;
	if (change->kind == EDIT_PUT || change->kind == EDIT_APPEND)
		return put(writer, change, path.bytes, err);
	if (change->kind == EDIT_FOLDER)
		return run(writer, (const char *[]){"mmd", path.bytes, NULL}, err);
	return 0;
}

/* Gives a piece of the copy where it is not what was there. */
static int compare(struct fat_writer *writer, uint64_t at, size_t length, char *new,
		   char *old, edit_visit *visit, void *data, struct error *err)
{
	if (pread(writer->copy, new, length, (off_t)at) != (ssize_t)length)
		return error_sys(err, "read the private copy");
	if (blocks_read(writer->blocks, at, old, length, err) != 0)
		return -1;
	return memcmp(new, old, length) == 0 ? 0 : visit(at, new, length, data, err);
}

static int fat_ranges(struct edit_writer *base, edit_visit *visit, void *data,
		      struct error *err)
{
	struct fat_writer *writer = (struct fat_writer *)base;
	const uint64_t size = writer->blocks->size_bytes;
	autofree char *new = mem_zero(2, UNIT_BYTES);
	uint64_t at = 0;
	size_t length;
	off_t next;

	while (at < size) {
		/* what is a hole in the copy was one before */
		next = lseek(writer->copy, (off_t)at, SEEK_DATA);
		if (next < 0 && errno == ENXIO)
			break;
		if (next < 0)
			return error_sys(err, "look at the private copy");
		at = (uint64_t)next - (uint64_t)next % UNIT_BYTES;
		length = size - at < UNIT_BYTES ? (size_t)(size - at) : UNIT_BYTES;
		if (compare(writer, at, length, new, new + UNIT_BYTES, visit, data,
			    err) != 0)
			return -1;
		at += length;
	}
	return 0;
}

static int fat_commit(struct edit_writer *base, struct error *err)
{
	return edit_target_check(&base->target, UNIT_BYTES, err) != 0
		       ? -1
		       : edit_ranges_commit(base, err);
}

static void fat_writer_close(struct edit_writer *base)
{
	edit_ranges_clear(base);
	own_close(&((struct fat_writer *)base)->copy);
	free(base);
}

static const struct edit_writer_ops fat_writer_ops = {
	.ranges = fat_ranges,
	.commit = fat_commit,
	.undo = edit_ranges_undo,
	.close = fat_writer_close,
};

int fat_write_prepare(struct blocks *blocks, uint64_t most,
		      const struct edit_changes *changes, struct edit_writer **out,
		      struct error *err)
{
	const int copy = vfs_copy_blocks(blocks, most, err);
	struct fat_writer *writer;
	size_t i;

	if (copy < 0)
		return -1;
	writer = mem_zero(1, sizeof(*writer));
	writer->writer.ops = &fat_writer_ops;
	writer->blocks = blocks;
	writer->copy = copy;
	writer->time_s = changes->time_s;
	(void)snprintf(writer->image, sizeof(writer->image), "/proc/%ld/fd/%d@@0",
		       (long)getpid(), copy);
	for (i = 0; i < changes->count; i++)
		if (do_change(writer, changes->rows[i], err) != 0) {
			fat_writer_close(&writer->writer);
			return error_frame(err, "'%s'", changes->rows[i]->path);
		}
	*out = &writer->writer;
	return 0;
}
