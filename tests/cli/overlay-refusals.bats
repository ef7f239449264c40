#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every refusal of an overlay on a case that is real, with its next step, before the first byte.
#
#   refusal          seen by
#   not-a-disk       overlay.bats: /dev/null; here: a folder, a partition
#   too-small        overlay.bats
#   in-use           overlay.bats: mounted; here: swap, a loop device of it, a lock, another moult at work.
#                    Held by dm, LVM, md: unit/test_target.c on captures of such machines (tests/disk/machines)
#   running-system   here: a system whose root is that disk (in a mount namespace)
#   image-on-target  overlay.bats
#   read-only        overlay.bats: losetup -r; here: blockdev --setro
#   sector-size      here, both ways
#   no-digest        overlay.bats
#   stale-plan       overlay.bats: the disk's ends; overlay-guard.bats: its size, its sectors, another disk
#   other-undo       overlay.bats
#   undo-room        overlay.bats: no room; overlay-guard.bats: something else is there
#   read-twice       overlay-scopes.bats
#   memory           here, by a /proc/meminfo that says so
#   architecture     here: an arm64 Debian
#   firmware         here: a BIOS image where /sys/firmware/efi is, and the reverse
#   cpu-level        here: an EL9 where /proc/cpuinfo has no SSE4.2
#   no-boot-path     overlay.bats; overlay-predict.bats
#   unseen           here: a pipe, and a TMPDIR without room
#   the disk's id    overlay.bats

bats_require_minimum_version 1.5.0

setup_file()
{
	. "$ROOT/tests/tools/overlay.bash"
	cd "$BATS_FILE_TMPDIR" || exit 1
	make_image new.raw 48
	truncate -s 400M old.raw
}

setup()
{
	. "$ROOT/tests/tools/overlay.bash"
	cd "$BATS_FILE_TMPDIR" || exit 1
	rm -f disk.raw
	cp --sparse=always old.raw disk.raw
	loops=
	swaps=
	started=
	[ "$(id -u)" = 0 ] || skip "loop devices and mounts need root"
}

teardown()
{
	[ -z "$started" ] || kill -KILL "$started" 2> /dev/null || true
	for place in $swaps; do swapoff "$place" || true; done
	if mountpoint -q there; then umount there; fi
	for loop in $loops; do losetup -d "$loop" 2> /dev/null || true; done
}

attach() # OPTION... FILE: sets loop
{
	loop=$(losetup --show -f "$@")
	loops="$loop $loops"
}

# refused CHECK NEXT COMMAND...: exit 4 by that check, whose text has NEXT in it; disk.raw is as it was
refused()
{
	local before
	before=$(sha256sum < disk.raw)
	run -4 "${@:3}"
	[[ $output == *"$1: "* ]] || { echo "$output"; false; }
	[[ ${output//$'\n'/ } == *$2* ]] || { echo "no '$2' in: $output"; false; }
	[ "$before" = "$(sha256sum < disk.raw)" ]
}

# on DISK WORD...: apply of new.raw
on() { "$MOULT" overlay apply "${image:-new.raw}" --disk "$1" --no-digest --waive no-boot-path --confirm-disk x --progress none "${@:2}"; }

file() { on disk.raw --file "$@"; }

# in_namespace SHELL-LINE COMMAND...: with mounts that only it sees
in_namespace()
{
	unshare --mount --propagation private -- bash -c "set -e; $1"'; shift; exec "$@"' bash x "${@:2}"
}

firmware() { in_namespace "mount -t tmpfs none /sys/firmware ${1:+&& mkdir /sys/firmware/$1}" "$MOULT" overlay apply "$2" --disk disk.raw --file --no-digest --waive no-boot-path --confirm-disk x "${@:3}"; }

@test "not a disk: a folder, and a file without --file" {
	refused not-a-disk "no block device; a regular file needs --file" on "$PWD"
	run -4 on disk.raw
	[[ $output == *"'disk.raw' is a file and no block device; --file takes one"* ]]
}

@test "in use: swap" {
	attach disk.raw
	mkswap -q "$loop"
	swapon "$loop"
	swaps=$loop
	refused in-use "swap $loop; unmount or stop it first" on "$loop" --waive firmware
}

@test "in use: a loop device is made of it" {
	attach disk.raw
	refused in-use "loop device ${loop#/dev/}; unmount or stop it first" file --waive firmware
}

@test "in use: another program has locked it" {
	flock -x disk.raw sleep 60 3>&- &
	started=$!
	until flock -n -x disk.raw true; [ $? = 1 ]; do sleep 0.05; done
	refused in-use "locked" file --waive firmware
}

# its first flush takes long: that of the undo log's beginning
@test "in use: another moult is at work, and ends well" {
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=fdatasync -e inject=fdatasync:delay_enter=12s:when=1 \
		"$MOULT" overlay apply new.raw --disk disk.raw --file --no-digest --waive no-boot-path --waive firmware --confirm-disk disk.raw --progress none > text 2> messages 3>&- &
	started=$!
	# to look at the disk takes the lock as well, for a moment
	held=0
	while [ $held -lt 5 ]; do
		if flock -n -x disk.raw true; then held=0; else held=$(( held + 1 )); fi
		sleep 0.1
	done
	# it finds the plan that was begun, and checks it again
	run -4 file --waive firmware --confirm-disk disk.raw
	[[ $output == *"in-use: "*"locked moult"* ]] || { echo "$output"; false; }
	run -4 "$MOULT" overlay rollback --disk disk.raw --file --confirm-disk disk.raw
	[[ $output == *"maybe another moult; wait for it or end it"* ]] || { echo "$output"; false; }
	wait $started
	started=
	cmp -i 1M -n 46M new.raw disk.raw
}

@test "read-only: blockdev --setro" {
	attach disk.raw
	blockdev --setro "$loop"
	refused read-only "see 'blockdev --getro'" on "$loop" --waive firmware
	blockdev --setrw "$loop" # the device keeps it, whatever it is made of later
}

@test "the disk of the running system" {
	truncate -s 320M root.raw
	mkfs.ext4 -q -F root.raw
	mkdir -p there
	attach root.raw
	mount "$loop" there
	mkdir there/{usr,proc,sys,dev,tmp,work,before,etc}
	for link in bin lib lib64 sbin; do
		if [ -L "/$link" ]; then ln -s "$(readlink "/$link")" "there/$link"; else mkdir "there/$link"; fi
	done
	# shellcheck disable=SC2016 # what is inside expands it
	run -4 --separate-stderr in_namespace 'cd there
		for folder in usr proc sys dev etc bin lib lib64 sbin; do
			[ -L $folder ] || mount --rbind /$folder $folder
		done
		mount --rbind '"$(dirname "$(realpath "$MOULT")")"' tmp
		mount --rbind "$OLDPWD" work
		pivot_root . before
		umount -l before
		cd /work' "/tmp/$(basename "$MOULT")" overlay plan new.raw --disk "$loop" --no-digest --waive firmware --json
	umount there
	[ "$(jq -r '.checks[] | select(.name == "running-system") | .verdict + ": " + .text' <<< "$output")" = \
		"refused: the running system lives on it; boot a rescue system in memory" ]
}

@test "sectors: an image for 512 on a disk of 4096, and the reverse" {
	attach -b 4096 disk.raw
	refused sector-size "sectors of 512 bytes, and the disk has 4096; take an image made for these" on "$loop" --waive firmware
	losetup -d "$loop"
	rm -f 4k.raw
	truncate -s 48M 4k.raw
	attach -b 4096 4k.raw
	sgdisk -n 1:0:0 -t 1:8300 "$loop" > /dev/null
	losetup -d "$loop"
	image=4k.raw refused sector-size "sectors of 4096 bytes, and the disk has 512" file
}

@test "memory: less than 96 MiB" {
	sed 's/^MemAvailable:.*/MemAvailable:      50000 kB/' /proc/meminfo > meminfo
	refused memory "less than 96 MiB of memory are available; stop what uses it" \
		in_namespace "mount --bind $PWD/meminfo /proc/meminfo" "$MOULT" overlay apply new.raw --disk disk.raw --file --no-digest --confirm-disk x --waive firmware
}

# put_tree FOLDER IMAGE: a file system without a table, MBR boot code in front of nothing
put_tree()
{
	local boot=/usr/lib/grub/i386-pc/boot.img

	rm -f "$2"
	truncate -s 96M "$2"
	sfdisk -q "$2" <<< '2048,+,83,*'
	[ -e $boot ] || skip "no $boot: install grub-pc-bin by tools/deps test"
	dd if=$boot of="$2" bs=440 count=1 conv=notrunc status=none
	mke2fs -q -F -t ext4 -E offset=1048576 -d "$1" "$2" 94M
}

@test "architecture: an arm64 Debian" {
	command -v mmdebstrap > /dev/null || skip "mmdebstrap is not here: install it by tools/deps test"
	folder=${MOULT_TEST_CACHE:-/var/tmp/moult-test-cache}
	mkdir -p "$folder"
	tar=$folder/debian-bookworm-arm64-some.tar
	if [ ! -e "$tar" ]; then
		mmdebstrap --quiet --format=tar --variant=extract --architectures=arm64 --include=base-files,coreutils --dpkgopt='path-exclude=/usr/share/*' \
			bookworm "$tar.new" "deb http://deb.debian.org/debian bookworm main" 3>&- 2> log || skip "mmdebstrap could not make it: $(tail -n 1 log)"
		mv "$tar.new" "$tar"
	fi
	rm -rf arm
	mkdir arm
	tar -C arm -xf "$tar" --exclude='./dev/*' --exclude='./var/*'
	put_tree arm arm.raw
	rm -rf arm
	image=arm.raw refused architecture "its system is for aarch64, and the machine is $(uname -m)" file --waive firmware
	# a judgement: it may be waived, and the plan says so
	run -0 --separate-stderr "$MOULT" overlay plan arm.raw --disk disk.raw --file --no-digest --waive architecture --waive no-boot-path --json
	[ "$(jq -r '.checks[] | select(.name == "architecture") | .verdict' <<< "$output")" = waived ]
}

@test "firmware: BIOS alone on UEFI, UEFI alone on BIOS" {
	mkdir -p bios/etc
	echo 'PRETTY_NAME="A system"' > bios/etc/os-release
	put_tree bios bios.raw
	rm -rf bios
	refused firmware "the machine starts by UEFI, and the disk by BIOS alone" firmware efi bios.raw
	refused firmware "the machine starts by BIOS, and the disk by UEFI alone" firmware "" new.raw
	# neither is refused where it fits
	run -4 firmware "" bios.raw
	[[ $output == *"the disk's id is"* ]]
	run -4 firmware efi new.raw
	[[ $output == *"the disk's id is"* ]]
}

@test "CPU level: an EL9 where SSE4.2 is missing" {
	put_tree "$ROOT/tests/guests/el9" el9.raw
	sed 's/ sse4_2//g' /proc/cpuinfo > cpuinfo
	grep -q sse4_2 /proc/cpuinfo || skip "this machine has no SSE4.2 itself"
	refused cpu-level "x86-64-v2" \
		in_namespace "mount --bind $PWD/cpuinfo /proc/cpuinfo" "$MOULT" overlay apply el9.raw --disk disk.raw --file --no-digest --confirm-disk x --waive no-boot-path
	run -4 "$MOULT" overlay apply el9.raw --disk disk.raw --file --no-digest --confirm-disk x --waive no-boot-path
	[[ $output == *"the disk's id is"* ]]
}

@test "unseen: a pipe, and nowhere to spool it" {
	mkdir -p there
	mount -t tmpfs -o size=2M none there
	before=$(sha256sum < disk.raw)
	TMPDIR=$PWD/there run -4 "$MOULT" overlay plan - --disk disk.raw --file --no-digest < <(cat new.raw)
	[[ $output == *"unseen: "*"no room to spool"*"set TMPDIR to a folder with more room"* ]]
	# what can be read twice is shown as far as it is known
	xz -0 -k new.raw
	TMPDIR=$PWD/there run -4 "$MOULT" overlay plan new.raw.xz --disk disk.raw --file --no-digest
	umount there
	[[ $output == *"xz, of unknown length"*"what is in it is not known"*"nothing: see what refuses"*"REFUSED unseen"* ]]
	[ "$before" = "$(sha256sum < disk.raw)" ]
}
