/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-edit.c - edits a guest by guest/edit.h, for tests: guest-edit IMAGE[@OFFSET[:SIZE]]|FOLDER
 *
 * What to do is read from standard input, a line each, fields apart by tabs:
 *	put PATH FILE [MODE UID GID]    append PATH FILE    remove PATH    link PATH TARGET
 *	mkdir PATH [MODE UID GID]       cat PATH (through the set)         list PATH
 * FILE is one of the host. In the environment:
 *	DRY=1          prepare, and tell how many bytes would change
 *	BESIDE=FILE    the list of changes; TEAR=1: none is needed
 *	ATTACH=IMAGE[@OFFSET[:SIZE]]=PATH    another file system there, which is written too
 *	TIME=SECONDS   of what is changed
 *	CUT=N          the process ends without a word before the Nth write or flush
 *	FAIL=N         the Nth write or flush, and those behind it up to FAIL_UNTIL, is an error
 *	RECOVER=1      only edit_recover
 * It prints "PATHS paths, BYTES bytes written". Exit status: the kind of the error, or 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "disk/sink_open.h"
#include "guest/edit.h"
#include "sys/file.h"

enum { FILE_MOST = 1 << 30, CUT_STATUS = 137 };

/* A file system of the guest, and the disk that it lies on. */
struct place {
	char *name; /* of the file; a folder has none */
	uint64_t offset;
	struct sink *disk, *sink;
	struct blocks *whole, *blocks;
	struct vfs *vfs;
};

/* A disk that ends, or fails, at a step. */
struct faulty {
	struct sink sink;
	struct sink *inner;
};

static unsigned long steps;

static unsigned long number_of(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? strtoul(value, NULL, 10) : 0;
}

static int step(struct error *err)
{
	const unsigned long from = number_of("FAIL"), until = number_of("FAIL_UNTIL");

	steps++;
	if (number_of("CUT") == steps)
		_exit(CUT_STATUS);
	if (from != 0 && steps >= from && steps <= (until > from ? until : from)) {
		errno = EIO;
		return error_sys(err, "step %lu", steps);
	}
	return 0;
}

static int faulty_read(struct sink *sink, uint64_t offset, void *buffer, size_t length,
		       struct error *err)
{
	return sink_read(((struct faulty *)sink)->inner, offset, buffer, length, err);
}

static int faulty_write(struct sink *sink, uint64_t offset, const void *buffer,
			size_t length, struct error *err)
{
	if (step(err) != 0)
		return -1;
	return sink_write(((struct faulty *)sink)->inner, offset, buffer, length, err);
}

static int faulty_flush(struct sink *sink, struct error *err)
{
	return step(err) != 0 ? -1 : sink_flush(((struct faulty *)sink)->inner, err);
}

static void faulty_close(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops faulty_ops = {.read = faulty_read,
					   .write = faulty_write,
					   .flush = faulty_flush,
					   .close = faulty_close};

static struct sink *faulty_open(struct sink *inner)
{
	struct faulty *faulty = mem_zero(1, sizeof(*faulty));

	faulty->sink.ops = &faulty_ops;
	faulty->sink.size_bytes = inner->size_bytes;
	faulty->sink.sector_bytes = inner->sector_bytes;
	faulty->inner = inner;
	return &faulty->sink;
}

static int file_read(struct blocks *blocks, uint64_t offset, void *buffer, size_t length,
		     struct error *err)
{
	char *next = buffer;
	ssize_t got;

	for (; length > 0; next += got, offset += (uint64_t)got, length -= (size_t)got) {
		got = pread(blocks->fd, next, length,
			    (off_t)(blocks->fd_offset + offset));
		if (got <= 0)
			return error_sys(err, "read");
	}
	return 0;
}

static void file_close(struct blocks *blocks)
{
	(void)close(blocks->fd);
	free(blocks);
}

static const struct blocks_ops file_ops = {.read = file_read, .close = file_close};

static int open_blocks(struct place *place, uint64_t size, struct error *err)
{
	const int fd = open(place->name, O_RDONLY | O_CLOEXEC);
	struct blocks *blocks;
	off_t end;

	if (fd < 0)
		return error_sys(err, "open '%s'", place->name);
	end = lseek(fd, 0, SEEK_END);
	blocks = mem_zero(1, sizeof(*blocks));
	blocks->ops = &file_ops;
	blocks->fd = fd;
	blocks->fd_offset = place->offset;
	blocks->size_bytes = size != 0 ? size : (uint64_t)end - place->offset;
	place->blocks = blocks;
	return vfs_open(blocks, &place->vfs, err);
}

static int open_place(const char *argument, struct place *place, struct error *err)
{
	char *at, *colon = NULL;
	struct stat info;
	uint64_t size = 0;

	place->name = str_copy(argument);
	at = strrchr(place->name, '@');
	if (at != NULL) {
		*at = '\0';
		place->offset = strtoull(at + 1, &colon, 10);
		size = *colon == ':' ? strtoull(colon + 1, NULL, 10) : 0;
	}
	if (stat(place->name, &info) != 0)
		return error_sys(err, "look at '%s'", place->name);
	if (!S_ISDIR(info.st_mode))
		return open_blocks(place, size, err);
	return vfs_open_folder(open(place->name, O_PATH | O_DIRECTORY | O_CLOEXEC),
			       &place->vfs, err);
}

static int aim(struct edits *edits, struct place *place, struct error *err)
{
	struct edit_target target = {.offset = place->offset,
				     .beside = getenv("BESIDE"),
				     .may_tear = getenv("TEAR") != NULL};

	if (place->blocks == NULL || getenv("NOWHERE") != NULL)
		return 0;
	if (sink_open_disk(place->name, true, SINK_SHARED, &place->disk, err) != 0)
		return -1;
	place->sink = faulty_open(place->disk);
	target.sink = place->sink;
	edit_aim(edits, place->vfs, &target);
	return 0;
}

static void close_place(struct place *place)
{
	sink_close(place->sink);
	sink_close(place->disk);
	blocks_close(place->blocks);
	free(place->name);
}

static int show(const void *bytes, size_t length, void *data, struct error *err)
{
	(void)data;
	(void)err;
	(void)fwrite(bytes, 1, length, stdout);
	return 0;
}

static int show_name(const struct vfs_entry *entry, void *data)
{
	(void)data;
	puts(entry->name);
	return 0;
}

static const struct edit_owner *owner_of(char *const *fields, struct edit_owner *out)
{
	if (fields[0] == NULL || fields[1] == NULL || fields[2] == NULL)
		return NULL;
	*out = (struct edit_owner){.mode = (uint32_t)strtoul(fields[0], NULL, 8),
				   .uid = (uint32_t)strtoul(fields[1], NULL, 10),
				   .gid = (uint32_t)strtoul(fields[2], NULL, 10)};
	return out;
}

static int do_file(struct edits *edits, char *const *fields, struct error *err)
{
	struct str autostr bytes = STR_EMPTY;
	struct edit_owner owner;

	if (sys_file_read(AT_FDCWD, fields[2], FILE_MOST, &bytes, err) != 0)
		return -1;
	if (strcmp(fields[0], "put") == 0)
		return edit_put(edits, fields[1], bytes.bytes, bytes.length,
				owner_of(fields + 3, &owner), err);
	return edit_append(edits, fields[1], bytes.bytes, bytes.length, err);
}

static int do_line(struct edits *edits, char *const *fields, struct error *err)
{
	struct edit_owner owner;

	if (strcmp(fields[0], "put") == 0 || strcmp(fields[0], "append") == 0)
		return do_file(edits, fields, err);
	if (strcmp(fields[0], "remove") == 0)
		return edit_remove(edits, fields[1], err);
	if (strcmp(fields[0], "link") == 0)
		return edit_link(edits, fields[1], fields[2], err);
	if (strcmp(fields[0], "mkdir") == 0)
		return edit_make_folder(edits, fields[1], owner_of(fields + 2, &owner),
					err);
	if (strcmp(fields[0], "cat") == 0)
		return vfs_stream(edit_vfs(edits), fields[1], show, NULL, err);
	if (strcmp(fields[0], "list") == 0)
		return vfs_list(edit_vfs(edits), fields[1], show_name, NULL, err);
	return error_set(err, ERROR_USAGE, "unknown: %s", fields[0]);
}

static int do_script(struct edits *edits, struct error *err)
{
	char *fields[8] = {NULL};
	char *line = NULL, *rest;
	size_t room = 0, count;
	int result = 0;

	while (result == 0 && getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		memset(fields, 0, sizeof(fields));
		for (count = 0; count < 7 && rest != NULL; count++)
			fields[count] = strsep(&rest, "\t");
		if (fields[0][0] != '\0')
			result = do_line(edits, fields, err);
	}
	free(line);
	return result;
}

static int count_bytes(uint64_t offset, const void *bytes, size_t length, void *data,
		       struct error *err)
{
	(void)offset;
	(void)bytes;
	(void)err;
	*(uint64_t *)data += length;
	return 0;
}

static int finish(struct edits *edits, struct place *places, struct error *err)
{
	uint64_t bytes = 0;
	int i;

	if (getenv("DRY") != NULL) {
		if (edit_prepare(edits, err) != 0)
			return -1;
		for (i = 0; i < 2; i++)
			if (places[i].vfs != NULL &&
			    edit_ranges(edits, places[i].vfs, count_bytes, &bytes, err) !=
				    0)
				return -1;
	} else {
		for (i = 0; i < 2; i++)
			if (places[i].vfs != NULL && aim(edits, &places[i], err) != 0)
				return -1;
		if (edit_commit(edits, err) != 0)
			return -1;
		for (i = 0; i < 2; i++)
			if (places[i].disk != NULL)
				bytes += places[i].disk->written_bytes +
					 places[i].disk->zeroed_bytes;
	}
	printf("%zu paths, %" PRIu64 " bytes\n", edit_count(edits), bytes);
	return 0;
}

static int attach(struct place *places, struct error *err)
{
	autofree char *plan = str_copy(getenv("ATTACH"));
	char *path;

	if (plan == NULL)
		return 0;
	path = strrchr(plan, '=');
	*path++ = '\0';
	if (open_place(plan, &places[1], err) != 0)
		return -1;
	return vfs_attach(places[0].vfs, path, places[1].vfs, err);
}

static int recover(const char *image, struct error *err)
{
	struct sink *sink = NULL;
	bool was_there = false;
	int result;

	if (sink_open_disk(image, true, SINK_SHARED, &sink, err) != 0)
		return -1;
	result = edit_recover(getenv("BESIDE"), sink, &was_there, err);
	sink_close(sink);
	if (result == 0)
		puts(was_there ? "recovered" : "nothing");
	return result;
}

int main(int argc, char **argv)
{
	const char *time_text = getenv("TIME");
	struct place places[2] = {{0}};
	struct edits *edits = NULL;
	struct error err = {0};
	char text[600];
	int result;

	if (argc != 2)
		return ERROR_USAGE;
	if (getenv("RECOVER") != NULL) {
		result = recover(argv[1], &err);
	} else {
		result = open_place(argv[1], &places[0], &err);
		if (result == 0)
			result = attach(places, &err);
		if (result == 0)
			edits = edit_begin(places[0].vfs,
					   time_text != NULL
						   ? strtoll(time_text, NULL, 10)
						   : 1700000000);
		if (result == 0)
			result = do_script(edits, &err);
		if (result == 0)
			result = finish(edits, places, &err);
	}
	edit_end(edits);
	vfs_close(places[0].vfs);
	close_place(&places[0]);
	close_place(&places[1]);
	if (result == 0)
		return 0;
	fprintf(stderr, "guest-edit: %s\n", error_text(&err, text, sizeof(text)));
	return (int)err.kind;
}
