/* SPDX-License-Identifier: GPL-2.0-or-later */
/** predict.h - moult predict. */
#ifndef CMD_PREDICT_H
#define CMD_PREDICT_H

#include "cmd/cmd.h"

extern const struct cmd cmd_predict;

#endif
