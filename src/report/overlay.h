/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay.h - how an overlay stands, for people. */
#ifndef REPORT_OVERLAY_H
#define REPORT_OVERLAY_H

#include "base/str.h"
#include "model/overlay_status.h"

/** Add a few lines of text. */
void report_write_overlay(const struct overlay_status *status, struct str *out);

#endif
