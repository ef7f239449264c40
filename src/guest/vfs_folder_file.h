/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_folder_file.h - single files beneath a folder's descriptor: made, copied, written over. */
#ifndef GUEST_VFS_FOLDER_FILE_H
#define GUEST_VFS_FOLDER_FILE_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "guest/edit_back.h"

/** Make a new file with a change's content, flushed: the old file's owner, mode and attributes, or
 * the change's owner and the folder's label.
 *
 * @folder: a descriptor
 * @name:   of the old file
 * @spare:  of the new one; must not be there
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1; a file that is half made stays
 */
nodiscard int folder_file_make(int folder, const char *name, const char *spare,
			       const struct edit_change *change, int64_t time_s,
			       struct error *err);

/** Change a file's content where it is: it stays the same file, under all its names.
 *
 * Errors:  ERROR_SYSTEM; its content may then be half written
 * Returns: 0 or -1
 */
nodiscard int folder_file_change(int folder, const char *name,
				 const struct edit_change *change, int64_t time_s,
				 struct error *err);

/** Make a new link or folder with the change's owner and its folder's label.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int folder_file_make_other(int folder, const char *name,
				     const struct edit_change *change, struct error *err);

/** Copy a regular file's content to a new file beside it, flushed.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int folder_file_copy(int folder, const char *name, const char *spare,
			       struct error *err);

/** Write the content of a file over that of another one, which stays the same file.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int folder_file_overwrite(int folder, const char *from, const char *name,
				    struct error *err);

/** Look at a name without following it.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int folder_file_stat(int folder, const char *name, struct stat *out,
			       struct error *err);

#endif
