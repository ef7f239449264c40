/* SPDX-License-Identifier: GPL-2.0-or-later */
/** opt.h - options as tables: one table feeds the parser, --help and the shell
 * completion. */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/** One option. A table ends in OPT_END. */
struct opt {
	const char *name;     /* long name, without "--" */
	char letter;	      /* short name, or 0 */
	const char *argument; /* what it takes, as the help names it ("TIME"); NULL: a
				 switch */
	const char
		*help; /* one sentence fragment, lower case; "\n" starts a further line */
	const char *values; /* for completion: words, or "FILE" or "DIR"; NULL: none */
};

/** The last row of a table. */
#define OPT_END                                                                          \
	{                                                                                \
		.name = NULL                                                             \
	}

/** Called for each option in the order of the command line.
 *
 * @row:      the row of the table
 * @argument: its argument; NULL for a switch
 * @data:     the caller's
 * Errors:    ERROR_USAGE
 * Returns:   0 or -1
 */
typedef int opt_take(const struct opt *row, const char *argument, void *data,
		     struct error *err);

/** Parse a command line (GNU style: options anywhere, "--name=value", "--" ends them).
 *
 * @argv:    argv[0] is the command's own name; reordered so that what is left stands at
 * the end
 * @out_first: index of the first argument that is no option
 * Errors:   ERROR_USAGE, for unknown options with the nearest known one
 * Returns:  0 or -1
 */
nodiscard int opt_parse(const struct opt *table, int argc, char **argv, opt_take *take,
			void *data, int *out_first, struct error *err);

/** Add the options of @table to @out as help text, at most 80 columns wide. */
void opt_help(const struct opt *table, struct str *out);

/** The entry of @words that begins with @word, or is nearest to it by edit distance.
 *
 * @words: ends in NULL
 * Returns: the entry, or NULL when none is within a third of the length
 */
const char *opt_nearest(const char *word, const char *const *words);

#endif
