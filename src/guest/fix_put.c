/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fix_put.c - the hands of the fixers: each edit with its line, each failure a gap. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "guest/fix.h"
#include "guest/read.h"

void fix_gap(struct fix *fix, const char *place, const char *reason)
{
	adaptation_add_gap(fix->out, fix->fixer->name, place, reason);
}

static void tell(struct fix *fix, const char *place, const char *what,
		 const char *prevents)
{
	adaptation_add_line(fix->out, fix->fixer->name, place, what, prevents);
}

static bool fail(struct fix *fix, const char *place, const struct error *err)
{
	char text[512];

	fix_gap(fix, place, error_text(err, text, sizeof(text)));
	return false;
}

static bool is_absent(const struct error *err)
{
	return err->os == ENOENT || err->os == ENOTDIR;
}

bool fix_text(struct fix *fix, const char *path, struct str *out)
{
	const size_t start = out->length;
	struct error err = {0};

	if (vfs_read(fix->vfs, path, READ_CONFIG_MOST, out, &err) != 0)
		return is_absent(&err) ? false : fail(fix, path, &err);
	if (memchr(out->bytes + start, '\0', out->length - start) == NULL)
		return true;
	out->length = start;
	if (out->room > 0)
		out->bytes[start] = '\0';
	fix_gap(fix, path, "it holds a zero byte: it is no text");
	return false;
}

/* Concludes an edit: what the set says of it becomes a line or a gap. @steps: before it */
static bool conclude(struct fix *fix, struct edits *edits, size_t steps, int result,
		     const char *place, const char *what, const char *prevents,
		     const struct error *err)
{
	if (result != 0)
		return fail(fix, place, err);
	if (edit_steps(edits) == steps)
		return false;
	tell(fix, place, what, prevents);
	return true;
}

bool fix_put(struct fix *fix, const char *path, const struct str *content,
	     const struct edit_owner *owner, const char *what, const char *prevents)
{
	const size_t steps = edit_steps(fix->edits);
	struct error err = {0};
	const int result =
		edit_put(fix->edits, path, content->bytes, content->length, owner, &err);

	return conclude(fix, fix->edits, steps, result, path, what, prevents, &err);
}

bool fix_append(struct fix *fix, const char *path, const void *bytes, size_t length,
		const char *what, const char *prevents)
{
	const size_t steps = edit_steps(fix->edits);
	struct error err = {0};
	const int result = edit_append(fix->edits, path, bytes, length, &err);

	return conclude(fix, fix->edits, steps, result, path, what, prevents, &err);
}

bool fix_remove(struct fix *fix, const char *path, const char *what, const char *prevents)
{
	const size_t steps = edit_steps(fix->edits);
	struct error err = {0};
	const int result = edit_remove(fix->edits, path, &err);

	if (result != 0 && is_absent(&err))
		return false;
	return conclude(fix, fix->edits, steps, result, path, what, prevents, &err);
}

bool fix_link(struct fix *fix, const char *path, const char *target, const char *what,
	      const char *prevents)
{
	const size_t steps = edit_steps(fix->edits);
	struct error err = {0};
	const int result = edit_link(fix->edits, path, target, &err);

	return conclude(fix, fix->edits, steps, result, path, what, prevents, &err);
}

bool fix_put_esp(struct fix *fix, const char *path, const void *bytes, size_t length,
		 const char *what, const char *prevents)
{
	autostr struct str full = STR_EMPTY, place = STR_EMPTY;
	struct error err = {0};
	size_t steps;
	int result;

	str_addf(&place, "ESP:%s", path);
	if (fix->esp == NULL) {
		fix_gap(fix, place.bytes, "there is no EFI system partition");
		return false;
	}
	str_addf(&full, "%s%s", fix->esp_folder != NULL ? fix->esp_folder : "", path);
	steps = edit_steps(fix->esp);
	result = edit_put(fix->esp, full.bytes, bytes, length, NULL, &err);
	return conclude(fix, fix->esp, steps, result, place.bytes, what, prevents, &err);
}

void fix_writes_lay(const struct fix_writes *writes, uint64_t offset, void *bytes,
		    size_t length)
{
	size_t i;

	for (i = 0; i < writes->count; i++) {
		const struct fix_write *write = &writes->list[i];
		const uint64_t end = offset + length,
			       its_end = write->offset + write->length,
			       from = write->offset > offset ? write->offset : offset,
			       to = its_end < end ? its_end : end;

		if (from < to)
			memcpy((unsigned char *)bytes + (from - offset),
			       (const unsigned char *)write->bytes +
				       (from - write->offset),
			       (size_t)(to - from));
	}
}

void fix_writes_clear(struct fix_writes *writes)
{
	size_t i;

	for (i = 0; i < writes->count; i++)
		free(writes->list[i].bytes);
	free(writes->list);
	*writes = (struct fix_writes){0};
}

static void add_write(struct fix_writes *writes, uint64_t offset, const void *bytes,
		      size_t length)
{
	struct fix_write *write;

	writes->list = mem_grow(writes->list, writes->count, sizeof(*writes->list));
	write = &writes->list[writes->count++];
	*write = (struct fix_write){
		.offset = offset, .bytes = mem_zero(1, length), .length = length};
	memcpy(write->bytes, bytes, length);
}

bool fix_write_blocks(struct fix *fix, uint64_t offset, const void *bytes, size_t length,
		      const char *what, const char *prevents)
{
	autofree unsigned char *now = mem_zero(1, length);
	autostr struct str place = STR_EMPTY;
	struct error err = {0};

	if (length == 0)
		return false;
	str_addf(&place, "bytes %" PRIu64 " to %" PRIu64, offset, offset + length - 1);
	if (blocks_read(fix->disk, offset, now, length, &err) != 0)
		return fail(fix, place.bytes, &err);
	fix_writes_lay(&fix->writes, offset, now, length);
	if (memcmp(now, bytes, length) == 0)
		return false;
	add_write(&fix->writes, offset, bytes, length);
	tell(fix, place.bytes, what, prevents);
	return true;
}
