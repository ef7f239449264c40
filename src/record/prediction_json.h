/* SPDX-License-Identifier: GPL-2.0-or-later */
/** prediction_json.h - a prediction as JSON. Its shape is data/moult.prediction.schema.json. */
#ifndef RECORD_PREDICTION_JSON_H
#define RECORD_PREDICTION_JSON_H

#include "base/str.h"
#include "model/prediction.h"

/** Add {"schema":"moult.prediction/1",...} and a line feed. */
void record_write_prediction(const struct prediction *prediction, struct str *out);

#endif
