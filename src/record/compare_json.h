/* SPDX-License-Identifier: GPL-2.0-or-later */
/** compare_json.h - comparisons as JSON. */
#ifndef RECORD_COMPARE_JSON_H
#define RECORD_COMPARE_JSON_H

#include "base/str.h"
#include "model/compare.h"

/** Write the comparisons of several runs with the first of them.
 *
 * @runs:   the first is what the others are compared with
 * @comparisons: one less than @runs, in their order
 * @out:    the text is added, with a newline at its end
 */
void record_write_comparisons(const struct runs *runs,
			      const struct comparison *comparisons, struct str *out);

#endif
