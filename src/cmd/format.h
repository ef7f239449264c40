/* SPDX-License-Identifier: GPL-2.0-or-later */
/** format.h - the formats that runs are shown in. */
#ifndef CMD_FORMAT_H
#define CMD_FORMAT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"
#include "model/run.h"

/** What a format may look at beside the runs. */
struct format_options {
	const struct runs
		*beside; /* for the terminal: shown in further columns; NULL: none */
	bool is_ascii;	 /* for Markdown and BBCode: nothing beyond ASCII */
};

/** A format: runs in, bytes out. */
struct format {
	const char *name;
	bool is_for_sharing; /* made to be given away: the runs are masked first */
	void (*write)(const struct runs *runs, const struct format_options *options,
		      struct str *out);
};

/** The names of all formats, separated by blanks. */
#define FORMAT_NAMES "terminal unixbench json csv markdown bbcode"

/** Find a format.
 *
 * Errors:  ERROR_USAGE, with the names that there are
 * Returns: 0 or -1
 */
nodiscard int cmd_format_find(const char *name, const struct format **out,
			      struct error *err);

/** Write runs in a format; those for sharing are masked in place first.
 *
 * @is_raw: do not mask
 * @out:    the text is added
 */
void format_write(const struct format *format, struct runs *runs,
		  const struct format_options *options, bool is_raw, struct str *out);

#endif
