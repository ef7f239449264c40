#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult adapt: Debian 11 as tests/tools/debian-disk makes it, and small guests made by mke2fs: what is changed and what
# stays, hostile guests, refusals, and a kill at every write (tests/tools/cut.c).

bats_require_minimum_version 1.5.0
load ../tools/debian

setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_FILE_TMPDIR" || exit 1
	ssh-keygen -q -t ed25519 -N '' -C me@laptop -f key
	make_tree tree
	make_small small.raw tree
	make_pair pair.raw tree
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export TMPDIR=$BATS_TEST_TMPDIR XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

teardown()
{
	umount "$BATS_FILE_TMPDIR/mnt" 2> /dev/null || true
	losetup -n -O NAME,BACK-FILE | awk -v folder="$BATS_FILE_TMPDIR/" 'index($2, folder) == 1 { print $1 }' |
		xargs -r losetup -d
	rm -rf "$BATS_FILE_TMPDIR"/{at.raw*,part,odd}
}

# a Debian of few files: what the fixers look at
make_tree() # FOLDER
{
	mkdir -p "$1"/{etc/ssh,usr/sbin,usr/bin,sbin,lib/systemd,boot/grub,home,root}
	printf 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' > "$1/etc/os-release"
	printf '# of the old machine\n/dev/xvda1\t/\text4\terrors=remount-ro 0 1\n/dev/xvdb1 /srv ext4 defaults 0 2\n' > "$1/etc/fstab"
	printf 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n' > "$1/etc/passwd"
	printf 'root:!:19000::::::\nann:!:19000::::::\n' > "$1/etc/shadow"
	printf 'PermitRootLogin no\nUsePAM yes\n' > "$1/etc/ssh/sshd_config"
	echo old > "$1/etc/hostname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\told\n' > "$1/etc/hosts"
	ln -s /lib/systemd/systemd "$1/sbin/init"
	cp /bin/true "$1/usr/sbin/sshd"
	: > "$1/lib/systemd/systemd"
	mkdir -p "$1/home/ann"
	[ "$(id -u)" != 0 ] || chown -R 1000:1000 "$1/home/ann"
}

# make_part FILE MIB FOLDER [MKE2FS-OPTION...]: an ext4
make_part()
{
	truncate -s 0 "$1"
	truncate -s "$2M" "$1"
	mke2fs -q -F -t ext4 -U "$(uuid_for "$1")" "${@:4}" -d "$3" "$1"
}

uuid_for() { [[ $1 == *home* ]] && echo 22222222-aaaa-bbbb-cccc-000000000002 || echo 11111111-aaaa-bbbb-cccc-000000000001; }

# make_small FILE FOLDER [MKE2FS-OPTION...]: one partition of 14 MiB
make_small()
{
	truncate -s 0 "$1"
	truncate -s 16M "$1"
	printf 'label: dos\n2048,28672,83,*\n' | sfdisk -q "$1"
	make_part part 14 "$2" "${@:3}"
	dd if=part of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	rm part
}

# make_pair FILE FOLDER: /home on a second partition
make_pair()
{
	rm -rf pair-root
	cp -a "$2" pair-root
	echo '/dev/xvda2 /home ext4 defaults 0 2' >> pair-root/etc/fstab
	mv pair-root/home pair-home
	mkdir pair-root/home
	truncate -s 0 "$1"
	truncate -s 24M "$1"
	printf 'label: dos\n2048,28672,83,*\n30720,16384,83\n' | sfdisk -q "$1"
	make_part part 14 pair-root
	dd if=part of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	make_part part-home 8 pair-home
	dd if=part-home of="$1" bs=1M seek=15 conv=notrunc,sparse status=none
	rm -rf part part-home pair-root pair-home
}

fresh() { rm -f at.raw*; cp --sparse=always "$1" at.raw; }

# the root's partition, or another, as a file
part() { dd if=at.raw of="${3:-part}" bs=1M skip="${1:-1}" count="${2:-14}" status=none; }

# cat_of PATH: of the file `part`
cat_of() { debugfs -R "cat $1" part 2> /dev/null; }

adapt() { "$MOULT" adapt --platform kvm-virtio-bios "$@"; }

# with all that the small guests give reason for
wish() { adapt --hostname web1.example.org --key key.pub --user ann "$@"; }

can_mount() { [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]; }

# clean: the file systems of at.raw, as e2fsck finds them
clean()
{
	part
	e2fsck -fn part > said 2>&1 || { cat said; return 1; }
}

@test "each change is shown with its reason; the files are as they should be; a second adapt changes nothing" {
	fresh small.raw
	run -5 --separate-stderr wish at.raw
	[[ "$output" == *"fstab"*"/etc/fstab"*"line 2: /dev/xvda1 becomes"*"else: "*"90 s"*"emergency shell"* ]]
	[[ "$output" == *"Prediction"*"before"*"after"*"Boots"* ]]
	[[ "$output" == *"Written." ]]
	[[ "$stderr" == "moult: adapt: 'at.raw': it is not sure to boot: "* ]]
	[ ! -e at.raw.moult-edits ]
	clean
	[ "$(cat_of /etc/fstab)" = "# of the old machine
UUID=$(uuid_for root)	/	ext4	errors=remount-ro 0 1
/dev/xvdb1 /srv ext4 defaults,nofail,x-systemd.device-timeout=5s 0 2" ]
	[ "$(cat_of /etc/hostname)" = web1 ]
	[ "$(cat_of /etc/hosts)" = "127.0.0.1	localhost
127.0.1.1	web1.example.org web1" ]
	[ "$(cat_of /home/ann/.ssh/authorized_keys)" = "$(cat key.pub)" ]
	[[ "$(debugfs -R 'stat /home/ann/.ssh/authorized_keys' part 2> /dev/null)" == *"Mode:  0600"*"User:  1000"* ]]
	sha256sum at.raw > sums
	run -5 --separate-stderr wish at.raw
	[[ "$output" == *"Changes: none"* ]]
	[[ "$output" != *"Written."* ]]
	sha256sum -c sums
}

@test "a dry run writes nothing, and says the same" {
	fresh small.raw
	run -5 --separate-stderr wish --dry-run at.raw
	[[ "$output" == *"Changes: "[1-9]* ]]
	[[ "$output" != *"Written."* ]]
	cmp at.raw small.raw
	[ ! -e at.raw.moult-edits ]
}

@test "everything as JSON, by its schema" {
	fresh small.raw
	run -5 --separate-stderr wish --json at.raw
	echo "$output" > answer.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.adapt.schema.json" answer.json
	[ "$(jq -r '.written, .before.schema, .platform' answer.json | paste -sd ' ')" = "true moult.prediction/1 kvm-virtio-bios" ]
	[ "$(jq -r '[.lines[] | select(.fixer == "fstab") | .place] | join(" ")' answer.json)" = /etc/fstab ]
	run -5 --separate-stderr wish --json at.raw
	[ "$(jq -r '.written, (.lines | length)' <<< "$output" | paste -sd ' ')" = "false 0" ]
}

@test "only some fixers, or all but some; a name that is none" {
	fresh small.raw
	run -5 --separate-stderr wish --only fstab at.raw
	part
	[ "$(cat_of /etc/hostname)" = old ]
	[[ "$(cat_of /etc/fstab)" == *UUID=* ]]
	fresh small.raw
	run -5 --separate-stderr wish --skip fstab --skip ssh-keys at.raw
	part
	[ "$(cat_of /etc/hostname)" = web1 ]
	[[ "$(cat_of /etc/fstab)" != *UUID=* ]]
	run -2 --separate-stderr adapt --only nothing at.raw
	[[ "$stderr" == *"--list-fixers"* ]]
	run -0 --separate-stderr "$MOULT" adapt --list-fixers
	[[ "$output" == *"fstab "*"ssh-keys "* ]]
	run -2 --separate-stderr adapt --hostname -bad- at.raw
	run -2 --separate-stderr adapt --keep-keys at.raw
	run -2 --separate-stderr adapt
	run -2 --separate-stderr adapt at.raw at.raw
}

attributes() { python3 -c 'import os; print({n: os.getxattr("mnt/etc/fstab", n) for n in sorted(os.listxattr("mnt/etc/fstab"))})'; }

@test "owner, mode, attributes, label and hard links stay" {
	can_mount || skip "only root may mount"
	fresh small.raw
	mkdir -p mnt
	mount -o loop,offset=1048576 at.raw mnt
	chown 7:70000 mnt/etc/fstab
	chmod 0640 mnt/etc/fstab
	ln mnt/etc/fstab mnt/etc/second
	python3 -c 'import os
os.setxattr("mnt/etc/fstab", "user.note", b"kept")
os.setxattr("mnt/etc/fstab", "security.selinux", b"system_u:object_r:fstab_t:s0")
os.setxattr("mnt/home/ann", "security.selinux", b"user_home_dir_t")'
	stat -c '%u %g %a %h %i' mnt/etc/fstab > before
	attributes >> before
	umount mnt
	run -5 --separate-stderr wish at.raw
	clean
	mount -o loop,ro,offset=1048576 at.raw mnt
	stat -c '%u %g %a %h %i' mnt/etc/fstab > after
	attributes >> after
	cmp before after
	cmp mnt/etc/fstab mnt/etc/second
	[[ "$(cat mnt/etc/second)" == *UUID=* ]]
	[ "$(python3 -c 'import os; print(os.getxattr("mnt/home/ann/.ssh", "security.selinux").decode())')" = user_home_dir_t ]
}

@test "an ordinary user adapts a file of their own, and nothing is mounted" {
	fresh small.raw
	as=""
	if [ "$(id -u)" = 0 ]; then
		as="setpriv --reuid 65534 --regid 65534 --clear-groups"
		chmod 0777 "$BATS_FILE_TMPDIR"
		chmod a+x "$BATS_RUN_TMPDIR"
		chown 65534:65534 at.raw
		$as test -x "$MOULT" || skip "the build folder cannot be entered by others"
	fi
	run -5 $as env TMPDIR=/tmp XDG_STATE_HOME=/tmp ASAN_OPTIONS=detect_leaks=0 strace -f -o at.raw.trace -e trace=mount,fsopen,fsmount,open_tree,ioctl \
		"$MOULT" adapt --platform kvm-virtio-bios --hostname web1 at.raw
	[[ "$output" == *"Written."* ]]
	if grep -e mount -e fsopen -e LOOP_ at.raw.trace; then false; fi
	clean
	[ "$(cat_of /etc/hostname)" = web1 ]
}

# hostile STATUS WORDS [OPTION...]: at.raw, adapted; the host's file is as it was
hostile()
{
	local status=0
	echo mine > host-file
	wish "${@:3}" at.raw > said 2>&1 || status=$?
	[ "$status" = "$1" ] || { echo "status $status"; cat said; return 1; }
	tr -s ' \n' ' ' < said > words
	grep -qF -e "$2" words || { cat said; return 1; }
	[ "$(cat host-file)" = mine ]
}

# odd_tree: a copy of the tree to make odd
odd_tree() { rm -rf odd; cp -a tree odd; }

@test "links of a guest lead to no file of the host" {
	odd_tree
	ln -sf "$PWD/host-file" odd/etc/hostname
	ln -sf ../../../../../../../..$PWD/host-file odd/etc/hosts
	make_small at.raw odd
	hostile 5 "/etc/hostname '/etc/hostname' is a link that leads nowhere"
	grep -qF "Written." said
	clean
	[[ "$(cat_of /etc/fstab)" == *UUID=* ]] # the rest is done
}

@test "a FIFO and a device for configuration files" {
	odd_tree
	rm odd/etc/fstab odd/etc/hostname
	mkfifo odd/etc/fstab
	if [ "$(id -u)" = 0 ]; then mknod odd/etc/hostname c 1 5; else mkfifo odd/etc/hostname; fi
	make_small at.raw odd
	hostile 5 "/etc/fstab '/etc/fstab' is no regular file"
	grep -qF "'/etc/hostname' is no regular file" words
	clean
	[[ "$(cat_of /etc/hosts)" == *web1* ]]
}

@test "an fstab of 10 GB" {
	odd_tree
	truncate -s 10G odd/etc/fstab
	make_small at.raw odd
	hostile 5 "/etc/fstab"
	grep -qE "/etc/fstab '/etc/fstab' (is|has|holds) [^.]*(bytes|MiB|large|long)" words || { cat words; false; }
	clean
}

@test "a grub.cfg that includes itself" {
	odd_tree
	printf 'configfile /boot/grub/grub.cfg\nsource /boot/grub/grub.cfg\nsource $prefix/other.cfg\n' > odd/boot/grub/grub.cfg
	printf 'source /boot/grub/grub.cfg\n' > odd/boot/grub/other.cfg
	make_small at.raw odd
	hostile 5 "Written."
	clean
}

@test "an ext4 that was not unmounted" {
	can_mount || skip "only root may mount"
	fresh small.raw
	mkdir -p mnt
	mount -o loop,offset=1048576 at.raw mnt
	echo late > mnt/etc/late
	sync
	cp --sparse=always at.raw dirty
	umount mnt
	mv dirty at.raw
	part
	[[ "$(dumpe2fs -h part 2> /dev/null)" == *needs_recovery* ]]
	hostile 5 "Written."
	part
	e2fsck -p part > /dev/null || [ $? = 1 ]
	e2fsck -fn part > /dev/null
	[ "$(cat_of /etc/hostname) $(cat_of /etc/late)" = "web1 late" ]
}

@test "a damaged ext4" {
	fresh small.raw
	dd if=/dev/urandom of=at.raw bs=1k seek=$((1024 + 4)) count=200 conv=notrunc status=none
	cp --sparse=always at.raw part.before
	hostile 4 "no system was found"
	cmp at.raw part.before
}

@test "no free blocks, no free inodes" {
	odd_tree
	make_small at.raw odd -N 48
	i=0
	part
	while debugfs -w -R "write key.pub /root/f$i" part 2>&1 | grep -q "Allocated inode"; do i=$((i + 1)); done
	dd if=part of=at.raw bs=1M seek=1 conv=notrunc status=none
	cp --sparse=always at.raw part.before
	hostile 4 "no free"
	cmp at.raw part.before
	head -c 9M /dev/urandom > odd/root/noise
	make_small at.raw odd -m 0
	part
	i=0
	head -c 300k /dev/urandom > noise
	while debugfs -w -R "write noise /root/f$i" part 2> /dev/null > /dev/null && [ $i -lt 60 ]; do i=$((i + 1)); done
	head -c 1k /dev/urandom > noise
	i=0
	while [ $i -lt 400 ] && [ "$(dumpe2fs -h part 2> /dev/null | sed -n 's/^Free blocks: *//p')" != 0 ]; do
		debugfs -w -R "write noise /root/g$i" part > /dev/null 2>&1
		i=$((i + 1))
	done
	dd if=part of=at.raw bs=1M seek=1 conv=notrunc status=none
	cp --sparse=always at.raw part.before
	hostile 4 "no free"
	cmp at.raw part.before
}

@test "an encrypted root" {
	command -v cryptsetup > /dev/null || skip "cryptsetup is not here"
	truncate -s 0 at.raw
	truncate -s 24M at.raw
	printf 'label: dos\n2048,,83,*\n' | sfdisk -q at.raw
	truncate -s 20M part
	echo x | cryptsetup -q luksFormat --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 part -
	dd if=part of=at.raw bs=1M seek=1 conv=notrunc,sparse status=none
	hostile 4 "partition 1 is encrypted (crypto_LUKS)"
}

@test "a distribution that is not known" {
	odd_tree
	printf 'ID=plan9\nPRETTY_NAME="Plan 9"\n' > odd/etc/os-release
	make_small at.raw odd
	cp at.raw part.before
	hostile 4 "it holds Plan 9: only Debian"
	cmp at.raw part.before
}

@test "what is packed is refused with what unpacks it" {
	qemu-img convert -O qcow2 small.raw at.raw
	run -4 --separate-stderr adapt at.raw
	[[ "$stderr" == *"qemu-img convert -O raw"* ]]
	xz -0 < small.raw > at.raw
	run -4 --separate-stderr adapt at.raw
	[[ "$stderr" == *"packed (xz)"*"unpack it first"* ]]
	run -1 --separate-stderr adapt nothing.raw
	run -4 --separate-stderr adapt /dev/null
	[[ "$stderr" == *"neither an image file nor a block device"* ]]
}

@test "what is in use, or must not be written, is refused" {
	fresh small.raw
	flock at.raw sleep 20 3>&- &
	sleep 0.5
	run -4 --separate-stderr adapt at.raw
	[[ "$stderr" == *in-use* ]]
	kill $!
	wait $! || true
	can_mount || skip "only root may mount"
	fresh small.raw
	mkdir -p mnt
	mount -o loop,offset=1048576 at.raw mnt
	run -4 --separate-stderr wish at.raw
	[[ "$stderr" == *in-use*loop* ]]
	umount mnt
	fresh small.raw
	loop=$(losetup -r -f --show at.raw)
	run -4 --separate-stderr wish "$loop"
	[[ "$stderr" == *read-only* ]]
	losetup -d "$loop"
	cmp at.raw small.raw
}

@test "a device has to be confirmed" {
	can_mount || skip "only root may make loop devices"
	fresh small.raw
	loop=$(losetup -f --show at.raw)
	id=$(sfdisk --disk-id at.raw)
	run -4 --separate-stderr wish "$loop" < /dev/null
	[[ "$stderr" == *"give --confirm-disk '$id'"* ]]
	run -4 --separate-stderr wish --confirm-disk other "$loop"
	cmp at.raw small.raw
	run -5 --separate-stderr wish --confirm-disk "$id" "$loop"
	[[ "$output" == *"Written." ]]
	losetup -d "$loop"
	clean
	[ "$(cat_of /etc/hostname)" = web1 ]
}

# cut N [TORN]: at.raw, killed at the Nth step
cut()
{
	local status=0
	CUT=$1 ${2:+env CUT_TORN=1} env ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 LD_PRELOAD="$CUT_SO" \
		"$MOULT" adapt --platform kvm-virtio-bios --hostname web1 --key key.pub --user ann at.raw > said 2>&1 || status=$?
	[ "$status" = 137 ] || { echo "step $1: status $status"; cat said; return 1; }
}

# how many steps an adapt of this image has
steps_of() # IMAGE
{
	fresh "$1"
	env CUT_COUNT="$PWD/count" ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 LD_PRELOAD="$CUT_SO" \
		"$MOULT" adapt --platform kvm-virtio-bios --hostname web1 --key key.pub --user ann at.raw > said 2>&1 || [ $? = 5 ]
	cat count
}

# old or new, by the three files that change; else mixed
state_of_files()
{
	local state
	state="$(cat_of /etc/hostname) $(cat_of /etc/fstab | grep -c UUID=) $(debugfs -R "cat $1" "$2" 2> /dev/null | grep -c ssh-ed25519)"
	case $state in
	"old 0 0") echo old ;;
	"web1 "[12]" 1") echo new ;;
	*) echo "mixed: $state" ;;
	esac
}

@test "a kill at every write of one ext4 leaves the old set or the new one" {
	steps=$(steps_of small.raw)
	[ "$steps" -ge 10 ]
	old=0 new=0
	for torn in "" torn; do
		for step in $(seq "$steps"); do
			fresh small.raw
			cut "$step" $torn
			[ ! -e at.raw.moult-edits ]
			part
			e2fsck -p part > /dev/null || [ $? = 1 ]
			e2fsck -fn part > said 2>&1 || { echo "step $step"; cat said; false; }
			state=$(state_of_files /home/ann/.ssh/authorized_keys part)
			case $state in
			old) old=$((old + 1)) ;;
			new) new=$((new + 1)) ;;
			*) echo "step $step: $state"; false ;;
			esac
		done
	done
	[ $old -gt 0 ]
	[ $new -gt 0 ]
	echo "# $((old + new)) states, $old old, $new new" >&3
}

@test "a kill at every write of two file systems leaves the old image, or a list that brings the new one" {
	fresh pair.raw
	run -5 --separate-stderr adapt --hostname web1 --key key.pub --user ann at.raw
	mv at.raw whole
	steps=$(steps_of pair.raw)
	[ "$steps" -ge 10 ]
	old=0 listed=0 new=0
	for torn in "" torn; do
		for step in $(seq "$steps"); do
			fresh pair.raw
			cut "$step" $torn
			if [ -e at.raw.moult-edits ]; then
				run -4 --separate-stderr adapt --dry-run at.raw
				[[ "$stderr" == *"cut off here"* ]]
				run -5 --separate-stderr adapt --hostname web1 --key key.pub --user ann at.raw
				[[ "$stderr" == *"cut off was finished first"* ]]
				[[ "$output" == *"Changes: none"* ]]
				listed=$((listed + 1))
			elif cmp -s at.raw pair.raw; then
				old=$((old + 1))
				continue
			else
				new=$((new + 1))
			fi
			[ ! -e at.raw.moult-edits ]
			part
			part 15 8 part-home
			e2fsck -fn part > said 2>&1 || { echo "step $step"; cat said; false; }
			e2fsck -fn part-home > said 2>&1 || { echo "step $step"; cat said; false; }
			[ "$(state_of_files /ann/.ssh/authorized_keys part-home)" = new ] || { echo "step $step"; false; }
		done
	done
	rm whole
	[ $old -gt 0 ]
	[ $listed -gt 0 ]
	echo "# $((old + listed + new)) states, $old old, $listed with a list, $new new" >&3
}

@test "Debian 11 for the machine that it is on, and its file system after it" {
	[ "$(id -u)" = 0 ] || skip "only root makes disks with the kernel's help"
	debian_tar bullseye > tar-mbr
	[ -e mbr.raw ] || "$ROOT/tests/tools/debian-disk" mbr "$(cat tar-mbr)" "$PWD/mbr.raw" 3>&-
	fresh mbr.raw
	run --separate-stderr wish at.raw
	[ "$status" = 7 ] # its fixed address cannot be judged
	[[ "$output" == *"/dev/xvda2 becomes"*"Written." ]]
	part 1 768
	e2fsck -fn part > said 2>&1 || { cat said; false; }
	sha256sum at.raw > sums
	run --separate-stderr wish at.raw
	[[ "$output" == *"Changes: none"* ]]
	sha256sum -c sums
}
