/* SPDX-License-Identifier: GPL-2.0-or-later */
/** fix_arguments.h - edits of kernels' command lines where configurations have them, and of the
 * settings of a shell file: pure functions of texts. All that is not edited stays as it is, byte for
 * byte. */
#ifndef GUEST_FIX_ARGUMENTS_H
#define GUEST_FIX_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/** Where command lines stand in a text. */
enum arguments_form {
	ARGUMENTS_GRUB,	    /* grub.cfg: "linux", and "module" behind a hypervisor */
	ARGUMENTS_LEGACY,   /* menu.lst: "kernel", "module", and "# kopt=" */
	ARGUMENTS_EXTLINUX, /* extlinux.conf: "append" */
	ARGUMENTS_SHELL, /* /etc/default/grub: GRUB_CMDLINE_LINUX and the like; EXTLINUX_* */
};

/** A command line. */
struct arguments_line {
	const char *kernel; /* as the line names it; NULL: it stands for all kernels */
	const char *words;  /* as they stand there */
	size_t length;	    /* of `words`, bytes */
	bool is_whole;	    /* the kernel gets these words and no others */
};

/** What is done to command lines. */
struct arguments_editor {
	/* What becomes of a word, which comes without quotes; words with variables are not
	 * asked for. @out: added to; nothing: the word goes. Returns: whether it changes */
	bool (*word)(const char *word, const struct arguments_line *line, struct str *out,
		     void *data);
	/* What comes behind the last word, without a blank in front; NULL: nothing ever does */
	void (*end)(const struct arguments_line *line, struct str *out, void *data);
	void *data;
};

/** Edit all command lines of a text.
 *
 * @out:    the whole text is added
 * Source:  GRUB manual, "Shell-like scripting"; GRUB 0.97 manual, "Configuration";
 *          wiki.syslinux.org, "Config"; sh(1)
 * Returns: how many lines changed
 */
size_t arguments_edit(const char *text, enum arguments_form form,
		      const struct arguments_editor *editor, struct str *out);

/** Whether a command line has a word. @start: how it begins: "console=" */
bool arguments_has(const struct arguments_line *line, const char *start);

/** Whether a text can stand in each of the forms without quotes. */
bool arguments_is_plain(const char *text);

/** Give all assignments of a name in a shell file another value; what @is_wrong does not object to
 * stays.
 *
 * @is_wrong: gets the value without quotes; NULL: all are wrong
 * @value:    plain; NULL: the assignment becomes a comment
 * @out:      the whole text is added
 * Returns:   how many changed
 */
size_t shell_change(const char *text, const char *name,
		    bool (*is_wrong)(const char *value, void *data), void *data,
		    const char *value, struct str *out);

/** The last value that a shell file gives a name, as it stands between its quotes.
 *
 * @out:    added to
 * Returns: whether there is one, of one piece
 */
bool shell_value(const char *text, const char *name, struct str *out);

/** Whether a shell file assigns to a name. */
bool shell_has(const char *text, const char *name);

#endif
