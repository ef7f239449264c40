/* SPDX-License-Identifier: GPL-2.0-or-later */
/** adaptation_json.h - an adaptation as JSON. Its shape is data/moult.adapt.schema.json. */
#ifndef RECORD_ADAPTATION_JSON_H
#define RECORD_ADAPTATION_JSON_H

#include <stdbool.h>

#include "base/str.h"
#include "model/adaptation.h"

/** Add {"schema":"moult.adapt/1",...} and a line feed. @is_written: it reached the disk */
void record_write_adaptation(const struct adaptation *adaptation, bool is_written,
			     struct str *out);

#endif
