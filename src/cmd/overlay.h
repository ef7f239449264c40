/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay.h - moult overlay. */
#ifndef CMD_OVERLAY_H
#define CMD_OVERLAY_H

#include "cmd/cmd.h"

extern const struct cmd cmd_overlay;

#endif
