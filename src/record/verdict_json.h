/* SPDX-License-Identifier: GPL-2.0-or-later */
/** verdict_json.h - what machine this is, as JSON. The shape is
 * data/moult.identify.schema.json. */
#ifndef RECORD_VERDICT_JSON_H
#define RECORD_VERDICT_JSON_H

#include "base/str.h"
#include "model/behaviour.h"
#include "model/environment.h"
#include "model/verdict.h"

/** Write a verdict with its evidence.
 *
 * @facts:     NULL: without facts
 * @behaviour: NULL: nothing was measured
 * @out:       the text is added, with a newline at its end
 */
void record_write_verdict(const struct verdict *verdict, const struct environment *facts,
			  const struct behaviour *behaviour, struct str *out);

#endif
