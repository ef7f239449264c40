#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What of a file system is in use: what it says is free can be written over, and it stays whole.

bats_require_minimum_version 1.5.0

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	local kind
	truncate -s 400M ext4.raw xfs.raw small.raw
	mkfs.ext4 -q ext4.raw
	mkfs.xfs -q -b size=4096 xfs.raw
	mkfs.xfs -q -b size=1024 small.raw
	mkdir there
	for kind in ext4 xfs small; do
		loop_mount $kind.raw
		seq 1 300000 > there/text
		head -c 40M /dev/urandom > there/noise
		mkdir there/folder
		for number in {1..400}; do head -c $(( number * 100 )) /dev/urandom > "there/folder/$number"; done
		for number in {1..400..2}; do rm "there/folder/$number"; done # so that the free space has many parts
		umount there
	done
}

teardown_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	if mountpoint -q there; then umount there; fi # where the setup failed
}

setup() { cd "$BATS_FILE_TMPDIR" || exit 1; }

teardown()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	if mountpoint -q there; then umount there; fi
}

# loop_mount FILE [OPTION]: the loop device goes away with the mount
loop_mount() { mount -o "loop${2:+,$2}" "$1" there; }

# The files of an image, with their digests.
list_of()
{
	loop_mount "$1" ro
	(cd there && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	umount there
}

# runs_between USED SIZE: the runs of free bytes, one a line: offset, length
runs_between()
{
	awk -v size="$2" '{ if ($1 > at) print at, $1 - at; at = $1 + $2 } END { if (size > at) print at, size - at }' "$1"
}

# junk FILE FREE: noise in all that is free
junk()
{
	python3 - "$1" "$2" <<- 'END'
	import os, sys
	with open(sys.argv[1], "r+b") as disk, open(sys.argv[2]) as free:
	    for line in free:
	        offset, length = map(int, line.split())
	        disk.seek(offset)
	        while length > 0:
	            disk.write(os.urandom(min(length, 1 << 20)))
	            length -= 1 << 20
	END
}

# free_blocks FILE: of an xfs with four groups, as it says itself
free_blocks()
{
	local group all=0
	for group in 0 1 2 3; do
		all=$(( all + $(xfs_db -r -c "agf $group" -c 'p freeblks' "$1" | sed 's/.*= //') ))
	done
	echo $all
}

# stays_whole FILE: its free bytes become noise, its files stay
stays_whole()
{
	"$USAGE_SHOW" "$1" > used
	[ "$(head -n 1 used)" != unknown ]
	runs_between used $(( 400 << 20 )) > free
	[ "$(wc -l < free)" -ge 4 ]
	[ "$(awk '{ all += $2 } END { print int(all / 1048576) }' free)" -gt 250 ]
	list_of "$1" > before
	[ "$(wc -l < before)" = 202 ]
	cp --sparse=always "$1" work.raw
	junk work.raw free
	list_of work.raw > after
	cmp before after
}

@test "ext4: what is free can be written over" {
	stays_whole ext4.raw
	e2fsck -fn work.raw
}

@test "xfs: what is free can be written over" {
	stays_whole xfs.raw
	xfs_repair -n work.raw
}

@test "xfs of small blocks: what is free can be written over" {
	stays_whole small.raw
	xfs_repair -n work.raw
}

@test "xfs of version 4, which Linux may not mount any more: what is free can be written over" {
	truncate -s 0 work.raw
	truncate -s 400M work.raw
	head -c 30M /dev/urandom > noise
	printf '%s\n' nothing '0 0' 'd--755 0 0' "noise ---644 0 0 $PWD/noise" '$' > proto
	mkfs.xfs -q -m crc=0 -p proto work.raw
	"$USAGE_SHOW" work.raw > used
	runs_between used $(( 400 << 20 )) > free
	[ "$(awk '{ all += $2 } END { print all / 4096 }' free)" = "$(free_blocks work.raw)" ]
	junk work.raw free
	xfs_repair -n work.raw
}

@test "xfs: as much is free as xfs_db says, but for the blocks that the trees keep for themselves" {
	"$USAGE_SHOW" xfs.raw > used
	runs_between used $(( 400 << 20 )) > free
	[ "$(awk '{ all += $2 } END { print all / 4096 }' free)" = "$(free_blocks xfs.raw)" ]
}

@test "not closed in order: nothing counts as free" {
	cp --sparse=always xfs.raw work.raw
	loop_mount work.raw
	echo more > there/more
	xfs_io -x -c 'shutdown -f' there # what was done is in the log alone
	umount there
	[ "$("$USAGE_SHOW" work.raw)" = unknown ]
	cp --sparse=always ext4.raw work.raw
	debugfs -w -R 'ssv state 0' work.raw 2> /dev/null
	[ "$("$USAGE_SHOW" work.raw)" = unknown ]
}

@test "xfs: closed again after it was opened, several times" {
	cp --sparse=always xfs.raw work.raw
	for round in 1 2 3; do
		loop_mount work.raw
		for number in {1..300}; do echo "$round" > "there/folder/new-$number"; done
		sync -f there
		umount there
		[ "$("$USAGE_SHOW" work.raw | head -n 1)" != unknown ]
	done
}

@test "xfs: trees that do not fit their own sums count as used" {
	cp --sparse=always xfs.raw work.raw
	sector=512
	# the count of free blocks of the first group
	printf '\0\0\0\1' | dd of=work.raw bs=1 seek=$(( sector + 52 )) conv=notrunc status=none
	[ "$("$USAGE_SHOW" work.raw)" = unknown ]
	cp --sparse=always xfs.raw work.raw
	root=$(xfs_db -r -c 'agf 0' -c 'p bnoroot' xfs.raw | sed 's/.*= //')
	printf 'XXXX' | dd of=work.raw bs=1 seek=$(( root * 4096 )) conv=notrunc status=none
	[ "$("$USAGE_SHOW" work.raw)" = unknown ]
	truncate -s 100M work.raw
	[ "$("$USAGE_SHOW" work.raw)" = unknown ]
}

@test "neither of them, or nothing at all: nothing counts as free" {
	truncate -s 20M empty.raw swap.raw
	mkswap -q swap.raw
	[ "$("$USAGE_SHOW" empty.raw)" = unknown ]
	[ "$("$USAGE_SHOW" swap.raw)" = unknown ]
}
