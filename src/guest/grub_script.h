/* SPDX-License-Identifier: GPL-2.0-or-later */
/** grub_script.h - the words of GRUB's script language: quotes, variables, comments. */
#ifndef GUEST_GRUB_SCRIPT_H
#define GUEST_GRUB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/guest.h"

/** A script that is being read. */
struct grub_script {
	const char *at;
	struct guest_settings vars;
	size_t left_bytes; /* that words may still have in all: variables can be long */
};

/** What ends a command. */
enum grub_token {
	GRUB_LINE,  /* a newline or ";" */
	GRUB_OPEN,  /* "{" */
	GRUB_CLOSE, /* "}", which stands where a command would begin */
	GRUB_EOF,
};

/** Read the next command.
 *
 * @words:  its words are added
 * Returns: how it ended
 */
enum grub_token grub_next_command(struct grub_script *script, struct guest_words *words);

/** Set a variable; there may be at most 256. */
void grub_set(struct grub_script *script, const char *name, const char *value);

/** Whether "[ ... ]" or another command that stands as a condition is true. What would have to
 * be run is not; a file is there only if it is grubenv and was given.
 *
 * @words: of the command, from @first on
 */
bool grub_is_true(const struct guest_words *words, size_t first, bool has_environment);

#endif
