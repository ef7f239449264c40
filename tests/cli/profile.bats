#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The pinned profile: static, complete, alone in the world; and both profiles in turns.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp
}

@test "the pinned executables need no loader and no library" {
	for name in context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double busybox; do
		run readelf -lW "$WORK/pinned-$name"
		[ "$status" = 0 ]
		[[ "$output" != *INTERP* ]]
	done
	# the check can fail: the others need one
	readelf -lW "$WORK/pipe" | grep -q INTERP
}

@test "in the pinned profile every section is kept: N4 of Whetstone takes time, Dhrystone divides" {
	n4() {
		"$WORK/$1" duration=200000000 now=1 | tr ' ' '\n' | sed -n 's/^n4_ns=//p'
	}
	[ "$(n4 pinned-whetstone-double)" -gt 1000000 ]
	[ "$(n4 whetstone-double)" -lt 1000000 ]
	divisions() {
		objdump -d --no-show-raw-insn "$WORK/$1" | awk '/<dhry_run>:/, /ret/' | grep -c idiv
	}
	[ "$(uname -m)" != x86_64 ] || [ "$(divisions pinned-dhry2reg)" -ge 1 ]
}

@test "both: two runs of one group, in turns, with their own executables" {
	"$MOULT" bench --tmpdir tmp --no-store --progress none -t pipe,shell1 -b 40 --target-ci 50 --profile both --json >runs.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" runs.json
	python3 - <<-'END'
		import json
		first, second = json.load(open("runs.json"))["runs"]
		assert (first["profile"], second["profile"]) == ("unixbench", "pinned")
		assert first["group"] == second["group"]
		assert not set(first["build"]["executables"]) & set(second["build"]["executables"])
		assert "pinned-busybox" in second["build"]["executables"]
		assert "-static" in second["build"]["flags"] and "-static" not in first["build"]["flags"]
		starts = sorted((s["start_s"], number, t["key"]) for number, run in enumerate((first, second))
		                for t in run["tests"] for s in t["samples"])
		assert [s[1:] for s in starts[:4]] == [(0, "pipe"), (1, "pipe"), (0, "shell1"), (1, "shell1")]
		assert not any("locale" in w for w in second["warnings"])
	END
	[ -z "$(ls -A tmp)" ]
}

@test "pinned runs where there is no shell and no tool at all" {
	unshare -m true 2>/dev/null || skip "no right to make a mount namespace"
	mkdir -p root/{proc,tmp,helpers,dev}
	: >root/dev/null # ash opens it for background jobs
	cp "$MOULT" root/moult
	cp "$WORK"/pinned-* root/helpers/ 2>/dev/null || true
	ldd root/moult | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "root$(dirname "$library")"
		cp -Ln "$library" "root$library"
	done
	unshare -m sh -c 'mount --bind /proc root/proc && exec env MOULT_HELPERS=/helpers ASAN_OPTIONS=detect_leaks=0 \
		chroot root /moult bench --tmpdir /tmp --no-store --progress none -p pinned -t execl,shell8 -b 40 --target-ci 50 --json' >run.json
	python3 -c 'import json; assert all(t["score"] > 0 for t in json.load(open("run.json"))["tests"])'
}

@test "a wrong profile" {
	run --separate-stderr "$MOULT" bench --profile both,pinned
	[ "$status" = 2 ]
	[[ "$stderr" == *"--profile takes unixbench, pinned or both"* ]]
}
