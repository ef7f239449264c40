/* SPDX-License-Identifier: GPL-2.0-or-later */
/** overlay_json.h - how an overlay stands, as JSON. */
#ifndef RECORD_OVERLAY_JSON_H
#define RECORD_OVERLAY_JSON_H

#include "base/str.h"
#include "model/overlay_status.h"

/** Add {"schema":"moult.overlay/1",...} and a line feed. */
void record_write_overlay(const struct overlay_status *status, struct str *out);

#endif
