#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Tables of images that are written over larger disks, beside what sgdisk and sfdisk make of the same. The disk is full
# of other bytes before: what no range covers stays, and whole disks are compared.

bats_require_minimum_version 1.5.0

type=6d6f756c-742e-4c6f-8721-756e646f6c67
id=e3f1c2d4-0000-4000-8000-0123456789ab # table-edit.c has the same

setup() {
	PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_TEST_TMPDIR" || exit 1
	for program in sfdisk sgdisk parted; do
		command -v $program > /dev/null || skip "no $program: install it by tools/deps test"
	done
	loops=
}

teardown() {
	for loop in $loops; do losetup -d "$loop" || true; done
}

attach() { # OPTION... FILE: sets loop
	loop=$(losetup -f --show "$@")
	loops="$loops $loop"
}

old_disk() { # BYTES: disk.img, and what simply writing the image makes of it: golden.img
	head -c "$1" /dev/zero | tr '\0' '\252' > disk.img
	cp disk.img golden.img
	dd if=image.img of=golden.img conv=notrunc bs=64k status=none
}

zero() { # LBA [SECTOR]: an old second header in golden.img
	dd if=/dev/zero of=golden.img bs="${2:-512}" seek="$1" count=1 conv=notrunc status=none
}

plan() { # [SECTOR [MOULT-START MOULT-BYTES]]: write image.img over disk.img
	"$TABLE_EDIT" plan image.img disk.img "${@:-512}" > plan.txt
}

release() { "$TABLE_EDIT" release disk.img "$@" > plan.txt; }

refused() { # WORDS ARGUMENT...: plan is, with these words and nothing written
	local words=$1
	shift
	cp disk.img before.img
	run -4 "$TABLE_EDIT" plan image.img disk.img "$@"
	echo "$output"
	case $output in *"$words"*) ;; *) false ;; esac
	cmp before.img disk.img
}

no_problems() { # DISK
	sgdisk -v "$1" > said.txt 2>&1
	cat said.txt
	grep -q '^No problems found' said.txt
	if grep -qiE 'invalid|mismatch|corrupt|CRC' said.txt; then false; fi
	sfdisk --verify "$1" > said.txt 2>&1
	cat said.txt
	grep -q 'No errors detected' said.txt
}

ranges() { awk '$1 != "edit" { phase = $1; $1 = $2 = $3 = ""; sub(/ +/, ""); print phase, $0 }' plan.txt; }

gpt_image() { # as sgdisk makes it
	truncate -s 20M image.img
	sgdisk -a 1 -n 14:64:2047 -t 14:ef02 -n 15:2048:6143 -t 15:ef00 -n 1:6144:0 -A 1:set:2 -c '1:root é' image.img > /dev/null
	printf 'core' | dd of=image.img bs=1 seek=17408 conv=notrunc status=none # in the gap
}

@test "a GPT on a larger disk is what sgdisk -e makes, byte for byte" {
	gpt_image
	for size in $((20480 * 1024 + 512)) $((20480 * 1024 + 4096)) $((40 * 1048576)) $((45 * 1000000 / 512 * 512)); do
		old_disk "$size"
		sgdisk -e golden.img > /dev/null
		[ "$size" -lt $((20480 * 1024 + 33 * 512)) ] || zero 40959
		plan
		no_problems disk.img
		# where the new entries lie over the old header, that is no matter
		cmp golden.img disk.img
	done
}

@test "a disk as large as the image gets the image" {
	gpt_image
	old_disk $((20 * 1048576))
	plan
	cmp image.img disk.img
	if grep edit plan.txt; then false; fi
	# a table that other tools find fault with, too
	dd if=/dev/zero of=image.img bs=512 seek=40959 count=1 conv=notrunc status=none
	old_disk $((20 * 1048576))
	plan
	cmp image.img disk.img
}

@test "a moult partition in a GPT is what sgdisk -n makes, and is released as sgdisk -d does" {
	gpt_image
	old_disk $((64 * 1048576))
	cp golden.img without.img
	sgdisk -e without.img > /dev/null
	sgdisk -a 1 -e -n 2:98304:129023 -t 2:$type -u 2:$id -c '2:moult undo' golden.img > /dev/null
	zero 40959
	plan 512 $((98304 * 512)) $((30720 * 512))
	no_problems disk.img
	cmp golden.img disk.img
	sfdisk --json disk.img | grep -qi "$id"
	cp golden.img without.img
	sgdisk -d 2 without.img > /dev/null
	release 512 $((98304 * 512)) $((30720 * 512))
	no_problems disk.img
	cmp without.img disk.img
	[ "$(ranges)" = "$(printf 'boot GPT backup\nboot GPT backup\nboot GPT\nboot GPT')" ]
	# once more: there is nothing to do
	release 512 $((98304 * 512)) $((30720 * 512))
	[ ! -s plan.txt ]
}

@test "the release keeps what the new system did to the table" {
	gpt_image
	old_disk $((64 * 1048576))
	plan 512 $((98304 * 512)) $((30720 * 512))
	# it grew its root and made a partition; one of our type elsewhere is not ours to take
	echo ', +' | sfdisk -q -N 1 disk.img
	sgdisk -a 1 -d 15 -n 7:2048:4095 -t 7:$type disk.img > /dev/null
	cp disk.img golden.img
	sgdisk -d 2 golden.img > /dev/null
	release 512 $((98304 * 512)) $((30720 * 512))
	no_problems disk.img
	cmp golden.img disk.img
	release 512 $((98304 * 512)) $((30720 * 512))
	[ ! -s plan.txt ] # the other one of our type stays
	# a damaged second copy is left alone, and the first is released
	sgdisk -a 1 -n 2:98304:129023 -t 2:$type -u 2:$id disk.img > /dev/null
	printf X | dd of=disk.img bs=1 seek=$((131071 * 512 + 60)) conv=notrunc status=none
	release 512 $((98304 * 512)) $((30720 * 512))
	[ "$(ranges)" = "$(printf 'boot GPT\nboot GPT')" ]
	# without any good one nobody knows
	printf X | dd of=disk.img bs=1 seek=$((512 + 60)) conv=notrunc status=none
	run -4 release 512 $((98304 * 512)) $((30720 * 512))
}

@test "a GPT of sfdisk and one of parted: sfdisk moves the second one to the same place" {
	truncate -s 20M image.img
	printf 'label: gpt\nsize=8M, name=a\nsize=+, name=b\n' | sfdisk -q image.img
	old_disk $((40 * 1048576))
	sfdisk -q --relocate gpt-bak-std golden.img
	zero 40959
	plan
	cmp golden.img disk.img
	no_problems disk.img
	rm image.img
	truncate -s 20M image.img
	parted -s image.img mklabel gpt mkpart a ext4 1MiB 8MiB mkpart b ext4 8MiB 100%
	old_disk $((40 * 1048576))
	sgdisk -e golden.img > /dev/null
	zero 40959
	plan
	no_problems disk.img
	# parted says no cylinders in the protective entry (ff ff ff), sgdisk says them: both are right
	dd if=disk.img of=golden.img bs=1 skip=451 seek=451 count=3 conv=notrunc status=none
	cmp golden.img disk.img
}

@test "sectors of 4096 bytes" {
	[ "$(id -u)" = 0 ] || skip "loop devices need root"
	truncate -s 20M image.img
	attach -b 4096 image.img
	printf 'label: gpt\nsize=8M, type=uefi\nsize=+\n' | sfdisk -q "$loop"
	losetup -d "$loop"
	loops=
	old_disk $((64 * 1048576))
	attach -b 4096 golden.img
	sgdisk -a 1 -e -n 3:12288:16127 -t 3:$type -u 3:$id -c '3:moult undo' "$loop" > /dev/null
	sfdisk -q --relocate gpt-bak-std "$loop"
	sync "$loop"
	losetup -d "$loop"
	loops=
	zero 5119 4096
	plan 4096 $((12288 * 4096)) $((3840 * 4096))
	# sgdisk and sfdisk differ in the protective entry's cylinders
	dd if=disk.img of=golden.img bs=1 skip=451 seek=451 count=3 conv=notrunc status=none
	attach -b 4096 disk.img
	no_problems "$loop"
	losetup -d "$loop"
	loops=
	# sgdisk counts the last usable sector from the first one: the header is judged above
	cmp -i $((8192)) -n $((50 * 1048576)) golden.img disk.img
	refused 'made for sectors of 4096' 512
	release 4096 $((12288 * 4096)) $((3840 * 4096))
	[ "$(wc -l < plan.txt)" -eq 8 ]
	attach -b 4096 disk.img
	no_problems "$loop"
	[ "$(sfdisk --json "$loop" | grep -c '"node"')" -eq 2 ]
}

@test "a hybrid MBR keeps its entries" {
	gpt_image
	sgdisk -h 1:15 image.img > /dev/null
	old_disk $((40 * 1048576))
	sgdisk -e golden.img > /dev/null
	zero 40959
	plan
	cmp golden.img disk.img
	no_problems disk.img
}

@test "sfdisk adds the same entry to an MBR, and takes it out" {
	for start in 65536 66559; do
		rm -f image.img
		truncate -s 20M image.img
		printf 'label: dos\nlabel-id: 0xcafe1234\nstart=2048, size=8M, bootable\nstart=20480, size=8M, type=5\nstart=22528, size=2M\n' | sfdisk -q image.img
		old_disk $((64 * 1048576))
		cp golden.img without.img
		echo "start=$start, size=61440, type=da" | sfdisk -q -a golden.img
		plan 512 $((start * 512)) $((61440 * 512))
		cmp golden.img disk.img
		sfdisk --verify disk.img
		# another 0xda is not ours
		release 512 $((start * 512 + 512)) $((61440 * 512))
		cmp golden.img disk.img
		release 512 $((start * 512)) $((61440 * 512))
		cmp without.img disk.img
		[ "$(ranges)" = 'boot MBR' ]
	done
	# without moult partition nothing is edited
	plan
	if grep edit plan.txt; then false; fi
	cmp without.img disk.img
}

@test "an MBR entry beyond 8 GiB has sfdisk's cylinders" {
	truncate -s 20M image.img
	printf 'label: dos\nstart=2048, size=8M\n' | sfdisk -q image.img
	for start in 16433152 16494592 40000512; do
		truncate -s 20M disk.img
		truncate -s 24G disk.img
		cp --sparse=always image.img golden.img
		truncate -s 24G golden.img
		echo "start=$start, size=61440, type=da" | sfdisk -q -a golden.img
		plan 512 $((start * 512)) $((61440 * 512))
		cmp -n 512 golden.img disk.img
	done
}

@test "what no moult partition can be made in is refused, with the next step" {
	truncate -s 20M image.img
	printf 'label: dos\nstart=2048, size=2048\nstart=4096, size=2048\nstart=6144, size=2048\nstart=8192, size=2048\n' | sfdisk -q image.img
	old_disk $((64 * 1048576))
	refused 'no free primary entry; use --undo FILE|DEV' 512 $((48 * 1048576)) $((8 * 1048576))
	# an extended partition that the image was cut in
	truncate -s 60M image.img
	printf 'label: dos\nstart=2048, size=2048\nstart=4096, size=110000, type=5\n' | sfdisk -q image.img
	truncate -s 20M image.img
	refused 'partition 2 of the image reaches into it; use --undo FILE|DEV' 512 $((48 * 1048576)) $((8 * 1048576))
	# no table
	rm image.img
	truncate -s 20M image.img
	mkfs.ext4 -q image.img
	refused 'no partition table; use --undo FILE|DEV' 512 $((48 * 1048576)) $((8 * 1048576))
	# a full GPT
	rm image.img
	truncate -s 20M image.img
	parts=
	for i in $(seq 128); do parts="$parts -n $i:$((i * 64)):+1"; done
	sgdisk -a 1 $parts image.img > /dev/null
	refused 'the GPT has no free entry; use --undo FILE|DEV' 512 $((48 * 1048576)) $((8 * 1048576))
	sgdisk -d 77 image.img > /dev/null
	plan 512 $((48 * 1048576)) $((8 * 1048576))
	no_problems disk.img
	sgdisk -i 77 disk.img | grep -qi $type
	# places that are none
	old_disk $((64 * 1048576))
	refused 'it would lie over the second GPT; use' 512 $((48 * 1048576)) $((16 * 1048576))
	refused 'does not fit behind the image; use' 512 $((19 * 1048576)) $((8 * 1048576))
	refused 'no whole sectors; use' 512 $((48 * 1048576 + 1)) $((8 * 1048576))
}

@test "an image that cannot be carried over is refused" {
	gpt_image
	head -c 20M /dev/zero | head -c -512 > disk.img
	refused 'take a disk of at least' 512
	# the first GPT is damaged, and sgdisk repairs it from the second
	old_disk $((40 * 1048576))
	printf X | dd of=image.img bs=1 seek=$((512 + 60)) conv=notrunc status=none
	refused "repair the image with 'sgdisk -e IMAGE'" 512
	sgdisk -e image.img > /dev/null
	plan
	no_problems disk.img
	# an image that was cut: its last partition has to fit with the second GPT behind it
	truncate -s 19M image.img
	old_disk $((20 * 1048576 - 512))
	refused 'partition 1 of the image leaves no room' 512
	old_disk $((20 * 1048576))
	plan
	no_problems disk.img
}

@test "ranges: the body ascending, then the boot ranges in their order" {
	gpt_image
	old_disk $((40 * 1048576))
	plan
	[ "$(ranges)" = "$(printf '%s\n' 'body image' 'boot GPT backup' 'boot BIOS boot' 'boot ESP' 'boot boot gap' 'boot GPT' 'boot GPT' 'boot MBR')" ]
	grep -qx 'body 3145728 17825792 image' plan.txt
	grep -qx 'boot 41926144 16896 GPT backup' plan.txt
	grep -qx 'boot 32768 1015808 BIOS boot' plan.txt
	grep -qx 'boot 17408 15360 boot gap' plan.txt
	[ "$(grep -v edit plan.txt | tail -n 1)" = 'boot 0 512 MBR' ]
	# entries that lie further on, as boards have it: the gap is on both sides
	sgdisk -d 14 image.img > /dev/null
	sgdisk -j 40 image.img > /dev/null
	old_disk $((40 * 1048576))
	plan
	no_problems disk.img
	[ "$(grep -c 'boot gap' plan.txt)" -eq 2 ]
	grep -qx 'boot 20480 16384 GPT' plan.txt
	# an MBR
	rm image.img
	truncate -s 20M image.img
	printf 'label: dos\nstart=2048, size=2048, type=ef\nstart=63, size=100\nstart=8192, size=2048\n' | sfdisk -q image.img
	plan
	[ "$(ranges)" = "$(printf '%s\n' 'body image' 'body image' 'boot ESP' 'boot boot gap' 'boot MBR')" ]
	grep -qx 'boot 512 31744 boot gap' plan.txt
	# a bare file system, whose last sector is no whole one
	rm image.img
	truncate -s $((20 * 1048576 + 5)) image.img
	mkfs.ext4 -q image.img 20M
	old_disk $((40 * 1048576))
	dd if=/dev/zero of=golden.img bs=1 seek=$((20 * 1048576 + 5)) count=507 conv=notrunc status=none
	plan
	cmp golden.img disk.img
	[ "$(grep -v edit plan.txt)" = "$(printf 'body 4096 20967936 image\nboot 0 4096 boot sector')" ]
}
