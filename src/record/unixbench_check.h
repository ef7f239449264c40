/* SPDX-License-Identifier: GPL-2.0-or-later */
/** unixbench_check.h - what can be said of a report when all of it was read. */
#ifndef RECORD_UNIXBENCH_CHECK_H
#define RECORD_UNIXBENCH_CHECK_H

#include "model/run.h"

/** Warn of the tests that a section lacks, of a printed score that its rows do not give, and of
 * copies that nobody told. */
void unixbench_check(struct run *run);

/** Give the runs of a report their ids and a group: the same report always gets the same, so
 * that it is not stored twice. */
void unixbench_set_ids(struct runs *runs);

#endif
