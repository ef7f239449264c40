/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfs_folder_write.c - edits of a folder. In three rounds: what needs room is made beside the old
 * files, and flushed; then each new file takes the old one's name, which stays as a spare name; and
 * when all of the set is there, the spare names go. Until then all can be taken back. */
#define _GNU_SOURCE
#include "guest/vfs_folder_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "guest/vfs_folder_file.h"

/* Opens the folder that a path lies in, name by name: none of them is a link. */
static int open_parent(int root, const char *path, const char **out_name,
		       struct error *err)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	const char *slash = strrchr(path, '/');
	struct str autostr folder = STR_EMPTY;
	char *rest, *part;
	int fd = openat(root, ".", how), next;

	str_add_bytes(&folder, path, (size_t)(slash - path));
	rest = folder.bytes;
	while (fd >= 0 && rest != NULL && (part = strsep(&rest, "/")) != NULL) {
		if (part[0] == '\0')
			continue;
		next = openat(fd, part, how);
		(void)close(fd);
		fd = next;
	}
	*out_name = slash + 1;
	return fd >= 0 ? fd : error_sys(err, "open the folder");
}

static bool is_rewritten(const struct edit_change *change)
{
	return (change->kind == EDIT_PUT || change->kind == EDIT_APPEND) &&
	       !edit_change_is_new(change);
}

/* The first round of a step. */
static int prepare_step(const struct folder_steps *steps, struct folder_step *step,
			struct error *err)
{
	const struct edit_change *change = step->change;
	struct stat info;

	if (is_rewritten(change)) {
		if (folder_file_stat(step->folder, step->name, &info, err) != 0)
			return -1;
		step->is_in_place = info.st_nlink > 1;
	}
	if (change->kind == EDIT_FOLDER && !change->has_old) {
		step->is_done = true; /* what comes later lies in it */
		return folder_file_make_other(step->folder, step->name, change, err);
	}
	(void)snprintf(step->spare, sizeof(step->spare), ".moult-%ld-%zu", (long)getpid(),
		       (size_t)(step - steps->rows));
	if (step->is_in_place)
		return folder_file_copy(step->folder, step->name, step->spare, err);
	if (change->kind == EDIT_PUT || change->kind == EDIT_APPEND)
		return folder_file_make(step->folder, step->name, step->spare, change,
					steps->time_s, err);
	if (change->kind == EDIT_LINK)
		return folder_file_make_other(step->folder, step->spare, change, err);
	return 0;
}

static int fail(const char *what, const struct folder_step *step, struct error *err)
{
	return error_sys(err, "%s '%s'", what, step->name);
}

/* Lets two names change places; file systems of old kernels do it in three moves. */
static int exchange(int folder, const char *first, const char *second)
{
	static const char third[] = ".moult-third";

	if (renameat2(folder, first, folder, second, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return renameat(folder, second, folder, third) == 0 &&
			       renameat(folder, first, folder, second) == 0
		       ? renameat(folder, third, folder, first)
		       : -1;
}

/* The second round: two names change places, or one moves. */
static int do_step(const struct folder_steps *steps, struct folder_step *step,
		   struct error *err)
{
	const struct edit_change *change = step->change;
	const int folder = step->folder;

	if (step->is_done)
		return 0;
	if (step->is_in_place) {
		step->is_done = true; /* half of it has to be taken back, too */
		return folder_file_change(folder, step->name, change, steps->time_s, err);
	}
	if (change->kind == EDIT_REMOVE || change->kind == EDIT_FOLDER) {
		if (renameat(folder, step->name, folder, step->spare) != 0)
			return fail("remove", step, err);
	} else if (change->has_old) {
		if (exchange(folder, step->spare, step->name) != 0)
			return fail("put the new file in the place of", step, err);
	} else if (renameat(folder, step->spare, folder, step->name) != 0) {
		return fail("name the new file", step, err);
	}
	step->is_done = true;
	if (change->kind == EDIT_FOLDER)
		return folder_file_make_other(folder, step->name, change, err);
	return 0;
}

/* Takes a step back. */
static int undo_step(struct folder_step *step)
{
	const struct edit_change *change = step->change;
	const int folder = step->folder;

	if (step->is_in_place)
		return folder_file_overwrite(folder, step->spare, step->name, NULL);
	if (change->kind == EDIT_FOLDER &&
	    unlinkat(folder, step->name, AT_REMOVEDIR) != 0 && errno != ENOENT)
		return -1;
	if (change->kind == EDIT_FOLDER && !change->has_old)
		return 0;
	if (change->kind == EDIT_REMOVE || change->kind == EDIT_FOLDER)
		return renameat(folder, step->spare, folder, step->name);
	if (change->has_old)
		return exchange(folder, step->spare, step->name);
	return renameat(folder, step->name, folder, step->spare);
}

/* Removes a spare name, and flushes the folder. */
static int clear_step(const struct folder_step *step)
{
	if (step->spare[0] != '\0' && unlinkat(step->folder, step->spare, 0) != 0 &&
	    errno != ENOENT)
		return -1;
	return fsync(step->folder);
}

int folder_steps_undo(struct folder_steps *steps, struct error *err)
{
	int result = 0;
	size_t i;

	for (i = steps->count; i-- > 0;) {
		if (steps->rows[i].is_done && undo_step(&steps->rows[i]) != 0)
			result = -1;
		else if (clear_step(&steps->rows[i]) != 0)
			result = -1;
		steps->rows[i].is_done = false;
	}
	if (result != 0)
		return error_set(
			err, ERROR_WRITTEN,
			"not all edits could be undone: files named '.moult-%ld-N' "
			"are what was kept",
			(long)getpid());
	return 0;
}

static int add_step(struct folder_steps *steps, const struct edit_change *change,
		    struct error *err)
{
	struct folder_step step = {.change = change};

	step.folder = open_parent(steps->root, change->path, &step.name, err);
	if (step.folder < 0)
		return -1;
	steps->rows = mem_grow(steps->rows, steps->count, sizeof(step));
	steps->rows[steps->count++] = step;
	return prepare_step(steps, &steps->rows[steps->count - 1], err);
}

static int do_all(struct folder_steps *steps, const struct edit_changes *changes,
		  struct error *err)
{
	size_t i;

	for (i = 0; i < changes->count; i++)
		if (add_step(steps, changes->rows[i], err) != 0)
			return error_frame(err, "'%s'", changes->rows[i]->path);
	for (i = 0; i < steps->count; i++)
		if (do_step(steps, &steps->rows[i], err) != 0)
			return error_frame(err, "'%s'", changes->rows[i]->path);
	for (i = 0; i < steps->count; i++)
		if (fsync(steps->rows[i].folder) != 0)
			return fail("flush the folder of", &steps->rows[i], err);
	return 0;
}

int folder_steps_do(struct folder_steps *steps, const struct edit_changes *changes,
		    struct error *err)
{
	struct error why = {0};

	steps->time_s = changes->time_s;
	if (do_all(steps, changes, &why) == 0)
		return 0;
	if (folder_steps_undo(steps, err) == 0 && err != NULL)
		*err = why;
	return -1;
}

int folder_steps_settle(struct folder_steps *steps, struct error *err)
{
	size_t i;

	for (i = 0; i < steps->count; i++)
		if (clear_step(&steps->rows[i]) != 0)
			return fail("remove what was kept of", &steps->rows[i], err);
	return 0;
}

void folder_steps_clear(struct folder_steps *steps)
{
	size_t i;

	for (i = 0; i < steps->count; i++)
		(void)close(steps->rows[i].folder); /* it was flushed */
	free(steps->rows);
	steps->rows = NULL;
	steps->count = 0;
}

struct folder_writer {
	struct edit_writer writer;
	const struct edit_changes *changes;
	struct folder_steps steps;
};

static int folder_commit(struct edit_writer *base, struct error *err)
{
	struct folder_writer *writer = (struct folder_writer *)base;

	return folder_steps_do(&writer->steps, writer->changes, err);
}

static int folder_undo(struct edit_writer *base, struct error *err)
{
	return folder_steps_undo(&((struct folder_writer *)base)->steps, err);
}

static int folder_settle(struct edit_writer *base, struct error *err)
{
	return folder_steps_settle(&((struct folder_writer *)base)->steps, err);
}

static void folder_writer_close(struct edit_writer *base)
{
	folder_steps_clear(&((struct folder_writer *)base)->steps);
	free(base);
}

static const struct edit_writer_ops folder_writer_ops = {
	.commit = folder_commit,
	.undo = folder_undo,
	.settle = folder_settle,
	.close = folder_writer_close,
};

int folder_prepare(struct vfs *vfs, const struct edit_changes *changes,
		   struct edit_writer **out, struct error *err)
{
	struct folder_writer *writer = mem_zero(1, sizeof(*writer));

	(void)err;
	writer->writer.ops = &folder_writer_ops;
	writer->changes = changes;
	writer->steps.root = (int)vfs->root;
	*out = &writer->writer;
	return 0;
}
