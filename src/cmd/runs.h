/* SPDX-License-Identifier: GPL-2.0-or-later */
/** runs.h - `moult runs`. */
#ifndef CMD_RUNS_H
#define CMD_RUNS_H

#include "cmd/cmd.h"

extern const struct cmd cmd_runs;

#endif
