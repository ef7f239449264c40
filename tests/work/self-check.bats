#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each workload checks its own result: a fault that is planted from outside makes it fail, with a reason.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
}

# faulty FAULT REASON PROGRAM [PARAMETER]: passes without the fault, fails with it and says REASON
faulty() {
	local fault=$1 reason=$2
	shift 2
	LD_PRELOAD=$FAULTS "$WORK/$1" duration=200000000 now=1 "${@:2}" | grep -q '^result '
	run env FAULT="$fault" LD_PRELOAD="$FAULTS" "$WORK/$1" duration=200000000 now=1 "${@:2}"
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == "fail "*"$reason"* ]]
}

@test "dhry2reg: a strcmp that orders wrongly" { faulty strcmp "wrong final value" dhry2reg; }
@test "whetstone-double: an arc tangent that is off by 1e-6" { faulty atan "section N5" whetstone-double; }
@test "execl: a count that is changed on the way" { faulty execv "step was lost" execl; }
@test "fstime: a write that changes a byte" { faulty write "differs from its source" fstime buffer=1024; }
@test "fsbuffer: a read that changes a byte" { faulty read "differs from its source" fstime buffer=256; }
@test "fsdisk: a write that changes a byte" { faulty write "differs from its source" fstime buffer=4096; }
@test "pipe: a block with another number" { faulty read "wrong order" pipe; }
@test "context1: a token that is changed" { faulty read "token" context1; }
@test "spawn: a child with another status" { faulty wait "status that is not 0" spawn; }
@test "syscall: a umask that is forgotten" { faulty umask "wrong answer" syscall; }
@test "syscall: another process id" { faulty getpid "wrong answer" syscall; }

# tools NAME CONTENT: one text tool is another, for shell_run alone (bats itself uses rm)
tools() {
	mkdir -p bin
	printf '%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

shell_run() {
	run env PATH="$PWD/bin:$PATH" "$WORK/shell" "$@"
}

shell_fails() {
	shell_run duration=200000000 now=1 "scripts=$1"
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *"fail "*"$2"* ]]
}

@test "shell1: a sort that does not sort but changes a line" {
	tools sort '#!/bin/sh
sed s/e/E/'
	shell_fails 1 "sort gave other lines"
}

@test "shell8: a grep that finds nothing" {
	tools grep '#!/bin/sh
exit 1'
	shell_fails 8 "grep and tee"
}

@test "shell1: a wc that counts wrong" {
	tools wc '#!/bin/sh
cat >/dev/null; echo 1 2 3'
	shell_fails 1 "wc counted wrong"
}

@test "shell1: an od that stops early" {
	tools od '#!/bin/sh
/usr/bin/od "$@" | head -n 100'
	shell_fails 1 "od and sort"
}

@test "shell1: an rm that fails while the clock runs" {
	tools rm '#!/bin/sh
echo "rm: cannot" >&2; exit 1'
	shell_run duration=200000000 now=1 scripts=1
	[[ "$output" == *"rm: cannot"* ]]
}

@test "every workload passes without a fault and says its build" {
	for name in context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double; do
		"$WORK/$name" duration=100000000 now=1 | grep -q '^result count=[1-9]'
		"$WORK/$name" about | grep -q '^flags=-O2 -fomit-frame-pointer'
	done
}
