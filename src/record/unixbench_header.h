/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_header.h - what a UnixBench report says of its machine. */
#ifndef RECORD_UNIXBENCH_HEADER_H
#define RECORD_UNIXBENCH_HEADER_H

#include <stdbool.h>

#include "model/environment.h"

/** Take a line of the head ("OS: GNU/Linux -- 3.13.0 -- #94"). A fact that is there already
 * stays.
 *
 * @header: facts are added
 * Returns: whether it is such a line
 */
bool unixbench_header_take(const char *line, struct environment *header);

#endif
