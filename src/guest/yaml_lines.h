/* SPDX-License-Identifier: GPL-2.0-or-later */
/** yaml_lines.h - edits of YAML that leave every other line as it is. */
#ifndef GUEST_YAML_LINES_H
#define GUEST_YAML_LINES_H

#include <stdbool.h>

#include "base/str.h"

/** Make what stands below a key a comment, together with the keys above it that would be left with
 * nothing.
 *
 * @path:   keys from the top, the last one is that of the block; ends in NULL
 * @reason: a comment of its own line in front, without "# "
 * @out:    the new text is added; untouched when there is no such block, or when it is written in
 * braces
 * Returns: whether there is
 */
bool yaml_comment_block(const char *text, const char *const *path, const char *reason,
			struct str *out);

#endif
