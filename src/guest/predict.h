/* SPDX-License-Identifier: GPL-2.0-or-later */
/** predict.h - whether the system of an image will boot on a machine, be reached there and let
 * somebody in: pure functions of what was read. */
#ifndef GUEST_PREDICT_H
#define GUEST_PREDICT_H

#include "model/inspection.h"
#include "model/platform.h"
#include "model/prediction.h"

/** Judge all links.
 *
 * @out: zeroed by the caller, who clears it
 */
void guest_predict(const struct inspection *image, const struct platform *platform,
		   struct prediction *out);

#endif
