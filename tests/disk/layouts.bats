#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Layouts of disks that other tools made, and the words of other tools about them. Only files that are made here
# are touched, and loop devices of them.

bats_require_minimum_version 1.5.0

setup() {
	PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_TEST_TMPDIR" || exit 1
	judge=$ROOT/tests/tools/judge-layout
	grub=/usr/lib/grub/i386-pc
	loops=
}

teardown() {
	[ ! -d m ] || umount m 2> /dev/null || true
	for loop in $loops; do losetup -d "$loop" || true; done
}

needs() { # PROGRAM...: of Debian's packages in tools/deps
	local program
	for program; do
		command -v "$program" > /dev/null || skip "no $program: install it by tools/deps test"
	done
}

needs_root() { [ "$(id -u)" = 0 ] || skip "loop devices need root"; }

attach() { # OPTION... FILE: sets loop
	loop=$(losetup -f --show "$@")
	loops="$loops $loop"
}

show() { ASAN_OPTIONS=detect_leaks=1 "$LAYOUT_SHOW" "$@" disk.img > ours.json; }

ours() { "$judge" get ours.json "$1"; } # EXPRESSION about the layout d

say() { # EXPECTED EXPRESSION
	local said
	said=$(ours "$2")
	echo "$2: $said, and not $1"
	[ "$said" = "$1" ]
}

codes() { ours '" ".join(sorted(f["code"] for f in d["faults"]))'; }

place() { # FILE MIB: into the disk
	dd if="$1" of=disk.img bs=1M seek="$2" conv=notrunc,sparse status=none
}

contents_as_blkid() { # NUMBER START-MIB SIZE-MIB
	blkid -p -o export -O $(($2 * 1048576)) -S $(($3 * 1048576)) disk.img > blkid.txt || true
	[ -s blkid.txt ]
	"$judge" contents ours.json "$1" blkid.txt
}

@test "a GPT as sfdisk has it: numbers, names, attributes, ids, the usable range" {
	needs sfdisk sgdisk
	truncate -s 100M disk.img
	sgdisk -o -n 1:2048:+1M -t 1:ef02 -n 3:0:+20M -t 3:ef00 -c '3:EFI "System" é😀' -A 3:set:0 -A 3:set:60 \
		-n 7:0:+10M -t 7:8200 -n 2:0:+10M -t 2:8304 -A 2:set:2 -n 128:0:0 -t 128:8e00 disk.img > /dev/null
	sfdisk --json disk.img > theirs.json
	show
	"$judge" table ours.json theirs.json
	say 0 'len(d["faults"])'
	say 'bios-boot data esp swap lvm' '" ".join(p["role"] for p in d["partitions"])'
	say 'Linux root (x86-64)' 'd["partitions"][1]["type_name"]'
	sgdisk -v disk.img | grep -q 'No problems found'
	# the same without a descriptor, and with holes told
	show --copy --holes
	"$judge" table ours.json theirs.json
}

@test "free ranges as sfdisk has them" {
	needs sfdisk
	truncate -s 200M disk.img
	printf 'label: gpt\nfirst-lba: 34\nstart=4MiB, size=10MiB\nstart=20MiB, size=30MiB\nstart=100MiB, size=50MiB\n' | sfdisk -q disk.img
	show
	sfdisk -F --bytes disk.img | awk 'NF == 4 && $1 ~ /^[0-9]+$/ { print $1 * 512, $4 }' > theirs
	# sfdisk leaves out what is below 1 MiB, and begins at whole MiB
	ours '"\n".join("%d %d" % (-(-f["start"] // 2**20) * 2**20, f["size"] - (-f["start"] % 2**20)) for f in d["free"] if f["aligned"])' > mine
	diff theirs mine
	[ "$(wc -l < mine)" -eq 4 ]
}

@test "an MBR with logical partitions as sfdisk has it, in each order" {
	needs sfdisk
	truncate -s 300M disk.img
	printf 'label: dos\nlabel-id: 0xcafe1234\nstart=2048, size=20480, type=83, bootable\nstart=30720, size=500000, type=f\nstart=32768, size=20480, type=83\nstart=57344, size=2048, type=82\nstart=100000, size=4096, type=8e\nstart=90000, size=2000, type=fd\nstart=540000, size=1000, type=ef\n' |
		sfdisk -q disk.img
	sfdisk --json disk.img > theirs.json
	show
	"$judge" table ours.json theirs.json
	say 7 'len(d["partitions"])'
	say 0 'len(d["faults"])'
	say 'cafe1234-05' '[p["uuid"] for p in d["partitions"] if p["number"] == 5][0]'
	# one in the middle is taken out: what follows moves down by one
	sfdisk -q --delete disk.img 6
	sfdisk --json disk.img > theirs.json
	show
	"$judge" table ours.json theirs.json
	say 6 'len(d["partitions"])'
}

@test "sectors of 4096 bytes: GPT and MBR, from a device and from a file" {
	needs sfdisk sgdisk mkfs.ext4
	needs_root
	for label in gpt dos; do
		rm -f disk.img
		truncate -s 200M disk.img
		attach -b 4096 disk.img
		printf 'label: %s\nstart=512, size=10240\nstart=11008, size=2560\n' $label | sfdisk -q "$loop" 2> /dev/null
		sfdisk --json "$loop" > theirs.json
		mkfs.ext4 -q -b 4096 -E offset=$((512 * 4096)) "$loop" 40M
		"$LAYOUT_SHOW" "$loop" > ours.json
		"$judge" table ours.json theirs.json
		say 0 'len(d["faults"])'
		losetup -d "$loop"
		loops=
		show
		"$judge" table ours.json theirs.json
		say "$([ $label = gpt ] && echo GPT header || echo contents)" 'd["sector_source"]'
		say ext4 'd["partitions"][0]["contents"][0]["type"]'
		# beside a device of 512 it is told
		show --sector 512
		[ $label = dos ] || [ "$(codes)" = sector-size ]
	done
}

@test "contents: what each tool made, in words of blkid, with sizes" {
	needs sgdisk mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkswap cryptsetup dumpe2fs
	truncate -s 1700M disk.img
	sgdisk -o -n 1:1M:+99M -n 2:100M:+400M -n 3:500M:+200M -n 4:700M:+100M -t 4:ef00 -n 5:800M:+100M -t 5:8200 \
		-n 6:900M:+20M -n 7:950M:+20M -n 8:1000M:+300M -n 9:1300M:+50M -n 10:1400M:+1M disk.img > /dev/null
	truncate -s 99M 1 && mkfs.ext4 -q -L 'root é' 1
	truncate -s 400M 2 && mkfs.xfs -q -L data 2
	truncate -s 200M 3 && mkfs.btrfs -q -L pool 3
	truncate -s 100M 4 && mkfs.vfat -F 32 -n ESP 4 > /dev/null
	truncate -s 100M 5 && mkswap -q -L swapped 5 2> /dev/null
	truncate -s 20M 6 && echo x | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 6 -
	truncate -s 20M 7 && echo x | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --label crypt 7 -
	truncate -s 300M 8 && mkfs.ext4 -q -O ^has_journal,^extent,^64bit,^flex_bg,^huge_file,^dir_nlink,^extra_isize,^metadata_csum 8
	truncate -s 50M 9 && mkfs.vfat -F 16 9 > /dev/null
	place 1 1; place 2 100; place 3 500; place 4 700; place 5 800; place 6 900; place 7 950; place 8 1000; place 9 1300
	for how in '' '--copy' '--copy --holes'; do
		# shellcheck disable=SC2086 # two words are meant
		show $how
		contents_as_blkid 1 1 99
		contents_as_blkid 2 100 400
		contents_as_blkid 3 500 200
		contents_as_blkid 4 700 100
		contents_as_blkid 5 800 100
		contents_as_blkid 6 900 20
		contents_as_blkid 7 950 20
		contents_as_blkid 8 1000 300
		contents_as_blkid 9 1300 50
		say '[]' 'd["partitions"][9]["contents"]'
	done
	say 'ext4 xfs btrfs vfat swap crypto_LUKS crypto_LUKS ext2 vfat' '" ".join(c["type"] for p in d["partitions"] for c in p["contents"])'
	blocks=$(dumpe2fs -h 1 2> /dev/null | sed -n 's/^Block count: *//p')
	unused=$(dumpe2fs -h 1 2> /dev/null | sed -n 's/^Free blocks: *//p')
	size=$(dumpe2fs -h 1 2> /dev/null | sed -n 's/^Block size: *//p')
	say "$((blocks * size)) $(((blocks - unused) * size))" '"%d %d" % (d["partitions"][0]["contents"][0]["size"], d["partitions"][0]["contents"][0]["used"])'
	say "$((400 * 1048576))" 'd["partitions"][1]["contents"][0]["size"]'
	say "$((200 * 1048576))" 'd["partitions"][2]["contents"][0]["size"]'
	used=$(btrfs inspect-internal dump-super 3 | sed -n 's/^bytes_used[[:space:]]*//p')
	say "$used" 'd["partitions"][2]["contents"][0]["used"]'
	say "$((100 * 1048576))" 'd["partitions"][3]["contents"][0]["size"]'
	say "$((100 * 1048576))" 'd["partitions"][4]["contents"][0]["size"]'
	say 0 'len(d["stale"])'
	say 0 'len(d["faults"])'
}

@test "LVM, several signatures on one place, and a place that is cut" {
	needs sfdisk pvcreate mkfs.ext4 cryptsetup wipefs
	needs_root
	truncate -s 200M disk.img
	printf 'label: dos\nstart=1MiB, size=64MiB, type=8e\nstart=100MiB, size=100MiB\n' | sfdisk -q disk.img
	truncate -s 64M 1
	attach 1
	pvcreate -q -y "$loop" > /dev/null 2>&1
	losetup -d "$loop"
	loops=
	place 1 1
	# the header of a LUKS ends before the superblock of an ext4 begins
	truncate -s 100M 2 3
	mkfs.ext4 -q 2
	echo x | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 3 -
	dd if=3 of=2 bs=592 count=1 conv=notrunc status=none
	place 2 100
	show
	contents_as_blkid 1 1 64
	say "$((64 * 1048576))" 'd["partitions"][0]["contents"][0]["size"]'
	dd if=disk.img of=alone bs=1M skip=100 count=100 conv=sparse status=none
	wipefs --json alone | /usr/bin/python3 -c 'import json, sys; print(*sorted(s["type"] for s in json.load(sys.stdin)["signatures"]))' > theirs
	ours '" ".join(sorted(c["type"] for c in d["partitions"][1]["contents"]))' > mine
	diff theirs mine
	[ "$(cat mine)" = 'crypto_LUKS ext4' ]
	truncate -s 150M disk.img
	show
	[ "$(codes)" = beyond-end ]
	say "$((50 * 1048576))" 'd["partitions"][1]["inside"]'
	say 'crypto_LUKS ext4' '" ".join(c["type"] for c in d["partitions"][1]["contents"])'
	# a file system that was made for a larger place
	printf 'label: dos\nstart=100MiB, size=50MiB\n' | sfdisk -q --wipe never disk.img
	show
	[ "$(codes)" = content-too-long ]
}

@test "a bare file system has no table, whatever its first sector looks like" {
	needs mkfs.ext4 mkfs.xfs mkfs.vfat mkfs.btrfs
	for make in 'mkfs.ext4 -q' 'mkfs.xfs -q -f' 'mkfs.btrfs -q -f' 'mkfs.vfat -F 16' 'mkfs.vfat -F 32'; do
		rm -f disk.img
		truncate -s 400M disk.img
		$make disk.img > /dev/null
		show
		say none 'd["kind"]'
		blkid -p -o export disk.img > blkid.txt
		"$judge" contents ours.json 0 blkid.txt
		say 0 'len(d["stale"]) + len(d["faults"])'
	done
	say mkfs-fat 'd["boot"]["kind"]'
	# the boot sector of extlinux ends in 55 AA
	mkfs.ext4 -q -F disk.img
	dd if=/usr/lib/syslinux/mbr/mbr.bin of=disk.img conv=notrunc status=none
	printf '\125\252' | dd of=disk.img bs=1 seek=510 conv=notrunc status=none
	show
	say none 'd["kind"]'
	say syslinux-mbr 'd["boot"]["kind"]'
}

@test "a hybrid MBR" {
	needs sgdisk sfdisk
	truncate -s 64M disk.img
	sgdisk -o -n 1:0:+10M -n 2:0:+20M -h 1 disk.img > /dev/null
	show
	say hybrid 'd["kind"]'
	say '1:ee 2:83' '" ".join("%d:%s" % (p["number"], p["type"]) for p in d["mbr"])'
	say 'True' 'd["mbr"][1]["start"] == d["partitions"][0]["start"] and d["mbr"][1]["sectors"] == d["partitions"][0]["sectors"]'
	sfdisk --json disk.img > theirs.json
	"$judge" table ours.json theirs.json
}

@test "a damaged GPT is told where sgdisk tells it" {
	needs sgdisk sfdisk
	make_disk() {
		rm -f disk.img
		truncate -s 64M disk.img
		sgdisk -o -n 1:0:+10M -n 2:0:+20M disk.img > /dev/null
	}
	make_disk
	truncate -s 80M disk.img
	show
	[ "$(codes)" = 'gpt-backup-not-at-end protective-mbr-size' ]
	sgdisk -v disk.img | grep -q "secondary header's self-pointer indicates that it doesn't reside\|should be located at the end"
	sfdisk -l disk.img 2>&1 | grep -q 'PMBR size mismatch'
	make_disk
	truncate -s 60M disk.img
	show
	[ "$(codes)" = 'gpt-backup-missing gpt-usable protective-mbr-size' ]
	sgdisk -v disk.img 2>&1 | grep -q 'Disk is too small to hold all the data'
	make_disk
	dd if=/dev/zero of=disk.img bs=512 seek=1 count=1 conv=notrunc status=none
	show
	[ "$(codes)" = gpt-primary ]
	say 2 'len(d["partitions"])'
	sfdisk --json disk.img > theirs.json 2> sfdisk.txt
	grep -q 'primary GPT table is corrupt' sfdisk.txt
	"$judge" table ours.json theirs.json
	make_disk
	printf x | dd of=disk.img bs=1 seek=$((1024 + 60)) conv=notrunc status=none
	show
	[ "$(codes)" = gpt-primary ]
	ours 'd["faults"][0]["text"]' | grep 'checksum of its entries'
	make_disk
	printf x | dd of=disk.img bs=1 seek=$((64 * 1048576 - 512 + 17)) conv=notrunc status=none
	show
	[ "$(codes)" = gpt-backup-bad ]
	make_disk
	dd if=disk.img of=first bs=512 count=1 status=none
	sgdisk -n 3:0:+1M disk.img > /dev/null
	dd if=disk.img of=tail bs=512 skip=$((131072 - 33)) count=33 status=none
	make_disk
	sgdisk -n 4:0:+1M disk.img > /dev/null
	dd if=tail of=disk.img bs=512 seek=$((131072 - 33)) conv=notrunc status=none
	show
	[ "$(codes)" = gpt-differ ]
}

@test "GRUB in the gap, with the prefix and the commands that are in its core.img" {
	needs sfdisk mkfs.ext4 grub-mkimage
	needs_root
	truncate -s 64M disk.img
	printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q disk.img
	mkfs.ext4 -q -E offset=1048576 disk.img 60M
	mkdir m
	attach -o 1048576 --sizelimit 62914560 disk.img
	mount "$loop" m
	mkdir -p m/boot/grub
	attach disk.img
	echo "(hd0) $loop" > device.map
	printf 'search.fs_uuid 1234-abcd root\nset prefix=($root)/boot/grub\n' > early.cfg
	head -c 5000 /dev/urandom > disk.tar
	grub-mkimage -O i386-pc -o m/boot/grub/core.img -p '(,msdos1)/boot/grub' -c early.cfg -m disk.tar biosdisk part_msdos ext2 memdisk tar
	cp $grub/boot.img m/boot/grub/
	$grub/grub-bios-setup --device-map=device.map -d m/boot/grub "$loop"
	umount m
	show
	say grub2 'd["boot"]["kind"]'
	say 'None 0 512' '"%s %d %d" % (d["boot"]["core"]["problem"], d["boot"]["core"]["partition"], d["boot"]["core"]["start"])'
	say '(memdisk)/boot/grub' 'd["boot"]["core"]["prefix"]' # what -m makes of -p
	ours 'd["boot"]["core"]["config"].rstrip("\n")' | diff early.cfg -
	# padded to a multiple of 4
	say True '5000 <= d["boot"]["core"]["memdisk"] < 5600'
	# each module, and what they depend on
	[ "$(ours 'd["boot"]["core"]["modules"]')" -ge 6 ]
	# one flipped bit in the compressed part
	printf '\377\377\377' | dd of=disk.img bs=1 seek=$((512 + 512 + 2848 + 5000)) conv=notrunc status=none
	show
	say 'its compressed part is damaged' 'd["boot"]["core"]["problem"]'
}

@test "GRUB in a BIOS boot partition, also when nothing leads to it" {
	needs sgdisk mkfs.ext4 grub-mkimage
	needs_root
	truncate -s 64M disk.img
	sgdisk -o -n 1:2048:+1M -t 1:ef02 -n 2:0:0 disk.img > /dev/null
	mkfs.ext4 -q -E offset=2097152 disk.img 60M
	mkdir m
	attach -o 2097152 --sizelimit 62914560 disk.img
	mount "$loop" m
	mkdir -p m/boot/grub
	attach disk.img
	echo "(hd0) $loop" > device.map
	grub-mkimage -O i386-pc -o m/boot/grub/core.img -p '(,gpt2)/boot/grub' biosdisk part_gpt ext2
	cp $grub/boot.img m/boot/grub/
	$grub/grub-bios-setup --device-map=device.map -d m/boot/grub "$loop"
	umount m
	show
	say grub2 'd["boot"]["kind"]'
	say '2048 1 (,gpt2)/boot/grub None' '"%d %d %s %s" % (d["boot"]["next_lba"], d["boot"]["core"]["partition"], d["boot"]["core"]["prefix"], d["boot"]["core"]["config"])'
	say None 'd["bios_boot"]'
	dd if=/dev/zero of=disk.img bs=440 count=1 conv=notrunc status=none
	show
	say none 'd["boot"]["kind"]'
	say '(,gpt2)/boot/grub' 'd["bios_boot"]["prefix"]'
}

@test "boot code of syslinux, extlinux, GRUB Legacy, parted and mkfs.fat" {
	needs sfdisk mkfs.ext4 extlinux parted
	needs_root
	truncate -s 64M disk.img
	printf 'label: dos\nstart=2048, type=83, bootable\n' | sfdisk -q disk.img
	for row in mbr:syslinux-mbr gptmbr:syslinux-gptmbr; do
		dd if=/usr/lib/syslinux/mbr/${row%%:*}.bin of=disk.img bs=440 count=1 conv=notrunc status=none
		show
		say "${row##*:}" 'd["boot"]["kind"]'
		say 1 'len(d["partitions"])'
	done
	mkfs.ext4 -q -O ^64bit,^metadata_csum -E offset=1048576 disk.img 60M
	mkdir m
	attach -o 1048576 --sizelimit 62914560 disk.img
	mount "$loop" m
	extlinux --install m > /dev/null 2>&1
	umount m
	show
	say extlinux 'd["partitions"][0]["boot"]["kind"]'
	say ext4 'd["partitions"][0]["contents"][0]["type"]'
	if apt-get download grub-legacy > /dev/null 2>&1; then
		dpkg -x grub-legacy_*.deb legacy
		cat legacy/usr/lib/grub/*/stage1 > first
		dd if=first of=disk.img bs=440 count=1 conv=notrunc status=none
		show
		say 'grub-legacy 1' '"%s %d" % (d["boot"]["kind"], d["boot"]["next_lba"])'
	elif [ -n "${MOULT_NO_SKIP:-}" ]; then
		false
	fi
	rm disk.img
	truncate -s 64M disk.img
	parted -s disk.img mklabel msdos mkpart primary ext4 1MiB 100%
	show
	say parted 'd["boot"]["kind"]'
}

@test "what an older use left outside the partitions is found, and named as blkid names it" {
	needs sfdisk sgdisk mkfs.ext4 mkfs.btrfs pvcreate
	needs_root
	# a btrfs over the whole disk: its copy at 64 MiB outlives a new table and a new file system
	truncate -s 400M disk.img
	mkfs.btrfs -q disk.img
	id=$(blkid -p -o value -s UUID disk.img)
	printf 'label: dos\nstart=40MiB, size=300MiB\n' | sfdisk -q --wipe never disk.img
	mkfs.ext4 -q -E offset=$((40 * 1048576)) disk.img 300M
	show
	say "btrfs 65600 0 $id" '[("%s %d %d %s" % (s["type"], s["magic"], s["partition"], s["uuid"])) for s in d["stale"]][0]'
	rm disk.img
	truncate -s 400M disk.img
	printf 'label: dos\nstart=1MiB, size=300MiB\n' | sfdisk -q disk.img
	truncate -s 300M 1
	mkfs.btrfs -q 1
	id=$(blkid -p -o value -s UUID 1)
	place 1 1
	show
	say 0 'len(d["stale"])'
	# the same partition, now with an ext4 that has not reached 64 MiB of it
	mkfs.ext4 -q -E nodiscard,lazy_itable_init=1 -F 1
	dd if=1 of=disk.img bs=1M seek=1 count=60 conv=notrunc status=none
	show
	say ext4 '" ".join(c["type"] for c in d["partitions"][0]["contents"])'
	say "btrfs $((1048576 + 67108864 + 64)) 1 $id" '" ".join("%s %d %d %s" % (s["type"], s["magic"], s["partition"], s["uuid"]) for s in d["stale"])'
	# three copies, the last one at 256 GiB
	rm disk.img
	truncate -s 300G disk.img
	mkfs.btrfs -q disk.img
	id=$(blkid -p -o value -s UUID disk.img)
	show
	say 0 'len(d["stale"])'
	printf 'label: gpt\nstart=1GiB, size=1GiB\n' | sfdisk -q --wipe never disk.img
	show --holes
	say "65600 67108928 274877907008" '" ".join(str(s["magic"]) for s in sorted(d["stale"], key=lambda s: s["magic"]))'
	# an LVM label in the gap, an ext4 that began there too, and the headers of an older GPT
	rm disk.img
	truncate -s 64M disk.img
	attach disk.img
	pvcreate -q -y "$loop" > /dev/null 2>&1
	id=$(blkid -p -o value -s UUID "$loop")
	losetup -d "$loop"
	loops=
	printf 'label: dos\nstart=2MiB\n' | sfdisk -q --wipe never disk.img
	show
	say "LVM2_member 512 $id" '" ".join("%s %d %s" % (s["type"], s["magic"], s["uuid"]) for s in d["stale"])'
	rm disk.img
	truncate -s 64M disk.img
	sgdisk -o -n 1:0:+1M disk.img > /dev/null
	id=$(sfdisk --json disk.img | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["partitiontable"]["id"].lower())')
	dd if=/dev/zero of=disk.img bs=512 count=1 conv=notrunc status=none
	printf 'label: dos\nstart=2MiB, size=4MiB\n' | sfdisk -q --wipe never disk.img
	show
	say "gpt 512 $id gpt $((64 * 1048576 - 512)) $id" '" ".join("%s %d %s" % (s["type"], s["magic"], s["uuid"]) for s in sorted(d["stale"], key=lambda s: s["magic"]))'
}

@test "what an image that is shorter than the disk leaves: each kind, at its place" {
	needs sfdisk mkfs.ext4 mkfs.xfs mkswap cryptsetup
	truncate -s 32M 1 2 3 4 5
	mkfs.ext4 -q 1
	mkfs.xfs -q -f 2 2> /dev/null || { truncate -s 300M 2; mkfs.xfs -q -f 2; }
	mkswap -q 3 2> /dev/null
	echo x | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 4 -
	mkfs.vfat -F 32 5 > /dev/null
	for row in 1:ext4 2:xfs 3:swap 4:crypto_LUKS 5:vfat; do
		rm -f disk.img
		truncate -s 500M disk.img
		place "${row%%:*}" 100
		printf 'label: dos\nstart=1MiB, size=99MiB\n' | sfdisk -q --wipe never disk.img
		show
		say "${row##*:}" 'd["stale"][0]["type"]'
		say $((100 * 1048576)) 'd["stale"][0]["origin"]'
		id=$(blkid -p -o value -s UUID "${row%%:*}")
		[ "${row##*:}" = vfat ] || say "$id" 'd["stale"][0]["uuid"]'
	done
}

@test "members of md: 0.90 by a kernel, 1.x as mdadm reads them" {
	needs mdadm sfdisk
	for version in 1.0:end 1.1:0 1.2:8; do
		rm -f disk.img
		truncate -s 64M disk.img
		sectors=131072
		where=${version##*:}
		[ "$where" != end ] || where=$(((sectors - 16) / 8 * 8))
		/usr/bin/python3 - "$where" <<- 'END'
			# "RAID superblock formats" of the RAID wiki, version 1; mdadm judges the checksum
			import struct, sys
			at = int(sys.argv[1])
			data = 0 if at > 2048 else 2048
			head = struct.pack("<IIII16s32sQIIQII", 0xA92B4EFC, 1, 0, 0, bytes(range(1, 17)), b"host:name", 1, 1, 0, 100000, 0, 1)
			head = head.ljust(128, b"\0") + struct.pack("<QQQQIIII16s", data, 100000, at, 0, 0, 0, 0, 0, bytes(range(16)))
			head = head.ljust(192, b"\0") + struct.pack("<QQQII", 1, 2, 0, 0, 1)
			head = bytearray(head.ljust(256, b"\0") + struct.pack("<H", 0))
			padded = bytes(head) + b"\0" * (-len(head) % 4)
			total = sum(struct.unpack("<%dI" % (len(head) // 4), padded[:len(head) // 4 * 4])) + struct.unpack("<H", bytes(head[-2:]))[0]
			head[216:220] = struct.pack("<I", (total & 0xFFFFFFFF) + (total >> 32) & 0xFFFFFFFF)
			with open("disk.img", "r+b") as disk:
			    disk.seek(at * 512)
			    disk.write(head)
		END
		run mdadm --examine disk.img
		[[ $output == *"- correct"* ]] || { echo "$output"; false; }
		blkid -p -o export disk.img > blkid.txt
		show
		"$judge" contents ours.json 0 blkid.txt
		say linux_raid_member 'd["contents"][0]["type"]'
		# a table is laid over it: what stays is stale
		printf 'label: dos\nstart=1MiB, size=50MiB\n' | sfdisk -q --wipe never disk.img
		show
		stale='" ".join("%s %s %d" % (s["type"], s["uuid"], s["partition"]) for s in d["stale"])'
		id=$(sed -n 's/^UUID=//p' blkid.txt)
		[ "${version%%:*}" = 1.1 ] || say "linux_raid_member $id 0" "$stale"
		# it says that it is the whole disk's, also where a partition takes its place
		printf 'label: dos\nstart=1MiB\n' | sfdisk -q --wipe never disk.img
		show
		[ "${version%%:*}" = 1.1 ] || say "linux_raid_member $id $([ "${version%%:*}" = 1.0 ] && echo 1 || echo 0)" "$stale"
		say '[]' 'd["partitions"][0]["contents"]'
	done
}

@test "util-linux's own images: the words of blkid, with and without a descriptor" {
	mkdir -p apt/lists/partial apt/cache/archives/partial
	cat > apt/apt.conf <<- END
		Dir::State::lists "$PWD/apt/lists";
		Dir::Cache "$PWD/apt/cache";
		Dir::Etc::sourcelist "$PWD/apt/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Sandbox::User "root";
	END
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main" > apt/sources.list
	export APT_CONFIG=$PWD/apt/apt.conf
	if ! { timeout 120 apt-get update && timeout 60 apt-get source --download-only util-linux; } > apt.log 2>&1; then
		cat apt.log
		skip "util-linux's source cannot be fetched here"
	fi
	tar xf util-linux_*.orig.tar.xz --wildcards '*/tests/ts/blkid/images-*'
	mkdir images
	for image in util-linux-*/tests/ts/blkid/images-*/*.xz; do
		xz -dc "$image" | dd of="images/$(basename "$image" .xz)" conv=sparse bs=4k iflag=fullblock status=none
	done
	run "$judge" images "$LAYOUT_SHOW" images
	echo "$output"
	[ "$status" -eq 0 ]
	# what a kernel's md 0.90 and a ZFS left behind a shorter table
	# 0.90 at the end of a partition that ends with the disk: whose it is, its size tells
	stale='" ".join("%s %d" % (s["type"], s["partition"]) for s in d["stale"])'
	cp images/mdraid.img disk.img
	printf 'label: dos\nstart=1MiB\n' | sfdisk -q --wipe never disk.img
	show
	say 'linux_raid_member 1' "$stale"
	rm disk.img
	truncate -s 11M disk.img
	place images/mdraid.img 1
	printf 'label: dos\nstart=1MiB\n' | sfdisk -q --wipe never disk.img
	show
	say linux_raid_member 'd["partitions"][0]["contents"][0]["type"]'
	say '' "$stale"
	for row in mdraid:linux_raid_member zfs:zfs_member lvm2:LVM2_member; do
		cp "images/${row%%:*}.img" disk.img
		truncate -s %512 disk.img
		id=$(blkid -p -o value -s UUID disk.img)
		printf 'label: dos\nstart=1MiB, size=512KiB\n' | sfdisk -q --wipe never disk.img
		show
		say "${row##*:} $id" '"%s %s" % (d["stale"][0]["type"], d["stale"][0]["uuid"])'
	done
}

@test "a sparse raw of 10 GiB: few bytes, little time, and nothing is opened for writing" {
	needs sgdisk mkfs.ext4 mkfs.vfat mkswap strace
	truncate -s 10G disk.img
	sgdisk -o -n 1:2048:+1M -t 1:ef02 -n 2:0:+100M -t 2:ef00 -n 3:0:+1G -t 3:8200 -n 4:0:0 disk.img > /dev/null
	truncate -s 100M 2 && mkfs.vfat 2 > /dev/null && place 2 2
	truncate -s 1G 3 && mkswap -q 3 2> /dev/null && place 3 102
	mkfs.ext4 -q -E offset=$((1126 * 1048576)),lazy_itable_init=1 disk.img $((10240 - 1126 - 1))M
	for how in '' '--copy' '--copy --holes'; do
		# shellcheck disable=SC2086 # two words are meant
		strace -f -e trace=openat,open,creat,memfd_create,read,pread64 -o trace "$LAYOUT_SHOW" $how disk.img > ours.json || show $how
		say 'vfat swap ext4' '" ".join(c["type"] for p in d["partitions"] for c in p["contents"])'
		bytes=$(awk '/^[0-9]* *p?read(64)?\(/ && $NF ~ /^[0-9]+$/ { all += $NF } END { print all + 0 }' trace)
		echo "$how: $bytes bytes by system calls, $(ours 'd["read_bytes"]') asked of the source"
		[ "$bytes" -gt 100000 ]
		[ "$bytes" -lt $((8 * 1048576)) ]
		if grep -q 'O_WRONLY\|O_RDWR\|O_CREAT\|O_TRUNC' trace; then false; fi
	done
	start=$(date +%s%N)
	show
	[ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ] # the program with sanitizers
}

@test "before Linux 3.17 the copy lies in an unlinked file in TMPDIR" {
	needs mkfs.xfs strace
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of old-kernel are those of x86-64"
	old_kernel=$(dirname "$FAULTS")/old-kernel
	truncate -s 400M disk.img
	mkfs.xfs -q disk.img
	mkdir tmp
	export ASAN_OPTIONS=detect_leaks=0
	TMPDIR=$PWD/tmp strace -f -o trace -e trace=openat,open,memfd_create,unlink,unlinkat "$old_kernel" "$LAYOUT_SHOW" --copy disk.img > ours.json
	say xfs 'd["contents"][0]["type"]'
	grep -q 'memfd_create.*ENOSYS' trace
	grep -q "unlink.*$PWD/tmp/moult-" trace
	[ -z "$(ls -A tmp)" ]
	# without room for it the rest is told
	TMPDIR=$PWD/none "$old_kernel" "$LAYOUT_SHOW" --copy disk.img > ours.json
	[ "$(codes)" = unreadable ]
}

@test "type names are those that sfdisk knows" {
	needs sfdisk sgdisk
	sfdisk -q --list-types --label gpt | awk '{ print tolower($1) }' | grep -o '^[0-9a-f]\{8\}-[0-9a-f-]*$' > known
	grep -o '^	{"[0-9a-f]\{8\}-[0-9a-f-]*"' "$ROOT/src/model/layout_types.c" | tr -d '\t{"' > mine
	[ "$(wc -l < mine)" -ge 40 ]
	# two that this sfdisk does not list, and sgdisk makes
	truncate -s 64M disk.img
	sgdisk -o -n 1:0:+1M -t 1:8309 -n 2:0:+1M -t 2:8308 disk.img > /dev/null
	show
	say 'Linux LUKS, Linux plain dm-crypt' '", ".join(p["type_name"] for p in d["partitions"])'
	ours '"\n".join(p["type"] for p in d["partitions"])' >> known
	run grep -vxFf known mine
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "rubbish in the first sectors ends soon and is read as nothing" {
	for seed in 1 2 3 4 5 6 7 8; do
		/usr/bin/python3 -c "import random; random.seed($seed); open('disk.img', 'wb').write(random.randbytes(2000000))"
		if [ $seed -gt 4 ]; then printf '\125\252' | dd of=disk.img bs=1 seek=510 conv=notrunc status=none; fi
		show
		say none 'd["kind"]'
		show --copy
	done
}
