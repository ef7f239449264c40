#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The strict reader of UnixBench reports (tests/tools/read-unixbench) takes the reports of the real tool
# and refuses them after one edit. The seed reports are not ours, so they stay where they are.

bats_require_minimum_version 1.5.0

setup() {
	SHARED="$BATS_TEST_DIRNAME/../../../shared"
	READER="$BATS_TEST_DIRNAME/../tools/read-unixbench"
	REPORT="$BATS_TEST_TMPDIR/report.txt"
	[ -d "$SHARED/seed" ] || skip "no seed reports: ../shared is absent"
}

# accepts SEED SCORE: the report as it is gives this score.
accepts() {
	run --separate-stderr "$READER" "$SHARED/seed/$1.unixbench.txt"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(ask '[s["index"]["score"] for s in r["sections"]]')" = "[$2]" ]
	[ "$(ask 'len(r["sections"][0]["results"])')" = 12 ]
	[ "$(ask 'r["sections"][0]["index"]["partial"]')" = False ]
}

# ask EXPRESSION: a Python expression over r, the JSON in $output.
ask() {
	python3 -c 'import json, sys; r = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' \
		"$output" "$1"
}

# edit SED: a copy of a seed report, changed by SED.
edit() {
	local seed="$SHARED/seed/ubuntu-14.04-pv.unixbench.txt"

	sed -E "$1" "$seed" >"$REPORT"
	run ! cmp -s "$seed" "$REPORT"
}

# refuses SED LINE EXPECTED: after the edit, one line names the line and what was expected there.
refuses() {
	edit "$1"
	run --separate-stderr "$READER" "$REPORT"
	echo "status $status: $stderr"
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ "$stderr" == "read-unixbench: line $2: expected "*"$3"* ]]
}

# execl_only RESULT INDEX: turns the full report into a partial one, of the Execl test alone.
execl_only() {
	local row='Execl Throughput                         '

	printf '%s;' '16,27{/^Execl/!d}' '30,41{/^Execl/!d}' \
		's/Index Values /Partial Index/' \
		'43s/.*/System Benchmarks Index Score (Partial Only)                      /' \
		"s/^$row *1273.9 lps/$row$(printf %12s "$1") lps/" \
		"s/^($row *43.0).*/\\1 $(printf '%12s %8s' "$1" "$2")/" \
		"43s/\$/$(printf ' %8s' "$2")/"
}

@test "takes the report of the Ubuntu 14.04 PV guest" { accepts ubuntu-14.04-pv 519.8; }
@test "takes the report of the Debian 8.1 HVM guest" { accepts debian-8.1-hvm 1471.4; }
@test "takes the report of the Ubuntu 14.04 HVM guest" { accepts ubuntu-14.04-hvm 816.9; }

@test "gives every field of the header and the first row" {
	run --separate-stderr "$READER" <"$SHARED/seed/ubuntu-14.04-pv.unixbench.txt"
	[ "$(ask 'r["version"], r["system"], r["os"][1]')" = \
		"('5.1.3', 'tkr32: GNU/Linux', '3.13.0-55-generic')" ]
	[ "$(ask 'r["machine"], r["platform"], r["language"], r["charmap"], r["collate"]')" = \
		"('x86_64', 'x86_64', 'en_US.utf8', 'UTF-8', 'UTF-8')" ]
	[ "$(ask 'len(r["cpus"]), r["cpus"][0]["bogomips"], r["cpus"][0]["flags"][3]')" = \
		"(1, 4000.1, 'Physical Address Ext')" ]
	[ "$(ask 'r["uptime"], r["users"], r["load"], r["runlevel"]')" = \
		"('1:36', 1, [0.45, 0.24, 0.12], '2')" ]
	[ "$(ask '[r["sections"][0][k] for k in ("date", "start", "end", "cpus", "copies")]')" = \
		"['2015-08-19', '06:21:34', '06:49:48', 1, 1]" ]
	[ "$(ask '[*r["sections"][0]["results"][0].values()]')" = \
		"['Dhrystone 2 using register variables', 23205108.3, 'lps', 10.0, 7]" ]
	[ "$(ask '[*r["sections"][0]["index"]["rows"][0].values()]')" = \
		"['Dhrystone 2 using register variables', 116700.0, 23205108.3, 1988.4]" ]
}

@test "takes a report file with two sections and 24 CPUs" {
	local report="$SHARED/corpus/unixbench/v513-x86_64-24cpu.txt"

	[ -f "$report" ] || skip "no corpus: ../shared/corpus is absent"
	run --separate-stderr "$READER" "$report"
	[ "$status" -eq 0 ]
	[ "$(ask '[(s["copies"], s["index"]["score"]) for s in r["sections"]]')" = \
		"[(1, 2546.8), (24, 20822.4)]" ]
}

@test "takes a partial set under the partial wording" {
	edit "$(execl_only 1273.9 296.3)"
	run --separate-stderr "$READER" "$REPORT"
	[ "$(ask '[(s["index"]["partial"], s["index"]["score"]) for s in r["sections"]]')" = \
		"[(True, 296.3)]" ]
}

@test "takes a number that widens its field" {
	edit "$(execl_only 1000000000000.0 232558139534.9)"
	run --separate-stderr "$READER" "$REPORT"
	[ "$(ask 'r["sections"][0]["index"]["score"]')" = 232558139534.9 ]
}

@test "takes a section that ran nothing, and another one after it" {
	sed '1d; 15q' "$SHARED/seed/ubuntu-14.04-pv.unixbench.txt" >"$REPORT"
	{ echo; sed -n '12,$p' "$SHARED/seed/ubuntu-14.04-pv.unixbench.txt"; echo; } >>"$REPORT"
	run --separate-stderr "$READER" "$REPORT"
	[ "$(ask '[s["index"] and s["index"]["score"] for s in r["sections"]]')" = "[None, 519.8]" ]
}

# the header
@test "refuses 71 '=' above the title" { refuses '1s/=//' 1 "72 '='"; }
@test "refuses another version" { refuses '2s/5\.1\.3/6.0.0/' 2 "Version 5.1.3"; }
@test "refuses a title without the blank line below" { refuses '3d' 3 "a blank line"; }
@test "refuses a header line indented by a tab" { refuses '4s/^   /\t/' 4 "without tabs"; }
@test "refuses a header line indented by 2 blanks" { refuses '5s/^ //' 5 "'   OS:"; }
@test "refuses a header without the machine" { refuses '6d' 6 "'   Machine:"; }
@test "refuses a charmap without quotes" { refuses '7s/"UTF-8"/UTF-8/' 7 "charmap="; }
@test "refuses CPUs counted from 1" { refuses '8s/CPU 0/CPU 1/' 8 "CPU 0: "; }
@test "refuses bogomips with two decimals" { refuses '8s/4000.1/4000.12/' 8 "N.N bogomips"; }
@test "refuses CPU flags indented by 9 blanks" { refuses '9s/^ //' 9 "10 blanks"; }
@test "refuses CPU flags separated by a comma alone" { refuses '9s/, /,/' 9 "separated by"; }
@test "refuses two blanks in a CPU's model" { refuses '8s/ v3/  v3/' 8 "single blanks"; }
@test "refuses one blank before the users" { refuses '10s/,  1 user/, 1 user/' 10 "uptime(1)"; }
@test "refuses '1 users'" { refuses '10s/1 user/1 users/' 10 "uptime(1)"; }
@test "refuses hours of uptime in one column" { refuses '10s/up  1/up 1/' 10 "uptime(1)"; }
@test "refuses a load with one decimal" { refuses '10s/0\.45/0.4/' 10 "uptime(1)"; }
@test "refuses a date as the runlevel" { refuses '10s/ 2$/ 2015-08-19/' 10 "the runlevel"; }

# the head of a section
@test "refuses 71 dashes" { refuses '12s/-//' 12 "72 dashes"; }
@test "refuses 73 dashes" { refuses '12s/-/--/' 12 "72 dashes"; }
@test "refuses the wrong weekday" { refuses '13s/Wed/Thu/' 13 "'Wed Aug 19 2015'"; }
@test "refuses a day that does not exist" { refuses '13s/Aug 19/Feb 30/' 13 "a date like"; }
@test "refuses a day of one digit" { refuses '13s/Wed Aug 19/Sun Aug 9/' 13 "'Sun Aug 09 2015'"; }
@test "refuses a date in another locale" { refuses '13s/Wed Aug 19/三 8月 19/' 13 "a date like"; }
@test "refuses the 24th hour" { refuses '13s/- 06/- 24/' 13 "HH:MM:SS"; }
@test "refuses '1 CPUs'" { refuses '14s/CPU/CPUs/' 14 "'1 CPU in"; }
@test "refuses '1 parallel copies'" { refuses '14s/copy/copies/' 14 "1 parallel copy of"; }
@test "refuses '2 parallel copy'" { refuses '14s/1 par/2 par/' 14 "N parallel copies"; }
@test "refuses more CPUs than the header lists" { refuses '14s/1 CPU/2 CPUs/' 14 "'1 CPU in"; }
@test "refuses rows without a blank line above" { refuses '15d' 15 "a blank line"; }

# the results
@test "refuses a result one column to the right" { refuses '16s/  lps/ lps/;16s/2320/ &/' 16 "columns"; }
@test "refuses a unit of 4 columns" { refuses '18s/lps   \(/lps  (/' 18 "columns of"; }
@test "refuses swapped rows" { refuses '18{h;d};19G' 19 "sorts after 'File Copy 1024"; }
@test "refuses a row twice" { refuses '20p' 21 "sorts after"; }
@test "refuses an unknown test" { refuses '18s/Execl/Excel/' 18 "one of the 12 tests"; }
@test "refuses the wrong unit" { refuses '19s/KBps/MBps/' 19 "the unit KBps"; }
@test "refuses a comma for the decimal point" { refuses '20s/4\.3/4,3/' 20 "a row"; }
@test "refuses a comma between thousands" { refuses '21s/ 1081678/1,081678/' 21 "a row"; }
@test "refuses a leading zero" { refuses '22s/ 422892/0422892/' 22 "a row"; }
@test "refuses a time without decimals" { refuses '23s/10\.0 s/10 s/' 23 "a row"; }
@test "refuses no samples" { refuses '24s/2 samples/0 samples/' 24 "a row"; }
@test "refuses '1 sample'" { refuses '24s/2 samples/1 sample/' 24 "a row"; }
@test "refuses text after a row" { refuses '25s/$/ /' 25 "a row"; }
@test "refuses a carriage return" { refuses '26s/$/\r/' 26 "control characters"; }
@test "refuses a blank line between rows" { refuses '20G' 22 "Partial Index"; }
@test "refuses rows without a blank line below" { refuses '28d' 28 "or a blank line"; }

# the index
@test "refuses the partial wording over all tests" {
	refuses '29s/Index Values /Partial Index/' 29 "Index Values"
}
@test "refuses 11 tests without the partial wording" { refuses '22d;36d' 28 "Partial Index"; }
@test "refuses 11 tests with only the score line unlike them" {
	refuses '22d;36d;29s/Index Values /Partial Index/' 41 "(Partial Only)"
}
@test "refuses 'Partial Only' on a full score" {
	refuses '43s/Score {15}/Score (Partial Only)/' 43 "Index Score   "
}
@test "refuses a shifted column title" { refuses '29s/ RESULT/RESULT /' 29 "RESULT    INDEX"; }
@test "refuses the wrong baseline" { refuses '32s/43\.0/44.0/' 32 " 43.0 "; }
@test "refuses a result unlike the row above" { refuses '33s/910\.9/910.8/' 33 "307910.9"; }
@test "refuses the wrong index" { refuses '34s/477\.7/477.8/' 34 "the INDEX 477.7"; }
@test "refuses an index one column to the left" { refuses '35s/  1865/ 1865/' 35 "8 columns"; }
@test "refuses a test missing from the index" { refuses '36d' 36 "'Pipe Throughput"; }
@test "refuses swapped index rows" { refuses '37{h;d};38G' 37 "'Pipe-based"; }
@test "refuses a row without an index" { refuses '38s/   206\.7/     ---/' 38 "INDEX"; }
@test "refuses 66 blanks before the ========" { refuses '42s/^ //' 42 "67 blanks"; }
@test "refuses 7 '=' above the score" { refuses '42s/=$//' 42 "8 '='"; }
@test "refuses a score 0.1 too high" { refuses '43s/519\.8/519.9/' 43 "a score from"; }
@test "refuses a score 0.1 too low" { refuses '43s/519\.8/519.7/' 43 "a score from"; }
@test "refuses a shifted score" { refuses '43s/   519/  519/' 43 "8 columns"; }

# the end
@test "refuses a report that stops above the score" { refuses '43d' 43 "Index Score"; }
@test "refuses text after the score" { refuses '$a done' 44 "a blank line"; }
@test "refuses two blank lines after the score" { refuses '$G;$G' 45 "72 dashes"; }
@test "refuses a report file without the blank line at its end" { refuses '1d' 43 "a blank line"; }
@test "refuses a last line without a newline" {
	edit '$s/$/ /'
	printf '%s' "$(cat "$SHARED/seed/ubuntu-14.04-pv.unixbench.txt")" >"$REPORT"
	run --separate-stderr "$READER" "$REPORT"
	[ "$status" -eq 1 ]
	[ "$stderr" = "read-unixbench: line 43: expected a newline at the end of the line" ]
}
@test "refuses an index in a section without results" { refuses '16,27d' 17 "72 dashes"; }
@test "refuses a header without sections" { refuses '12,$d' 12 "72 dashes"; }
@test "refuses an empty file" { refuses 'd' 1 "BYTE UNIX Benchmarks"; }
