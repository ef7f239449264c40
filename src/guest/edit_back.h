/* SPDX-License-Identifier: GPL-2.0-or-later */
/** edit_back.h - what stands behind edit.h: changes of one file system, and who writes them. */
#ifndef GUEST_EDIT_BACK_H
#define GUEST_EDIT_BACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "guest/edit.h"
#include "guest/vfs_back.h"

enum edit_kind {
	EDIT_PUT,
	EDIT_APPEND,
	EDIT_REMOVE,
	EDIT_LINK,
	EDIT_FOLDER,
};

/** What happens to one path of a file system. */
struct edit_change {
	enum edit_kind kind;
	char *path;	  /* in the file system, without links: "/etc/fstab" */
	struct str bytes; /* content, what is added, or target */
	bool has_owner;
	struct edit_owner owner; /* always set for what is made */
	bool has_old;		 /* something lies at the path */
	bool drops_old;		 /* and goes away before anything is made */
};

/** The changes of a file system, in their order. */
struct edit_changes {
	struct edit_change **rows;
	size_t count;
	size_t steps; /* edits that changed something */
	int64_t time_s;
};

struct edit_writer;

/** What can write them. */
struct edit_writer_ops {
	/* Give the bytes that are to change; NULL: only files are known. */
	int (*ranges)(struct edit_writer *writer, edit_visit *visit, void *data,
		      struct error *err);
	/* Write all; what fails is undone, or ERROR_WRITTEN. */
	int (*commit)(struct edit_writer *writer, struct error *err);
	/* Take back what was committed. */
	int (*undo)(struct edit_writer *writer, struct error *err);
	/* All of the set is there: give up what undo needs; NULL: nothing to do. */
	int (*settle)(struct edit_writer *writer, struct error *err);
	void (*close)(struct edit_writer *writer);
};

/** A file system whose changes were worked out. The first member of what implements it. */
struct edit_writer {
	const struct edit_writer_ops *ops;
	struct edit_target target; /* sink NULL: none was told */
	struct edit_saved *saved;  /* what edit_ranges_commit wrote over */
	size_t saved_count;
};

/** Open a vfs that shows another one with changes on it.
 *
 * @below:   stays the caller's
 * @changes: stays the caller's
 * Returns:  what vfs_close gives back; its type is that of @below
 */
struct vfs *edit_layer_open(struct vfs *below, const struct edit_changes *changes)
	__attribute__((returns_nonnull));

/** The change of a path, or NULL. @is_folded: names are equal whatever their case */
struct edit_change *edit_changes_find(const struct edit_changes *changes,
				      const char *path, bool is_folded);

/** Whether a change makes something that has nothing to do with what was there. */
static inline bool edit_change_is_new(const struct edit_change *change)
{
	return change->kind != EDIT_REMOVE && (!change->has_old || change->drops_old);
}

/** The commit of a writer that knows ranges: by a list beside the image, or directly where the
 * target allows it.
 *
 * Errors:  as the op `commit`; ERROR_REFUSED where a kill could damage the file system
 * Returns: 0 or -1
 */
nodiscard int edit_ranges_commit(struct edit_writer *writer, struct error *err);

/** The undo of such a writer. Errors: as the op `undo`. Returns: 0 or -1 */
nodiscard int edit_ranges_undo(struct edit_writer *writer, struct error *err);

/** Give the memory of such a commit back. */
void edit_ranges_clear(struct edit_writer *writer);

/** Whether the target is one that blocks of this size can be written to.
 *
 * Errors:  ERROR_REFUSED when no target was told, or its sectors are larger than the blocks
 * Returns: 0 or -1
 */
nodiscard int edit_target_check(const struct edit_target *target, unsigned block_bytes,
				struct error *err);

#endif
