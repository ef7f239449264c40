/* SPDX-License-Identifier: GPL-2.0-or-later */
/** sink_hold.h - the descriptor of a disk: opened so that it is what it was taken for, and
 * held so that no other program writes meanwhile. */
#ifndef DISK_SINK_HOLD_H
#define DISK_SINK_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "disk/sink_open.h"

/** A disk that was opened. */
struct sink_held {
	int fd;
	bool is_device;
	bool is_direct; /* O_DIRECT is in effect */
	bool is_memory; /* a file that lies in memory: nothing is behind its cache */
	uint64_t size_bytes;
	unsigned sector_bytes;
};

/** Open it, check it, hold it when it is to be written to.
 *
 * @out:    untouched on failure; the caller closes the descriptor
 * Errors:  those of sink_open_disk
 * Returns: 0 or -1
 */
nodiscard int sink_hold_open(const char *path, bool may_be_file, enum sink_mode mode,
			     struct sink_held *out, struct error *err);

#endif
