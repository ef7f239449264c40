#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# UnixBench's reports in: the corpus, the article's three machines, hostile and damaged ones.

bats_require_minimum_version 1.5.0

setup()
{
	SHARED=${SHARED:-$ROOT/../shared}
	cd "$BATS_TEST_TMPDIR" || exit 1
	export XDG_DATA_HOME=$PWD/home
	"$MOULT" show article --format unixbench > article.txt
}

# the field of the first run, by a Python expression on "run"
first() { /usr/bin/python3 -c "import json, sys; run = json.load(open('$1')); run = run.get('runs', [run])[0]; print($2)"; }

@test "each report of the corpus gives what it says" {
	[ -d "$SHARED/corpus/unixbench" ] || skip "$SHARED/corpus/unixbench is not here: it is not ours to copy"
	run "$ROOT/tests/tools/judge-reports" "$SHARED/corpus/unixbench"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the article's three machines with their consoles: 519.8, 1471.4, 816.9, and what they are" {
	[ -d "$SHARED/seed" ] || skip "$SHARED/seed is not here"
	for row in ubuntu-14.04-pv:519.8:pv debian-8.1-hvm:1471.4:pvhvm ubuntu-14.04-hvm:816.9:pvhvm; do
		IFS=: read -r name score mode <<< "$row"
		"$MOULT" runs import --json --label "$name" --log "$SHARED/seed/$name.console.txt" "$SHARED/seed/$name.unixbench.txt" > run.json
		run -0 first run.json "run['index']['score'], [f['value'] for f in run['environment']['facts'] if f['key'] == 'virt.mode'], run['warnings']"
		echo "$output"
		[ "$output" = "$score ['$mode'] []" ]
		run -0 "$MOULT" show "$name"
		[[ "$output" == *"$score"* ]]
	done
	run "$MOULT" runs import "$SHARED/seed/debian-8.1-hvm.unixbench.txt"
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "what we print in UnixBench's form is read back, whatever stands around it" {
	sed 's/^/> /' article.txt > quoted
	sed 's/^/\t/' article.txt > tabbed
	{ echo '```'; cat article.txt; echo '```'; } > fenced
	sed 's/$/\r/' article.txt > dos
	for form in article.txt quoted tabbed fenced dos; do
		"$MOULT" show "$form" --format json > out.json
		run -0 first out.json "round(run['index']['score'], 1), len(run['tests'])"
		echo "$form: $output"
		[ "$output" = "519.8 12" ]
	done
}

@test "cut after each line: what is whole is taken, the rest is named" {
	total=$(wc -l < article.txt)
	for (( n = 1; n <= 45 && n < total; n += 2 )); do
		head -n "$n" article.txt > cut
		run "$MOULT" show cut --format json
		[ "$status" -eq 0 ] || [ "$status" -eq 3 ]
		[ "$status" -eq 3 ] || [[ "$output" == *'"moult.run'* ]]
	done
	sed '/^System Call Overhead .* lps/,$d' article.txt > cut
	printf 'System Call Overhead                         386480.8 lps   (10.0 s, 7 samp' >> cut
	"$MOULT" show cut --format json > out.json
	run -0 first out.json "len(run['tests']), [w for w in run['warnings'] if 'no result' in w]"
	[ "$output" = "11 ['the report holds no result of syscall']" ]
}

@test "an index that its row does not give, and a score that the rows do not give, are told" {
	sed 's/^Pipe Throughput  *12440.0 .*/Pipe Throughput                               12440.0     422892.9    999.9/; s/519\.8/519.9/' article.txt > wrong
	sed -i 's/^System Benchmarks Index Score .*519.9/System Benchmarks Index Score                                         600.0/' wrong
	run -0 "$MOULT" runs import wrong
	[[ "$output" == *"the index 999.9, its row gives"* ]]
	[[ "$output" == *"the score 600.0, its rows give"* ]]
}

# all that a file says of its tests
tests() { "$MOULT" show "$1" --format json | /usr/bin/python3 -c "import json, sys; whole = json.load(sys.stdin); print([[test[key] for key in ('key', 'score', 'index', 'used', 'time_s')] for run in whole.get('runs', [whole]) for test in run['tests']])"; }

# the sections of a file: copies, score, number of tests, of which with a result
sections() { "$MOULT" show "$1" --format json | /usr/bin/python3 -c "import json, sys; whole = json.load(sys.stdin); print(' | '.join(f\"{run['copies']} {run['index']['score']} {len(run['tests'])}\" for run in whole.get('runs', [whole])))"; }

@test "a report is read in whatever it stands" {
	sed 's/^/[info] /' article.txt > logged
	nl -ba article.txt > numbered
	sed 's/^/2024-05-01T10:00:00.123Z /' article.txt > stamped
	sed 's/^/>>> > /' article.txt > quoted
	sed 's/\([0-9.]* *lps\)/\x1b[1;32m\1\x1b[0m/' article.txt > coloured
	sed 's/  /\xc2\xa0\xc2\xa0/g; 1s/^/\xef\xbb\xbf/' article.txt > pasted
	sed -E 's/ +/ /g' article.txt > squeezed
	tr '\n' '\r' < article.txt > returns
	{ echo '<html><body><p>My <b>machine</b> is a &lt; b<pre>'; cat article.txt; echo '</pre></body></html>'; } > page
	{ echo '<p align="center"><table><tr><td>a</td></tr></table></p>'; echo '```'; cat article.txt; echo '```'; } > markdown
	sed -E 's/, ([0-9]+) samples\)/, \1\nsamples)/' article.txt > wrapped
	sed -E 's/^(.*[0-9]) (sam)(ples\))/> \1\n> \2\3/' article.txt > quoted-wrapped
	sed -E 's/samples\)/samp=\nles)/; s/=====*/=3D=3D/' article.txt > printable
	sed -E 's/, ([0-9]+) samples\)/, \1=20\nsamples)/' article.txt > printable-blank
	sed -E 's/^(.*[a-z)])  +([0-9.]+)  +([0-9.]+)  +([0-9.]+)$/| \1 | \2 | **\3** | \4 |/' article.txt > table
	for form in logged numbered stamped quoted coloured pasted squeezed returns page markdown wrapped quoted-wrapped printable printable-blank table; do
		run -0 sections "$form"
		echo "$form: $output"
		[[ "$output" == "1 519.8 12"* ]]
		[ "$output" = "$(sections article.txt)" ]
		[ "$(tests "$form")" = "$(tests article.txt)" ]
	done
}

@test "results and indexes with separators, and cells on lines of their own" {
	printf '%s\n' '2 CPUs in system; running 2 parallel copies of tests' 'Pipe Throughput   1,234,567.8 lps   (10.0 s, 7 samples)' \
		'Process Creation   7654,3 lps   (30.0 s, 2 samples)' 'System Call Overhead   2,150 lps   (10.0 s, 7 samples)' 'Execl Throughput' '43.0' '2150.0' '500.0' > numbers
	"$MOULT" show numbers --format json > out.json
	run -0 first out.json "[t['score'] for t in run['tests']]"
	[ "$output" = "[1234567.8, 7654.3, 2150.0, 2150.0]" ]
}

@test "progress, comparisons, delta tables and UnixBench 4 are no rows" {
	cat > none <<- 'END'
		1 x Execl Throughput  1 2 3
		24 X Pipe Throughput  1 2 3
		4 X Process Creation   5000.5     5100.5     102.0
		4 X Execl Throughput :  5000.15,  5100.69(-4.42)
		Execl Throughput     1296.5     941.1
		System Call Overhead  672.4     673.9
		                   ========  ========
		System Benchmarks Index Score       1400.2   1483.0
		System Benchmarks Index Score (Partial Only):      +3.4859
		| Execl Throughput | 2696.1 | 2525.9 | 6.3% |
		Execl Throughput        3006.5 lps   (29.8 secs, 3 samples)
		Exec System Call Overhead        3006.5 lps   (10.0 s, 7 samples)
		Pipe Throughput          12440.0     124400.0    10
		System Benchmarks Index Score                  37
	END
	run "$MOULT" show none
	echo "$output"
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "sections without headers: a row below a score begins the next" {
	cat > mail <<- 'END'
		> before:
		> System Call Overhead          150000.0 lps   (10.0 s, 1 samples)
		> System Benchmarks Partial Index      BASELINE   RESULT   INDEX
		> System Call Overhead               15000.0     150000.0    100.0
		>                                                        ========
		> System Benchmarks Index Score (Partial Only)              100.0
		>
		> after:
		> Pipe Throughput          124400.0 lps   (10.0 s, 1
		> samples)
		> Pipe Throughput      12440.0 124400.0 100.0
		> System Benchmarks Index Score (Partial Only)              100.0
		> and on a larger one:
		> 8 CPUs in system; running 8 parallel copies of tests
		> Process Creation          1260.0 lps
		> Execl Throughput          430.0 lps

		System Benchmarks Index Score                             50.0
	END
	run -0 sections mail
	echo "$output"
	[ "$output" = "0 100.0 1 | 0 100.0 1 | 8 50.0 2" ]
	run -0 "$MOULT" runs import mail
	[[ "$output" == *"Process Creation: the report does not say how long it was measured"* ]]
	[[ "$output" == *"the score 50.0, its rows give 100.0"* ]]
	run -0 "$MOULT" runs list
	[ "${#lines[@]}" -eq 5 ]
}

@test "graphics: their scores are kept and computed again, alone and beside the twelve" {
	cat > graphics <<- 'END'
		Benchmark Run: Mon Jan 02 2023 10:00:00 - 10:02:00
		2 CPUs in system; running 1 parallel copy of tests

		2D graphics: aa polygons         150.0 score (61.0 s, 2 samples)
		2D graphics: images and blits    600.0 score (53.9 s, 2 samples)
		3D graphics: gears                66.8 fps   (20.0 s, 2 samples)
		Pipe Throughput              1244000.0 lps   (10.0 s, 7 samples)

		2D Graphics Benchmarks Partial Index         BASELINE       RESULT    INDEX
		2D graphics: aa polygons                         15.0        150.0    100.0
		2D graphics: images and blits                    15.0        600.0    400.0
		                                                                   ========
		2D Graphics Benchmarks Index Score (Partial Only)                     200.0

		System Benchmarks Partial Index              BASELINE       RESULT    INDEX
		Pipe Throughput                               12440.0    1244000.0   1000.0
		                                                                   ========
		System Benchmarks Index Score (Partial Only)                         1000.0

		3D Graphics Benchmarks Index Values          BASELINE       RESULT    INDEX
		3D graphics: gears                               33.4         66.8     20.0
		                                                                   ========
		3D Graphics Benchmarks Index Score                                     20.0

		Benchmark Run: Mon Jan 02 2023 10:02:00 - 10:02:00
		2 CPUs in system; running 2 parallel copies of tests
	END
	run -0 sections graphics
	[ "$output" = "1 1000.0 1" ]
	"$MOULT" show graphics --format json > out.json
	run -0 first out.json "[f['value'] for f in run['environment']['facts'] if 'score' in f['key']], [w for w in run['warnings'] if 'no result of' not in w]"
	echo "$output"
	[ "$output" = "['200.0', '20.0'] ['1 section of the report holds a header and no result']" ]

	grep -v 'Pipe Throughput\|System Benchmarks' graphics > alone
	run -0 "$MOULT" runs import alone
	[[ "$output" == *"nothing but graphics"* ]]
	run -0 "$MOULT" runs list
	[ "${#lines[@]}" -eq 3 ]
	sed -i 's/ 200\.0$/ 300.0/; s/66.8     20.0/66.8     40.0/' alone
	run -0 "$MOULT" runs import alone
	[[ "$output" == *"the score 300.0 of 2D graphics, its rows give 200.0"* ]]
	[[ "$output" == *"the index 40.0, its row gives 20.0"* ]]
}

@test "several reports in one file: each section has the facts of its own head" {
	for host in one two; do
		cat <<- END
			   BYTE UNIX Benchmarks (Version 5.1.3)

			   System: $host: GNU/Linux
			   OS: GNU/Linux -- 5.10.0-$host -- #1 SMP
			Benchmark Run: Mon Jan 02 2023 10:00:00 - 10:02:00
			1 CPU in system; running 1 parallel copy of tests

			Pipe Throughput              1244000.0 lps   (10.0 s, 7 samples)
		END
	done > both
	"$MOULT" show both --format json > out.json
	run -0 /usr/bin/python3 -c "import json; print([[f['value'] for f in run['environment']['facts'] if f['key'] == 'host.name'] for run in json.load(open('out.json'))['runs']])"
	[ "$output" = "[['one'], ['two']]" ]
}

@test "rounding is no disagreement, and a row that was cut is no row" {
	printf '%s\n' '1 CPU in system; running 1 parallel copy of tests' 'Shell Scripts (8 concurrent)   0.1 lpm   (60.0 s, 2 samples)' \
		'Pipe Throughput   124400.0 lps   (10.0 s, 7 samples)' 'System Benchmarks Index Score (Partial Only)      4.7' > rounded
	"$MOULT" show rounded --format json > out.json
	run -0 first out.json "[w for w in run['warnings'] if 'give' in w]"
	[ "$output" = "[]" ]
	printf 'Pipe Throughput   12440.0 lps   (10.0 s, 7 samples)\nExecl Throughput   2.5 lps' > cut
	run -0 sections cut
	[ "$output" = "0 10.0 1" ]
}

@test "the table that UnixBench 6 writes as CSV" {
	printf '%s\n' 'Concurrency,Dhrystone 2 using register variables,Pipe Throughput,Arithoh' '1,1167000.0,124400.0,5.0' '4,4668000.0,497600.0,20.0' '8,1.0' > table.csv
	run -0 sections table.csv
	[ "$output" = "1 100.0 2 | 4 400.0 2" ]
}

@test "a run that nobody tells the copies of can be stored, listed and read back" {
	printf 'Pipe Throughput   124400.0 lps   (10.0 s, 7 samples)\n' > unknown
	run -0 "$MOULT" runs import --label some unknown
	run -0 "$MOULT" runs list
	[[ "${lines[1]}" == *" ?  "*" ?  "*"100.0"* ]]
	"$MOULT" runs list --json > all.json
	run -0 "$MOULT" show --format json all.json
	run -0 "$MOULT" show some
}

@test "the same report again, as text or HTML, is told to be there" {
	printf '%s\n' '4 CPUs in system; running 4 parallel copies of tests' 'Pipe Throughput   124400.0 lps   (10.0 s, 7 samples)' \
		'System Benchmarks Index Score (Partial Only)   100.0' > once.txt
	cat > once.html <<- 'END'
		<h3>Benchmark Run: 4 CPUs; 4 parallel processes</h3><p>Time: 10:00:00 - 10:01:00; 1m 00s</p>
		<h4>System Benchmarks &mdash; partial</h4><p><table width="100%">
		<tr>
		   <td><b>Pipe Throughput</b></td>
		   <td align=right><tt>124400.0</tt></td>
		   <td align=left><tt>lps</tt></td>
		   <td align=right><tt>10.0 s</tt></td>
		   <td align=right><tt>7</tt></td>
		   <td align=right><tt>12440.0</tt></td>
		   <td align=right><tt>100.0</tt></td>
		</tr>
		<tr>
		   <td colspan=6><b>System Benchmarks Index Score (Partial Only):</b></td>
		   <td align=right><b><tt>100.0</tt></b></td>
		</tr>
		</table></p>
	END
	run -0 sections once.html
	[ "$output" = "4 100.0 1" ]
	run -0 "$MOULT" runs import once.txt
	for file in once.txt once.html; do
		run "$MOULT" runs import "$file"
		echo "$output"
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ "$output" == *"in the store already"* ]]
	done
	run -0 "$MOULT" runs list
	[ "${#lines[@]}" -eq 3 ]
}

@test "hostile reports end in one line, in bounded memory" {
	head -c 2000000 /dev/urandom > random
	run "$MOULT" show random
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	{ printf 'Pipe Throughput   '; head -c 400 /dev/zero | tr '\0' 9; printf ' lps   (10.0 s, 7 samples)\n'; } > digits
	run "$MOULT" show digits
	[ "$status" -eq 3 ]
	head -c 5000000 /dev/zero | tr '\0' x > endless
	run "$MOULT" show endless
	[ "$status" -eq 3 ]
	for (( n = 0; n < 10000; n++ )); do
		printf '4 CPUs in system; running 4 parallel copies of tests\nPipe Throughput   1.0 lps   (10.0 s, 7 samples)\n'
	done > many
	run "$MOULT" runs import many
	[ "$status" -eq 3 ]
	[[ "$output" == *"sections"* ]]
	run -0 "$MOULT" runs list
	[ "${#lines[@]}" -eq 1 ]
	printf 'Pipe Throughput   1.0 lps   (10.0 s, 7 samples)\n\0\0\0\n' > nuls
	run -0 "$MOULT" show nuls
	: > empty
	run "$MOULT" show empty
	[ "$status" -eq 3 ]
	case $(nm "$MOULT" 2> /dev/null) in *__asan_init*) plain=${MOULT_PLAIN:-} ;; *) plain=$MOULT ;; esac
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	yes 'Pipe Throughput is not a row' | head -c 1000000000 > big
	run bash -c "ulimit -v 100000; timeout 100 '$plain' show big"
	[ "$status" -eq 3 ]
	rm big
}

@test "a wrong command line says what is wrong" {
	for words in "import" "import a b" "list --log x" "rm --label x y" "nonsense"; do
		# shellcheck disable=SC2086
		run "$MOULT" runs $words
		echo "$words: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	run "$MOULT" runs import nothing-here
	[ "$status" -eq 1 ]
}
