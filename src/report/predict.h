/* SPDX-License-Identifier: GPL-2.0-or-later */
/** predict.h - a prediction for a terminal. */
#ifndef REPORT_PREDICT_H
#define REPORT_PREDICT_H

#include "base/str.h"
#include "model/prediction.h"

/** Write the three chains: a line for each link, with the evidence and the fixer of those that do
 * not hold; then what the provider must be told. Nothing of the image is obeyed or endless. */
void report_write_prediction(const struct prediction *prediction, struct str *out);

/** The question that a chain answers: "Boots". */
const char *report_question_of(enum prediction_chain chain);

/** Add how a chain stands: "yes", "no (root)", "cannot be told (address)". */
void report_add_answer(struct str *out, const struct prediction *prediction,
		       enum prediction_chain chain);

#endif
