/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/profile.h"

const struct bench_profile bench_profile_unixbench = {"unixbench", "", false};
const struct bench_profile bench_profile_pinned = {"pinned", "pinned-", true};
