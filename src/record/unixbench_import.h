/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_import.h - UnixBench's reports (5.1.2 to 6.0.0) in: text as it stands in mails,
 * consoles and Markdown, cut anywhere, HTML, and the CSV of 6.0.0. What is there is taken, what is missing is
 * named, and what the report computed is computed again. */
#ifndef RECORD_UNIXBENCH_IMPORT_H
#define RECORD_UNIXBENCH_IMPORT_H

#include <stddef.h>

#include "base/error.h"
#include "model/run.h"

/** A report that is read piece by piece. */
struct unixbench_import;

/** Begin. @name: where the report comes from; becomes the source of its runs. Returns: the
 * reader */
struct unixbench_import *unixbench_import_new(const char *name);

/** Take the next bytes, of any length. */
void unixbench_import_feed(struct unixbench_import *import, const char *bytes,
			   size_t length);

/** Take what is left, and give the memory back.
 *
 * @out:    a run for each section that holds a result or a score; several get a common group.
 *          A test without a row has no score; a section of graphics, or a score that was cut
 *          from its rows, is a run without tests. Scores of graphics are the facts
 *          report.score.2d and report.score.3d. Warnings name what is missing and what
 *          disagrees
 * Errors:  ERROR_INPUT: no section holds a result, or there are more sections than
 *          UNIXBENCH_SECTIONS_MOST
 * Returns: 0 or -1; @out is untouched on failure
 */
nodiscard int unixbench_import_end(struct unixbench_import *import, struct runs *out,
				   struct error *err);

enum { UNIXBENCH_SECTIONS_MOST = 64 };

#endif
