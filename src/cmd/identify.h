/* SPDX-License-Identifier: GPL-2.0-or-later */
/** identify.h - moult identify. */
#ifndef CMD_IDENTIFY_H
#define CMD_IDENTIFY_H

#include "cmd/cmd.h"

extern const struct cmd cmd_identify;

#endif
