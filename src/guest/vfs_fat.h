/* SPDX-License-Identifier: GPL-2.0-or-later */
/** vfs_fat.h - running mtools. */
#ifndef GUEST_VFS_FAT_H
#define GUEST_VFS_FAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "guest/vfs.h"

/** A line of mdir's output that names a file or a folder. */
struct fat_line {
	struct str name;
	bool is_folder;
	uint64_t size_bytes;
	int64_t mtime_s;
};

/** Run one program of mtools on an image.
 *
 * @image:  as mtools' option -i takes it
 * @words:  the program's name ("mdir") and its arguments, NULL at the end
 * @take:   takes what it writes, piece by piece
 * Errors:  ERROR_PARTIAL when mtools is not here; ERROR_INPUT with its own words when it fails,
 *          and when nothing comes from it for too long; those of @take
 * Returns: 0 or -1
 */
nodiscard int fat_run(const char *image, const char *const *words, vfs_take *take,
		      void *data, struct error *err);

/** Parse a line of mdir's output as it is for MTOOLS_DATE_STRING=yyyy-mm-dd and 24 hours.
 *
 * @line:   NUL-terminated, without newline
 * @out:    its name is to be cleared
 * Returns: whether the line names something other than "." and ".."
 */
bool fat_parse_line(const char *line, struct fat_line *out);

#endif
