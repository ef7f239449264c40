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

@test "the article: PV is the cause between PV and HVM; between the HVM machines the way into the kernel is to be checked first" {
	"$MOULT" compare --json article#1 article#2 > c.json
	run -0 value c.json "c['causes'][0]['fact'], sorted({'syscall', 'pipe', 'execl', 'spawn', 'context1'} - set(c['causes'][0]['tests'])), c['causes'][0]['share'] > 0.5"
	[ "$output" = "virt.mode [] True" ]
	"$MOULT" compare --json article#3 article#2 > c.json
	run -0 value c.json "'virt.mode' in [x['fact'] for x in c['causes']], c['unexplained'][0]['next'][0]['fact'], c['unexplained'][0]['next'][0]['held'], 'syscall' in c['unexplained'][0]['tests']"
	[ "$output" = "False kernel.entry False True" ]
	run -0 "$MOULT" compare article#3 article#2
	[[ "$output" == *"Check first kernel.entry (these runs do not hold the evidence)"* ]]
	printf '%s\n' "$output" | awk 'length > 79 { print; bad = 1 } END { exit bad }'
	run -0 "$MOULT" compare --format markdown article#1 article#2
	[[ "$output" == *"1. virt.mode (pv -> pvhvm)"* ]]
}

@test "the article's files with their consoles give the same causes" {
	[ -d "$ROOT/../shared/seed" ] || skip "$ROOT/../shared/seed is not here"
	for name in ubuntu-14.04-pv debian-8.1-hvm; do
		"$MOULT" runs import --label "$name" --log "$ROOT/../shared/seed/$name.console.txt" "$ROOT/../shared/seed/$name.unixbench.txt"
	done
	"$MOULT" compare --json ubuntu-14.04-pv debian-8.1-hvm > c.json
	run -0 value c.json "c['causes'][0]['fact'], c['causes'][0]['first'], c['causes'][0]['second']"
	[ "$output" = "virt.mode pv pvhvm" ]
}

@test "a seccomp filter that was put over a real bench is named as the cause, and a tracer is" {
	command -v strace > /dev/null || skip "strace is not here"
	bench=("$MOULT" bench --no-store --progress none -b 40 --target-ci 30 --tests dhry2reg,syscall,pipe --json)
	"${bench[@]}" > plain.json
	"$FILTER" "${bench[@]}" > filtered.json
	"$MOULT" compare --json plain.json filtered.json > c.json
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.compare.schema.json" c.json
	run -0 value c.json "c['causes'][0]['fact'], c['causes'][0]['first'], c['causes'][0]['second'], 'dhry2reg' in c['causes'][0]['tests']"
	[ "$output" = "process.seccomp 0 2 False" ]
	[ -n "${MOULT_PLAIN:-}" ] || skip "MOULT_PLAIN names no program without sanitizers, which bear no tracer"
	bench[0]=$MOULT_PLAIN
	strace -f -qq -o /dev/null -e trace=getppid "${bench[@]}" > traced.json
	"$MOULT" compare --json plain.json traced.json > c.json
	run -0 value c.json "c['causes'][0]['fact']"
	[ "$output" = "process.tracer" ]
}

@test "each rule's fact is one that identify tells" {
	"$MOULT" identify --facts --json > facts.json
	run -0 /usr/bin/python3 -c "
import json, re
known = {fact['key'] for fact in json.load(open('facts.json'))['environment']['facts']} | {'build.compiler', 'build.libc'}
text = open('$ROOT/src/explain/rules.c').read()
rules = set(re.findall(r'\{\"([a-z_0-9.]+)\",\s*judge_', text))
asked = set(re.findall(r'\{\"([a-z_]+\.[a-z_0-9.]+)\",', open('$ROOT/src/explain/next.c').read()))
assert len(rules) > 20 and len(asked) > 15, (len(rules), len(asked))
# the kernel tells of those vulnerabilities that it knows
print(sorted(key for key in rules | asked if key not in known and not key.startswith('cpu.vulnerability.')))"
	[ "$output" = "[]" ]
}

@test "both profiles on both sides: the change is split" {
	[ -n "${MOULT_PLAIN:-}" ] || skip "MOULT_PLAIN names no program without sanitizers"
	"$MOULT_PLAIN" bench --profile both --no-store --progress none -b 20 --target-ci 50 --tests execl,syscall --json > both.json
	"$MOULT" compare --json both.json both.json > c.json
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.compare.schema.json" c.json
	run -0 value c.json "[round(row[part]['ratio'], 6) for row in c['split']['tests'] + [c['split']['index']] for part in ('kernel', 'userland')], c['moved']"
	[ "$output" = "[1.0, 1.0, 1.0, 1.0, 1.0, 1.0] []" ]
	/usr/bin/python3 -c "
import json
data = json.load(open('both.json'))
for run in data['runs']:
    for test in run['tests']:
        for sample in test['samples']:
            sample['count'] = int(sample['count'] * (0.25 if run['profile'] == 'unixbench' else 0.5))
json.dump(data, open('slow.json', 'w'))"
	"$MOULT" compare --json both.json slow.json > c.json
	run -0 value c.json "[round(c['split']['index'][part]['ratio'], 2) for part in ('kernel', 'userland')]"
	[ "$output" = "[0.5, 0.5]" ]
	run -0 "$MOULT" compare both.json slow.json
	[[ "$output" == *"The change in its two parts"* ]]
	run -0 "$MOULT" compare --json both.json#1 slow.json#1
	[[ "$output" == *'"split": null'* ]]
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

@test "what a run file says is cut at whole characters, and cannot speak to the terminal" {
	/usr/bin/python3 -c "
import json
run = json.load(open('one.json'))
run = run['runs'][0] if 'runs' in run else run
run['label'] = '\u00e4' * 4000 + '\u001b[2J'
for fact in run['environment']['facts']:
    if fact['value'] is not None and fact['key'] in ('os.name', 'cpu.model', 'kernel.command_line', 'cpu.usable'):
        fact['value'] = '\u009b\u202e' + '\u00e4' * 4000
for n in range(500):
    run['environment']['facts'].append({'key': 'x%d' % n, 'value': 'y', 'source': 'z'})
json.dump(run, open('loud.json', 'w'))
for n in range(500):
    run['environment']['facts'][-1 - n]['value'] = 'other'
json.dump(run, open('louder.json', 'w'))"
	for words in "compare loud.json louder.json" "compare --format markdown loud.json one.json" "show loud.json" "show --format markdown loud.json" "show --format bbcode loud.json"; do
		# shellcheck disable=SC2086
		run -0 "$MOULT" $words
		[ "${#output}" -lt 9000 ]
		/usr/bin/python3 -c "
import sys
for line in sys.stdin.buffer.read().decode('utf-8', 'strict').splitlines():
    assert line.isprintable(), line" <<< "$output"
	done
	run -0 "$MOULT" compare loud.json louder.json
	[[ "$output" == *"more with --json)"* ]]
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
