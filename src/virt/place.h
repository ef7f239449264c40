/* SPDX-License-Identifier: GPL-2.0-or-later */
/** place.h - where evidence is read: this machine, or a tree that was captured from
 * another one. What is read can be saved as such a tree on the way. */
#ifndef VIRT_PLACE_H
#define VIRT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/** The files of a captured tree that stand for what is no file on a machine. */
#define PLACE_CPUID	"cpuid.raw"	/* as "cpuid -r" prints it; or */
#define PLACE_SIGNATURE "cpuid.txt"	/* the name at leaf 0x40000000 alone */
#define PLACE_MACHINE	"uname.txt"	/* the output of "uname -m" */
#define PLACE_DMIDECODE "dmidecode.txt" /* the output of dmidecode */
#define PLACE_LOG	"dmesg.txt"	/* the kernel log */
#define PLACE_CALLS	"calls.txt"	/* "NAME: VALUE": what system calls told */

/** A place; see place_this and place_open. */
struct place {
	int root;		/* the tree; -1: this machine */
	int save;		/* folder that what is read is saved in; -1: none */
	bool is_raw;		/* save without redaction */
	struct error *save_err; /* the first thing that could not be saved */
};

/** This machine, nothing saved. */
#define PLACE_THIS ((struct place){.root = -1, .save = -1})

/** Open a captured tree.
 *
 * Errors:  ERROR_SYSTEM, ERROR_INPUT when @path is no folder
 * Returns: 0 or -1
 */
nodiscard int place_open(const char *path, struct place *out, struct error *err);

/** Make a folder, and save there what is read from now on.
 *
 * @path:   must not exist, or be empty
 * @is_raw: keep host names, addresses, serial numbers and identifiers
 * @later:  zeroed by the caller, and its; set when something cannot be saved later on
 * Errors:  ERROR_SYSTEM, ERROR_REFUSED when @path holds something
 * Returns: 0 or -1
 */
nodiscard int place_save_in(struct place *place, const char *path, bool is_raw,
			    struct error *later, struct error *err);

/** Close what is open. */
void place_close(struct place *place);

/** Read the beginning of a file.
 *
 * @path:   absolute; or one of the names above, in a tree
 * @most:   bytes; the rest is left out. Up to 4096 a file of this machine's /proc or /sys
 * is read in one call
 * @out:    the bytes are added
 * Errors:  ERROR_SYSTEM, ERROR_INPUT when it is no regular file
 * Returns: 0 or -1
 */
nodiscard int place_read(const struct place *place, const char *path, size_t most,
			 struct str *out, struct error *err);

/** Read the first line of a file, without white space around it.
 *
 * Returns: the text, which the caller frees; NULL when it cannot be read
 */
char *place_line(const struct place *place, const char *path);

/** Whether a file or folder is there. */
bool place_has(const struct place *place, const char *path);

/** The target of a symbolic link.
 *
 * Returns: the text, which the caller frees; NULL when it cannot be read
 */
char *place_link(const struct place *place, const char *path);

/** The names in a folder, without hidden ones, sorted.
 *
 * @out:    they are added, one a line
 * Errors:  ERROR_SYSTEM
 * Returns: how many, or -1
 */
nodiscard int place_list(const struct place *place, const char *path, struct str *out,
			 struct error *err);

/** What a system call told: on this machine @value is it, in a tree it is looked up.
 *
 * @name:   as PLACE_CALLS has it
 * @value:  what this machine says; NULL: could not be asked
 * Returns: the text, which the caller frees; NULL when it is not known
 */
char *place_call(const struct place *place, const char *name, const char *value);

/** Save a text as a file of the tree that is being saved; nothing when none is. */
void place_save(const struct place *place, const char *name, const char *bytes,
		size_t length);

#endif
