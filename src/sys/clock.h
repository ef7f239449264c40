/* SPDX-License-Identifier: GPL-2.0-or-later */
/** clock.h - the clocks in use. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

/** CLOCK_MONOTONIC, nanoseconds: for lengths of time. */
int64_t sys_clock_monotonic_ns(void);

/** CLOCK_REALTIME, nanoseconds since 1970 (UTC): for dates. */
int64_t sys_clock_wall_ns(void);

/** CLOCK_BOOTTIME less CLOCK_MONOTONIC, nanoseconds: grows only while the machine is
 * suspended. */
int64_t sys_clock_suspended_ns(void);

#endif
