/* SPDX-License-Identifier: GPL-2.0-or-later */
/** aside.h - a thread for one kind of work, so that the caller does something else meanwhile:
 * jobs go in, and come out done in the same order. Threads are made here alone. */
#ifndef SYS_ASIDE_H
#define SYS_ASIDE_H

#include <stdbool.h>

#include "base/error.h"

struct aside;

/** Begin.
 *
 * @work:   called in the thread with one job after the other; what comes of it, and its error,
 *          it leaves in the job
 * @most:   how many jobs may be in it, done or not
 * @out:    the caller closes it; untouched on failure
 * Errors:  ERROR_SYSTEM when there is no thread to be had
 * Source:  pthread_create(3), eventfd(2)
 * Returns: 0 or -1
 */
nodiscard int aside_open(void (*work)(void *data, void *job), void *data, unsigned most,
			 struct aside **out, struct error *err);

/** Hand a job over, of which fewer than the most are in it; until aside_take gives it back it
 * belongs to the thread. */
void aside_give(struct aside *aside, void *job);

/** How many jobs are in it, done or not. */
unsigned aside_count(const struct aside *aside);

/** Wait until the oldest job is done; at least one is in it. Returns: that job */
void *aside_take(struct aside *aside);

/** End: the job that is under way is asked to end early, those behind it are not begun. On
 * return no thread is left, and all jobs are the caller's again. NULL is harmless. */
void aside_close(struct aside *aside);

/** For work that waits: a descriptor that can be read once the job is asked to end.
 *
 * Returns: -1 in a thread that is none of these
 */
int aside_end_fd(void);

/** For work that goes on for long. Returns: whether the job is asked to end */
bool aside_is_ending(void);

#endif
