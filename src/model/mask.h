/* SPDX-License-Identifier: GPL-2.0-or-later */
/** mask.h - take out of a run, or of a text, what tells which machine it is. */
#ifndef MODEL_MASK_H
#define MODEL_MASK_H

#include "model/run.h"

/** Replace the host name, network addresses (IPv4, IPv6, MAC) and UUIDs in all that a run says: facts,
 * label, provider, where it is from (without the folders of a file), notes. What moves the figures stays.
 */
void mask_runs(struct runs *runs);

/** The same for any text.
 *
 * @host:   a name that is masked too; NULL: none
 * Returns: a text that the caller frees
 */
char *mask_text(const char *text, const char *host);

#endif
