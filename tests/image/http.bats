#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Downloads from a server with bad manners (tests/tools/http-server).
bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	truncate -s 2M disk.raw
	seq 1 50000 | dd of=disk.raw conv=notrunc status=none
	head -c 300000 /dev/urandom | dd of=disk.raw bs=1M seek=1 conv=notrunc status=none
	/usr/bin/python3 "$ROOT/tests/tools/http-server" disk.raw port 3>&- &
	echo $! >pid
	for _ in $(seq 100); do
		[ -e port ] && break
		sleep 0.1
	done
}

teardown_file() {
	kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || exit 1
	RAW=$BATS_FILE_TMPDIR/disk.raw
	URL=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
	command -v curl >/dev/null || skip "curl is not here"
	unset http_proxy HTTP_PROXY ALL_PROXY all_proxy
}

# whole PATH: all bytes come, at any place and in order
whole() {
	"$IMAGE_CAT" stream "$URL/$1" wait=1 digests=1 >got 2>said || { cat said; false; }
	cmp got "$RAW"
	grep -q "^layers: http$" said
	grep -q "^published sha256: $(sha256sum <"$RAW" | cut -d' ' -f1)$" said
	"$IMAGE_CAT" bytes "$URL/$1" wait=1 >got 2>said || { cat said; false; }
	cmp got "$RAW"
}

# refused PATH STATUS WORDS: in one line
refused() {
	run timeout 60 "$IMAGE_CAT" info "$URL/$1" wait=1
	echo "$output"
	[ "$status" -eq "$2" ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"$3"* ]]
}

@test "a good server, one without Range, one without a length, one that redirects" {
	for path in good plain chunked redirect; do
		echo "$path"
		whole "$path"
	done
}

@test "cuts are mended, with Range and without" {
	for path in cut cut-plain busy; do
		echo "$path"
		whole "$path"
	done
}

@test "a promise that is not kept is an error, after some tries" {
	refused short 3 "the download was cut after 2097152 bytes"
	refused cut-always 3 "the download was cut"
	refused chunked-cut 3 "the download was cut"
	refused drip 3 "the server cut the download 100 times"
}

@test "lengths that are not true" {
	refused lie/chunks-less 3 "more than the 2096152 bytes that it was to have"
	refused lie/chunks-more 3 "the download was cut after 2097152 bytes"
	for path in two negative words endless; do
		refused "lie/$path" 3 "malformed"
	done
	refused lie/none 3 "nothing is in it"
	run timeout 60 "$IMAGE_CAT" info "$URL/lie/huge" wait=1
	echo "$output"
	[ "$status" -eq 7 ]
	[[ $output == *"no room to spool 999999999999999999 bytes"* ]]
	# bytes behind the length are no part of the answer (RFC 9112, 6.3): curl drops them
	"$IMAGE_CAT" stream "$URL/lie/less" wait=1 >got 2>said
	head -c 2096152 "$RAW" | cmp got -
}

@test "another file than before, another part, another total" {
	refused changed 3 "became another file"
	refused wrong-range 3 "another part"
	refused total 3 "became another file"
}

@test "statuses, circles, other protocols, pages, nobody there" {
	refused status/404 3 "status 404"
	refused status/500 3 "status 500"
	refused circle 1 "in a circle"
	refused file 1 "protocol"
	refused page 3 "web page"
	run timeout 60 "$IMAGE_CAT" info http://127.0.0.1:1/x wait=1
	echo "$output"
	[ "$status" -eq 1 ]
	run "$IMAGE_CAT" info "http://127.0.0.1:1/x y"
	[ "$status" -eq 3 ]
}

@test "an address is no option, and a password is on no command line" {
	command -v strace >/dev/null || skip "strace is not here"
	export ASAN_OPTIONS=detect_leaks=0
	strace -f -s 500 -e trace=execve -o trace "$IMAGE_CAT" info "${URL/:\/\//:\/\/user:secret@}/good"
	grep -q '"-K", "-"' trace
	# the first line is the program that was traced
	[ "$(tail -n +2 trace | grep -c secret)" -eq 0 ]
}

@test "without curl the message names the package" {
	mkdir bin
	PATH=$PWD/bin run -1 "$IMAGE_CAT" info "$URL/good"
	[[ $output == *"install the package curl"* ]]
}

@test "a signal ends the download and its child" {
	"$IMAGE_CAT" info "$URL/status/500" wait=20000 2>said &
	pid=$!
	sleep 1
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	grep -q interrupted said
}
