/* SPDX-License-Identifier: GPL-2.0-or-later */
/** text.h - the lines and words of configuration files. What moves along a text changes it: a
 * caller gives a copy. */
#ifndef GUEST_TEXT_H
#define GUEST_TEXT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/guest.h"

/** The next line, without the white space around it.
 *
 * @rest:   moved behind it; the line is ended by a NUL
 * Returns: the line, which may be "", or NULL at the end
 */
char *text_next_line(char **rest);

/** As text_next_line, but what a backslash at a line's end continues is one line. */
char *text_next_joined(char **rest);

/** Go through the lines of a text, each with its end; @text stays as it is.
 *
 * @edit:   adds to @out what a line becomes and returns true, or adds nothing and returns false:
 *          then the line stays
 * Returns: how many lines changed
 */
size_t text_edit_lines(const char *text,
		       bool (*edit)(const void *data, const char *line, struct str *out),
		       const void *data, struct str *out);

/** The next word between blanks. @rest: moved behind it. Returns: it, or NULL at the end */
char *text_next_word(char **rest);

/** Whether @text begins with @start. */
bool text_starts(const char *text, const char *start);

/** Whether @text ends in @end. */
bool text_ends(const char *text, const char *end);

/** Whether a word says yes: "yes", "true", "on", "1", "y", in any case. */
bool text_is_yes(const char *text);

/** Make a text lower case, in place. Returns: @text */
char *text_lower(char *text);

/** Replace *@place, which was malloc'd or NULL, by a copy of @text. */
void text_replace(char **place, const char *text);

/** Read the assignments of a shell file: NAME=value, quotes, "#", and $NAME of what was read
 * before. Everything else in it is passed over; nothing is run.
 *
 * @source: the path, as it is kept
 * @out:    assignments are added in their order
 */
void text_shell_settings(const char *text, const char *source,
			 struct guest_settings *out);

/** Add the words of @text to a list. @between: characters that separate them */
void text_add_words(struct guest_words *words, const char *text, const char *between);

/** The prefix length of a netmask: "255.255.255.0" is 24, "24" is 24.
 *
 * Returns: 0 to 128, or -1 when it is neither
 */
int text_prefix_length(const char *netmask);

/** Add ADDRESS/PREFIX to a list; @address may have its prefix already.
 *
 * @prefix: bits; negative: not known, the address is added alone
 */
void text_add_address(struct guest_words *words, const char *address, int prefix);

/** Compare two texts as versions are: digits by value, "~" before everything.
 *
 * Returns: < 0, 0, > 0
 */
int text_compare_versions(const char *a, const char *b);

#endif
