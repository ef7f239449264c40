#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult runs, moult show, and what moult bench keeps.

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
	export XDG_DATA_HOME=$PWD/home
}

# kept LABEL [ARGUMENT]...: a short run in the store
kept() {
	"$MOULT" bench --tmpdir . --progress none -t pipe -b 40 --target-ci 50 --label "$@" >/dev/null
}

@test "a run is kept, listed, shown as it was, and removed" {
	kept one --output run.json --provider ACME --plan "1 CPU" --location here --price "5 EUR"
	[ "$("$MOULT" runs | wc -l)" = 3 ] # header, run, what the star means
	"$MOULT" show one --json >shown.json
	cmp run.json shown.json
	"$MOULT" show run.json --json | cmp run.json
	"$MOULT" runs list --json >list.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" list.json shown.json
	id=$(python3 -c 'import json; print(json.load(open("run.json"))["id"])')
	"$MOULT" show "${id:0:12}" | grep -q "^one: "
	[ "$("$MOULT" runs rm "$id")" = "$id: 1 run removed" ]
	[ "$("$MOULT" runs | wc -l)" = 1 ]
	[ "$(stat -c %a home/moult)" = 700 ]
}

@test "a label names all runs of its command, LABEL#2 and FILE#2 the second" {
	kept both --copies 1,2 --output runs.json
	for name in both runs.json; do
		[ "$("$MOULT" show "$name" -f csv | cut -d, -f12 | sort -u | tr '\n\r' '  ')" = "1 2 copies " ]
		[ "$("$MOULT" show "$name#2" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["copies"])')" = 2 ]
		run --separate-stderr "$MOULT" show "$name#3"
		[ "$status" = 3 ]
	done
	[ "$("$MOULT" runs rm both)" = "both: 2 runs removed" ]
}

@test "--no-store keeps nothing" {
	kept one --no-store
	[ ! -e home ]
}

@test "markdown and bbcode fit 80 columns, are ASCII when asked, and hold no host name" {
	kept "$(printf 'lab|el\033[31m')" --provider "$(printf 'Prov\303\266ider|[b]')" --output run.json
	host=$(uname -n)
	for format in markdown bbcode; do
		"$MOULT" show run.json -f $format >out
		run ! grep -qwF -- "$host" out
		run ! grep -nE '^.{81,}' out
		run ! grep -qP '[\x00-\x08\x0b-\x1f]' out
		"$MOULT" show run.json -f $format --ascii >out
		run ! grep -qP '[^\x00-\x7f]' out
		grep -q 'pipe' out
	done
	[ "$("$MOULT" show article -f markdown | grep -c '^|')" = 42 ]
}

@test "csv is read by a csv reader: a row a test, one for the index, formulas made harmless" {
	kept '=1+1,"quoted"' --output run.json
	"$MOULT" show run.json article -f csv >out.csv
	python3 - <<-'END'
		import csv
		rows = list(csv.DictReader(open("out.csv", newline="")))
		assert len(rows) == 2 + 3 * 13, len(rows)
		assert rows[0]["label"] == "'=1+1,\"quoted\"", rows[0]["label"]
		assert float(rows[0]["score_low"]) < float(rows[0]["score"]) < float(rows[0]["score_high"])
		assert [r["index"] for r in rows if r["test"] == "index"] == ["519.8", "1471.4", "816.9"]
		assert rows[1]["test"] == "index-partial" and rows[2]["score_low"] == ""
	END
}

@test "what is made for sharing is masked: host name, addresses, UUIDs" {
	kept one --output run.json
	python3 - <<-'END'
		import json
		run = json.load(open("run.json"))
		for fact in run["environment"]["facts"]:
		    if fact["key"] == "kernel.command_line":
		        fact["value"] = ("root=UUID=0a1b2c3d-0000-1111-2222-334455667788 ip=203.0.113.7 "
		                         "mac=52:54:00:12:34:56 dns=2001:db8::53 host=tkr-secret quiet")
		        fact.pop("problem", None)
		    if fact["key"] == "host.name":
		        fact["value"] = "tkr-secret"
		run["label"] = "tkr-secret at 203.0.113.7"
		run["provider"] = "of 2001:db8::53"
		run["warnings"] = ["203.0.113.7 was busy"]
		json.dump(run, open("secret.json", "w"))
	END
	"$MOULT" show secret.json --share --json >out
	for word in tkr-secret 203.0.113 52:54 2001:db8 0a1b2c3d; do
		grep -q "$word" secret.json
		run ! grep -q "$word" out
	done
	grep -q 'root=UUID=(masked) ip=(masked)' out
	grep -q 'quiet"' out
	for words in "show -f markdown" "show -f bbcode" "show -f csv" "compare -f markdown one"; do
		# shellcheck disable=SC2086
		"$MOULT" $words secret.json > out
		for word in tkr-secret 203.0.113 2001:db8; do
			run ! grep -q "$word" out
		done
	done
	grep -q '(masked) at (masked)' out
	"$MOULT" show secret.json -f unixbench | grep -q '^   System: masked: '
	"$MOULT" show secret.json -f unixbench --raw | grep -q '^   System: tkr-secret: '
}

@test "the folders of a report are not told where it is shared" {
	mkdir -p home/alice/203.0.113.7
	"$MOULT" show article#1 -f unixbench > home/alice/203.0.113.7/report.txt
	"$MOULT" show article#2 -f unixbench > home/alice/other.txt
	run -0 "$MOULT" compare "$PWD/home/alice/203.0.113.7/report.txt" "$PWD/home/alice/other.txt"
	[[ $(tr -d '\n ' <<<"$output") == *home/alice/other.txt* ]]
	run -0 "$MOULT" compare -f markdown "$PWD/home/alice/203.0.113.7/report.txt" "$PWD/home/alice/other.txt"
	echo "$output"
	[[ "$output" == *"other.txt** against **report.txt"* ]]
	[[ "$output" != *alice* ]]
}

@test "a bootstrap beyond 50 samples, told with its seed" {
	"$MOULT" bench --tmpdir . --progress none -t pipe -b 34 --json >run.json
	python3 - <<-'END'
		import json
		run = json.load(open("run.json"))
		test = run["tests"][0]
		assert len(test["samples"]) > 50, len(test["samples"])
		assert test["interval"] == ("bca" if test["used"] > 50 else "student"), test["interval"]
		assert run["bootstrap_seed"] == 20150819
	END
}

@test "--target-ci stops early" {
	"$MOULT" bench --tmpdir . --progress none -t pipe,syscall -b 60 --target-ci 45 --json >run.json
	python3 - <<-'END'
		import json
		run = json.load(open("run.json"))
		assert all(len(t["samples"]) < 20 for t in run["tests"])
	END
	run --separate-stderr "$MOULT" bench --target-ci 0
	[ "$status" = 2 ]
}

# refused STATUS MESSAGE COMMAND...
refused() {
	local wanted=$1 message=$2
	shift 2
	run --separate-stderr "$MOULT" "$@"
	echo "$status: $stderr"
	[ "$status" = "$wanted" ]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ "$stderr" == *"$message"* ]]
}

@test "wrong command lines" {
	refused 2 "'quux' is none of list, rm and import" runs quux
	refused 2 "unexpected argument" runs list x
	refused 2 "rm needs a run" runs rm
	refused 2 "no run given" show
	refused 2 "exclude each other" show article --raw --share
	refused 3 "no run 'nothing' in the store" show nothing
	refused 3 "no run 'nothing' in the store" runs rm nothing
	unset XDG_DATA_HOME HOME
	refused 1 "neither XDG_DATA_HOME nor HOME" show nothing
}

@test "a damaged store is known before the measurement, and is not touched" {
	kept one
	printf 'this is not SQLite at all' | dd of=home/moult/moult.db conv=notrunc status=none
	before=$(sha256sum home/moult/moult.db)
	refused 3 "not a database" bench -t pipe -b 2 --tmpdir .
	refused 3 "not a database" runs
	[ "$(sha256sum home/moult/moult.db)" = "$before" ]
	"$MOULT" bench -t pipe -b 40 --target-ci 50 --tmpdir . --no-store --progress none | grep -q '^Pipe'
}

@test "a store of a newer moult is refused and not touched" {
	kept one
	python3 -c 'import sqlite3; d = sqlite3.connect("home/moult/moult.db"); d.execute("PRAGMA user_version = 99"); d.commit()'
	before=$(sha256sum home/moult/moult.db)
	refused 3 "written by a newer moult (version 99" runs
	[ "$(sha256sum home/moult/moult.db)" = "$before" ]
}

@test "a full disk while storing: the result is shown, the old runs are there" {
	unshare -m true 2>/dev/null || skip "no right to make a mount namespace"
	mkdir home tmp
	run --separate-stderr unshare -m sh -c 'mount -t tmpfs -o size=160k none home
		"$MOULT" bench --tmpdir tmp --progress none -t pipe -b 40 --target-ci 50 -l first >/dev/null || exit 99
		"$MOULT" bench --tmpdir tmp --progress none -t pipe -b 40 --target-ci 50 -l second >/dev/null; s=$?
		dd if=/dev/zero of=home/fill bs=1k 2>/dev/null
		[ $s = 0 ] && { "$MOULT" bench --tmpdir tmp --progress none -t pipe -b 40 --target-ci 50 -l third | grep -c "^Pipe"
			"$MOULT" bench --tmpdir tmp --progress none -t pipe -b 40 --target-ci 50 -l third >/dev/null; s=$?; }
		"$MOULT" runs; exit $s'
	echo "$status: $stderr"
	[ "$status" = 1 ]
	[[ "$stderr" == *"the run was measured, but not kept:"*"no space left"* ]]
	[[ "$output" == *"first"* ]]
}
