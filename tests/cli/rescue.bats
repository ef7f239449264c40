#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult-rescue, the static program: what it does otherwise than moult, alone and in a bundle.

setup() {
	bats_require_minimum_version 1.5.0
	rescue=${MOULT_RESCUE:-$(dirname "${MOULT_PLAIN:-$MOULT}")/moult-rescue}
	[ -x "$rescue" ] || skip "no $rescue: MOULT_RESCUE names none (meson option rescue)"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp libexec/moult
	cp "$rescue" moult-rescue
}

# bench PROGRAM ARGUMENT...: one short test
bench() {
	local program=$1
	shift
	"$program" bench --tmpdir tmp --no-store --progress none -t pipe -b 40 --target-ci 50 --json "$@"
}

# profiles: those of the runs on standard input
profiles() {
	python3 -c 'import json, sys; r = json.load(sys.stdin); print(*(x["profile"] for x in r.get("runs", [r])))'
}

@test "bench takes the profile pinned where none is asked for; moult takes unixbench" {
	cp "$WORK"/pinned-* libexec/moult/
	bench ./moult-rescue >run.json
	[ "$(profiles <run.json)" = pinned ]
	bench "$MOULT" >run.json
	[ "$(profiles <run.json)" = unixbench ]
}

@test "--profile unixbench and both where the workloads lie beside it" {
	for name in context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double; do
		cp "$WORK/$name" "$WORK/pinned-$name" libexec/moult/
	done
	cp "$WORK/pinned-busybox" libexec/moult/
	bench ./moult-rescue --profile unixbench >run.json
	[ "$(profiles <run.json)" = unixbench ]
	bench ./moult-rescue --profile both >runs.json
	[ "$(profiles <runs.json)" = "unixbench pinned" ]
}

@test "where the workloads of a profile are missing, one line says what to do" {
	run --separate-stderr bench ./moult-rescue
	[ "$status" = 1 ]
	[ "$stderr" = "moult: bench: 'pinned-context1' is not beside the program: install moult again or unpack the whole bundle, or set MOULT_HELPERS" ]
	cp "$WORK"/pinned-* libexec/moult/
	for profile in unixbench both; do
		run --separate-stderr bench ./moult-rescue --profile "$profile"
		[ "$status" = 1 ]
		[ -z "$output" ]
		[ "$stderr" = "moult: bench: 'context1' of the profile unixbench is not beside the program: unpack the whole bundle, set MOULT_HELPERS, or choose --profile pinned, which is there" ]
	done
	rm libexec/moult/*
	cp "$WORK/context1" libexec/moult/
	run --separate-stderr bench ./moult-rescue
	[ "$status" = 1 ]
	[[ "$stderr" == *"choose --profile unixbench, which is there" ]]
	[ -z "$(ls -A tmp)" ]
}

@test "the help tells the default of both programs" {
	./moult-rescue bench --help | grep -q 'default unixbench; in moult-rescue pinned'
	"$MOULT" bench --help | grep -q 'default unixbench; in moult-rescue pinned'
}
