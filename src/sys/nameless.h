/* SPDX-License-Identifier: GPL-2.0-or-later */
/** nameless.h - files that have no name, for what is needed once: they are gone when they are
 * closed. They can be opened in advance, for a process that will open nothing any more. */
#ifndef SYS_NAMELESS_H
#define SYS_NAMELESS_H

#include "base/error.h"

/** Where such files are to lie: $TMPDIR, or else @otherwise. */
const char *sys_nameless_folder(const char *otherwise);

/** Open a new file without a name, for reading and writing.
 *
 * @folder: file systems without O_TMPFILE give it a name there for a moment
 * Errors:  ERROR_SYSTEM; once sys_nameless_keep was called, also when none is left
 * Source:  open(2), O_TMPFILE of Linux 3.11
 * Returns: a descriptor, or -1
 */
nodiscard int sys_nameless_open(const char *folder, struct error *err);

/** Open some in advance: from now on sys_nameless_open hands out these alone. Where none can be
 * made, it will say why. For up to two folders.
 *
 * @count:  16 at most
 */
void sys_nameless_keep(const char *folder, unsigned count);

/** Close what was kept and not handed out; files are opened again when they are asked for. */
void sys_nameless_drop(void);

#endif
