/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cmd/bench.h"
#include "cmd/cmd.h"

const struct cmd *const cmd_table[] = {&cmd_bench, NULL};
