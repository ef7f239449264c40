/* SPDX-License-Identifier: GPL-2.0-or-later */
/** json_machine.h - a machine, and what is predicted for it, as objects of other documents. */
#ifndef RECORD_JSON_MACHINE_H
#define RECORD_JSON_MACHINE_H

#include <jansson.h>

#include "base/error.h"
#include "model/platform.h"
#include "model/prediction.h"

/** A machine, as record_write_platform() writes it. */
json_t *json_put_platform(const struct platform *platform);

/** Read it again. Every field must be there, and no other.
 *
 * @out:    zeroed by the caller, who clears it, also on failure
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1
 */
nodiscard int json_take_platform(json_t *object, struct platform *out, struct error *err);

/** Read a prediction again (record_prediction_object) that was cut to PLAN_LINE_MOST_BYTES and PLAN_EVIDENCE_MOST. Every field must be
 * there, and no other; what follows from the links must follow from them. Mismatches are not kept.
 *
 * @out:    zeroed by the caller, who clears it, also on failure
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1
 */
nodiscard int json_take_prediction(json_t *object, struct prediction *out,
				   struct error *err);

#endif
