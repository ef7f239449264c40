/* SPDX-License-Identifier: GPL-2.0-or-later */
/** inspection_json.h - what is in an image, as JSON. */
#ifndef RECORD_INSPECTION_JSON_H
#define RECORD_INSPECTION_JSON_H

#include <jansson.h>

#include "base/str.h"
#include "model/inspection.h"

/** Write everything, as data/moult.inspect.schema.json tells.
 *
 * @out:    the text is added, with a newline at its end
 */
void record_write_inspection(const struct inspection *inspection, struct str *out);

/** A layout as an object. */
json_t *json_put_layout(const struct layout *layout);

/** A guest as an object. */
json_t *json_put_guest(const struct guest *guest);

#endif
