/* SPDX-License-Identifier: GPL-2.0-or-later */
/* edit_ranges.c - writing a list of changed bytes so that a kill leaves the old or the new ones:
 * the list lies in a file beside the image before the first of them is written, and whoever comes
 * next writes them again. The list:
 *
 *	16 bytes  "moult-edits/1\n" and zeros
 *	 8 bytes  how many records
 *	 8 bytes  the image's size
 *	records   8 bytes place in the image, 8 bytes length, the new bytes, the old ones
 *	32 bytes  SHA-256 of all before
 *
 * Numbers are little endian. The old bytes tell whether the image is still what was left: a list
 * that was forgotten while its guest ran must not be written. */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/edit_back.h"
#include "sys/digest.h"
#include "sys/file.h"

enum { MAGIC_BYTES = 16, HEAD_BYTES = 32, RECORD_BYTES = 16 };

/* Old and new bytes, and some room for records. */
static const size_t list_bytes_most = (size_t)3 * EDIT_BYTES_MOST;

static const char magic[MAGIC_BYTES] = "moult-edits/1\n";

/* Bytes of the sink, old and new. */
struct edit_saved {
	uint64_t offset; /* in the sink */
	size_t length;
	unsigned char *bytes, *old; /* aligned */
};

static void put_number(struct str *out, uint64_t value)
{
	value = htole64(value);
	str_add_bytes(out, &value, sizeof(value));
}

static uint64_t get_number(const char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return le64toh(value);
}

static int save(uint64_t offset, const void *bytes, size_t length, void *data,
		struct error *err)
{
	struct edit_writer *writer = data;
	struct edit_saved row = {.offset = writer->target.offset + offset,
				 .length = length,
				 .bytes = sink_buffer(length),
				 .old = sink_buffer(length)};

	memcpy(row.bytes, bytes, length);
	writer->saved = mem_grow(writer->saved, writer->saved_count, sizeof(row));
	writer->saved[writer->saved_count++] = row;
	return sink_read(writer->target.sink, row.offset, row.old, length, err);
}

void edit_ranges_clear(struct edit_writer *writer)
{
	size_t i;

	for (i = 0; i < writer->saved_count; i++) {
		free(writer->saved[i].bytes);
		free(writer->saved[i].old);
	}
	free(writer->saved);
	writer->saved = NULL;
	writer->saved_count = 0;
}

static int write_list(const struct edit_writer *writer, struct error *err)
{
	struct str autostr list = STR_EMPTY;
	unsigned char digest[SYS_SHA256_BYTES];
	mode_t mask;
	size_t i;
	int result;

	str_add_bytes(&list, magic, sizeof(magic));
	put_number(&list, writer->saved_count);
	put_number(&list, writer->target.sink->size_bytes);
	for (i = 0; i < writer->saved_count; i++) {
		put_number(&list, writer->saved[i].offset);
		put_number(&list, writer->saved[i].length);
		str_add_bytes(&list, writer->saved[i].bytes, writer->saved[i].length);
		str_add_bytes(&list, writer->saved[i].old, writer->saved[i].length);
	}
	sys_sha256(list.bytes, list.length, digest);
	str_add_bytes(&list, digest, sizeof(digest));
	mask = umask(077); /* it may hold what only the guest's root may read */
	result = sys_file_write(writer->target.beside, list.bytes, list.length, err);
	(void)umask(mask);
	return result;
}

/* Brings a new or a removed name to stable storage. */
static int flush_folder(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	autofree char *folder =
		slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : str_copy(".");
	autoclose int fd =
		folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd >= 0 && fsync(fd) == 0
		       ? 0
		       : error_sys(err, "flush the folder of '%s'", path);
}

static int remove_list(const char *path, struct error *err)
{
	if (unlink(path) != 0)
		return error_sys(err, "remove '%s'", path);
	return flush_folder(path, err);
}

static int write_rows(const struct edit_writer *writer, bool is_old, struct error *err)
{
	const struct edit_saved *row;
	size_t i;

	for (i = 0; i < writer->saved_count; i++) {
		row = &writer->saved[i];
		if (sink_write(writer->target.sink, row->offset,
			       is_old ? row->old : row->bytes, row->length, err) != 0)
			return -1;
	}
	return sink_flush(writer->target.sink, err);
}

/* Writes the old bytes back after @why. */
static int give_up(const struct edit_writer *writer, const struct error *why,
		   struct error *err)
{
	const char *beside = writer->target.beside;
	char text[512];

	(void)error_text(why, text, sizeof(text));
	if (write_rows(writer, true, NULL) != 0)
		return error_set(
			err, ERROR_WRITTEN, "%.120s; it is half written%s%.100s", text,
			beside != NULL ? ", run this again: all is kept in " : "",
			beside != NULL ? beside : "");
	if (beside != NULL && remove_list(beside, NULL) != 0)
		return error_set(err, ERROR_WRITTEN,
				 "%.120s; all was undone, but '%.100s' "
				 "could not be removed",
				 text, beside);
	if (err != NULL)
		*err = *why;
	return -1;
}

static int write_all(const struct edit_writer *writer, struct error *err)
{
	const char *beside = writer->target.beside;
	struct error why = {0};

	if (beside != NULL &&
	    (write_list(writer, err) != 0 || flush_folder(beside, err) != 0))
		return -1;
	if (write_rows(writer, false, &why) != 0)
		return give_up(writer, &why, err);
	return beside != NULL ? remove_list(beside, err) : 0;
}

static int need_list(const struct edit_writer *writer, struct error *err)
{
	if (writer->target.beside != NULL || writer->target.may_tear)
		return 0;
	return error_set(err, ERROR_REFUSED,
			 "it has no journal for this, and a power cut while it is "
			 "written would damage it");
}

int edit_ranges_commit(struct edit_writer *writer, struct error *err)
{
	if (need_list(writer, err) != 0)
		return -1;
	edit_ranges_clear(writer);
	if (writer->ops->ranges(writer, save, writer, err) != 0)
		return -1;
	return write_all(writer, err);
}

int edit_ranges_undo(struct edit_writer *writer, struct error *err)
{
	unsigned char *kept;
	size_t i;

	for (i = 0; i < writer->saved_count; i++) {
		kept = writer->saved[i].bytes;
		writer->saved[i].bytes = writer->saved[i].old;
		writer->saved[i].old = kept;
	}
	return write_all(writer, err);
}

int edit_write_ranges(const struct edit_target *target,
		      int (*ranges)(void *data, edit_visit *visit, void *visit_data,
				    struct error *err),
		      void *data, struct error *err)
{
	struct edit_writer writer = {.target = *target};
	int result = need_list(&writer, err);

	if (result == 0)
		result = ranges(data, save, &writer, err);
	if (result == 0)
		result = write_all(&writer, err);
	edit_ranges_clear(&writer);
	return result;
}

static int damaged(const char *path, struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "'%s' is no list of edits of this image, or is "
			 "damaged",
			 path);
}

/* What a record of the list tells. */
struct record {
	uint64_t offset;
	size_t length;
	const char *bytes, *old;
};

/* Takes the record at @at, and goes on behind it. Returns whether there is one. */
static bool next_record(const struct str *list, size_t *at, struct record *out)
{
	const size_t end = list->length - SYS_SHA256_BYTES;
	uint64_t length;

	if (*at > end || end - *at < RECORD_BYTES)
		return false;
	length = get_number(list->bytes + *at + 8);
	if (length > (end - *at - RECORD_BYTES) / 2)
		return false;
	out->offset = get_number(list->bytes + *at);
	out->length = (size_t)length;
	out->bytes = list->bytes + *at + RECORD_BYTES;
	out->old = out->bytes + out->length;
	*at += RECORD_BYTES + 2 * out->length;
	return true;
}

/* Checks the list before any of it is written. */
static int check_list(const char *path, const struct str *list, const struct sink *sink,
		      struct error *err)
{
	unsigned char digest[SYS_SHA256_BYTES];
	size_t end, at = HEAD_BYTES;
	struct record record;
	uint64_t count;

	if (list->length < HEAD_BYTES + sizeof(digest) ||
	    memcmp(list->bytes, magic, sizeof(magic)) != 0 ||
	    get_number(list->bytes + 24) != sink->size_bytes)
		return damaged(path, err);
	end = list->length - sizeof(digest);
	sys_sha256(list->bytes, end, digest);
	if (memcmp(digest, list->bytes + end, sizeof(digest)) != 0)
		return damaged(path, err);
	for (count = get_number(list->bytes + MAGIC_BYTES); count > 0; count--)
		if (!next_record(list, &at, &record) ||
		    record.offset > sink->size_bytes ||
		    record.length > sink->size_bytes - record.offset)
			return damaged(path, err);
	return at == end ? 0 : damaged(path, err);
}

/* Whether each sector is the old or the new one: anything else was written since. */
static int check_record(const char *path, struct sink *sink, const struct record *record,
			struct error *err)
{
	autofree char *buffer = sink_buffer(record->length);
	const size_t sector = sink->sector_bytes;
	size_t at;

	if (sink_read(sink, record->offset, buffer, record->length, err) != 0)
		return -1;
	for (at = 0; at < record->length; at += sector)
		if (memcmp(buffer + at, record->bytes + at, sector) != 0 &&
		    memcmp(buffer + at, record->old + at, sector) != 0)
			return error_set(err, ERROR_REFUSED,
					 "'%s' was left by edits that were cut off, but "
					 "the image was changed since: remove that file "
					 "if the image is good",
					 path);
	return 0;
}

static int check_records(const char *path, struct sink *sink, const struct str *list,
			 struct error *err)
{
	size_t at = HEAD_BYTES;
	struct record record;

	while (next_record(list, &at, &record))
		if (check_record(path, sink, &record, err) != 0)
			return -1;
	return 0;
}

static int write_record(struct sink *sink, const struct record *record, struct error *err)
{
	autofree void *buffer = sink_buffer(record->length);

	memcpy(buffer, record->bytes, record->length);
	return sink_write(sink, record->offset, buffer, record->length, err);
}

static int write_records(struct sink *sink, const struct str *list, struct error *err)
{
	size_t at = HEAD_BYTES;
	struct record record;

	while (next_record(list, &at, &record))
		if (write_record(sink, &record, err) != 0)
			return -1;
	return sink_flush(sink, err);
}

int edit_recover(const char *beside, struct sink *sink, bool *out_was_there,
		 struct error *err)
{
	struct str autostr list = STR_EMPTY;
	const bool is_there = access(beside, F_OK) == 0;

	if (is_there &&
	    (sys_file_read(AT_FDCWD, beside, list_bytes_most, &list, err) != 0 ||
	     check_list(beside, &list, sink, err) != 0 ||
	     check_records(beside, sink, &list, err) != 0 ||
	     write_records(sink, &list, err) != 0 || remove_list(beside, err) != 0))
		return -1;
	if (out_was_there != NULL)
		*out_was_there = is_there;
	return 0;
}
