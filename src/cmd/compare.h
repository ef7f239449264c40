/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare.h - moult compare. */
#ifndef CMD_COMPARE_H
#define CMD_COMPARE_H

#include "cmd/cmd.h"

extern const struct cmd cmd_compare;

#endif
