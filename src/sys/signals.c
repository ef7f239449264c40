/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "sys/signals.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };

static atomic_int came;	      /* set in whichever thread waits */
static bool is_caught;
static sigset_t ours;	      /* those of caught that were not ignored when we began */
static sigset_t outside_mask; /* what was blocked when we began */

static void on_signal(int number)
{
	came = number;
}

/* What is ignored stays ignored: nohup, or a shell's background job, asked for it. None of the calls
 * here can fail: the signal numbers are valid. */
void sys_signals_catch(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN},
			 ours_now = {.sa_handler = on_signal};
	struct sigaction before;
	size_t i;

	if (is_caught)
		return; /* the mask that counts is the one from before */
	is_caught = true;
	(void)sigemptyset(&ours);
	for (i = 0; i < CAUGHT; i++) {
		(void)sigaction(caught[i], NULL, &before);
		if (before.sa_handler == SIG_IGN)
			continue;
		(void)sigaddset(&ours, caught[i]);
		(void)sigaction(caught[i], &ours_now, NULL);
	}
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigprocmask(SIG_BLOCK, &ours, &outside_mask);
}

void sys_signals_ignore_hangup(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	(void)sigaction(SIGHUP, &ignore, NULL); /* a pending one is gone with it */
	(void)sigdelset(&ours, SIGHUP);
	if (came == SIGHUP)
		came = 0;
}

void sys_signals_release(void)
{
	const struct timespec now = {0};
	struct sigaction end = {.sa_handler = SIG_DFL};
	size_t i;

	while (sigtimedwait(&ours, NULL, &now) > 0)
		; /* it has been seen, or comes too late to change anything */
	for (i = 0; i < CAUGHT; i++)
		if (sigismember(&ours, caught[i]) == 1)
			(void)sigaction(caught[i], &end, NULL);
	(void)sigprocmask(SIG_SETMASK, &outside_mask, NULL);
	is_caught = false;
}

const sigset_t *sys_signals_waiting(void)
{
	return &outside_mask;
}

int sys_signals_came(void)
{
	sigset_t pending;
	size_t i;

	if (came != 0)
		return came;
	(void)sigpending(&pending);
	for (i = 0; i < CAUGHT; i++)
		if (sigismember(&pending, caught[i]) == 1 &&
		    sigismember(&ours, caught[i]) == 1)
			return caught[i];
	return 0;
}
