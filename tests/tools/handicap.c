/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handicap.c - a library for LD_PRELOAD that takes $HANDICAP_PERCENT of its process's time away: a timer
 * ticks every 2 ms, and the handler burns that share of it. What is slowed down is a real workload. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_NS = 2000000 };

static long burn_ns;

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void burn(int number)
{
	const long end = now_ns() + burn_ns;

	(void)number;
	while (now_ns() < end)
		;
}

__attribute__((constructor)) static void begin(void)
{
	const char *percent = getenv("HANDICAP_PERCENT");
	const struct itimerspec tick = {{0, TICK_NS}, {0, TICK_NS}};
	struct sigaction action = {.sa_handler = burn, .sa_flags = SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMAX};
	timer_t timer;

	if (percent == NULL)
		return;
	burn_ns = (long)(atof(percent) / 100 * TICK_NS);
	sigaction(SIGRTMAX, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &tick, NULL);
}
