#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What system lies in a tree: real ones that mmdebstrap makes, and trees that follow the distributions' own
# documentation, with what is to be found written down beside them before the reader was.

bats_require_minimum_version 1.5.0

setup()
{
	export ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_TEST_TMPDIR" || exit 1
}
