/* SPDX-License-Identifier: GPL-2.0-or-later */
/** show.h - `moult show`. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "cmd/cmd.h"

extern const struct cmd cmd_show;

#endif
