/* SPDX-License-Identifier: GPL-2.0-or-later */
/** prediction_object.h - a prediction as a part of other JSON. */
#ifndef RECORD_PREDICTION_OBJECT_H
#define RECORD_PREDICTION_OBJECT_H

#include "model/prediction.h"
#include "record/json_put.h"

/** The object that record_write_prediction writes. Returns: what the caller owns */
json_t *record_prediction_object(const struct prediction *prediction);

#endif
