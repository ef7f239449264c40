#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# guest/edit.h by tests/tools/guest-edit: what e2fsck, the kernel and the other tools say of what was edited.

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	mkdir -p mnt tree
	make_tree tree
	make_files
	export E2FSPROGS_FAKE_TIME=1600000000
	made ext4 -t ext4 -b 4096
	made ext4-1k -t ext4 -b 1024 -I 128
	made ext4-2k -t ext4 -b 2048 -O metadata_csum,64bit
	made ext3 -t ext3 -b 1024 -I 128
	made ext2 -t ext2
	made nojournal -t ext4 -O ^has_journal
	made nocsum -t ext4 -O ^metadata_csum,uninit_bg
	made inline -t ext4 -O inline_data -I 256
	made large_dir -t ext4 -O large_dir,metadata_csum_seed
	made plain -t ext4 -O ^dir_index,^extent,^flex_bg,^filetype,^64bit
	made groups -t ext4 -O meta_bg,^resize_inode,sparse_super2
	if mke2fs -q -n -O orphan_file x.img 16M 2>/dev/null; then
		made orphans -t ext4 -O orphan_file,fast_commit
	fi
	rm -f x.img
	make_script
}

teardown_file() {
	umount "$BATS_FILE_TMPDIR/mnt" "$BATS_FILE_TMPDIR/at" 2>/dev/null || true
	losetup -n -O NAME,BACK-FILE | awk -v folder="$BATS_FILE_TMPDIR/" 'index($2, folder) == 1 { print $1 }' |
		xargs -r losetup -d
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_FILE_TMPDIR"
	umount at mnt 2>/dev/null || true
	rm -rf at at.* large # what the last test made
}

can_mount() {
	[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]
}

make_tree() {
	mkdir -p "$1/etc/deep" "$1/many" "$1/boot"
	echo "UUID=old / ext4" >"$1/etc/fstab"
	ln "$1/etc/fstab" "$1/etc/deep/hard"
	echo ID=debian >"$1/etc/os-release"
	ln -s /etc/os-release "$1/etc/link"
	ln -s /etc/fstab "$1/etc/way"
	ln -s ../../../../../../../proc/version "$1/etc/outside"
	ln -s nowhere "$1/etc/dangling"
	ln -s "$(printf 'x%.0s' $(seq 100))" "$1/etc/long"
	echo remove me >"$1/etc/gone"
	head -c 300000 /dev/urandom >"$1/etc/gone-large"
	head -c 100001 /dev/urandom >"$1/boot/initrd"
	python3 -c 'import sys
with open(sys.argv[1] + "/boot/sparse", "wb") as file:
    for place in (0, 5 << 20):
        file.seek(place); file.write(b"data")
    file.seek((8 << 20) - 4); file.write(b"tail")' "$1"
	for i in $(seq 300); do echo "$i" >"$1/many/a-file-with-a-name-$i"; done
	mkfifo "$1/etc/fifo"
	chmod 0640 "$1/etc/fstab"
	if [ "$(id -u)" = 0 ]; then
		chown 7:70000 "$1/etc/fstab"
		mknod "$1/etc/null" c 1 3
	fi
}

make_files() {
	printf 'UUID=new / ext4\n' >short
	seq 400000 | head -c 2500000 >long
	head -c 200000 /dev/urandom >segment
	: >nothing
	printf 'hi\n' >hi
}

# made NAME MKE2FS-OPTION...
made() {
	local name=$1
	shift
	truncate -s 48M "$name.img"
	mke2fs -q -F "$@" -d tree "$name.img"
}

make_script() {
	printf '%s\t%s\t%s\n' put /etc/fstab long append /boot/initrd segment append /boot/sparse hi remove /etc/gone - \
		remove /etc/gone-large - link /etc/link /etc/new-target remove /etc/long - mkdir /srv/a/b '' \
		put /etc/os-release nothing put /etc/way-new short >script
	printf 'put\t/root/.ssh/authorized_keys\tshort\t0600\t0\t0\nput\t/etc/owned\tshort\t4750\t70001\t8\n' >>script
	printf 'link\t/etc/far\t%s\n' "$(printf 'y%.0s' $(seq 200))" >>script
	for i in $(seq 120); do printf 'put\t/many/more-%s-%s\thi\n' "$i" "$(printf 'n%.0s' $(seq $((i % 100))))" >>script; done
	grep -v -e ^append -e ^remove script >second # what can be asked a second time
}

images() {
	ls ./*.img
}

# a new file, which no loop device of the last round can still write to
fresh() {
	rm -f at
	cp --sparse=always "$1" at
}

edit() {
	BESIDE=at.moult-edits "$GUEST_EDIT" "$@"
}

features() {
	dumpe2fs -h "$1" 2>/dev/null | grep -e '^Filesystem features' -e '^Inode size' -e '^Filesystem state' -e '^Free' | head -3
}

# what the script makes of the tree, as the kernel shows it at a folder; never behind ||, where nothing fails
check_result() {
	local on=$1
	cmp "$on/etc/fstab" long
	cmp "$on/etc/deep/hard" long
	[ "$(stat -c %h "$on/etc/fstab")" = 2 ]
	[ "$(stat -c '%a %Y' "$on/etc/fstab")" = "640 1700000000" ]
	cat tree/boot/initrd segment | cmp - "$on/boot/initrd"
	[ "$(tail -c 3 "$on/boot/sparse")" = hi ]
	[ "$(stat -c %s "$on/boot/sparse")" = 8388611 ]
	[ "$(stat -c %b "$on/boot/sparse")" -lt 200 ]
	head -c 8388608 "$on/boot/sparse" | cmp - tree/boot/sparse
	[ ! -e "$on/etc/gone" ]
	[ ! -e "$on/etc/gone-large" ]
	[ ! -L "$on/etc/long" ]
	[ "$(readlink "$on/etc/link")" = /etc/new-target ]
	[ "$(readlink "$on/etc/far" | tr -d '\n' | wc -c)" = 200 ]
	[ "$(stat -c '%a %u:%g %F' "$on/srv/a/b")" = "755 0:0 directory" ]
	[ "$(stat -c '%a %u:%g' "$on/srv")" = "755 0:0" ]
	[ "$(stat -c %s "$on/etc/os-release")" = 0 ]
	cmp "$on/etc/way-new" short
	[ "$(stat -c '%a %u:%g %Y' "$on/root/.ssh/authorized_keys")" = "600 0:0 1700000000" ]
	[ "$(stat -c '%a %u:%g' "$on/etc/owned")" = "4750 70001:8" ]
	[ "$(find "$on/many" -type f | wc -l)" = 420 ]
	[ "$(cat "$on/many/a-file-with-a-name-300")" = 300 ]
	[ "$(cat "$on/many/more-1-n")" = hi ]
	[ "$(stat -c %F "$on/etc/fifo")" = fifo ]
}

@test "edits of every feature set: e2fsck finds nothing, and no feature comes or goes" {
	for image in $(images); do
		fresh $image
		features at >before
		run -0 edit at <script
		[ "${lines[0]%,*}" = "137 paths" ] || { echo "$image: $output"; false; }
		[ ! -e at.moult-edits ]
		e2fsck -fn at >said 2>&1 || { echo "$image"; cat said; false; }
		features at >after
		head -2 before | cmp - <(head -2 after)
		"$VFS_LIST" at cat /etc/fstab | cmp - long
		cat tree/boot/initrd segment | cmp - <("$VFS_LIST" at cat /boot/initrd)
		[ "$("$VFS_LIST" at list /many | wc -l)" = 420 ]
		# again: nothing to do, nothing written
		cp --sparse=always at again
		run -0 edit at <second
		[ "$output" = "0 paths, 0 bytes" ]
		cmp at again
	done
}

@test "the kernel sees content, owners, modes, links, holes and hard links" {
	can_mount || skip "only root may mount"
	for image in $(images); do
		fresh $image
		run -0 edit at <script
		echo "$image"
		mount -o loop,ro at mnt
		check_result mnt
		umount mnt
		mount -o loop at mnt
		echo more >>mnt/etc/owned
		cp -r mnt/many mnt/other
		rm -r mnt/many mnt/srv
		umount mnt
		e2fsck -fn at >said 2>&1 || { echo "$image"; cat said; false; }
	done
}

attributes() {
	python3 - "$@" <<-'END'
		import os, sys
		for path in sys.argv[1:]:
		    for name in sorted(os.listxattr(path, follow_symlinks=False)):
		        print(path, name, os.getxattr(path, name, follow_symlinks=False).hex())
	END
}

set_attributes() {
	python3 - "$1" <<-'END'
		import os, struct, sys
		os.chdir(sys.argv[1])
		label = b"system_u:object_r:%s_t:s0\0"
		os.setxattr("etc/fstab", "security.selinux", label % b"fstab")
		os.setxattr("etc", "security.selinux", label % b"etc")
		os.setxattr("etc/fstab", "user.note", b"v" * 400)
		os.setxattr("etc/gone-large", "user.note", b"w" * 300)
		os.setxattr("etc/os-release", "security.selinux", label % b"release")
		os.setxattr("etc/os-release", "user.note", b"x" * 30)
		acl = struct.pack("<I", 2)
		for tag, bits, who in ((1, 6, -1), (2, 4, 1000), (4, 4, -1), (16, 4, -1), (32, 0, -1)):
		    acl += struct.pack("<HHi", tag, bits, who)
		os.setxattr("etc/fstab", "system.posix_acl_access", acl)
		os.setxattr("boot/initrd", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
	END
}

@test "attributes, labels, ACLs and capabilities stay, and new files take the label of their folder" {
	can_mount || skip "only root may mount"
	printf '%s\t%s\t%s\n' put /etc/fstab long append /boot/initrd segment put /etc/new short link /etc/newer target \
		mkdir /etc/folder '' remove /etc/gone-large - put /boot/new short >some
	for image in ext4 ext4-1k ext3 inline; do
		fresh $image.img
		mount -o loop at mnt
		set_attributes mnt
		attributes mnt/etc/fstab mnt/boot/initrd mnt/etc >before
		umount mnt
		run -0 edit at <some
		e2fsck -fn at >said 2>&1 || { echo "$image"; cat said; false; }
		mount -o loop,ro at mnt
		attributes mnt/etc/fstab mnt/boot/initrd mnt/etc >after
		cmp mnt/etc/fstab long
		attributes mnt/etc/new mnt/etc/newer mnt/etc/folder mnt/boot/new >new
		umount mnt
		cmp before after
		[ "$(wc -l <before)" = 5 ]
		[ "$(grep -c "security.selinux $(printf 'system_u:object_r:etc_t:s0\0' | od -An -v -tx1 | tr -d ' \n')" new)" = 3 ]
		[ "$(wc -l <new)" = 3 ]
	done
}

@test "an ordinary user edits a file of their own, and nothing is mounted" {
	fresh ext4.img
	chmod 0777 "$BATS_FILE_TMPDIR"
	[ "$(id -u)" != 0 ] || chown 1000:1000 at
	as=""
	[ "$(id -u)" != 0 ] || as="setpriv --reuid 1000 --regid 1000 --clear-groups"
	chmod a+x "$BATS_RUN_TMPDIR"
	run -0 $as env ASAN_OPTIONS=detect_leaks=0 BESIDE=at.moult-edits strace -f -o at.trace -e trace=mount,fsopen,fsmount,open_tree,ioctl,unlink,rename \
		"$GUEST_EDIT" at <script
	if grep -e mount -e fsopen -e LOOP -e moult-edits at.trace; then false; fi
	e2fsck -fn at >said 2>&1
}

@test "nothing is written before the commit, and reading through the set sees it" {
	fresh ext4.img
	printf 'cat\t/etc/way\nput\t/etc/way\tshort\ncat\t/etc/fstab\nappend\t/etc/fstab\thi\ncat\t/etc/way\nremove\t/etc/gone\nput\t/new/file\thi\nlist\t/new\nlist\t/etc\nremove\t/new/file\n' >some
	DRY=1 run -0 edit at <some
	cmp at ext4.img
	[ "${lines[0]}" = "UUID=old / ext4" ]
	[ "${lines[1]}" = "UUID=new / ext4" ]
	[ "${lines[2]}" = "UUID=new / ext4" ]
	[ "${lines[3]}" = hi ]
	[ "${lines[4]}" = file ]
	[[ "$output" != *gone$'\n'* ]]
	[[ "${lines[-1]}" =~ ^"3 paths, "[0-9]+" bytes"$ ]]
	# a new folder stays, with nothing in it
	run -0 edit at <some
	[ "$("$VFS_LIST" at list /new)" = "" ]
	[ "$("$VFS_LIST" at cat /etc/fstab)" = "$(cat short hi)" ]
}

# refused STATUS WORDS IMAGE: the lines of standard input, and nothing is changed
refused() {
	local status=0
	fresh "$3"
	edit at >said 2>&1 || status=$?
	[ "$status" = "$1" ] || { echo "status $status: $(cat said)"; return 1; }
	grep -qF -e "$2" said || { cat said; return 1; }
	cmp at "$3"
	[ ! -e at.moult-edits ]
}

@test "what cannot be edited right is refused with the reason, and nothing is changed" {
	printf 'put\t/etc/fifo\tshort\n' | refused 4 "no regular file" ext4.img
	printf 'append\t/etc/null\tshort\n' | refused 4 "no regular file" ext4.img
	printf 'remove\t/etc\n' | refused 4 "neither a regular file nor a link" ext4.img
	printf 'remove\t/etc/fifo\n' | refused 4 "neither a regular file nor a link" ext4.img
	printf 'put\t/etc/dangling\tshort\n' | refused 4 "leads nowhere" ext4.img
	printf 'put\t/etc/fstab/x\tshort\n' | refused 1 "Not a directory" ext4.img
	printf 'put\t/etc\tshort\n' | refused 4 "no regular file" ext4.img
	printf 'put\t/etc/outside\tshort\n' | refused 4 "leads nowhere" ext4.img
	printf 'mkdir\t/etc/fstab\n' | refused 4 "no folder" ext4.img
	printf 'link\t/etc\tx\n' | refused 4 "neither a regular file nor a link" ext4.img
	printf 'remove\t/not-there\n' | refused 1 "No such file" ext4.img
	printf 'put\t/etc/%s\tshort\n' "$(printf 'n%.0s' $(seq 256))" | refused 1 "name too long" ext4.img
	# the file system
	for feature in quota bigalloc mmp project,quota; do
		truncate -s 0 odd
		truncate -s 48M odd
		mke2fs -q -F -t ext4 -O $feature -d tree odd
		printf 'put\t/etc/fstab\tshort\n' | refused 4 "${feature##*,}" odd
	done
	cp --sparse=always ext4.img odd
	debugfs -w -R 'set_super_value state 2' odd 2>/dev/null
	printf 'put\t/etc/fstab\tshort\n' | refused 4 "run e2fsck" odd
	cp --sparse=always ext2.img odd
	debugfs -w -R 'set_super_value state 0' odd 2>/dev/null
	printf 'put\t/etc/fstab\tshort\n' | refused 4 "run e2fsck" odd
	# its inodes: immutable, append only, encrypted
	for flag in 0x10 0x20 0x800; do
		cp --sparse=always ext4.img odd
		debugfs -w -R "set_inode_field /etc/fstab flags $((flag | 0x80000))" odd 2>/dev/null
		printf 'put\t/etc/fstab\tshort\n' | refused 4 "it " odd
		printf 'remove\t/etc/fstab\n' | refused 4 "it " odd
	done
	for flag in 0x10 0x800 0x40000000; do
		cp --sparse=always ext4.img odd
		debugfs -w -R "set_inode_field /etc/deep flags $((flag | 0x80000))" odd 2>/dev/null
		[ $flag = 0x800 ] || printf 'put\t/etc/deep/new\tshort\n' | refused 4 "it" odd
		[ $flag != 0x800 ] || printf 'put\t/etc/deep/new\tshort\n' | refused 3 "encrypted" odd
	done
	# nobody said where to
	fresh ext4.img
	printf 'put\t/etc/fstab\tshort\n' >some
	NOWHERE=1 run -4 edit at <some
	cmp at ext4.img
}

@test "no free blocks and no free inodes are told before anything is written" {
	truncate -s 0 odd
	truncate -s 8M odd
	mke2fs -q -F -t ext4 -b 1024 -J size=1 -N 64 odd
	head -c 8000000 /dev/urandom >large
	printf 'put\t/a\thi\nput\t/b\tlarge\n' | refused 1 "No space left" odd
	for i in $(seq 70); do printf 'put\t/f%s\thi\n' "$i"; done | refused 1 "No space left" odd
	grep -q inodes said
	# the memory of a set has an end
	truncate -s 300M huge
	printf 'put\t/a\thuge\n' | refused 4 "MiB" ext4.img
	rm huge large
}

@test "a journal too small, or none: a list beside the image is what a cut leaves" {
	for image in nojournal ext2; do
		fresh $image.img
		run -4 "$GUEST_EDIT" at <script
		[[ "$output" = *"no journal"* ]]
		cmp at $image.img
		for cut in $(seq 1 12 300); do
			fresh $image.img
			rm -f at.moult-edits
			CUT=$cut run edit at <script
			[ "$status" = 0 ] || [ "$status" = 137 ]
			[ "$status" = 137 ] || break
			[ -e at.moult-edits ]
			[ "$(stat -c %a at.moult-edits)" = 600 ]
			RECOVER=1 run -0 edit at
			[ "$output" = recovered ]
			e2fsck -fn at >said 2>&1 || { cat said; false; }
			"$VFS_LIST" at cat /etc/fstab | cmp - long
			RECOVER=1 run -0 edit at
			[ "$output" = nothing ]
		done
		[ "$cut" -gt 100 ]
		[ "$status" = 0 ]
	done
	# one that was forgotten while the guest ran, one that is damaged, one of another image
	fresh ext2.img
	CUT=20 run -137 edit at <script
	cp at.moult-edits kept
	cp --sparse=always at changed
	printf 'X' | dd of=at.moult-edits bs=1 seek=5000 conv=notrunc status=none
	RECOVER=1 run -3 edit at
	cmp at changed
	cp kept at.moult-edits
	dd if=/dev/urandom of=at bs=1k seek=1 count=400 conv=notrunc status=none
	cp --sparse=always at changed
	RECOVER=1 run -4 edit at
	[[ "$output" = *"changed since"* ]]
	cmp at changed
	truncate -s +1M at
	RECOVER=1 run -3 edit at
}

@test "a step that fails without a journal is undone" {
	for fail in 1 5 40 150; do
		fresh ext2.img
		FAIL=$fail run -1 edit at <script
		cmp at ext2.img
		[ ! -e at.moult-edits ]
		FAIL=$fail FAIL_UNTIL=10000 run edit at <script
		[ "$status" = 6 ]
		[ -e at.moult-edits ]
		[[ "$output" = *at.moult-edits* ]]
		RECOVER=1 run -0 edit at
		e2fsck -fn at >said 2>&1
		"$VFS_LIST" at cat /etc/fstab | cmp - long
	done
}

old_or_new() {
	if cmp -s mnt/etc/fstab long; then
		check_result mnt
		echo new >>tally
	else
		diff -r --no-dereference tree/etc mnt/etc 2>&1 | grep -v -e 'is a fifo' -e 'character special' >differs || true
		[ ! -s differs ]
		[ ! -e mnt/srv ]
		[ "$(find mnt/many -type f | wc -l)" = 300 ]
		cmp mnt/boot/initrd tree/boot/initrd
		echo old >>tally
	fi
}

# make a journal that the kernel has used, with its features
used() {
	mount -o loop $1 mnt
	for i in $(seq 20); do mkdir mnt/x$i; sync -f mnt; rmdir mnt/x$i; done
	umount mnt
}

@test "a cut at every write: the kernel's replay makes it the old set or the new one" {
	can_mount || skip "only root may mount"
	for image in ext4 ext4-1k ext3; do
		cp --sparse=always $image.img used
		used used
		: >tally
		for cut in $(seq 1 200); do
			fresh used
			CUT=$cut run edit at <script
			[ "$status" = 137 ] || break
			echo "$image, cut at $cut"
			mount -o loop at mnt
			old_or_new
			umount mnt
			e2fsck -fn at >said 2>&1 || { echo "$image, cut at $cut"; cat said; false; }
		done
		[ "$status" = 0 ]
		[ "$(grep -c old tally)" -ge 5 ]
		[ "$(grep -c new tally)" -ge 5 ]
	done
}

@test "a journal that was not replayed comes along" {
	can_mount || skip "only root may mount"
	for image in ext4 ext3 ext4-2k; do
		cp --sparse=always $image.img dirty
		mount -o loop dirty mnt
		for i in $(seq 50); do mkdir mnt/x$i; done
		echo kept >mnt/etc/deep/kept
		rm -r mnt/many
		mkdir mnt/many
		sync -f mnt
		mv mnt/x1 mnt/y1
		python3 -c 'import fcntl, os, struct
fcntl.ioctl(os.open("mnt", os.O_RDONLY), 0x8004587d, struct.pack("I", 1))' # EXT4_IOC_SHUTDOWN, with a flush of the log
		umount mnt
		dumpe2fs -h dirty 2>/dev/null | grep -q needs_recovery
		for cut in 0 1 2 3 4 5 6 8 10 12; do
			fresh dirty
			CUT=$cut run edit at <script
			[ $cut != 0 ] || [ "$status" = 0 ]
			if [ $cut = 0 ]; then
				if dumpe2fs -h at 2>/dev/null | grep -q needs_recovery; then false; fi
				e2fsck -fn at >said 2>&1 || { cat said; false; }
			fi
			mount -o loop at mnt
			[ -d mnt/y1 ] && [ -d mnt/x50 ] && [ ! -e mnt/x1 ] && [ "$(cat mnt/etc/deep/kept)" = kept ] || { umount mnt; false; }
			[ ! -e mnt/many/a-file-with-a-name-1 ]
			if cmp -s mnt/etc/fstab long; then [ "$(ls mnt/many | wc -l)" = 120 ]; else [ "$(ls mnt/many | wc -l)" = 0 ]; fi
			umount mnt
			e2fsck -fn at >said 2>&1 || { echo "$image, cut at $cut"; cat said; false; }
		done
	done
}

@test "a folder of 20,000 names takes more, and gives some up" {
	mkdir -p large/d
	(cd large/d && seq -f 'name-%06g' 20000 | xargs touch)
	truncate -s 0 odd
	truncate -s 48M odd
	mke2fs -q -F -t ext4 -b 1024 -N 40000 -d large odd
	e2fsck -fyD odd >/dev/null 2>&1 || true # makes the index
	for i in $(seq 200); do printf 'put\t/d/new-name-%s\thi\nremove\t/d/name-%06d\n' "$i" "$((i * 7))"; done >some
	run -0 edit odd <some
	e2fsck -fn odd >said 2>&1 || { cat said; false; }
	[ "$("$VFS_LIST" odd list /d | wc -l)" = 20000 ]
	if can_mount; then
		mount -o loop,ro odd mnt
		[ "$(cat mnt/d/new-name-200)" = hi ] || { umount mnt; false; }
		[ "$(ls mnt/d | wc -l)" = 20000 ] || { umount mnt; false; }
		umount mnt
	fi
	rm -r large
}

@test "a folder on the host" {
	[ "$(id -u)" = 0 ] || skip "only root makes files of others"
	rm -rf at
	cp -a tree at
	set_attributes at
	attributes at/etc/fstab at/etc at/etc/os-release at/boot/initrd >before
	run -0 edit at <script
	check_result at
	attributes at/etc/fstab at/etc at/etc/os-release at/boot/initrd | cmp - before
	[ -z "$(find at -name '.moult*')" ]
	run -0 edit at <second
	[ "$output" = "0 paths, 0 bytes" ]
	rm -r at
	# a set that fails is undone: there is no room for the last one
	mkdir at
	mount -t tmpfs -o size=3M tmpfs at
	cp -a tree/etc at/
	rm at/etc/gone-large
	(cd at && find . -printf '%p %y %m %s %n\n' | sort) >before
	printf 'put\t/etc/fstab\tshort\nremove\t/etc/gone\nlink\t/etc/link\tx\nput\t/new/a\tshort\nput\t/etc/b\tlong\nput\t/etc/c\tlong\n' >some
	run -1 edit at <some
	[[ "$output" = *"No space left"* ]] || { umount at; false; }
	(cd at && find . -printf '%p %y %m %s %n\n' | sort) >after
	umount at
	rmdir at
	cmp before after
}

@test "xfs and btrfs by the kernel" {
	can_mount || skip "only root may mount"
	for type in xfs btrfs; do
		truncate -s 0 odd
		truncate -s 310M odd
		if [ $type = xfs ]; then mkfs.xfs -q odd; else mkfs.btrfs -q odd; fi
		mount -o loop odd mnt
		cp -a tree/. mnt
		set_attributes mnt
		attributes mnt/etc/fstab mnt/etc mnt/etc/os-release mnt/boot/initrd >before
		umount mnt
		fresh odd
		NOWHERE=1 run -4 edit at <script
		cmp at odd
		run -0 edit at <script
		mount -o loop,ro at mnt
		check_result mnt
		attributes mnt/etc/fstab mnt/etc mnt/etc/os-release mnt/boot/initrd >after
		[ -z "$(find mnt -name '.moult*')" ] || { umount mnt; false; }
		umount mnt
		cmp before after
		if [ $type = xfs ]; then xfs_repair -n at; else btrfs check --readonly at; fi >said 2>&1 || { cat said; false; }
		run -0 edit at <second
		[ "${lines[-1]}" = "0 paths, 0 bytes" ]
	done
	[ -z "$(losetup -n -O BACK-FILE | grep -F "$BATS_FILE_TMPDIR/")" ]
}

@test "FAT by mtools" {
	truncate -s 0 fat
	truncate -s 40M fat
	mkfs.fat -F 32 fat >/dev/null
	mmd -i fat ::/EFI ::/EFI/debian
	mcopy -i fat long ::/EFI/debian/grubx64.efi
	mcopy -i fat short ::/EFI/debian/grub.cfg
	printf '%s\t%s\t%s\n' put /efi/DEBIAN/grub.cfg hi put /EFI/BOOT/BOOTX64.EFI long append /EFI/debian/grubx64.efi segment \
		put "/EFI/BOOT/a longer name.conf" short >some
	fresh fat
	run -4 "$GUEST_EDIT" at <some
	cmp at fat
	run -0 edit at <some
	fsck.fat -n at >said || { cat said; false; }
	[ "$(mtype -i at ::/EFI/debian/grub.cfg)" = hi ]
	mtype -i at ::/EFI/BOOT/BOOTX64.EFI | cmp - long
	cat long segment | cmp - <(mtype -i at ::/EFI/debian/grubx64.efi)
	mtype -i at "::/EFI/BOOT/a longer name.conf" | cmp - short
	grep -v ^append some >second-fat
	run -0 edit at <second-fat
	[ "$output" = "0 paths, 0 bytes" ]
	printf 'remove\t/EFI/BOOT/BOOTX64.EFI\n' >some2
	run -0 edit at <some2
	if mtype -i at ::/EFI/BOOT/BOOTX64.EFI >/dev/null 2>&1; then false; fi
	fsck.fat -n at >said || { cat said; false; }
	printf 'link\t/EFI/x\ty\n' | refused 4 "FAT does not have" fat
	# cut off, and brought to its end
	for cut in 1 3 9; do
		fresh fat
		CUT=$cut run -137 edit at <some
		RECOVER=1 run -0 edit at
		fsck.fat -n at >said || { cat said; false; }
		[ "$(mtype -i at ::/EFI/debian/grub.cfg)" = hi ]
	done
	head -c 60000000 /dev/zero >large
	printf 'put\t/large\tlarge\n' | refused 1 "No space left" fat
	rm large
}

@test "a set over two file systems is undone as a whole" {
	truncate -s 0 esp
	truncate -s 40M esp
	mkfs.fat -F 32 esp >/dev/null
	printf 'put\t/etc/fstab\tlong\nput\t/boot/EFI/x\tshort\n' >some
	fresh ext4.img
	cp --sparse=always esp at.esp
	ATTACH=at.esp=/boot run -0 edit at <some
	"$VFS_LIST" at cat /etc/fstab | cmp - long
	[ "$(mtype -i at.esp ::/EFI/x)" = "$(cat short)" ]
	steps=0
	for fail in $(seq 8 40); do
		fresh ext4.img
		cp --sparse=always esp at.esp
		FAIL=$fail ATTACH=at.esp=/boot run edit at <some
		[ "$status" != 0 ] || break
		[ "$status" = 1 ] || continue
		steps=$((steps + 1))
		e2fsck -fn at >said 2>&1
		[ "$("$VFS_LIST" at cat /etc/fstab)" = "UUID=old / ext4" ]
		cmp at.esp esp
	done
	[ "$status" = 0 ]
	[ "$steps" -ge 2 ]
}
