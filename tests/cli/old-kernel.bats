#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult-rescue on Linux 3.16, as far as its list of system calls goes: tests/tools/old-kernel.

setup() {
	bats_require_minimum_version 1.5.0
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of old-kernel are those of x86-64"
	rescue=${MOULT_RESCUE:-$(dirname "${MOULT_PLAIN:-$MOULT}")/moult-rescue}
	[ -x "$rescue" ] || skip "no $rescue: MOULT_RESCUE names none (meson option rescue)"
	old_kernel=$(dirname "$FAULTS")/old-kernel
	local status=0
	"$old_kernel" true || status=$?
	[ "$status" != 125 ] || skip "this machine refuses seccomp filters"
	[ "$status" = 0 ]
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp
	export MOULT_HELPERS=$WORK XDG_DATA_HOME=$PWD/data
}

# bench [PROGRAM]... ARGUMENT...: the words up to moult-rescue start it
bench() {
	local words=()
	while [ "$1" != "$rescue" ]; do
		words+=("$1")
		shift
	done
	shift
	"${words[@]}" "$rescue" bench --profile pinned --tmpdir tmp --progress none -b 40 --target-ci 50 "$@"
}

# answers NUMBER...: the errno of each of these calls, made with no argument that could be right
answers() {
	python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for number in map(int, sys.argv[1:]):
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
    print(ctypes.get_errno(), end=" ")' "$@"
}

@test "the filter is in force: 316 is there, 317 to 334 and 424 to 470 are not" {
	enosys=38
	new=$(seq 317 334; seq 424 470)
	[ "$("$old_kernel" bash -c "$(declare -f answers); answers $(echo $new)" | tr ' ' '\n' | sort -u | xargs)" = $enosys ]
	# read, openat, renameat2; and without the filter statx and getrandom are there
	[[ " $("$old_kernel" bash -c "$(declare -f answers); answers 0 257 316")" != *" $enosys "* ]]
	[[ " $(answers 332 318)" != *" $enosys "* ]]
	run "$old_kernel" python3 -c 'import os; os.getrandom(8)'
	[ "$status" = 1 ]
	[[ "$output" == *"Function not implemented"* ]]
	# a child has it too
	run "$old_kernel" sh -c 'python3 -c "import os; os.getrandom(8)"; exit $?'
	[ "$status" = 1 ]
}

@test "version, bench, show and identify work there" {
	[ "$("$old_kernel" "$rescue" --version)" = "$("$rescue" --version)" ]
	bench "$old_kernel" "$rescue" --tests syscall,shell1 --no-store --json >run.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" run.json
	python3 -c 'import json; r = json.load(open("run.json")); assert all(t["score"] > 0 for t in r["tests"]), r'
	"$old_kernel" "$rescue" show run.json >shown
	"$rescue" show run.json | cmp - shown
	[ "$("$old_kernel" "$rescue" identify --brief)" = "$("$rescue" identify --brief)" ]
	[ -z "$(ls -A tmp)" ]
}

@test "the store works there" {
	bench "$old_kernel" "$rescue" -t syscall --label kept >shown
	"$old_kernel" "$rescue" runs | grep -q kept
	"$old_kernel" "$rescue" show kept | grep -q '^System Call Overhead'
	"$old_kernel" "$rescue" runs rm kept
}

# two disks with a system: the image, and what is written over
make_disks() {
	. "$ROOT/tests/tools/overlay.bash"
	make_image new.raw 48
	truncate -s 160M old.raw
	cp --sparse=always old.raw disk.raw
	sha=$(sha256sum new.raw | cut -d' ' -f1)
	export XDG_STATE_HOME=$PWD/state
	words=(--disk disk.raw --file --waive firmware --waive no-boot-path)
}

@test "overlay plan, apply, status and rollback work there" {
	make_disks
	"$old_kernel" "$rescue" overlay plan new.raw "${words[@]}" --sha256 "$sha" -o plan.json >text
	[ "$(jq -r .image.system plan.json)" = "System new.raw" ]
	[ "$(jq -r '.checks[] | select(.name == "sandbox") | .text' plan.json)" = "what read the image could open nothing for writing" ]
	"$old_kernel" "$rescue" overlay apply --plan plan.json --confirm-disk disk.raw --progress none >text
	cmp -i 1M -n 46M new.raw disk.raw
	[ "$("$old_kernel" "$rescue" overlay status --disk disk.raw --file --json | jq -r .state)" = complete ]
	"$old_kernel" "$rescue" overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none >text
	cmp -n 100M old.raw disk.raw
	[ "$("$old_kernel" "$rescue" overlay status --disk disk.raw --file --json | jq -r .state)" = rolled-back ]
}

@test "overlay plan without seccomp goes on, and says so" {
	make_disks
	"$old_kernel" -f 157 "$rescue" overlay plan new.raw "${words[@]}" --sha256 "$sha" --json >plan.json
	[[ "$(jq -r '.checks[] | select(.name == "sandbox") | .text' plan.json)" == "not available (this kernel takes no seccomp filter: "*"): what read the image could have written" ]]
}

@test "without a call that they need, openat or getpid, they fail there" {
	bench "$rescue" --tests syscall --no-store --json >run.json
	run --separate-stderr "$old_kernel" -f 257 "$rescue" show run.json
	[ "$status" = 1 ]
	[[ "$stderr" == *"Function not implemented" ]]
	run --separate-stderr bench "$old_kernel" -f 39 "$rescue" --tests syscall --no-store --json
	[ "$status" = 7 ]
	[[ "$stderr" == *"syscall: a system call gave a wrong answer" ]]
}
