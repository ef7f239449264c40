#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult bench with bad input of every kind: one clear line, the right exit status, nothing left.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp
}

# refused STATUS MESSAGE ARGUMENT...
refused() {
	local wanted=$1 message=$2
	shift 2
	run --separate-stderr "$MOULT" bench --tmpdir tmp --progress none "$@"
	echo "$status: $stderr"
	[ "$status" = "$wanted" ]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == "moult: bench: "*"$message"* ]]
	[ -z "$(ls -A tmp 2>/dev/null)" ]
}

@test "an unknown test" {
	refused 2 "unknown test 'dhry2' (did you mean 'dhry2reg'?)" --tests dhry2
	refused 2 "unknown test 'quux'; there are: dhry2reg" --tests pipe,quux
	refused 2 "unknown test ''" --tests ""
	refused 2 "unknown test ''" --tests pipe,
}

@test "a wrong number of copies" {
	for copies in 0 -1 1.5 x "" 1,0 4097 99999999999999999999; do
		refused 2 "--copies" --copies="$copies" --tests pipe
	done
	refused 2 "at most 8 numbers" --copies 1,1,1,1,1,1,1,1,1
}

@test "a wrong budget" {
	for budget in 0 -5 x "" 5y 48h; do
		refused 2 "--budget" --budget="$budget"
	done
	refused 2 "does not go with" --budget 90 --classic
	refused 2 "exclude each other" --precise --classic
}

@test "an explicit budget that is too short says what is needed" {
	refused 4 "a budget of 10 s is too short: 12 tests need at least 43 s" --budget 10
	refused 4 "1 test need" --budget 1 --tests pipe
}

@test "a wrong format, progress or run file" {
	refused 2 "unknown format 'xml'" --format xml
	refused 2 "--progress takes" --progress loud
	refused 3 "no run 'nowhere.json' in the store, and no file of that name" --beside nowhere.json
	echo '{"schema":"moult.run/1","method":"budget","copies":1,"tests":[' >cut.json
	refused 3 "'cut.json' is not JSON" --beside cut.json
	refused 2 "--beside goes with" --beside article --json
}

@test "more copies than open files are allowed" {
	run --separate-stderr bash -c 'ulimit -n 200; "$MOULT" bench --tmpdir tmp -t pipe -c 100 --progress none'
	echo "$stderr"
	[ "$status" = 4 ]
	[[ "$stderr" == *"raise ulimit -n above 364" ]]
	# a soft limit below the hard one is no limit
	bash -c 'ulimit -Sn 100; "$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 -c 40 --progress none >/dev/null'
}

@test "a folder that is not there, or is none" {
	run --separate-stderr "$MOULT" bench --tmpdir nowhere -t pipe
	[ "$status" = 1 ]
	[[ "$stderr" == *"'nowhere': No such file or directory" ]]
	touch file
	run --separate-stderr "$MOULT" bench --tmpdir file -t pipe
	[ "$status" = 1 ]
	[[ "$stderr" == *"'file' is not a folder: choose another --tmpdir" ]]
}

@test "an output that cannot be written is known before the measurement" {
	refused 1 "--output: 'nowhere/run.json': No such file" --output nowhere/run.json -t pipe
	mkdir -p folder
	for name in folder folder/ ""; do
		refused 1 "--output: '$name' is a folder" --output "$name" -t pipe
	done
}

# on_tmpfs OPTIONS COMMAND: in a mount namespace of its own, with a tmpfs on ./tmp
on_tmpfs() {
	unshare -m true 2>/dev/null || skip "no right to make a mount namespace"
	unshare -m sh -c "mount -t tmpfs -o $1 none tmp && $2"
}

@test "a read-only folder" {
	run --separate-stderr on_tmpfs ro "exec '$MOULT' bench --tmpdir tmp -t pipe --progress none"
	[ "$status" = 1 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == *"is mounted read-only"*"--tmpdir" ]]
}

@test "a noexec folder" {
	run --separate-stderr on_tmpfs noexec "exec '$MOULT' bench --tmpdir tmp -t pipe --progress none"
	[ "$status" = 1 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == *"is mounted noexec"*"--tmpdir" ]]
}

@test "a full folder: before the start, and in the middle of a test" {
	run --separate-stderr on_tmpfs size=64k "'$MOULT' bench --tmpdir tmp -t pipe --progress none; s=\$?; ls -A tmp; exit \$s"
	[ "$status" = 1 ]
	[ -z "$output" ]
	[[ "$stderr" == *"No space left on device"* ]]
	# room for the programs and the small files, not for two of 8 MB
	run --separate-stderr on_tmpfs size=4m "'$MOULT' bench --tmpdir tmp -t fsdisk,pipe -b 40 --target-ci 50 --progress none; s=\$?; ls -A tmp; exit \$s"
	echo "$stderr"
	[ "$status" = 7 ]
	[ "$stderr" = "moult: bench: 1 of 2 tests failed; fsdisk: write the source file: No space left on device" ] ||
		[[ "$stderr" == *"fsdisk: short write"* ]]
	[[ "$output" == *"Pipe Throughput"* ]]
}

# small_root PROGRAM...: a folder that has moult, its helpers and these programs, and nothing else
small_root() {
	mkdir -p root/{proc,tmp,bin,helpers}
	cp "$MOULT" root/moult
	for name in context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double; do
		cp "$WORK/$name" root/helpers/
	done
	for file in "$@"; do
		cp "$(command -v "$file")" "root/bin/$file"
	done
	for file in root/moult root/helpers/* root/bin/*; do
		ldd "$file" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
			mkdir -p "root$(dirname "$library")"
			cp -Ln "$library" "root$library" || true
		done
	done
}

# in_small_root ARGUMENT...
in_small_root() {
	unshare -m true 2>/dev/null || skip "no right to make a mount namespace"
	unshare -m sh -c 'mount --bind /proc root/proc && exec env MOULT_HELPERS=/helpers ASAN_OPTIONS=detect_leaks=0 \
		chroot root /moult bench --tmpdir /tmp --no-store --progress none "$@"' - "$@"
}

@test "no /bin/sh: the shell tests fail, the others are measured" {
	small_root
	run --separate-stderr in_small_root -t pipe,shell1 -b 40 --target-ci 50
	echo "$stderr"
	[ "$status" = 7 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == *"1 of 2 tests failed; shell1: the scripts cannot be run: /bin/sh or a text tool is missing" ]]
	[[ "$output" == *"Index (partial)"* ]]
	[ -z "$(ls -A root/tmp)" ]
}

@test "no sort: the shell tests fail with the shell's words" {
	small_root sh od grep tee wc rm mv expr
	run --separate-stderr in_small_root -t pipe,shell8 -b 40 --target-ci 50
	echo "$stderr"
	[ "$status" = 7 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == *"shell8:"*"sort: not found"* ]]
	[ -z "$(ls -A root/tmp)" ]
}

@test "a closed standard output is known before the measurement" {
	run --separate-stderr sh -c '"$MOULT" bench --tmpdir tmp -t pipe --progress none >&-'
	[ "$status" = 1 ]
	[ "$stderr" = "moult: bench: standard output is closed" ]
	run --separate-stderr sh -c '"$MOULT" --help >&-'
	[ "$status" = 1 ]
}

@test "a full device, and a reader that is gone" {
	run --separate-stderr sh -c '"$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --progress none >/dev/full'
	[ "$status" = 1 ]
	[ "$stderr" = "moult: bench: standard output: write: No space left on device" ]
	run --separate-stderr bash -c '"$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --progress none | true; exit ${PIPESTATUS[0]}'
	[ "$status" = 1 ]
	[ "$stderr" = "moult: bench: standard output: write: Broken pipe" ]
	[ -z "$(ls -A tmp)" ]
}

@test "helpers that are missing, or are something else" {
	cp "$MOULT" moult-alone
	run --separate-stderr ./moult-alone bench --tmpdir tmp -t pipe
	[ "$status" = 1 ]
	[[ "$stderr" == *"install moult again or unpack the whole bundle, or set MOULT_HELPERS"* ]]
	mkdir helpers
	for name in context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double; do
		printf '#!/bin/sh\necho ready; echo what\n' >"helpers/$name"
	done
	MOULT_HELPERS=$PWD/helpers run --separate-stderr "$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --progress none
	[ "$status" = 7 ]
	[[ "$stderr" == *"pipe: the workload's answer is not understood: 'what'" ]]
}
