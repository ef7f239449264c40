#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is said of disks that are in use, each in another way. Only files that are made here are touched, and loop
# devices of them; the disk of this machine is looked at, read-only.

bats_require_minimum_version 1.5.0

setup() {
	PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_TEST_TMPDIR" || exit 1
	here=$(pwd -P)
	loops=
	swaps=
	mounts=
	holder=
}

teardown() {
	[ -z "$holder" ] || kill "$holder" 2> /dev/null || true
	for place in $swaps; do swapoff "$place" || true; done
	for _ in 1 2; do # a loop device may lie on a mount
		for place in $mounts; do umount "$place" 2> /dev/null || true; done
		for loop in $loops; do losetup -d "$loop" 2> /dev/null || true; done
	done
}

needs_root() { [ "$(id -u)" = 0 ] || skip "loop devices need root"; }

needs() { # PROGRAM...: of Debian's packages in tools/deps
	local program
	for program; do
		command -v "$program" > /dev/null || skip "no $program: install it by tools/deps test"
	done
}

attach() { # OPTION... FILE: sets loop
	needs_root
	loop=$(losetup -f --show "$@")
	loops="$loop $loops"
}

disk() { # [MIB]: disk.img on a loop device
	truncate -s "${1:-32}M" disk.img
	attach disk.img
	name=${loop#/dev/}
}

put_on() { # OPTION... WHAT WHERE: mount
	mkdir -p "${!#}"
	mount "$@"
	mounts="${!#} $mounts"
}

hold() { # COMMAND...: until the test ends; it says when it is there
	"$@" > held.txt 3>&- &
	holder=$!
	for _ in $(seq 50); do
		[ ! -s held.txt ] || return 0
		sleep 0.1
	done
	false
}

lock() { # EX|SH PATH
	hold python3 -c 'import fcntl, sys, time
disk = open(sys.argv[2], "rb")
fcntl.flock(disk, getattr(fcntl, "LOCK_" + sys.argv[1]))
print("there", flush=True)
time.sleep(60)' "$1" "$2"
}

look() { "$TARGET_SHOW" "$@" > said.txt || { echo "exit $?"; false; }; }

says() { # LINE...: each stands there, whole
	local line
	for line; do
		grep -qxF -- "$line" said.txt || { echo "no '$line' in:"; cat said.txt; false; }
	done
}

uses() { # COUNT
	[ "$(grep -c '^use ' said.txt)" = "$1" ] || { cat said.txt; false; }
}

fs() { # TYPE FILE-OR-DEVICE: make a file system
	case $1 in
	ext4) needs mkfs.ext4; mkfs.ext4 -q "$2" ;;
	btrfs) needs mkfs.btrfs; shift; mkfs.btrfs -q -f "$@" ;;
	esac
}

@test "a device that nobody uses: size, sector, no use" {
	disk
	look "$loop"
	says 'kind device' "name $name" 'size 33554432' 'sector 512' 'read-only 0' 'root 0' 'serial -'
	uses 0
}

@test "sectors of 4096 bytes" {
	truncate -s 32M disk.img
	attach -b 4096 disk.img
	look "$loop"
	says 'sector 4096'
}

@test "a file that nobody uses; without --file only its kind is told" {
	truncate -s 3M disk.img
	look --file disk.img
	says 'kind file' 'size 3145728' 'sector 512' 'read-only 0' 'root 0'
	uses 0
	look disk.img
	says 'kind file' 'size 0'
}

@test "a folder and a character device are neither" {
	look "$here"
	says 'kind other'
	look /dev/null
	says 'kind other'
}

@test "nothing is there: an error" {
	run -1 "$TARGET_SHOW" nothing
	[[ $output == *"look at 'nothing'"* ]]
}

@test "a device that is read-only" {
	truncate -s 32M disk.img
	attach -r disk.img
	look "$loop"
	says 'read-only 1'
}

@test "a file on a mount that is read-only" {
	disk
	fs ext4 "$loop"
	put_on "$loop" m
	truncate -s 1M m/file.img
	mount -o remount,ro m
	look --file m/file.img
	says 'read-only 1'
}

@test "a mounted device, at both of its places" {
	disk
	fs ext4 "$loop"
	put_on "$loop" 'm'
	put_on --bind m n
	look "$loop"
	says "use mounted: $name by $here/m" "use mounted: $name by $here/n"
	uses 2
	umount n m
	look "$loop"
	uses 0
}

@test "a mount at a place with a space in its name" {
	disk
	fs ext4 "$loop"
	mkdir 'a b'
	mount "$loop" 'a b'
	look "$loop"
	umount 'a b'
	says "use mounted: $name by $here/a b"
}

@test "each device of a btrfs of two, by whichever it was mounted" {
	needs_root
	truncate -s 128M one.img two.img
	attach one.img
	one=$loop
	attach two.img
	two=$loop
	fs btrfs "$one" "$two"
	btrfs device scan "$one" "$two" > /dev/null
	put_on "$one" m
	for loop in "$one" "$two"; do
		look "$loop"
		grep -qx "use mounted: loop[0-9]* by $here/m" said.txt
		uses 1
	done
}

@test "swap on a device" {
	disk
	mkswap -q "$loop"
	swapon "$loop"
	swaps=$loop
	look "$loop"
	says "use swap: $name by $loop"
	uses 1
}

@test "swap in a file: the file, and the device that it lies on" {
	disk
	fs ext4 "$loop"
	put_on "$loop" m
	dd if=/dev/zero of=m/swap bs=1M count=4 status=none
	chmod 600 m/swap
	mkswap -q m/swap
	swapon m/swap
	swaps=m/swap
	look --file m/swap
	says "use swap: $here/m/swap by $here/m/swap"
	uses 1
	look "$loop"
	says "use swap: $here/m/swap by $here/m/swap" "use mounted: $name by $here/m"
	uses 2
}

@test "a file that a loop device is made of, and what is mounted of that" {
	disk
	look --file disk.img
	says "use loop device: $here/disk.img by $name"
	uses 1
	fs ext4 "$loop"
	put_on "$loop" m
	look --file disk.img
	says "use mounted: $name by $here/m"
	uses 2
	ln disk.img other.img
	ln -s disk.img link.img
	look --file link.img
	uses 2
}

@test "a device that a loop device is made of" {
	disk
	lower=$loop
	attach "$lower"
	look "$lower"
	says "use loop device: $lower by ${loop#/dev/}"
	uses 1
}

@test "a device whose mount holds a file that is mounted" {
	disk 64
	fs ext4 "$loop"
	put_on "$loop" m
	truncate -s 16M m/inner.img
	fs ext4 m/inner.img
	outer=$loop
	attach m/inner.img
	put_on "$loop" n
	look "$outer"
	says "use mounted: ${outer#/dev/} by $here/m" "use loop device: $here/m/inner.img by ${loop#/dev/}" \
		"use mounted: ${loop#/dev/} by $here/n"
	uses 3
}

@test "a second loop device of the same file uses the first one" {
	disk
	first=$loop
	fs ext4 "$first"
	attach disk.img
	put_on "$loop" m
	look "$first"
	says "use loop device: $here/disk.img by ${loop#/dev/}" "use mounted: ${loop#/dev/} by $here/m"
}

@test "an overlay of a folder of the device" {
	disk
	fs ext4 "$loop"
	put_on "$loop" m
	mkdir m/lower up
	put_on -t tmpfs none up
	mkdir up/u up/w
	put_on -t overlay -o "lowerdir=$here/m/lower,upperdir=$here/up/u,workdir=$here/up/w" over o
	look "$loop"
	says "use mounted: over by $here/o"
	uses 2
}

@test "a device that a program has for itself alone is told with its name" {
	disk
	hold python3 -c 'import os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)
print("there", flush=True)
time.sleep(60)' "$loop"
	look "$loop"
	grep -qx "use opened: $name by python3.* (process $holder)" said.txt
	uses 1
}

@test "a device that is mounted where we cannot see it is in use" {
	disk
	fs ext4 "$loop"
	mkdir m
	hold unshare -m sh -c "mount $loop $here/m && echo there && exec sleep 60"
	look "$loop"
	says "use opened: $name by a program that could not be found"
	uses 1
}

@test "a device that is only open is not in use" {
	disk
	exec 7< "$loop"
	look "$loop"
	exec 7<&-
	uses 0
}

@test "a device that is locked by flock, by a program with a name" {
	disk
	lock EX "$loop"
	look "$loop"
	grep -qx "use locked: $name by python3.* (process $holder)" said.txt
	uses 1
}

@test "a file that is locked by flock" {
	truncate -s 1M disk.img
	lock EX disk.img
	look --file disk.img
	grep -qx "use locked: $here/disk.img by python3.* (process $holder)" said.txt
	uses 1
}

@test "a shared lock, as udev's, is none" {
	disk
	lock SH "$loop"
	look "$loop"
	uses 0
}

@test "a file that QEMU has as a disk" {
	needs qemu-nbd
	truncate -s 1M disk.img
	qemu-nbd -f raw -k "$here/socket" -t disk.img > /dev/null 2>&1 3>&- &
	holder=$!
	for _ in $(seq 50); do [ ! -S socket ] || break; sleep 0.1; done
	look --file disk.img
	says "use locked: $here/disk.img by a program that could not be found"
	uses 1
}

@test "an image on the device, by its name and by a link, and beside it" {
	disk 64
	fs ext4 "$loop"
	put_on "$loop" m
	truncate -s 16M m/image.img beside.img
	look "$loop" m/image.img
	says 'image 1'
	look "$loop" beside.img
	says 'image 0'
	ln -s m/image.img link.img
	look "$loop" link.img
	says 'image 1'
}

@test "an image in a subvolume of a btrfs, by either device" {
	needs_root
	truncate -s 128M one.img two.img
	attach one.img
	one=$loop
	attach two.img
	fs btrfs "$one" "$loop"
	btrfs device scan "$one" "$loop" > /dev/null
	put_on "$one" m
	btrfs subvolume create m/sub > /dev/null
	truncate -s 1M m/sub/image.img
	look "$one" m/sub/image.img
	says 'image 1'
	look "$loop" m/sub/image.img
	says 'image 1'
	look "$loop" one.img
	says 'image 0'
}

@test "an image that is the target: the device, its file, a hard link of a file" {
	disk
	look "$loop" "$loop"
	says 'image 1'
	look "$loop" disk.img
	says 'image 1'
	truncate -s 1M file.img
	ln file.img other.img
	look --file file.img other.img
	says 'image 1'
	look --file file.img disk.img
	says 'image 0'
}

@test "nothing is opened for writing" {
	needs strace
	disk
	ASAN_OPTIONS=detect_leaks=0 strace -f -o calls.txt -e trace=open,openat,creat "$TARGET_SHOW" "$loop" > /dev/null
	grep -q "$loop" calls.txt
	run grep -E 'O_WRONLY|O_RDWR|O_CREAT' calls.txt
	echo "$output"
	[ "$status" = 1 ]
}
