/* SPDX-License-Identifier: GPL-2.0-or-later */
/** predict.h - whether the system of an image will boot on a machine. */
#ifndef FLOW_PREDICT_H
#define FLOW_PREDICT_H

#include "image/image.h"
#include "model/platform.h"
#include "model/prediction.h"

/** Find a machine: "this", a name of the table, or a file that moult identify --platform wrote.
 *
 * @image:  that it is asked for: of this machine, a disk that is named is the one that it
 *          will start from
 * @out:    the caller clears it; untouched on failure
 * Errors:  ERROR_USAGE when it is none of them, ERROR_SYSTEM, ERROR_INPUT
 * Returns: 0 or -1
 */
nodiscard int flow_find_platform(const char *name, const char *image,
				 struct platform *out, struct error *err);

/** Look into an image, and judge it for a machine. Nothing is written but what flow_inspect()
 * writes.
 *
 * @name:   as flow_inspect() takes it
 * @out:    zeroed by the caller, who clears it
 * Errors:  those of flow_inspect()
 * Returns: 0 or -1
 */
nodiscard int flow_predict(const char *name, const struct image_options *options,
			   const struct platform *platform, struct prediction *out,
			   struct error *err);

#endif
