/* SPDX-License-Identifier: GPL-2.0-or-later */
/** file.h - small files, whole; folders that are made and removed with all that is in
 * them. */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

/** Read a file to its end.
 *
 * @dir_fd: AT_FDCWD, or a folder that a relative @path is beneath
 * @most:   bytes; a longer file is an error
 * @out:    text is added to it; untouched on failure
 * Errors:  ERROR_SYSTEM (open, read), ERROR_INPUT when longer than @most, ERROR_INTERRUPTED
 * Returns: 0 or -1
 */
nodiscard int sys_file_read(int dir_fd, const char *path, size_t most, struct str *out,
			    struct error *err);

/** Write a file so that it is either the old or the new one, whole: a temporary file
 * beside it, flushed, then renamed. A path that is no regular file (/dev/stdout, a pipe)
 * is written directly.
 *
 * Errors:  ERROR_SYSTEM; the old file is then untouched and the temporary one gone
 * Returns: 0 or -1
 */
nodiscard int sys_file_write(const char *path, const void *bytes, size_t length,
			     struct error *err);

/** A file that is to be written later. */
struct sys_file_new {
	int fd; /* -1: none */
	char *path;
	char *temporary; /* NULL: no regular file, which is written directly */
};

#define SYS_FILE_NONE ((struct sys_file_new){.fd = -1})

/** Begin what sys_file_write does in one: the file is opened, and room is kept for it, so that a
 * place that cannot be written or is full shows itself before the work is done.
 *
 * @room_bytes: that are sure to fit later, where the file system can promise it
 * @out:    sys_file_finish or sys_file_drop ends it; untouched on failure
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_file_begin(const char *path, size_t room_bytes,
			     struct sys_file_new *out, struct error *err);

/** Write it, and put it in its place; it is then SYS_FILE_NONE, also on failure.
 *
 * Errors:  ERROR_SYSTEM; the old file is then untouched and the temporary one gone
 * Returns: 0 or -1
 */
nodiscard int sys_file_finish(struct sys_file_new *file, const void *bytes, size_t length,
			      struct error *err);

/** Leave everything as it was; SYS_FILE_NONE is harmless. */
void sys_file_drop(struct sys_file_new *file);

/** Find out whether sys_file_write would be allowed to write @path: a new or a regular file needs a
 * folder that can be written, anything else must itself be writable and no folder.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_file_check_writable(const char *path, struct error *err);

/** Write all bytes to a descriptor. Errors: ERROR_SYSTEM. Returns: 0 or -1 */
nodiscard int sys_fd_write(int fd, const void *bytes, size_t length, struct error *err);

/** Copy a file's bytes to a new file.
 *
 * @to_fd, @to_name: folder and name; must not exist
 * @mode:   permission bits of the new file
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_file_copy(const char *from, int to_fd, const char *to_name, mode_t mode,
			    struct error *err);

/** Make a new folder PARENT/moult-XXXXXX that only we can enter.
 *
 * @out:    its path; the caller frees it
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_dir_make_temporary(const char *parent, char **out, struct error *err);

/** Make the folders above a file that are not there yet.
 *
 * @mode:   permission bits of new folders
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int sys_dir_make_above(const char *path, mode_t mode, struct error *err);

/** Remove a folder and all that is in it, without following symbolic links or crossing
 * file systems.
 *
 * Errors:  ERROR_SYSTEM, of the first thing that could not be removed; the rest is
 * removed all the same
 * Returns: 0 or -1
 */
int sys_dir_remove(const char *path, struct error *err);

/** SHA-256 of a file's bytes.
 *
 * @out:    64 hexadecimal digits and a NUL
 * Errors:  ERROR_SYSTEM
 * Source:  OpenSSL's libcrypto
 * Returns: 0 or -1
 */
nodiscard int sys_file_sha256(const char *path, char out[65], struct error *err);

#endif
