#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# guest/vfs.h by tests/tools/vfs-list: the same behaviour whatever a guest's files lie on. Golden is what
# the kernel says of the same files, and of file systems made by mke2fs, mkfs.xfs, mkfs.btrfs and mkfs.fat.

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir -p tree mnt
	make_tree tree
	export E2FSPROGS_FAKE_TIME=1700000000
	made ext4 -t ext4 -b 4096 -O metadata_csum,64bit
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
	# those that a test which failed has left
	losetup -n -O NAME,BACK-FILE | awk -v folder="$BATS_FILE_TMPDIR/" 'index($2, folder) == 1 { print $1 }' |
		xargs -r losetup -d
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_FILE_TMPDIR"
}

# a tree with everything that a back end can get wrong
make_tree() {
	cp -a /usr/lib/python3/dist-packages/mesonbuild "$1/py" # meson is what the build needs
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
		if os.getuid() == 0:
		    os.chown("secret", 70000, 70001)
		os.chmod("secret", 0o4600)
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
		os.symlink("/etc/os-release", "etc/deep/absolute")
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
		for i in range(600):
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

# each COMMAND...: with the folder and with every image as its last argument
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

# mke2fs gives an inline_data file system a /sparse that ends with its last data; the kernel agrees
same_as_the_folder() {
	local besides=none
	[ "$1" != inline.img ] || besides=/sparse
	names_of "$1" | grep -av " $besides " >here
	grep -av " $besides " there | cmp - here || { echo "in $1"; return 1; }
}

@test "every back end gives the names, modes, owners, times, targets and digests of the folder" {
	names_of tree >there
	[ "$(wc -l <there)" -gt 900 ]
	grep -aq '^f 104600 .* 5000 1600000000 /secret ' there
	each same_as_the_folder
}

@test "the folder's own list is what find, stat and sha256sum say" {
	"$VFS_LIST" tree tree "" | grep -a '^f' | LC_ALL=C sed 's/^[^/]* \(.*\) \([0-9a-f]*\)$/\2  .\1/' | LC_ALL=C sort >here
	(cd tree && find . -type f -print0 | xargs -0 sha256sum) | LC_ALL=C sort >there
	[ "$(wc -l <there)" -gt 800 ]
	cmp here there
}

@test "a kernel mount gives the same" {
	can_mount || skip "only root may mount"
	for name in ext4 ext3 ext2 bigalloc inline; do
		names_of $name.img >here
		mount -o ro,loop $name.img mnt
		names_of mnt >there
		umount mnt
		cmp here there
	done
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
	for path in absolute etc/deep/absolute /climbing long-way l40 folder-link/os-release etc/../absolute //etc//./os-release \
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
	[ "$("$VFS_LIST" "$1" list many | wc -l)" = 600 ]
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
	run -0 env ASAN_OPTIONS=detect_leaks=0 strace -f -y -e trace=open,openat -o trace "$VFS_LIST" tree tree ""
	grep -q 'fifo.*O_PATH' trace
	if grep -E '"(fifo|null|disk)"' trace | grep -v O_PATH; then false; fi
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

@test "a block that was revoked is not taken from the journal" {
	can_mount || skip "only root may mount"
	truncate -s 0 dirty
	truncate -s 32M dirty
	mke2fs -q -F -t ext4 -b 1024 -J size=4 dirty
	mount -o loop dirty mnt
	# folder blocks go into the log, are given back, and become a file's, which does not
	mkdir mnt/gone
	(cd mnt/gone && seq -f 'a-name-that-makes-it-long-%06g' 600 | xargs touch)
	sync -f mnt
	rm -r mnt/gone
	sync -f mnt
	dd if=/dev/zero bs=64k 2>/dev/null | tr '\0' F >mnt/fill || true
	sync -f mnt
	digest=$(sha256sum <mnt/fill)
	python3 -c 'import fcntl, os, struct, sys
fcntl.ioctl(os.open("mnt", os.O_RDONLY), 0x8004587d, struct.pack("I", 1))'
	umount mnt
	[ "$("$VFS_LIST" dirty type | wc -l)" = 1 ]
	[ "$("$VFS_LIST" dirty cat fill | sha256sum)" = "$digest" ]
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
	# a byte of the log's first descriptor; where the log begins stands in its superblock
	first=$(debugfs -R 'bmap <8> 0' dirty 2>/dev/null)
	start=$(od -An -tu4 --endian=big -j $((first * 4096 + 28)) -N 4 dirty | tr -d ' ')
	[ "$start" -gt 0 ]
	first=$(debugfs -R "bmap <8> $start" dirty 2>/dev/null)
	printf '\377' | dd of=dirty bs=1 seek=$((first * 4096 + 100)) conv=notrunc status=none
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
	for name in $(images); do
		"$VFS_LIST" $name.img tree "" >/dev/null
	done
	sha256sum --quiet -c before
	if losetup -n -O BACK-FILE | grep -F "$PWD"; then false; fi
	run -0 env ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=%file,pwrite64,ftruncate -o trace "$VFS_LIST" ext4.img cat absolute
	if grep -E 'O_(RDWR|WRONLY|CREAT)|pwrite|ftruncate' trace; then false; fi
}

@test "FAT: a file of whatever hour, which mtools does not fill to two digits" {
	truncate -s 4M fat
	mkfs.fat fat >/dev/null
	for hour in 00 09 10 23; do
		touch -d "2024-02-03 $hour:05 UTC" at
		TZ=UTC mcopy -m -i fat at ::/at$hour
	done
	gives fat "$(printf 'f at00\nf at09\nf at10\nf at23')" list ""
	"$VFS_LIST" fat stat /at09 | grep -q " $(date -d '2024-02-03 09:05 UTC' +%s)$"
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
	"$VFS_LIST" fat head /EFI/BOOT/BOOTX64.EFI 100000 | cmp - <(head -c 100000 payload)
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
		truncate -s 0 fat
		truncate -s $((bits * 3 - 32))M fat # 4 and 16 MiB
		mkfs.fat -F $bits fat >/dev/null
		mcopy -i fat tree/etc/os-release ::/release
		gives fat "ID=debian" cat /RELEASE
	done
}

@test "a folder of 50,000 names, and a deep one" {
	can_mount || skip "mke2fs -d takes minutes for so many names"
	mkdir -p large/many
	(cd large/many && seq -f 'a-name-that-makes-it-long-%06g' 50000 | xargs touch)
	python3 -c 'import os
os.chdir("large")
for i in range(300):
    os.mkdir("d")
    os.chdir("d")
    if i == 199:
        open("end", "w").write("deep")'
	deep=$(printf 'd/%.0s' $(seq 200))
	truncate -s 100M large.img
	mke2fs -q -F -N 60000 -t ext4 large.img
	mount -o loop large.img mnt
	cp -a large/. mnt/
	umount mnt
	debugfs -R 'htree_dump /many' large.img >htree 2>/dev/null
	grep -q 'Indirect levels: [0-9]' htree
	ls large/many | LC_ALL=C sort | sed 's/^/f /' >there
	for on in large large.img; do
		"$VFS_LIST" $on list many >here
		cmp here there
		gives $on deep cat "${deep}end"
		gives $on yes exists /many/a-name-that-makes-it-long-049999
		gives $on no exists /many/a-name-that-makes-it-long-050001
		fails $on 1 "too long" stat "$deep$(printf 'd/%.0s' $(seq 90))"
	done
	rm -r large
}

# patch IMAGE OFFSET HEX: write bytes
patch() {
	python3 -c 'import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    file.write(bytes.fromhex(sys.argv[3]))' "$@"
}

# inode_at IMAGE PATH: where the inode lies; blocks have 1024 bytes
inode_at() {
	debugfs -R "imap $2" "$1" 2>/dev/null | sed -n 's/.*located at block \([0-9]*\), offset \(0x[0-9a-f]*\).*/\1 \2/p' |
		{ read -r block offset && echo $((block * 1024 + offset)); }
}

# entry_at IMAGE NAME: where the only folder entry of a name lies
entry_at() {
	python3 -c 'import sys
image, name = open(sys.argv[1], "rb").read(), sys.argv[2].encode()
assert image.count(name) == 1
print(image.index(name) - 8)' "$@"
}

@test "damaged ext4: each kind ends soon and is told" {
	mkdir -p small/folder/below small/other
	echo good >small/good
	echo bad >small/hostile-name-1
	head -c 20000 tree/big >small/bad
	cp small/bad small/secret
	ln -s "$(printf 'x%.0s' $(seq 100))" small/link
	truncate -s 4M sound
	mke2fs -q -F -t ext4 -b 1024 -I 256 -O ^metadata_csum,^64bit,^has_journal -d small sound
	gives sound good cat good
	damage() {
		cp sound damaged
	}
	soon() { # STATUS WORDS ARGUMENT...: within two seconds and 64 MiB besides the sanitizers' own
		local wanted=$1 words=$2 status=0
		shift 2
		got=$(timeout 5 "$VFS_LIST" damaged "$@" 2>&1 | head -c 1000; exit "${PIPESTATUS[0]}") || status=$?
		[ "$status" = "$wanted" ] || { echo "$*: status $status, '$got'"; return 1; }
		case $got in *"$words"*) ;; *) echo "$*: '$got'"; return 1 ;; esac
		# what is sound beside it is still read
		gives damaged good cat good
	}

	damage # a folder within itself
	debugfs -w -R 'link /folder /folder/below/again' damaged 2>/dev/null
	debugfs -w -R 'link /folder /other/again' damaged 2>/dev/null
	soon 3 "says that it lies in" stat folder/below/again
	soon 3 "says that it lies in" stat folder/below/again/below/again/below
	soon 3 "says that it lies in" tree other

	damage # an inode that does not exist, the journal's, one that is not in use
	entry=$(entry_at damaged hostile-name-1)
	patch damaged "$entry" 40420f00
	soon 3 "inode" cat hostile-name-1
	patch damaged "$entry" 08000000
	soon 3 "which is no file's" cat hostile-name-1
	patch damaged "$entry" 20000000
	soon 3 "not in use" cat hostile-name-1

	damage # names that no folder can have, entries that reach out of their block
	patch damaged $((entry + 8)) 2f
	soon 3 "no folder can have" list ""
	damage
	patch damaged $((entry + 4)) 0000
	fails damaged 3 "damaged" list ""
	patch damaged $((entry + 4)) f0ff
	fails damaged 3 "damaged" list ""
	patch damaged $((entry + 4)) 1000ff
	fails damaged 3 "damaged" list ""

	damage # an extent tree that leads into itself, one that is too deep, one out of order
	inode=$(inode_at damaged /bad)
	patch damaged $((inode + 40)) 0af3010004000500000000000000000080030000000000
	patch damaged $((0x380 * 1024)) 0af3010054000400000000000000000080030000000000
	soon 3 "extent" cat bad
	patch damaged $((inode + 46)) ffff
	soon 3 "levels deep" cat bad
	damage
	patch damaged $((inode + 42)) 0500
	soon 3 "extent" cat bad
	damage
	patch damaged $((inode + 40 + 12 + 8)) ffffff7f
	soon 3 "lies in block" cat bad

	damage # sizes
	patch damaged $((inode + 108)) ffffff7f
	soon 3 "more than a file can be" cat bad
	[[ "$got" != *xxx* ]]
	damage
	patch damaged $((inode + 108)) 00010000
	"$VFS_LIST" damaged head bad 30000000 | tail -c 1000000 | cmp - <(head -c 1000000 /dev/zero)
	damage
	patch damaged $((inode + 32)) 00000010 # inline data where there are extents
	soon 0 "" head bad 100
	damage
	patch damaged $(($(inode_at damaged /folder) + 4)) 00fcffff
	soon 3 "bytes long" list folder
	damage
	patch damaged $(($(inode_at damaged /link) + 4)) 00fcffff
	soon 3 "a link says" link link

	damage # encrypted: refused by name, and only that
	patch damaged $(($(inode_at damaged /secret) + 32)) 00080800
	soon 3 "'secret': it is encrypted" cat secret
	patch damaged $(($(inode_at damaged /folder) + 32)) 00080800
	soon 3 "'folder': the folder is encrypted" list folder

	damage # superblock: block size, inodes, groups, features, groups of 8 blocks
	for change in "24 ff000000" "40 00000000" "32 08000000" "4 00ffffff" "88 ffff" "20 ffffff7f"; do
		damage
		patch damaged $((1024 + ${change% *})) "${change#* }"
		fails damaged 3 "" type
	done
	damage
	patch damaged $((1024 + 96)) 00000080
	fails damaged 7 "features" type
	damage # descriptors that lead out
	patch damaged $((2048 + 8)) ffffffff
	fails damaged 3 "" type
}

@test "checksums of ext4 are looked at" {
	rm -f sound
	truncate -s 4M sound
	mke2fs -q -F -t ext4 -b 1024 -O metadata_csum,^has_journal -d small sound
	gives sound good cat good
	cp sound damaged
	patch damaged $(($(inode_at damaged /bad) + 4)) ff
	fails damaged 3 "checksum" cat bad
	gives damaged good cat good
	cp sound damaged
	patch damaged $(($(entry_at damaged hostile-name-1) + 8)) 48
	fails damaged 3 "checksum" list ""
	cp sound damaged
	patch damaged $((1024 + 120)) 58
	fails damaged 3 "checksum" type
}

@test "logical volumes, linear and striped, over two physical ones" {
	can_mount || skip "only root may make loop devices, which lvm wants"
	truncate -s 0 pv1 pv2
	truncate -s 200M pv1 pv2
	one=$(losetup -f --show pv1)
	two=$(losetup -f --show pv2)
	# without device mapper the volumes are made and not mapped
	volume() {
		lvm "$1" --driverloaded n --config "devices { use_devicesfile=0 filter=[\"a|^$one\$|\",\"a|^$two\$|\",\"r|.*|\"] \
			obtain_device_list_from_udev=0 } activation { udev_sync=0 udev_rules=0 monitoring=0 } \
			backup { backup=0 archive=0 }" "${@:2}" 2>>lvm.log
	}
	volume pvcreate -q "$one" "$two"
	volume vgcreate -q vg0 "$one" "$two"
	volume lvcreate -an -Zn -Wn -qq -L 60M -n root vg0
	volume lvcreate -an -Zn -Wn -qq -L 20M -n whole vg0
	volume lvcreate -an -Zn -Wn -qq -i 2 -I 64 -L 80M -n striped vg0
	volume lvextend -qq -L 240M vg0/root
	volume lvcreate -an -Zn -Wn -qq --type zero -L 4M -n other vg0
	ranges=$(volume lvs --noheadings --units b -o name,seg_pe_ranges,stripe_size vg0)
	start=$(volume pvs --noheadings --units b --nosuffix -o pe_start "$one" | tr -d ' ')
	losetup -d "$one" "$two"
	rm -rf small
	mkdir small
	cp tree/big small/big
	truncate -s 200M fs-root && mke2fs -q -F -d small fs-root
	truncate -s 70M fs-striped && mke2fs -q -F -t ext4 -b 4096 -d small fs-striped
	truncate -s 18M fs-whole && mke2fs -q -F -d small fs-whole
	# laid out as lvm says
	python3 - "$start" "$one" "$ranges" <<-'END'
		import sys
		start, one, extent = int(sys.argv[1]), sys.argv[2], 4 << 20
		disks = {True: open("pv1", "r+b"), False: open("pv2", "r+b")}
		images = {name: open("fs-" + name, "rb") for name in ("root", "striped", "whole")}
		for line in sys.argv[3].splitlines():
		    name, *parts, size = line.split()
		    if name not in images:
		        continue
		    runs = []
		    for part in parts:
		        device, extents = part.split(":")
		        first, last = map(int, extents.split("-"))
		        runs.append((disks[device == one], start + first * extent, (last - first + 1) * extent))
		    size = runs[0][2] if len(runs) == 1 else int(size.rstrip("B"))
		    for at in range(0, runs[0][2], size):
		        for disk, place, length in runs:
		            disk.seek(place + at)
		            disk.write(images[name].read(size))
	END
	LVM=? OTHER=pv2 fails pv1 3 "vg0/root" type
	[[ "$got" == *vg0/striped*vg0/other* ]]
	for name in root striped whole; do
		LVM=$name OTHER=pv2 "$VFS_LIST" pv1 cat big | cmp - tree/big
		LVM=$name OTHER=pv1 "$VFS_LIST" pv2 cat big | cmp - tree/big
	done
	LVM=whole "$VFS_LIST" pv1 cat big | cmp - tree/big
	LVM=root fails pv1 7 "is not here" type
	LVM=other OTHER=pv2 fails pv1 7 "by the kernel alone" type
	LVM=none OTHER=pv2 fails pv1 3 "no volume 'none'" type
	LVM=root fails ext4.img 3 "no physical volume" type
	# label, area, text: which begins where the area's head says
	text=$(od -An -tu8 -j 4136 -N 8 pv1 | tr -d ' ')
	for offset in 534 4100 $((4096 + text + 30)); do
		cp --sparse=always pv1 cut
		patch cut "$offset" ff
		LVM=whole fails cut 3 "damaged" type
	done
	head -c 30M pv1 >cut
	LVM=whole fails cut 3 "leads out of" type
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
