/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspect.h - moult inspect. */
#ifndef CMD_INSPECT_H
#define CMD_INSPECT_H

#include "cmd/cmd.h"

extern const struct cmd cmd_inspect;

#endif
