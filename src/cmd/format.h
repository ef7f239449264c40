/* SPDX-License-Identifier: GPL-2.0-or-later */
/** format.h - the formats that runs are shown in. */
#ifndef CMD_FORMAT_H
#define CMD_FORMAT_H

#include "base/error.h"
#include "base/str.h"
#include "model/run.h"

/** A format: runs in, bytes out. */
struct format {
	const char *name;
	void (*write)(const struct runs *runs, const struct runs *beside,
		      struct str *out);
};

/** The names of all formats, separated by blanks. */
#define FORMAT_NAMES "terminal unixbench json"

/** Find a format.
 *
 * Errors:  ERROR_USAGE, with the names that there are
 * Returns: 0 or -1
 */
nodiscard int format_find(const char *name, const struct format **out, struct error *err);

#endif
