#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Help, version, completion, manual pages.

# fits_80 FILE
fits_80() {
	[ -s "$1" ] && ! LC_ALL=C.UTF-8 grep -nE '^.{81,}' "$1" && ! grep -n "$(printf '\t')" "$1"
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
}

commands() {
	"$MOULT" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

@test "help goes to standard output, within 80 columns, status 0" {
	"$MOULT" --help >out 2>err
	fits_80 out
	[ ! -s err ]
	[ -n "$(commands)" ]
	for command in $(commands); do
		"$MOULT" "$command" --help >out 2>err
		fits_80 out
		[ ! -s err ]
		grep -q "^Usage: moult $command " out
	done
}

@test "help wins over everything else on the line" {
	"$MOULT" bench --budget nonsense --help | grep -q '^Usage'
}

@test "the version is the one of the build" {
	[ "$("$MOULT" --version)" = "moult $(sed -n "s/^  version: '\(.*\)',/\1/p" "$ROOT/meson.build")" ]
}

@test "an error is one line on standard error, status 2" {
	for line in "" "quux" "--quux" "bench --quux" "bench stray" "--completion fish"; do
		run --separate-stderr "$MOULT" $line
		[ "$status" = 2 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
		[[ "$stderr" == "moult: "* ]]
	done
}

@test "bash completes commands, options and their values" {
	"$MOULT" --completion bash >moult.bash
	complete_line() {
		bash -c '. ./moult.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _moult; echo "${COMPREPLY[*]}"' - "$@" ""
	}
	bash -n moult.bash
	[ "$(bash -c '. ./moult.bash; COMP_WORDS=(moult be); COMP_CWORD=1; _moult; echo "${COMPREPLY[*]}"')" = bench ]
	[[ "$(complete_line moult bench)" == *"--budget"*"--tmpdir"* ]]
	[ "$(complete_line moult bench --format)" = "terminal unixbench json csv markdown bbcode" ]
	[[ "$(complete_line moult bench --tests)" == "dhry2reg "*" shell8" ]]
	[ -z "$(complete_line moult bench --label)" ]
}

@test "each command has a manual page without faults" {
	for page in moult $(commands | sed 's/^/moult-/'); do
		file=$(dirname "$MOULT")/man/$page.1
		# what mandoc warns of lies in how scdoc writes paragraphs
		mandoc -T lint -W error "$file"
		grep -q '^.SH EXIT STATUS' "$file"
	done
}
