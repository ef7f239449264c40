#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The short form of "make fuzz": all seeds, among them the inputs of faults that were mended, and a few seconds.
bats_require_minimum_version 1.5.0

setup() {
	export FUZZ_SECONDS=5 FUZZ_CORPUS="$BATS_TEST_TMPDIR/corpus"
}

# fuzz NAME...: run tools/fuzz of this folder; skips where it says that it cannot build
fuzz() {
	run tools/fuzz "$@"
	printf '%s\n' "$output"
	[ "$status" -ne 77 ] || skip "$output"
}

@test "each fuzzer runs over its seeds and for five seconds, and finds nothing" {
	cd "$ROOT"
	fuzz
	[ "$status" -eq 0 ]
	[ "$(grep -c '^fuzz: .* inputs, cov: [0-9]* ft: [0-9]*$' <<< "$output")" -eq "$(ls tests/fuzz/*.c | grep -vc '/fuzz\.c$')" ]
}

@test "a planted fault is found and told" {
	cd "$ROOT"
	cp -r Makefile completion data man meson.build meson_options.txt src tests tools "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	sed -i 's/end + 1 < length; end++/end < length; end++/' src/virt/read_dmi.c
	! cmp -s src/virt/read_dmi.c "$ROOT/src/virt/read_dmi.c"
	FUZZ_SECONDS=60 fuzz dmi
	[ "$status" -eq 1 ]
	# without llvm-symbolizer the report names no function
	[[ $output == *heap-buffer-overflow*'fuzz: dmi: a fault;'* ]]
	ls build-fuzz/artifacts/dmi-crash-*
}
