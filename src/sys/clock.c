/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/clock.h"

#include <time.h>

#include "base/num.h"

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(
		clock, &now); /* cannot fail for the clocks below since Linux 2.6.39 */
	return (int64_t)now.tv_sec * NUM_SECOND_NS + now.tv_nsec;
}

int64_t sys_clock_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t sys_clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t sys_clock_suspended_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
}
