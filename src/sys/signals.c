/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/signals.h"

#include <stddef.h>

static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t came;
static sigset_t outside_mask;

static void on_signal(int number)
{
	came = number;
}

static void caught_set(sigset_t *out)
{
	size_t i;

	(void)sigemptyset(out); /* these cannot fail: the numbers are valid */
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		(void)sigaddset(out, caught[i]);
}

static void set_handlers(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};
	struct sigaction before;
	size_t i;

	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		(void)sigaction(caught[i], NULL,
				&before);	  /* cannot fail: valid numbers */
		if (before.sa_handler != SIG_IGN) /* nohup asked for it */
			(void)sigaction(caught[i], &action, NULL);
	}
}

void sys_signals_catch(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t block;

	caught_set(&block);
	(void)sigprocmask(SIG_BLOCK, &block, &outside_mask);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	set_handlers(on_signal);
}

void sys_signals_release(void)
{
	set_handlers(SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &outside_mask, NULL);
}

const sigset_t *sys_signals_waiting(void)
{
	static sigset_t mask;

	mask = outside_mask;
	return &mask;
}

int sys_signals_came(void)
{
	sigset_t pending;
	size_t i;

	if (came != 0)
		return came;
	(void)sigpending(&pending);
	for (i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		if (sigismember(&pending, caught[i]) == 1)
			return caught[i];
	return 0;
}
