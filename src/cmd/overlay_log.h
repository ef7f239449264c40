/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_log.h - a plain text file of what an overlay said, for when its terminal has gone. */
#ifndef CMD_OVERLAY_LOG_H
#define CMD_OVERLAY_LOG_H

#include "base/error.h"

/** An open log; start with CMD_OVERLAY_LOG_NONE, to which nothing is written. */
struct cmd_overlay_log {
	int fd;
	char *path;
};

#define CMD_OVERLAY_LOG_NONE ((struct cmd_overlay_log){.fd = -1})

/** Where the log of a disk lies: overlay-NAME.log in $XDG_STATE_HOME/moult, or for root in
 * /run/moult, or in ~/.local/state/moult.
 *
 * @disk:   its path
 * Returns: a path that the caller frees; NULL where no variable says a place
 */
char *cmd_overlay_log_path(const char *disk);

/** Open the log of a disk, behind what it holds already.
 *
 * @path:   where it was asked for; NULL: its usual place, and where that cannot be written there is
 *          no log
 * @out:    untouched on failure
 * Errors:  ERROR_SYSTEM: @path cannot be written
 * Returns: 0 or -1
 */
nodiscard int cmd_overlay_log_open(const char *path, const char *disk,
				   struct cmd_overlay_log *out, struct error *err);

/** Add a line, with the time in front. What cannot be written is lost: it must not stop the disk. */
void cmd_overlay_log_add(const struct cmd_overlay_log *log, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Close it; CMD_OVERLAY_LOG_NONE is harmless. */
void cmd_overlay_log_close(struct cmd_overlay_log *log);

#endif
