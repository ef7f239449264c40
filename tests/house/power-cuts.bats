#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/vm/blklog.py, which says what a power cut leaves of a disk: its logs are made by QEMU's own driver.

bats_require_minimum_version 1.5.0

setup()
{
	cd "$BATS_TEST_TMPDIR" || exit 1
	head -c 1M /dev/urandom > base
	cp base disk
	: > log
	written -c "write -P 1 0 64k" -c "write -z 128k 64k" -c flush \
		-c "write -P 2 64k 4k" -c flush -c "write -P 3 68k 512" -c "write -P 4 0 512" -c flush
}

written()
{
	qemu-io -t writeback --image-opts "driver=blklogwrites,file.driver=file,file.filename=disk,log.driver=file,log.filename=log" "$@" > /dev/null
}

blklog() { /usr/bin/python3 "$ROOT/tests/vm/blklog.py" "$@"; }

# cuts SEED PYTHON: 300 cuts of the log as "states", and PYTHON, whose lines may begin by a tab
cuts()
{
	{
		echo 'import blklog, random'
		echo 'base, spans = open("base", "rb").read(), blklog.read("log")'
		echo "states = list(blklog.states(base, spans, 300, random.Random($1)))"
		sed 's/^\t//' <<< "$2"
	} | PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$ROOT/tests/vm /usr/bin/python3 -
}

@test "the whole log gives the disk that QEMU wrote" {
	run -0 blklog log base out
	[ "$output" = "5 writes (1 of zeros, 133 KiB in all), 3 flushes" ]
	cmp disk out
	run -1 cmp base out
}

@test "the first flushes give what was written until then" {
	blklog log base out 1
	qemu-io -f raw -c "write -P 1 0 64k" -c "write -z 128k 64k" base > /dev/null
	cmp base out
	blklog log out out 2
	qemu-io -f raw -c "write -P 2 64k 4k" base > /dev/null
	cmp base out
}

@test "a cut keeps what was flushed, and of the rest whole sectors" {
	run -0 cuts 7 '
	assert len(states) == 303
	ends = [base] + [blklog.replay(base, spans[:n]) for n in (1, 2, 3)]
	kinds = set()
	for text, disk in states:
	    number = int(text.split(",")[0].split()[1])
	    if text == f"flush {number}":
	        assert disk == ends[number], text
	        continue
	    for at in range(0, len(disk), 512):
	        part = disk[at:at + 512]
	        assert part in (ends[number][at:at + 512], ends[number + 1][at:at + 512]), text
	    kinds.add((number, disk))
	print(len(kinds) > 100)'
	[ "$output" = True ]
}

@test "the same seed makes the same cuts, another one others" {
	digest='import hashlib; print(hashlib.sha256(b"".join(disk for _, disk in states)).hexdigest())'
	[ "$(cuts 7 "$digest")" = "$(cuts 7 "$digest")" ]
	[ "$(cuts 7 "$digest")" != "$(cuts 8 "$digest")" ]
}

@test "what is no such log, ends early or holds a discard is refused" {
	run -1 blklog base base out
	[[ $output == *"is no log of writes"* ]]
	truncate -s 100K log
	run -1 blklog log base out
	[[ $output == *"ends in its entry"* ]]
	: > log
	written -c "discard 0 64k" -c flush
	run -1 blklog log base out
	[[ $output == *"what it leaves is not known"* ]]
}
