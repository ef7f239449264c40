/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adapt.h - moult adapt: make a guest fit a machine. */
#ifndef CMD_ADAPT_H
#define CMD_ADAPT_H

#include "cmd/cmd.h"

extern const struct cmd cmd_adapt;

#endif
