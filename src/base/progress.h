/* SPDX-License-Identifier: GPL-2.0-or-later */
/** progress.h - how far a long work is: one live line on a terminal, plain lines
 * elsewhere, or JSON. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/** How progress is shown. */
enum progress_form {
	PROGRESS_AUTO,
	PROGRESS_NONE,
	PROGRESS_LINES,
	PROGRESS_LIVE,
	PROGRESS_JSON
};

/** A display; the caller owns the stream. */
struct progress {
	FILE *out;
	enum progress_form form;
	int64_t last_ns; /* when a line was last written */
	bool is_live;	 /* a live line stands on the terminal */
};

/** What is to be shown. */
struct progress_state {
	const char *phase;  /* a word or two */
	double done;	    /* 0 to 1 */
	int64_t left_ns;    /* estimated time left; negative: not known */
	const char *detail; /* what was seen last; may be "" */
	bool is_step;	    /* something was completed: worth a plain line */
};

/** Read the argument of --progress: "auto", "none", "lines" or "json".
 *
 * @out:    untouched on failure
 * Errors:  ERROR_USAGE
 * Returns: 0 or -1
 */
nodiscard int progress_parse(const char *name, enum progress_form *out,
			     struct error *err);

/** Begin. @form: PROGRESS_AUTO looks whether @out is a terminal. */
void progress_begin(struct progress *display, FILE *out, enum progress_form form);

/** Show the state. On a terminal the line is renewed at most 10 times a second. */
void progress_show(struct progress *display, const struct progress_state *state);

/** Take the live line away, so that other text can follow. */
void progress_end(struct progress *display);

#endif
