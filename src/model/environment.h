/* SPDX-License-Identifier: GPL-2.0-or-later */
/** environment.h - facts about a machine: what was read, from where, or why it could not
 * be read. */
#ifndef MODEL_ENVIRONMENT_H
#define MODEL_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/** One fact. Exactly one of `value` and `problem` is NULL. */
struct fact {
	char *key;     /* "kernel.release" */
	char *value;   /* one line */
	char *source;  /* path or system call */
	char *problem; /* why it could not be read */
};

/** The facts of one machine at one time; start zeroed. */
struct environment {
	struct fact *facts;
	size_t count;
};

/** Add a fact; all texts are copied. @value or @problem is NULL. */
void environment_add(struct environment *environment, const char *key, const char *value,
		     const char *source, const char *problem);

/** Find a fact's value. Returns: the value, or NULL when it is not there or was not
 * readable */
const char *environment_value(const struct environment *environment, const char *key);

/** Find out whether a fact was asked for, readable or not. */
bool environment_has(const struct environment *environment, const char *key);

/** Whether a fact is of a moment, or of what happened meanwhile: it differs between any two
 * runs, and says nothing of the machine. */
bool environment_is_of_a_moment(const char *key);

/** Give the memory back. */
void environment_clear(struct environment *environment);

#endif
