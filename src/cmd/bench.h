/* SPDX-License-Identifier: GPL-2.0-or-later */
/** bench.h - `moult bench`. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include "cmd/cmd.h"

extern const struct cmd cmd_bench;

/** The same with the profile pinned where none is asked for: its workloads need nothing of the
 * machine, not even a libc. */
extern const struct cmd cmd_bench_rescue;

#endif
