#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bench/beside-unixbench on a tree whose programs say what they are told: how it counts, goes on, and refuses.

bats_require_minimum_version 1.5.0

setup()
{
	cd "$BATS_TEST_TMPDIR" || exit 1
	export WORK
	mkdir -p tree/pgms tree/testdir
	# UnixBench's programs write "COUNT|loops|timebase|unit" to standard error
	for name in dhry2reg pipe syscall; do
		printf '#!/bin/sh\necho "COUNT|%s|1|lps" >&2\necho "TIME|2.0" >&2\n' 1000000 > tree/pgms/$name
		chmod +x tree/pgms/$name
	done
}

@test "rates are count over time, the table has ratio and interval, and a second call goes on" {
	run -0 --separate-stderr "$ROOT/bench/beside-unixbench" tree --tests pipe,syscall --rounds 2 --seconds 2 --tmpdir . --state s.json --json
	printf '%s\n' "$output" > table.json
	run -0 python3 -c "
import json
table = json.load(open('table.json'))
assert [row['key'] for row in table['tests']] == ['pipe', 'syscall'] and not table['complete']
for row in table['tests']:
    assert row['unixbench'] == 500000.0 and row['rounds'] == 2
    assert row['low'] <= row['ratio'] <= row['high']
    assert row['verdict'] == ('within' if abs(row['ratio'] - 1) <= 0.05 else 'outside')
"
	cp s.json before.json
	run -0 --separate-stderr timeout 5 "$ROOT/bench/beside-unixbench" tree --tests pipe,syscall --rounds 2 --seconds 2 --tmpdir . --state s.json
	cmp s.json before.json
	[[ "$output" == *"Index (partial)"* ]]
}

@test "what is no tree, no test, or another measurement is refused" {
	run "$ROOT/bench/beside-unixbench" nowhere
	[ "$status" -eq 2 ]
	run "$ROOT/bench/beside-unixbench" tree --tests nonsense
	[ "$status" -eq 2 ]
	echo '{"samples": {}, "seconds": 7}' > s.json
	run "$ROOT/bench/beside-unixbench" tree --seconds 2 --state s.json
	[ "$status" -eq 2 ]
}

@test "a program that reports an error ends it" {
	printf '#!/bin/sh\necho "cannot open: no such file" >&2\n' > tree/pgms/pipe
	run "$ROOT/bench/beside-unixbench" tree --tests pipe --rounds 1 --seconds 2 --tmpdir . --state s.json
	[ "$status" -ne 0 ]
	[[ "$output" == *"UnixBench says"* ]]
}
