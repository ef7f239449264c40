/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_header.h - what a UnixBench report says of its machine. */
#ifndef RECORD_UNIXBENCH_HEADER_H
#define RECORD_UNIXBENCH_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/environment.h"

/** Take a line of the head ("OS: GNU/Linux -- 3.13.0 -- #94"). A fact that is there already
 * stays.
 *
 * @header: facts are added
 * Returns: whether it is such a line
 */
bool unixbench_header_take(const char *line, struct environment *header);

/** Read the line that tells the copies of a section.
 *
 * @out_cpus:   0: unknown
 * @out_copies: untouched on failure
 * Returns: whether it is such a line
 */
bool unixbench_header_copies(const char *line, unsigned *out_cpus, unsigned *out_copies);

/** Read the date of a section. Returns: nanoseconds since 1970, as if it were UTC; 0: none */
int64_t unixbench_header_date(const char *text);

#endif
