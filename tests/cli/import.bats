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
