/* SPDX-License-Identifier: GPL-2.0-or-later */
/** facts_add.h - the groups of facts, one file each, and what they share. Only facts.c calls
 * the groups. */
#ifndef VIRT_FACTS_ADD_H
#define VIRT_FACTS_ADD_H

#include "virt/facts.h"

/** A fact that is the first line of a file. */
struct line_fact {
	const char *key;
	const char *path;
};

/** Add the facts of a table of @count rows. */
void facts_add_lines(const struct place *place, const struct line_fact *rows,
		     size_t count, struct environment *out);

/** Add the first line of a file as a fact. */
void facts_add_line(const struct place *place, const char *key, const char *path,
		    struct environment *out);

/** Add what a system call said; in a captured tree, what it said there.
 *
 * @value: on this machine; NULL: could not be asked
 */
void facts_add_call(const struct place *place, const char *key, const char *source,
		    const char *value, struct environment *out);

/** The kernel: version, configuration, the way into it. */
void facts_add_kernel(const struct place *place, struct environment *out);

/** The CPU and the memory. */
void facts_add_machine(const struct place *place, struct environment *out);

/** What this process was given: limits, cgroup, libraries, locale, shell. */
void facts_add_process(const struct place *place, struct environment *out);

/** The folder that the tests write in: file system, mount options, disk. */
void facts_add_folder(const struct place *place, const char *folder,
		      struct environment *out);

/** What is true only now: uptime, load, users. */
void facts_add_now(const struct place *place, struct environment *out);

/** Find "NAME :" or "NAME=" at the beginning of a line of @text.
 *
 * Returns: a copy of the value without quotes, which the caller frees; NULL: not there
 */
char *facts_field(const char *text, const char *name);

#endif
