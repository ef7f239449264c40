#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# guest/vfs.h by tests/tools/vfs-list: the same behaviour whatever a guest's files lie on. Golden is what
# the kernel says of the same files, and of file systems made by mke2fs, mkfs.xfs, mkfs.btrfs and mkfs.fat.

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir -p tree mnt
	make_tree tree
	export E2FSPROGS_FAKE_TIME=1700000000
	made ext4 -t ext4 -O metadata_csum,64bit
	made ext3 -t ext3 -b 1024 -I 128
	made ext2 -t ext2 -O ^filetype,^dir_index
	made bigalloc -t ext4 -O bigalloc,meta_bg,^resize_inode -C 16384
	made inline -t ext4 -O inline_data,sparse_super2 -I 512
	made casefold -t ext4 -O casefold,^flex_bg,uninit_bg,^metadata_csum
	if can_mount; then
		made_by_mount xfs 300M mkfs.xfs -q
		made_by_mount btrfs 200M mkfs.btrfs -q
	fi
}

teardown_file() {
	umount "$BATS_FILE_TMPDIR/mnt" 2>/dev/null || true
}

setup() {
	bats_require_minimum_version 1.5.0
	# leaks are looked for once, in "nothing is left behind": LSan cannot stop what seccomp stops
	cd "$BATS_FILE_TMPDIR"
}

# a tree with everything that a back end can get wrong
make_tree() {
	cp -a /usr/lib/python3/dist-packages "$1/py" 2>/dev/null || cp -a /usr/share/perl5 "$1/py"
	python3 - "$1" <<-'END'
		import os, sys
		os.chdir(os.fsencode(sys.argv[1]))
		def write(name, data):
		    with open(name, "wb") as file:
		        file.write(data)
		os.makedirs("etc/deep/er")
		write("etc/os-release", b"ID=debian\n")
		write("empty", b"")
		write("secret", b"x" * 5000)
		os.chmod("secret", 0o4600)
		os.chown("secret", 70000, 70001) if os.getuid() == 0 else None
		write(b"bytes-\xff\xfe\x01", b"not UTF-8\n")
		write("n" * 255, b"long\n")
		write("big", bytes(range(256)) * 40000)
		with open("sparse", "wb") as file:
		    for place in (0, 5 << 20, 11 << 20):
		        file.seek(place)
		        file.write(b"data at %d" % place)
		    file.truncate(20 << 20)
		with open("hole", "wb") as file:
		    file.truncate(1 << 20)
		os.link("etc/os-release", "etc/deep/hard")
		os.symlink("/etc/os-release", "absolute")
		os.symlink("../../../../../etc/os-release", "climbing")
		os.symlink("../../../../../../../../../../../proc/version", "etc/deep/outside")
		os.symlink("/etc/deep/er/../../os-release", "long-way")
		os.symlink("loop-b", "loop-a")
		os.symlink("loop-a", "loop-b")
		os.symlink("self", "self")
		os.symlink("etc", "folder-link")
		os.symlink("nowhere", "dangling")
		os.symlink("x" * 1000, "long-link")
		os.symlink("y" * 59, "link59")
		os.symlink("y" * 60, "link60")
		os.symlink("z" * 100, "link100")
		# the last of 40 links may be followed, a 41st not
		os.symlink("/etc/os-release", "l1")
		for i in range(2, 42):
		    os.symlink("l%d" % (i - 1), "l%d" % i)
		os.mkdir("many")
		for i in range(3000):
		    write("many/file-%05d-%s" % (i, "p" * (i % 60)), b"")
		os.mkfifo("fifo")
		if os.getuid() == 0:
		    os.mknod("null", 0o666 | 0o020000, os.makedev(1, 3))
		    os.mknod("disk", 0o660 | 0o060000, os.makedev(7, 0))
		for path, folders, files in os.walk(".", topdown=False):
		    for name in folders + files:
		        os.utime(os.path.join(path, name), (1600000000, 1600000000), follow_symlinks=False)
		os.utime(".", (1600000000, 1600000000))
	END
}

can_mount() {
	[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]
}

# made NAME MKE2FS-OPTION...
made() {
	local name=$1
	shift
	truncate -s 200M "$name.img"
	mke2fs -q -F "$@" -d tree "$name.img"
}

# made_by_mount NAME SIZE MKFS...
made_by_mount() {
	local name=$1
	truncate -s "$2" "$name.img"
	shift 2
	"$@" "$name.img" >/dev/null 2>&1
	mount -o loop "$name.img" mnt
	cp -a tree/. mnt/
	umount mnt
}

images() {
	ls ./*.img | sed 's/\.img$//; s,^\./,,' | grep -E '^(ext4|ext3|ext2|bigalloc|inline|casefold|xfs|btrfs)$'
}

# each COMMAND...: for the folder and every image, $on is what vfs-list takes
each() {
	local name
	"$@" tree
	for name in $(images); do
		"$@" "$name.img"
	done
}

# without what a file system adds: its own lost+found, the root's time
names_of() {
	"$VFS_LIST" "$1" tree "" | grep -av -e ' /lost+found ' -e '^d [0-7]* [0-9:]* 0 [0-9]* / $'
}

same_as_the_folder() {
	names_of "$1" >here
	cmp there here
}

@test "every back end gives the names, modes, owners, times, targets and digests of the folder" {
	names_of tree >there
	[ "$(wc -l <there)" -gt 3200 ]
	grep -aq '^f 104600 .* 5000 1600000000 /secret ' there
	each same_as_the_folder
}

@test "the folder's own list is what find, stat and sha256sum say" {
	"$VFS_LIST" tree tree "" | grep -a '^f' | sed 's/^.* \([^ ]*\) \([0-9a-f]*\)$/\2  .\1/' | sort >here
	(cd tree && find . -type f -print0 | xargs -0 sha256sum | grep -v '^\\') | sort >there
	# names with a newline or a backslash are not in the tree
	[ "$(wc -l <there)" -gt 3000 ]
	grep -avF "$(printf 'bytes-')" here >here-plain
	grep -avF "$(printf 'bytes-')" there >there-plain
	cmp here-plain there-plain
}

@test "a kernel mount gives the same" {
	can_mount || skip "only root may mount"
	names_of ext4.img >here
	mount -o ro,loop ext4.img mnt
	names_of mnt >there
	umount mnt
	cmp here there
}

gives() {
	local on=$1 wanted=$2 status=0
	shift 2
	got=$("$VFS_LIST" "$on" "$@" 2>&1) || status=$?
	[ "$got" = "$wanted" ] || { echo "$on: $*: '$got'"; return 1; }
	return $status
}

fails() { # ON STATUS WORDS ARGUMENT...
	local on=$1 wanted=$2 words=$3 status=0
	shift 3
	got=$("$VFS_LIST" "$on" "$@" 2>&1) || status=$?
	[ "$status" = "$wanted" ] || { echo "$on: $*: status $status, '$got'"; return 1; }
	case $got in *"$words"*) ;; *) echo "$on: $*: '$got'"; return 1 ;; esac
}

links_on() {
	for path in absolute /climbing long-way l40 folder-link/os-release etc/../absolute //etc//./os-release \
		../../etc/os-release; do
		gives "$1" "ID=debian" cat "$path"
	done
	# /proc of the host is not there
	fails "$1" 1 "No such file" cat etc/deep/outside
	fails "$1" 1 "No such file" cat dangling
	for path in self loop-a l41; do
		fails "$1" 1 "Too many levels" cat "$path"
	done
	gives "$1" nowhere link dangling
	gives "$1" "$(printf 'x%.0s' $(seq 1000))" link long-link
	fails "$1" 1 "Invalid argument" link etc/os-release
	fails "$1" 1 "Not a directory" cat etc/os-release/
	fails "$1" 1 "Not a directory" stat etc/os-release/..
	fails "$1" 1 "Not a directory" list empty
	fails "$1" 1 "too long" stat "$(printf 'n%.0s' $(seq 256))"
	gives "$1" "long" cat "$(printf 'n%.0s' $(seq 255))"
	gives "$1" yes exists folder-link/
	gives "$1" no exists dangling
	gives "$1" no exists loop-a
}

@test "links, absolute and climbing, stay inside; loops of them end" {
	each links_on
}

limits_on() {
	gives "$1" "ID=debian" read etc/os-release 10
	fails "$1" 3 "10 bytes long, and no more than 9" read etc/os-release 9
	gives "$1" "" read empty 0
	gives "$1" "ID=d" head etc/os-release 4
	fails "$1" 3 "no regular file" read etc 100
	fails "$1" 1 "No such file" read etc/none 100
	gives "$1" "" names etc/none .list
	gives "$1" "" names empty .list
	gives "$1" "os-release" names etc release
	gives "$1" "$(printf 'd deep\nf os-release')" list etc
	[ "$("$VFS_LIST" "$1" list many | wc -l)" = 3000 ]
	"$VFS_LIST" "$1" list many >listed
	LC_ALL=C sort -c listed
}

@test "what is read is limited, and lists are sorted" {
	each limits_on
}

special_on() {
	gives "$1" "o 010644 0:0 0 1600000000" stat fifo
	fails "$1" 3 "no regular file" cat fifo
	fails "$1" 3 "no regular file" read fifo 100
	[ -e tree/null ] || return 0
	gives "$1" "o 020644 0:0 0 1600000000" stat null
	fails "$1" 3 "no regular file" cat null
	fails "$1" 3 "no regular file" cat disk
	gives "$1" yes exists disk
}

@test "a FIFO and devices are seen and never opened" {
	[ "$(id -u)" = 0 ] || skip "the tree has no devices when not made by root"
	each special_on
	run -0 strace -f -y -e trace=open,openat -o trace "$VFS_LIST" tree tree ""
	grep -q 'fifo.*O_PATH' trace
	if grep -E '"(fifo|null|disk)"' trace | grep -v O_PATH; then false; fi
}

attached_on() {
	mkdir -p boot-tree/grub
	echo entry >boot-tree/grub/grub.cfg
	ln -sf /etc/os-release boot-tree/release
	ln -sf ../../../os-release boot-tree/grub/up
	export ATTACH="boot-tree=/etc/deep"
	gives "$1" entry cat /etc/deep/grub/grub.cfg
	gives "$1" entry cat /folder-link/deep/er/../grub/grub.cfg || return 1
	unset ATTACH
}

across_on() {
	export ATTACH="boot-tree=/folder-link/deep"
	gives "$1" entry cat /etc/deep/grub/grub.cfg
	# absolute links of what is attached begin at the whole's root, climbing ones pass its own
	gives "$1" "ID=debian" cat /etc/deep/release
	gives "$1" "ID=debian" cat /etc/deep/grub/../../os-release
	gives "$1" "ID=debian" cat /etc/deep/grub/up
	gives "$1" "$(printf 'd grub\nl release')" list /etc/deep
	fails "$1" 1 "No such file" cat /etc/deep/hard
	export ATTACH="boot-tree=/empty"
	fails "$1" 1 "Not a directory" type
	unset ATTACH
}

@test "links cross what is attached" {
	mkdir -p boot-tree/grub
	echo entry >boot-tree/grub/grub.cfg
	ln -sfn /etc/os-release boot-tree/release
	ln -sfn ../../os-release boot-tree/grub/up
	each across_on
	# any back end can be attached
	for name in $(images); do
		ATTACH="$name.img=/etc" gives tree "ID=debian" cat /etc/etc/os-release
		ATTACH="$name.img=/etc" gives tree "ID=debian" cat /etc/folder-link/os-release
	done
}

@test "a source without descriptor, and a part of one, give the same" {
	names_of tree >there
	cp --sparse=always ext4.img shifted
	truncate -s 0 whole && truncate -s 1M whole && cat ext4.img >>whole
	names_of "whole@1048576:$(stat -c %s ext4.img)" | cmp - there
	for name in ext4 $(images | grep -E 'xfs|btrfs' || true); do
		NOFD=1 "$VFS_LIST" "$name.img" cat /absolute | grep -qx ID=debian
	done
	rm -f whole shifted
}

@test "a journal that was not replayed is read on top, as e2fsck replays it" {
	can_mount || skip "only root may mount"
	for name in ext4 ext3 bigalloc; do
		cp --sparse=always $name.img dirty
		mount -o loop dirty mnt
		cp -a tree/py mnt/py2
		rm -r mnt/many
		echo new >mnt/new
		sync -f mnt
		echo later >>mnt/later
		mv mnt/py mnt/py3
		python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open("mnt", os.O_RDONLY), 0x8004587d, struct.pack("I", 1))' # EXT4_IOC_SHUTDOWN, with a flush of the log
		umount mnt
		dumpe2fs -h dirty 2>/dev/null | grep -q needs_recovery
		"$VFS_LIST" dirty tree "" >here
		cp --sparse=always dirty replayed
		e2fsck -E journal_only -y replayed >/dev/null 2>&1
		if dumpe2fs -h replayed 2>/dev/null | grep -q needs_recovery; then false; fi
		"$VFS_LIST" replayed tree "" >there
		cmp here there
		grep -q ' /new ' here
		grep -q ' /py3/' here
		if grep -q ' /many/' here; then false; fi
		[ "$("$VFS_LIST" dirty type | wc -l)" = 1 ]
		mount -o loop replayed mnt
		"$VFS_LIST" mnt tree "" >there
		umount mnt
		cmp here there
	done
}

@test "a journal that cannot be replayed is told, and what is there is read" {
	can_mount || skip "only root may mount"
	cp --sparse=always ext4.img dirty
	mount -o loop dirty mnt
	mkdir mnt/made
	python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open("mnt", os.O_RDONLY), 0x8004587d, struct.pack("I", 1))'
	umount mnt
	[ "$("$VFS_LIST" dirty type | wc -l)" = 1 ]
	# the second block of the log: its first descriptor
	start=$(debugfs -R 'bmap <8> 1' dirty 2>/dev/null)
	printf '\377' | dd of=dirty bs=1 seek=$((start * 4096 + 100)) conv=notrunc status=none
	run -0 "$VFS_LIST" dirty type
	[ "${lines[0]}" = ext4 ]
	[[ "${lines[1]}" == "its journal was not replayed: "*"wrong checksum"* ]]
	gives dirty "ID=debian" cat absolute
}

@test "an xfs and a btrfs with a dirty log are replayed on a private copy, or told" {
	can_mount || skip "only root may mount"
	command -v xfs_io >/dev/null
	for name in xfs btrfs; do
		cp --sparse=always $name.img dirty
		mount -o loop dirty mnt
		python3 -c 'import os
f = open("mnt/synced", "w"); f.write("synced"); f.flush(); os.fsync(f.fileno())'
		case $name in
		xfs) xfs_io -x -c 'shutdown -f' mnt ;;
		btrfs) cp --sparse=always dirty cut ;;
		esac
		umount mnt
		[ $name = xfs ] || mv cut dirty
		sha256sum dirty >before
		gives dirty synced cat synced
		[ "$("$VFS_LIST" dirty type | wc -l)" = 1 ]
		TMPDIR=/nonexistent run -0 "$VFS_LIST" dirty type
		[[ "${lines[1]}" == "its log was not replayed: "* ]]
		TMPDIR=/nonexistent gives dirty "ID=debian" cat absolute
		sha256sum -c before >/dev/null
	done
	[ -z "$(losetup -j dirty)" ]
}

@test "subvolumes of a btrfs are reached by name" {
	can_mount || skip "only root may mount"
	cp --sparse=always btrfs.img sub
	mount -o loop sub mnt
	btrfs subvolume create mnt/@ >/dev/null
	btrfs subvolume create mnt/@home >/dev/null
	echo root >mnt/@/which
	echo home >mnt/@home/which
	btrfs subvolume set-default mnt/@
	umount mnt
	gives sub root cat which
	SUBVOLUME=@home gives sub home cat which
	SUBVOLUME="" gives sub home cat @home/which
	SUBVOLUME="" gives sub "ID=debian" cat absolute
	SUBVOLUME=@none fails sub 3 "no subvolume '@none'" type
	SUBVOLUME=@ fails xfs.img 3 "xfs has no subvolumes" type
}

@test "without the right or the driver it is partial" {
	can_mount || skip "this user has no such right in any case"
	chmod 711 .
	chmod 644 xfs.img
	copy=$(mktemp -d)
	cp --sparse=always xfs.img ext4.img "$copy/"
	chmod -R a+rX "$copy"
	run -7 setpriv --reuid=65534 --regid=65534 --clear-groups "$VFS_LIST" "$copy/xfs.img" type
	[[ "$output" == *"only root may"* ]]
	run -0 setpriv --reuid=65534 --regid=65534 --clear-groups "$VFS_LIST" "$copy/ext4.img" cat absolute
	[ "$output" = ID=debian ]
	rm -r "$copy"
}

@test "xfs and btrfs are read on a kernel before 5.2" {
	can_mount || skip "only root may mount"
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of old-kernel are those of x86-64"
	for name in xfs btrfs; do
		run -0 env ASAN_OPTIONS=detect_leaks=0 "$(dirname "$FAULTS")/old-kernel" "$VFS_LIST" $name.img cat /absolute
		[ "$output" = ID=debian ]
	done
	# nothing is left mounted
	if grep -q loop /proc/mounts; then false; fi
}

@test "reading writes nothing and leaves nothing" {
	sha256sum ./*.img >before
	each "$VFS_LIST" 2>/dev/null || true
	for name in $(images); do
		"$VFS_LIST" $name.img tree "" >/dev/null
	done
	sha256sum --quiet -c before
	[ -z "$(losetup -n -O BACK-FILE 2>/dev/null | grep -F "$PWD" || true)" ]
	run -0 strace -f -e trace=%file,pwrite64,ftruncate -o trace "$VFS_LIST" ext4.img cat absolute
	if grep -E 'O_(RDWR|WRONLY|CREAT)|pwrite|ftruncate' trace; then false; fi
}

@test "FAT: names in any case, files, sizes and times by mtools" {
	truncate -s 40M fat
	mkfs.fat -F 32 fat >/dev/null
	export TZ=UTC
	mmd -i fat ::/EFI ::/EFI/BOOT "::/EFI/a long name"
	head -c 3000000 tree/big >payload
	mcopy -i fat payload ::/EFI/BOOT/BOOTX64.EFI
	mcopy -i fat tree/etc/os-release "::/EFI/a long name/loader.conf.d entry"
	mcopy -i fat tree/empty ::/lower.txt
	mcopy -i fat tree/etc/os-release '::/a[1]b.txt'
	mattrib +h +s -i fat ::/lower.txt
	gives fat vfat type
	gives fat "$(printf 'd EFI\nf a[1]b.txt\nf lower.txt')" list ""
	"$VFS_LIST" fat cat /efi/boot/bootx64.efi | cmp - payload
	NOFD=1 "$VFS_LIST" fat cat /EFI/BOOT/BOOTX64.EFI | cmp - payload
	gives fat "ID=debian" cat "/EFI/A LONG NAME/Loader.conf.d entry"
	gives fat "ID=debian" cat '/a[1]b.txt'
	gives fat "abcd" head /EFI/BOOT/BOOTX64.EFI 0 || gives fat "" head /none 0 || true
	fails fat 1 "No such file" cat /EFI/none
	fails fat 1 "Not a directory" list /lower.txt
	"$VFS_LIST" fat stat /EFI/BOOT/BOOTX64.EFI | grep -q "^f 100755 0:0 3000000 1[0-9]*$"
	ATTACH="fat=/etc" gives tree "ID=debian" cat "/etc/efi/a long name/loader.conf.d entry"
	# in a part of a larger image
	truncate -s 1M whole
	cat fat >>whole
	gives "whole@1048576" "ID=debian" cat '/a[1]b.txt'
	# cut off
	head -c 5000000 fat >cut
	fails cut 3 "cut off" type
	for bits in 12 16; do
		truncate -s 0 small
		truncate -s $((bits * 1024 * 1024 - 8 * 1024 * 1024)) small
		mkfs.fat -F $bits small >/dev/null
		mcopy -i small tree/etc/os-release ::/release
		gives small "ID=debian" cat /RELEASE
	done
}

@test "what is no file system is told" {
	head -c 100000 /dev/zero >nothing
	fails nothing 3 "no file system that is known" type
	: >nothing
	fails nothing 3 "no file system that is known" type
	head -c 1000 ext4.img >nothing
	fails nothing 3 "no file system that is known" type
	head -c 2048 ext4.img >nothing
	fails nothing 3 "cut off" type
	head -c 150M ext4.img >nothing
	fails nothing 3 "cut off" type
}
