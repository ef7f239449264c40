/* SPDX-License-Identifier: GPL-2.0-or-later */
/** bench.h - `moult bench`. */
#ifndef CMD_BENCH_H
#define CMD_BENCH_H

#include "cmd/cmd.h"

extern const struct cmd cmd_bench;

#endif
