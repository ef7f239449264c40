/* SPDX-License-Identifier: GPL-2.0-or-later */
/** cmd.h - a command: its options, its help, and what it does. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/opt.h"

/** A command; each file of this room that has one ends in it, and table.c lists them. */
struct cmd {
	const char *name;
	const char *arguments;	 /* as the usage line names them */
	const char *summary;	 /* one line */
	const char *description; /* paragraphs for --help, at most 80 columns */
	const struct opt *options;
	/* argv[0] is the command's name. Returns 0, or -1 with @err set; its kind is the
	 * exit status */
	int (*run)(int argc, char **argv, struct error *err);
};

/** All commands of moult, in the order of the help; ends in NULL. */
extern const struct cmd *const cmd_table[];

/** The same of moult-rescue, whose bench begins with another profile. */
extern const struct cmd *const cmd_table_rescue[];

/** Run the program: find the command, run it, print what went wrong as one line.
 *
 * @table:  cmd_table or cmd_table_rescue
 * Returns: the exit status
 */
int cmd_main(const struct cmd *const *table, int argc, char **argv);

/** Write to standard output, and make sure that it has arrived.
 *
 * Errors:  ERROR_SYSTEM
 * Returns: 0 or -1
 */
nodiscard int cmd_print(const char *text, struct error *err);

#endif
