#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What one loop of each workload is, counted with strace and callgrind. Counts are differences between a
# long and a short call, so that start and end fall out. The expected numbers are those of section 3 of
# the method page (UnixBench 5.1.3).

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
}

# traced LOOPS PROGRAM [PARAMETER]: leaves the system calls of the program and its children in ./trace
traced() {
	strace -f -qq -o trace -e signal=none "$WORK/$2" duration=100000000000 now=1 "loops=$1" ${3:+"$3"} >out
	grep -q "^result count=$1 " out
}

# calls PATTERN: how many lines of ./trace have it
calls() {
	grep -cE "^[0-9]+ +($1)\(" trace || true
}

# per_loop PATTERN FEW MANY PROGRAM [PARAMETER]
per_loop() {
	local pattern=$1 few=$2 many=$3 before
	traced "$few" "${@:4}"
	before=$(calls "$pattern")
	traced "$many" "${@:4}"
	echo $((($(calls "$pattern") - before) / (many - few)))
}

@test "pipe: 2 system calls a loop, 512 bytes each way" {
	[ "$(per_loop '[a-z0-9_]+' 100 300 pipe)" = 2 ]
	[ "$(grep -cE 'write\([0-9]+, ".*, 512\) += 512' trace)" = 300 ]
	[ "$(grep -cE 'read\([0-9]+, ".*, 512\) += 512' trace)" = 300 ]
}

@test "context1: 4 system calls a round trip, 8 bytes each, in two processes" {
	# a call that waits is shown in two lines; the second begins with "<..."
	[ "$(per_loop 'read|write' 100 300 context1)" = 4 ]
	[ "$(per_loop '[a-z0-9_]+' 100 300 context1)" = 4 ]
	[ "$(grep -E 'write\(' trace | grep -vc ready.*6 )" -ge 600 ]
	[ "$(grep -E '\b(write)\(' trace | grep -E ', 8(\)| <)' | awk '{print $1}' | sort -u | wc -l)" = 2 ]
}

@test "syscall: dup, close, getpid, getuid, umask, once each, on a pipe of its own" {
	[ "$(per_loop '[a-z0-9_]+' 100 300 syscall)" = 5 ]
	for name in dup close getpid getuid umask; do
		[ "$(per_loop "$name" 100 300 syscall)" = 1 ]
	done
	run ! grep -E 'dup\(0\)' trace
}

@test "spawn: one fork, one exit, one wait" {
	[ "$(per_loop 'clone|clone3|fork|vfork' 10 30 spawn)" = 1 ]
	[ "$(per_loop 'exit_group' 10 30 spawn)" = 1 ]
	[ "$(per_loop 'wait4|waitid|waitpid' 10 30 spawn)" = 1 ]
}

@test "execl: one execve, and no time(2) or fork" {
	[ "$(per_loop 'execve' 10 30 execl)" = 1 ]
	[ "$(per_loop 'clone|clone3|fork|vfork|time|gettimeofday' 10 30 execl)" = 0 ]
}

@test "the copy tests: buffers of 1024, 256 and 4096 bytes, 2000 of them a file, files of their own" {
	for size in 1024 256 4096; do
		[ "$(per_loop 'write' 2000 6000 fstime "buffer=$size")" = 1 ]
		[ "$(per_loop 'read' 2000 6000 fstime "buffer=$size")" = 1 ]
		# 6000 measured, 2000 to make the source, 2000 for the first copy
		[ "$(grep -cE "write\([0-9]+, .*, $size\) += $size" trace)" = 10000 ]
		[ "$(stat -c %s from to | sort -u)" = $((2000 * size)) ]
		# one end of file, and one rewind of each file, every 2000 buffers
		[ "$(grep -cE 'lseek\(.*SEEK_SET\) += 0' trace)" = $((2 * (1 + 1 + 2))) ]
	done
}

@test "shell1: 10 programs a loop" {
	[ "$(per_loop 'execve' 2 6 shell scripts=1)" = 10 ]
	[ "$(grep -cE 'execve\(.*/expr' trace)" = 6 ]
}

@test "shell8: 73 programs a loop" {
	[ "$(per_loop 'execve' 2 4 shell scripts=8)" = 73 ]
}

@test "dhry2reg and whetstone-double: no system call in a loop of the first, none of time(2)" {
	[ "$(per_loop '[a-z0-9_]+' 1000 3000 dhry2reg)" = 0 ]
	traced 2 whetstone-double
	[ "$(calls 'time|gettimeofday')" = 0 ]
}

# instructions LOOPS PROGRAM: counted by callgrind
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$WORK/$2" duration=100000000000 now=1 \
		"loops=$1" 2>&1 >/dev/null | awk '/Collected/ { print $4 }'
}

# The original, tag v5.1.3, built by gcc 12.2 with its own flags: 175 instructions a loop of Dhrystone
# (difference of two lengths) and 5.433 million a pass of Whetstone, on x86-64 with AVX2.
@test "gcc 12 on x86-64: instructions a loop stand within 3% of the original's; else: N3 and N7 are there" {
	if [ "$(uname -m)" = x86_64 ] && "$WORK/pipe" about | grep -q '^compiler=GCC 12'; then
		dhry=$((($(instructions 30000 dhry2reg) - $(instructions 10000 dhry2reg)) / 20000))
		whet=$((($(instructions 5 whetstone-double) - $(instructions 2 whetstone-double)) / 3000))
		echo "dhry2reg $dhry instructions a loop, whetstone-double $whet thousand a pass"
		[ "$dhry" -ge 170 ]
		[ "$dhry" -le 180 ]
		[ "$whet" -ge 5270 ]
		[ "$whet" -le 5596 ]
	else
		"$WORK/whetstone-double" duration=200000000 now=1 | tr ' ' '\n' >out
		for section in n3_ns n7_ns; do
			[ "$(awk -F= -v name=$section '$1 == name { print $2 }' out)" -gt 1000000 ]
		done
	fi
}
