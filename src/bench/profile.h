/* SPDX-License-Identifier: GPL-2.0-or-later */
/** profile.h - the two ways in which the twelve tests are built and run; never mixed in one index. */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include <stdbool.h>

/** A profile. */
struct bench_profile {
	const char *name;   /* "unixbench" or "pinned" */
	const char *prefix; /* of the names of its executables in libexec/moult */
	bool has_busybox; /* the shell tests run a static busybox of our own, in the locale "C" */
};

/** The number that is compared with published ones: dynamic executables, the system's shell and tools. */
extern const struct bench_profile bench_profile_unixbench;

/** The same bytes everywhere: static executables and busybox, every section of the programs kept. */
extern const struct bench_profile bench_profile_pinned;

#endif
