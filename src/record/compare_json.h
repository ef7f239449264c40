/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare_json.h - comparisons as JSON. */
#ifndef RECORD_COMPARE_JSON_H
#define RECORD_COMPARE_JSON_H

#include "base/str.h"
#include "model/compared.h"

/** Write comparisons with their causes, as data/moult.compare.schema.json tells.
 *
 * @out:    the text is added, with a newline at its end
 */
void record_write_comparisons(const struct compared *compared, size_t count,
			      struct str *out);

#endif
