/* SPDX-License-Identifier: GPL-2.0-or-later */
/** mask.h - take out of a run what tells which machine it is. */
#ifndef MODEL_MASK_H
#define MODEL_MASK_H

#include "model/run.h"

/** Replace the host name, network addresses (IPv4, IPv6, MAC) and UUIDs in all facts. What moves the
 * figures stays.
 */
void mask_runs(struct runs *runs);

#endif
