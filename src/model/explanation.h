/* SPDX-License-Identifier: GPL-2.0-or-later */
/** explanation.h - why two runs differ: the facts that can account for it, and what stays
 * unexplained. */
#ifndef MODEL_EXPLANATION_H
#define MODEL_EXPLANATION_H

#include <stdbool.h>
#include <stddef.h>

#include "model/tests.h"

/* A set of tests is an unsigned: bit N is tests_all[N]. */

/** A fact that differs, and can account for a part of the change. */
struct cause {
	const char *fact; /* its key; the texts of a rule live as long as the program */
	char *first, *second; /* its values; NULL: not known in that run */
	unsigned tests;	      /* that moved, and that it moves that way */
	double share;	      /* of the whole change that it can account for, 0 to 1 */
	double weight; /* how surely it works that way, 0 to 1; causes are ranked by share * weight */
	const char *mechanism; /* a sentence */
	const char *source;    /* where that is known from */
	const char *check;     /* a command that would prove it */
};

/** What to look at next. */
struct next_check {
	const char *fact;
	const char *check;
	bool is_held; /* both runs hold it, with different values */
};

enum { NEXT_MOST = 6 };

/** Tests that moved alike, and that no cause accounts for, or for the smaller part alone. */
struct unexplained {
	unsigned tests;
	struct next_check next[NEXT_MOST];
	size_t next_count;
};

enum { UNEXPLAINED_MOST = 12 };

/** Why two runs differ; start zeroed, end with explanation_clear. */
struct explanation {
	unsigned moved;	      /* tests in which a difference was shown */
	struct cause *causes; /* the first accounts for the most */
	size_t cause_count;
	struct unexplained unexplained[UNEXPLAINED_MOST];
	size_t unexplained_count;
};

/** Add a cause.
 *
 * @cause:  its values are not looked at
 * @first, @second: values of its fact, which are copied; NULL: not known
 */
void explanation_add(struct explanation *explanation, const struct cause *cause,
		     const char *first, const char *second);

/** Give the memory back. */
void explanation_clear(struct explanation *explanation);

#endif
