#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult bench: what it measures, what it writes, and how it ends.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tmp
}

# bench ARGUMENT...: a short run below ./tmp
bench() {
	"$MOULT" bench --tmpdir tmp --progress none "$@"
}

# field FILTER FILE: a value of a run file
field() {
	python3 -c 'import json, sys; r = json.load(open(sys.argv[2])); print(eval(sys.argv[1]))' "$1" "$2"
}

nothing_is_left() {
	[ -z "$(ls -A tmp)" ]
	run ! pgrep_folder
}

# processes that run from, or in, the test's folder
pgrep_folder() {
	local link
	for link in /proc/[0-9]*/exe /proc/[0-9]*/cwd; do
		[[ "$(readlink "$link" 2>/dev/null)" == "$(pwd -P)/tmp/"* ]] && return 0
	done
	return 1
}

@test "one test: a valid run file, the same on standard output, and nothing left behind" {
	bench --tests pipe -b 40 --target-ci 50 --json --output run.json >out.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" run.json out.json
	cmp run.json out.json
	[ "$(field 'r["schema"], r["index"]["partial"], len(r["tests"])' run.json)" = "('moult.run/1', True, 1)" ]
	[ "$(field 'len(r["tests"][0]["samples"]) >= 3' run.json)" = True ]
	nothing_is_left
}

@test "the score is the geometric mean of the rates, the index 10 times it over the baseline" {
	bench --tests syscall -b 40 --target-ci 50 --json >run.json
	python3 - <<-'END'
		import json, math
		run = json.load(open("run.json"))
		test = run["tests"][0]
		trusted = [s for s in test["samples"] if not s["flags"]]
		used = trusted if len(trusted) >= 3 else test["samples"]
		rates = [s["count"] * test["per_loop"] / s["scored_s"] for s in used]
		score = math.exp(sum(map(math.log, rates)) / len(rates))
		assert abs(score / test["score"] - 1) < 1e-6, (score, test["score"])
		assert abs(score / 1500 / test["index"] - 1) < 1e-6
		assert abs(test["index"] / run["index"]["score"] - 1) < 1e-6
		assert test["low"] < score < test["high"] and test["used"] == len(used)
	END
}

@test "samples are interleaved, of their length, and carry CPU time and switches" {
	bench --tests pipe,syscall,context1 -b 40 --target-ci 50 --json >run.json
	python3 - <<-'END'
		import json
		run = json.load(open("run.json"))
		assert [t["key"] for t in run["tests"]] == ["pipe", "context1", "syscall"]
		starts = sorted((s["start_s"], t["key"]) for t in run["tests"] for s in t["samples"])
		assert [key for _, key in starts[:6]] == ["pipe", "context1", "syscall"] * 2, starts
		for test in run["tests"]:
		    for s in test["samples"]:
		        assert abs(s["elapsed_s"] - s["wanted_s"]) < 0.2, s
		        assert 0.3 < (s["user_s"] + s["system_s"]) / s["elapsed_s"] < 2.3, s
		assert all(s["switches_voluntary"] + s["switches_forced"] > s["count"]
		           for s in run["tests"][1]["samples"])
	END
}

@test "all twelve tests fit their least budget, and are scored" {
	bench -b 120 --target-ci 50 --json >run.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" run.json
	[ "$(field '[t["score"] > 0 for t in r["tests"]] == [True] * 12' run.json)" = True ]
	[ "$(field 'r["index"]["partial"]' run.json)" = False ]
	# moult's own CPU time, beside that of the workloads: below 1% (sanitizers cost some of it)
	field 'r["overhead_cpu_s"] / r["workload_cpu_s"]' run.json
	[ "$(field 'r["overhead_cpu_s"] < 0.01 * r["workload_cpu_s"]' run.json)" = True ]
}

@test "several numbers of copies give runs of one group; copies start together and share nothing" {
	bench --tests pipe -b 40 --target-ci 50 --copies 1,3 --json >runs.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" runs.json
	python3 - <<-'END'
		import json
		runs = json.load(open("runs.json"))
		assert runs["schema"] == "moult.runs/1"
		one, three = runs["runs"]
		assert one["group"] == three["group"] and one["id"] != three["id"]
		for s in three["tests"][0]["samples"]:
		    starts = [c["start_s"] for c in s["copies"]]
		    assert len(starts) == 3 and max(starts) - min(starts) < 0.1, starts
		    assert sum(c["count"] for c in s["copies"]) == s["count"]
	END
}

@test "more than 16 copies, and a warning when they are more than the CPUs" {
	bench --tests pipe -b 40 --target-ci 50 --copies 20 --json >run.json
	[ "$(field 'r["copies"], len(r["tests"][0]["samples"][0]["copies"])' run.json)" = "(20, 20)" ]
	[ "$(nproc)" -ge 20 ] || [ "$(field 'any("20 copies on" in w for w in r["warnings"])' run.json)" = True ]
}

@test "the UnixBench text is read by the strict reader, full, partial, and with two sections" {
	bench -b 120 --target-ci 50 --format unixbench >full.txt
	"$ROOT/tests/tools/read-unixbench" full.txt >full.json
	[ "$(field 'len(r["sections"][0]["results"]), r["sections"][0]["index"]["partial"]' full.json)" = "(12, False)" ]
	bench --tests pipe,spawn --copies 1,2 -b 40 --target-ci 50 --format unixbench >partial.txt
	"$ROOT/tests/tools/read-unixbench" partial.txt >partial.json
	[ "$(field '[(s["copies"], s["index"]["partial"], len(s["results"])) for s in r["sections"]]' partial.json)" = \
		"[(1, True, 2), (2, True, 2)]" ]
}

@test "the terminal table fits 80 columns and has the article's machines beside it" {
	bench --tests pipe,syscall -b 40 --target-ci 50 --beside article --label "my machine" >out
	if LC_ALL=C.UTF-8 grep -nE '^.{81,}' out; then false; fi
	grep -q '^my machine: ' out
	grep -Eq '^Index +[0-9.]+ +519.8 +1471.4 +816.9$' out
}

@test "progress: plain lines to standard error, JSON when asked for, nothing on standard output" {
	"$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --json >out 2>err
	grep -Eq '^ *[0-9]+%  pipe  [0-9.]+ lps  \([0-9]+ s left\)$' err
	"$MOULT" bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --progress json >out 2>err
	python3 -c 'import json, sys
for line in open("err"):
    r = json.loads(line)
    assert r["schema"] == "moult.progress/1" and r["phase"] == "pipe" and 0 <= r["done"] <= 1'
}

@test "on a terminal a live line is drawn and taken away" {
	script -qec "'$MOULT' bench --tmpdir tmp -t pipe -b 40 --target-ci 50 --json -o run.json >/dev/null" log >/dev/null </dev/null
	grep -q "$(printf '\r\033\[K')\[#*\.*\]" log
	field 'r["index"]["score"]' run.json
}

@test "UB_TMPDIR is where it writes" {
	# the leak checker does not run under strace
	strace -qq -e trace=mkdir,mkdirat -o trace env ASAN_OPTIONS=detect_leaks=0 UB_TMPDIR="$PWD/tmp" "$MOULT" \
		bench -t pipe -b 40 --target-ci 50 --progress none >out
	grep -q "mkdir.*$PWD/tmp/moult-" trace
	nothing_is_left
}

# interrupted SIGNAL: what was measured is kept, status 130, nothing is left
interrupted() {
	# under nohup these tests would hand an ignored SIGHUP down
	env --default-signal=HUP,TERM "$MOULT" bench --tmpdir tmp --progress none -t pipe,shell8 -b 30 --json \
		>run.json 2>err 3>&- &
	local pid=$! status=0
	sleep 3
	kill -s "$1" $pid
	wait $pid || status=$?
	[ "$status" = 130 ]
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" run.json
	[ "$(field 'r["interrupted"], r["tests"][0]["score"] > 0' run.json)" = "(True, True)" ]
	[ "$(wc -l <err)" = 1 ]
	nothing_is_left
}

@test "SIGTERM in the middle keeps what was measured" { interrupted TERM; }
@test "SIGHUP in the middle keeps what was measured" { interrupted HUP; }

@test "Ctrl-C on a terminal keeps what was measured" {
	cat >session <<-END
		trap : INT
		# whoever runs the tests in the background lets SIGINT be ignored
		env --default-signal=INT "$MOULT" bench --tmpdir tmp -t pipe,shell8 -b 30 -o run.json >/dev/null
		echo status \$?
	END
	(sleep 4; printf '\003'; sleep 3) | script -qec "bash session" log >/dev/null || true
	grep -q 'status 130' log
	[ "$(field 'r["interrupted"]' run.json)" = True ]
	nothing_is_left
}

@test "killed without warning, it leaves no child running" {
	"$MOULT" bench --tmpdir tmp --progress none -t shell8,spawn -b 30 >out 2>err 3>&- &
	local pid=$!
	sleep 2
	pgrep_folder
	kill -9 $pid
	wait $pid || true
	for i in 1 2 3 4 5 6 7 8 9 10; do
		pgrep_folder || return 0
		sleep 0.5
	done
	false
}

@test "a workload that fails its own check fails alone" {
	mkdir helpers
	cp "$WORK"/* helpers/ 2>/dev/null || true
	mv helpers/pipe helpers/pipe.real
	printf '#!/bin/sh\nFAULT=read LD_PRELOAD=%s exec %s/helpers/pipe.real "$@"\n' "$FAULTS" "$PWD" >helpers/pipe
	chmod +x helpers/pipe
	status=0
	MOULT_HELPERS=$PWD/helpers bench -t pipe,syscall -b 40 --target-ci 50 --json >run.json 2>err || status=$?
	[ "$status" = 7 ]
	[ "$(field 'r["tests"][0]["score"], r["tests"][0]["failure"], r["tests"][1]["score"] > 0' run.json)" = \
		"(None, 'a block came out of the pipe in the wrong order', True)" ]
	grep -q '^moult: bench: 1 of 2 tests failed; pipe: a block' err
}
