/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest-fix.c - lets one fixer work on the disk in a file, for tests:
 *
 *	guest-fix FIXER PLATFORM FILE ROOT-OFFSET:SIZE [PATH=OFFSET:SIZE | ESP=OFFSET:SIZE]...
 *
 * ROOT-OFFSET is where the root's file system lies, in bytes; others are put where PATH is, or are the EFI system
 * partition. GRUB_FOLDER is where GRUB's images are, DRY=1: nothing is written. It prints, with tabs between, "line",
 * the place, what is done and what that prevents; "gap", the place and the reason; at last "right", or "wrong" and why,
 * of the disk as it is then. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "disk/sink_open.h"
#include "flow/inspect.h"
#include "guest/fix.h"

enum { PLACES = 4 };

/* A file system of the disk. */
struct place {
	uint64_t offset;
	struct blocks *blocks;
	struct vfs *vfs;
};

struct work {
	const char *name;
	struct sink *sink;
	struct blocks *disk;
	struct place places[PLACES], esp;
	size_t place_count;
	struct inspection before, after;
	struct platform platform;
	struct adaptation out;
	struct fix_wishes wishes;
	struct fix fix;
};

static int open_place(struct work *work, const char *text, struct place *out,
		      struct error *err)
{
	char *end;
	uint64_t size;

	out->offset = strtoull(text, &end, 10);
	size = strtoull(end + 1, NULL, 10);
	if (blocks_open_part(work->disk, out->offset, size, &out->blocks, err) != 0)
		return -1;
	return vfs_open(out->blocks, &out->vfs, err);
}

static int open_more(struct work *work, const char *argument, struct error *err)
{
	autofree char *path = strndup(argument, strcspn(argument, "="));
	const char *text = strchr(argument, '=') + 1;
	struct place *place = &work->places[work->place_count];

	if (strcmp(path, "ESP") == 0)
		return open_place(work, text, &work->esp, err);
	work->place_count++;
	if (open_place(work, text, place, err) != 0)
		return -1;
	return vfs_attach(work->places[0].vfs, path, place->vfs, err);
}

static int open_all(struct work *work, int argc, char **argv, struct error *err)
{
	const struct inspect_plan plan = {0};
	int i;

	work->name = argv[3];
	if (platform_by_name(argv[2], &work->platform, err) != 0 ||
	    flow_inspect(work->name, &plan, &work->before, err) != 0 ||
	    sink_open_disk(work->name, true, SINK_SHARED, &work->sink, err) != 0)
		return -1;
	work->disk = sink_open_blocks(work->sink);
	if (open_place(work, argv[4], &work->places[0], err) != 0)
		return -1;
	work->place_count = 1;
	for (i = 5; i < argc; i++)
		if (open_more(work, argv[i], err) != 0)
			return -1;
	return 0;
}

static void aim(struct work *work, struct edits *edits, const struct place *place)
{
	const struct edit_target target = {
		.sink = work->sink, .offset = place->offset, .may_tear = true};

	edit_aim(edits, place->vfs, &target);
}

static int write_blocks(struct work *work, struct error *err)
{
	const struct fix_writes *writes = &work->fix.writes;
	size_t i;

	for (i = 0; i < writes->count; i++) {
		const struct fix_write *write = &writes->list[i];
		const uint64_t start = write->offset / 512 * 512,
			       end = (write->offset + write->length + 511) / 512 * 512;
		autofree unsigned char *whole = mem_zero(end - start, 1);

		if (sink_read(work->sink, start, whole, end - start, err) != 0)
			return -1;
		memcpy(whole + (write->offset - start), write->bytes, write->length);
		if (sink_write(work->sink, start, whole, end - start, err) != 0)
			return -1;
	}
	return sink_flush(work->sink, err);
}

static int commit(struct work *work, struct error *err)
{
	size_t i;

	for (i = 0; i < work->place_count; i++)
		aim(work, work->fix.edits, &work->places[i]);
	if (work->fix.esp != NULL)
		aim(work, work->fix.esp, &work->esp);
	if (edit_commit(work->fix.edits, err) != 0)
		return -1;
	if (work->fix.esp != NULL && edit_commit(work->fix.esp, err) != 0)
		return -1;
	return write_blocks(work, err);
}

static void show(const struct adaptation *out)
{
	size_t i;

	for (i = 0; i < out->line_count; i++)
		printf("line\t%s\t%s\t%s\n", out->lines[i].place, out->lines[i].what,
		       out->lines[i].prevents);
	for (i = 0; i < out->gap_count; i++)
		printf("gap\t%s\t%s\n", out->gaps[i].place, out->gaps[i].reason);
}

static int look_again(struct work *work, struct error *err)
{
	const struct inspect_plan plan = {0};
	autostr struct str why = STR_EMPTY;

	if (flow_inspect(work->name, &plan, &work->after, err) != 0)
		return -1;
	if (work->fix.fixer->check(&work->fix, &work->after, &why))
		puts("right");
	else
		printf("wrong\t%s\n", why.bytes);
	return 0;
}

static int do_all(struct work *work, const char *name, struct error *err)
{
	struct fix *fix = &work->fix;

	fix->fixer = fix_by_name(name);
	if (fix->fixer == NULL)
		return error_set(err, ERROR_USAGE, "no fixer is called '%s'", name);
	fix->edits = edit_begin(work->places[0].vfs, 1700000000);
	fix->esp = work->esp.vfs != NULL ? edit_begin(work->esp.vfs, 1700000000) : NULL;
	fix->vfs = edit_vfs(fix->edits);
	fix->disk = work->disk;
	fix->image = &work->before;
	fix->platform = &work->platform;
	work->wishes.grub_folder = getenv("GRUB_FOLDER");
	fix->wishes = &work->wishes;
	fix->out = &work->out;
	if (fix->fixer->detect(fix) && fix->fixer->plan(fix, err) != 0)
		return -1;
	show(&work->out);
	if (getenv("DRY") != NULL)
		return 0;
	return commit(work, err) == 0 ? look_again(work, err) : -1;
}

static void close_all(struct work *work)
{
	size_t i;

	edit_end(work->fix.edits);
	edit_end(work->fix.esp);
	for (i = 0; i < work->fix.writes.count; i++)
		free(work->fix.writes.list[i].bytes);
	free(work->fix.writes.list);
	vfs_close(work->places[0].vfs); /* and what is attached to it */
	vfs_close(work->esp.vfs);
	for (i = 0; i < work->place_count; i++)
		blocks_close(work->places[i].blocks);
	blocks_close(work->esp.blocks);
	blocks_close(work->disk);
	sink_close(work->sink);
	inspection_clear(&work->before);
	inspection_clear(&work->after);
	platform_clear(&work->platform);
	adaptation_clear(&work->out);
}

int main(int argc, char **argv)
{
	struct work work = {0};
	struct error err = {0};
	char text[600];
	int result;

	if (argc < 5 || argc > 4 + PLACES)
		return ERROR_USAGE;
	result = open_all(&work, argc, argv, &err);
	if (result == 0)
		result = do_all(&work, argv[1], &err);
	close_all(&work);
	if (result == 0)
		return 0;
	fprintf(stderr, "guest-fix: %s\n", error_text(&err, text, sizeof(text)));
	return (int)err.kind;
}
