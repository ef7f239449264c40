/* SPDX-License-Identifier: GPL-2.0-or-later */
/** verdict.h - what machine this is, for people. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include "base/str.h"
#include "model/behaviour.h"
#include "model/environment.h"
#include "model/verdict.h"

/** Write the layers with their best evidence, what contradicts, what is open.
 *
 * @behaviour: NULL: nothing was measured
 */
void report_write_verdict(const struct verdict *verdict,
			  const struct behaviour *behaviour, struct str *out);

/** Write all facts, one a line: key, value, and where it is from. */
void report_write_facts(const struct environment *facts, struct str *out);

#endif
