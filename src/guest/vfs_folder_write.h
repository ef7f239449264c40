/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_folder_write.h - edits of files that a kernel keeps: of a folder, and of what is mounted. */
#ifndef GUEST_VFS_FOLDER_WRITE_H
#define GUEST_VFS_FOLDER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "guest/edit_back.h"

/** One change on its way. */
struct folder_step {
	const struct edit_change *change;
	int folder; /* the one that the name is in */
	const char *name;
	char spare
		[40]; /* a name beside it: first the new file, then the old one; empty: none */
	bool is_in_place; /* it has several names: its content is changed, not the file */
	bool is_done;
};

/** All of them. */
struct folder_steps {
	int root; /* a descriptor, not owned */
	int64_t time_s;
	struct folder_step *rows;
	size_t count;
};

/** Make the changes: new files are written beside the old ones and flushed, then each takes its
 * name; the old ones are kept until folder_steps_settle.
 *
 * @steps:  `root` and `time_s` are set; folder_steps_clear gives it back, also on failure
 * Errors:  ERROR_SYSTEM when all was undone; ERROR_WRITTEN when something could not be
 * Returns: 0 or -1
 */
nodiscard int folder_steps_do(struct folder_steps *steps,
			      const struct edit_changes *changes, struct error *err);

/** Take them back. Errors: ERROR_WRITTEN. Returns: 0 or -1 */
nodiscard int folder_steps_undo(struct folder_steps *steps, struct error *err);

/** Remove what was kept of the old files. Errors: ERROR_SYSTEM. Returns: 0 or -1 */
nodiscard int folder_steps_settle(struct folder_steps *steps, struct error *err);

/** Close what is open. */
void folder_steps_clear(struct folder_steps *steps);

/** The `prepare` of a folder.
 *
 * Errors:  none
 * Returns: 0
 */
int folder_prepare(struct vfs *vfs, const struct edit_changes *changes,
		   struct edit_writer **out, struct error *err);

#endif
