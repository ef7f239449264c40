/* SPDX-License-Identifier: GPL-2.0-or-later */
/** edit_set.h - a set of edits, for the files of edit.h alone. */
#ifndef GUEST_EDIT_SET_H
#define GUEST_EDIT_SET_H

#include "guest/edit_back.h"

/** A file system of the set. */
struct edit_part {
	struct vfs *below;
	struct vfs *layer; /* on top of it; the first part's closes those of the others */
	struct edit_changes *changes; /* owned; the layer looks at them */
	struct edit_target target;
	struct edit_writer *writer; /* NULL: nothing changes, or not prepared */
};

/** A set. */
struct edits {
	struct edit_part *parts; /* the root's is the first */
	size_t count;
	size_t bytes; /* that the edits hold */
	bool is_prepared, is_committed;
};

/** Give the memory of a change back. */
void edit_change_free(struct edit_change *change);

#endif
