/* SPDX-License-Identifier: GPL-2.0-or-later */
/** place.h - the folder that the tests write in: one folder a copy, each with executables
 * of its own, so that copies share neither files nor inodes.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "base/error.h"
#include "bench/profile.h"
#include "model/run.h"

/** A prepared place; start zeroed, end with bench_place_remove. */
struct bench_place {
	const struct bench_profile *profile;
	char *folder; /* PARENT/moult-XXXXXX */
	unsigned copies;
	char **environment; /* of the workloads: PATH, HOME, TMPDIR, LANG; ends in NULL */
};

/** Choose where tests write: @asked, else $UB_TMPDIR, else $TMPDIR, else /var/tmp, which
 * lies on a disk where /tmp often is memory: UnixBench writes beside its sources, so on a
 * disk as well.
 *
 * Returns: a path that is not to be freed
 */
const char *bench_place_choose(const char *asked);

/** Make the place.
 *
 * @parent:  an existing folder
 * @out_build: the executables, their digests, and what they say of their build are filled
 * in
 * Errors:  ERROR_SYSTEM: no such folder, read-only, full, or mounted noexec
 * Returns: 0 or -1; on failure nothing is left on the disk
 */
nodiscard int bench_place_make(const char *parent, const struct bench_profile *profile,
			       unsigned copies, struct bench_place *out,
			       struct run_build *out_build, struct error *err);

/** Remove the place and all that is in it. Harmless on a zeroed one.
 *
 * Errors:  ERROR_SYSTEM, of the first thing that could not be removed
 * Returns: 0 or -1
 */
int bench_place_remove(struct bench_place *place, struct error *err);

#endif
