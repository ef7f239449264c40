#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two runs beside each other: the article's machines, real runs, refusals, the gate.

bats_require_minimum_version 1.5.0

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export XDG_DATA_HOME=$PWD/home
	"$MOULT" show article --format json > article.json
	"$MOULT" bench --no-store --progress none -b 40 --target-ci 50 --tests syscall,pipe --json > one.json
	"$MOULT" bench --no-store --progress none -b 40 --target-ci 50 --tests syscall,pipe --json > two.json
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export XDG_DATA_HOME=$PWD/home
}

# value FILE EXPRESSION: on "c", the first comparison
value() { /usr/bin/python3 -c "import json; c = json.load(open('$1'))['comparisons'][0]; print($2)"; }

@test "the article's machines: ratios without intervals, and it is said" {
	run -0 "$MOULT" compare article#1 article#2
	[[ "$output" == *"no interval"* ]]
	[[ "$output" == *"has no samples"* ]]
	"$MOULT" compare --json article.json#1 article.json#2 article.json#3 > c.json
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.compare.schema.json" c.json
	run -0 value c.json "round(c['index']['first'], 1), round(c['index']['second'], 1), c['index']['low'], c['index']['verdict'], len(c['tests'])"
	[ "$output" = "519.8 1471.4 None cannot_tell 12" ]
	run -0 /usr/bin/python3 -c "import json; print(len(json.load(open('c.json'))['comparisons']))"
	[ "$output" = 2 ]
}

@test "two real runs: an interval around the ratio, a verdict that follows from it" {
	"$MOULT" compare --json one.json two.json > c.json
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.compare.schema.json" c.json
	run -0 /usr/bin/python3 -c "
import json
c = json.load(open('c.json'))['comparisons'][0]
assert c['same_build'] and c['common_tests'] == 2
for row in c['tests'] + [c['index']]:
    assert row['low'] <= row['ratio'] <= row['high']
    assert abs(row['ratio'] - row['second'] / row['first']) < 1e-9
    assert row['verdict'] == ('faster' if row['low'] > 1 else 'slower' if row['high'] < 1 else 'no_difference')
"
	run -0 "$MOULT" compare one.json two.json
	[[ "$output" == *"The smallest change of the index"* ]]
	printf '%s\n' "$output" | awk 'length > 79 { print; bad = 1 } END { exit bad }'
	run -0 "$MOULT" compare --format markdown one.json two.json
	[[ "$output" == *"| syscall |"* ]]
}

@test "a slowdown is called, and the gate closes" {
	/usr/bin/python3 -c "
import json
run = json.load(open('one.json'))
for test in run['tests']:
    for sample in test['samples']:
        sample['count'] = int(sample['count'] / 3)
json.dump(run, open('slow.json', 'w'))"
	run "$MOULT" compare --gate 5 one.json slow.json
	[ "$status" -eq 8 ]
	[[ "$output" == *"slower"* ]]
	run -0 "$MOULT" compare --gate 5 slow.json one.json
	run -0 "$MOULT" compare --gate 99 one.json slow.json
}

@test "runs that cannot be compared are refused with the reason" {
	sed 's/"profile": "unixbench"/"profile": "pinned"/' one.json > pinned.json
	run "$MOULT" compare one.json pinned.json
	[ "$status" -eq 4 ]
	[[ "$output" == *"profiles"* ]]
	/usr/bin/python3 -c "
import json
run = json.load(open('one.json'))
run['tests'] = run['tests'][:1]
json.dump(run, open('only.json', 'w'))
run = json.load(open('two.json'))
run['tests'] = run['tests'][1:]
json.dump(run, open('other.json', 'w'))"
	run "$MOULT" compare only.json other.json
	[ "$status" -eq 4 ]
	run -0 "$MOULT" compare only.json two.json
	[[ "$output" == *"made of the 1 tests"* ]]
}

@test "a run file may come through a pipe, and must hold a run" {
	run -0 bash -c "cat one.json | '$MOULT' compare /dev/stdin two.json"
	echo '{"schema":"moult.runs/1","runs":[]}' > none.json
	run "$MOULT" compare none.json one.json
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a wrong command line says what is wrong" {
	for words in "" "one.json" "--gate x one.json two.json" "--gate 100 one.json two.json" "--format html one.json two.json"; do
		# shellcheck disable=SC2086
		run "$MOULT" compare $words
		echo "$words: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	run "$MOULT" compare one.json nothing-here
	[ "$status" -eq 3 ]
}
