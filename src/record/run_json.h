/* SPDX-License-Identifier: GPL-2.0-or-later */
/** run_json.h - runs as JSON, out and in. The shape is data/moult.run.schema.json. */
#ifndef RECORD_RUN_JSON_H
#define RECORD_RUN_JSON_H

#include "base/error.h"
#include "base/str.h"
#include "model/run.h"

/** Write runs: the object of one, {"schema":"moult.runs/1","runs":[...]} for none or
 * several.
 *
 * @out: the text is added, with a newline at its end
 */
void record_write_json(const struct runs *runs, struct str *out);

/** Write runs as {"schema":"moult.runs/1","runs":[...]}, also when there is one.
 *
 * @out: the text is added, with a newline at its end
 */
void record_write_json_list(const struct runs *runs, struct str *out);

/** Read runs, in either shape. Unknown fields are passed over; unknown tests are an
 * error.
 *
 * @name:   what the text is, for messages
 * @out:    zeroed by the caller; runs are added
 * Errors:  ERROR_INPUT, with the field that is wrong
 * Returns: 0 or -1; on failure @out holds what was read before and is to be cleared
 */
nodiscard int record_read_json(const char *text, const char *name, struct runs *out,
			       struct error *err);

#endif
