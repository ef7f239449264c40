#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What comes back after the new system has run: the scopes full and all; images that nobody could look into, and those
# that come through a pipe.

bats_require_minimum_version 1.5.0

DISK_MIB=400 IMAGE_MIB=64
# of the old disk: first MiB and length
ROOT_AT=1 ROOT_MIB=100 SWAP_AT=102 SWAP_MIB=8 HOME_AT=120 HOME_MIB=60

# fill FOLDER MIB SEED: files of a system
fill()
{
	mkdir -p "$1/etc" "$1/var"
	echo "PRETTY_NAME=\"System $3\"" > "$1/etc/os-release"
	seq 1 200000 > "$1/var/text"
	for number in $(seq "$2"); do head -c 1M /dev/urandom > "$1/var/noise-$number"; done
}

# An old system: a root, swap, and a second file system far behind; the rest belongs to nobody.
make_old()
{
	truncate -s ${DISK_MIB}M old.raw
	sgdisk -n 1:$(( ROOT_AT * 2048 )):+${ROOT_MIB}M -t 1:8300 -n 2:$(( SWAP_AT * 2048 )):+${SWAP_MIB}M -t 2:8200 \
		-n 3:$(( HOME_AT * 2048 )):+${HOME_MIB}M -t 3:8300 old.raw > /dev/null
	fill tree 30 old
	mke2fs -q -F -t ext4 -d tree -E offset=$(( ROOT_AT << 20 )) old.raw ${ROOT_MIB}M
	rm -rf tree
	fill tree 25 home
	mke2fs -q -F -t ext4 -d tree -E offset=$(( HOME_AT << 20 )) old.raw ${HOME_MIB}M
	rm -rf tree
	truncate -s ${SWAP_MIB}M swap
	mkswap -q swap
	head -c 2M /dev/urandom | dd of=swap bs=1M seek=4 conv=notrunc status=none
	dd if=swap of=old.raw bs=1M seek=$SWAP_AT conv=notrunc status=none
}

# make_new FILE: GPT, a BIOS boot partition, an ESP, a root
make_new()
{
	truncate -s ${IMAGE_MIB}M "$1"
	sgdisk -n 1:2048:+1M -t 1:ef02 -n 2:0:+4M -t 2:ef00 -n 3:0:0 -t 3:8300 -c 3:root "$1" > /dev/null
	fill tree 20 new
	mke2fs -q -F -t ext4 -E offset=$(( 6 << 20 )) -d tree "$1" $(( IMAGE_MIB - 7 ))M
	rm -rf tree
	truncate -s 4M esp
	mkfs.vfat esp > /dev/null
	dd if=esp of="$1" bs=1M seek=2 conv=notrunc status=none
}

# unmount: the loop device goes away a moment after the mount
unmount()
{
	umount there
	for _ in {1..100}; do
		[ -n "$(losetup -j disk.raw)" ] || return 0
		sleep 0.1
	done
	return 1
}

# list_of FIRST-MIB MIB: all of the disk's files, with their digests
list_of()
{
	mkdir -p there
	mount -o ro,loop,offset=$(( $1 << 20 )),sizelimit=$(( $2 << 20 )) disk.raw there
	(cd there && find . -printf '%y %m %U:%G %l %p\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	unmount
}

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	make_old
	make_new loaderless.raw
	cp --sparse=always loaderless.raw new.raw
	dd if=/usr/lib/grub/i386-pc/boot.img of=new.raw bs=440 count=1 conv=notrunc status=none
	cp --sparse=always old.raw disk.raw
	list_of $ROOT_AT $ROOT_MIB > root.before
	list_of $HOME_AT $HOME_MIB > home.before
	mkdir small
	mount -t tmpfs -o size=8M none small
}

teardown_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	if mountpoint -q there; then umount there; fi # where the setup failed
	if mountpoint -q small; then umount small; fi
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	rm -f disk.raw log
	cp --sparse=always old.raw disk.raw
}

teardown()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	if mountpoint -q there; then umount there; fi
}

sha_of() { sha256sum "$1" | cut -d' ' -f1; }

# act VERB [IMAGE] OPTION...
act()
{
	local verb=$1
	shift
	"$MOULT" overlay "$verb" "$@" --disk disk.raw --file
}

# none of the images boots
waive=(--waive firmware --waive no-boot-path)

# apply IMAGE OPTION...
apply() { act apply "$1" --confirm-disk disk.raw --progress none "${waive[@]}" "${@:2}"; }

rollback() { act rollback --confirm-disk disk.raw --progress none "$@"; }

# The new system: its root grows as far as the table lets it, and is filled by the kernel.
run_new()
{
	local first last
	first=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	sgdisk -d 3 -n "3:$first:0" -t 3:8300 disk.raw > /dev/null
	last=$(sgdisk -i 3 disk.raw | sed -n 's/Last sector: \([0-9]*\).*/\1/p')
	loop=$(losetup --show -f -o $(( first * 512 )) --sizelimit $(( (last - first + 1) * 512 )) disk.raw)
	e2fsck -fp "$loop" > /dev/null || [ $? -lt 4 ]
	resize2fs "$loop" > /dev/null 2>&1
	mkdir -p there
	mount "$loop" there
	losetup -d "$loop"
	rm -f there/var/noise-*
	dd if=/dev/urandom of=there/var/random bs=1M status=none 2> /dev/null || true # until it is full
	stat -c %s there/var/random
	unmount
}

# What lies in a part of the disk is that of the old one.
is_same() { cmp -i $(( $1 << 20 )) -n $(( $2 << 20 )) old.raw disk.raw; }

# The old system is there: clean, with all its files, its swap and its table.
is_old()
{
	e2fsck -fn "disk.raw?offset=$(( ROOT_AT << 20 ))" > /dev/null
	e2fsck -fn "disk.raw?offset=$(( HOME_AT << 20 ))" > /dev/null
	list_of $ROOT_AT $ROOT_MIB > root.after
	list_of $HOME_AT $HOME_MIB > home.after
	cmp root.before root.after
	cmp home.before home.after
	is_same $SWAP_AT $SWAP_MIB
	is_same 0 1
	is_same $(( DISK_MIB - 1 )) 1
	sgdisk -v disk.raw | grep -q 'No problems found'
}

@test "full in the tail: the old system comes back after the new one has run" {
	run -0 --separate-stderr apply new.raw --sha256 "$(sha_of new.raw)" --scope full --json
	[ "$(jq -r .state <<< "$output")" = complete ]
	# apply tells of its log what who reads the log tells
	[ "$(jq .log <<< "$output")" = "$(act status --json | jq .log)" ]
	[ "$(sgdisk -p disk.raw | grep -c 'moult undo')" = 1 ]
	written=$(run_new)
	[ "$written" -gt $(( 100 << 20 )) ]
	if is_same $HOME_AT $HOME_MIB; then false; fi
	run -0 --separate-stderr rollback --json
	[ "$(jq -r .state <<< "$output")" = rolled-back ]
	is_old
}

@test "full in the tail: cut while it keeps and while it writes, it goes on, and comes back" {
	for delay in 0.05 0.2 0.5; do
		cp --sparse=always old.raw disk.raw
		"$MOULT" overlay apply new.raw --disk disk.raw --file --sha256 "$(sha_of new.raw)" --scope full --confirm-disk disk.raw \
			--progress none "${waive[@]}" > /dev/null 2>&1 &
		sleep $delay
		kill -9 $! 2> /dev/null || true
		wait $! 2> /dev/null || true
		apply new.raw --sha256 "$(sha_of new.raw)" --scope full > /dev/null
		run_new > /dev/null
		rollback > /dev/null
		is_old
	done
}

@test "until-boot refuses then, and says why" {
	apply new.raw --sha256 "$(sha_of new.raw)" > /dev/null
	run_new > /dev/null
	run -4 rollback
	[[ $output == *"the new system has run"*"until-boot"*commit* ]]
}

# kept FIRST-MIB MIB: how many bytes of a part of the disk the plan keeps
kept()
{
	jq --argjson from $(( $1 << 20 )) --argjson until $(( ($1 + $2) << 20 )) \
		'[.keeps[] | ([.start_bytes, $from] | max) as $start | ([.start_bytes + .size_bytes, $until] | min) | . - $start | select(. > 0)] | add // 0' plan.json
}

@test "full: what is kept, and how large the log is" {
	act plan new.raw --no-digest "${waive[@]}" --scope full -o plan.json > /dev/null
	log=$(( $(jq .undo.start_bytes plan.json) >> 20 ))
	size=$(( $(jq .undo.size_bytes plan.json) >> 20 ))
	[ "$(jq -r .undo.place plan.json)" = tail ]
	[ $(( log + size )) = $(( DISK_MIB - 1 )) ]
	[ $log -ge $(( HOME_AT + HOME_MIB )) ]
	# swap, and what belongs to no partition, up to the log and behind it
	[ "$(kept $SWAP_AT $SWAP_MIB)" = $(( SWAP_MIB << 20 )) ]
	[ "$(kept 110 10)" = $(( 10 << 20 )) ]
	[ "$(kept 180 $(( log - 180 )))" = $(( (log - 180) << 20 )) ]
	[ "$(kept "$log" "$size")" = 0 ]
	[ "$(kept $(( DISK_MIB - 1 )) 1)" = $(( 1 << 20 )) ]
	# of a file system what it uses
	[ "$(kept $HOME_AT $HOME_MIB)" -ge $(( 25 << 20 )) ]
	[ "$(kept $HOME_AT $HOME_MIB)" -lt $(( 55 << 20 )) ]
	# it holds what is written and what is kept behind the image, and hardly more
	wanted=$(( IMAGE_MIB + ($(kept $IMAGE_MIB $(( DISK_MIB - IMAGE_MIB ))) >> 20) ))
	[ "$size" -ge "$wanted" ]
	[ "$size" -le $(( wanted + 8 )) ]
}

@test "full: a file system that was not closed in order is kept whole" {
	debugfs -w -R 'ssv state 0' "disk.raw?offset=$(( HOME_AT << 20 ))" 2> /dev/null
	act plan new.raw --no-digest "${waive[@]}" --scope full -o plan.json > /dev/null
	[ "$(kept $HOME_AT $HOME_MIB)" = $(( HOME_MIB << 20 )) ]
}

@test "full: the log may lie in the free end of the old root, which comes back whole" {
	truncate -s 0 disk.raw
	truncate -s 300M disk.raw
	sgdisk -n 1:2048:0 -t 1:8300 disk.raw > /dev/null
	fill tree 20 wide
	mke2fs -q -F -t ext4 -b 4096 -d tree -E offset=$(( 1 << 20 )) disk.raw 298M
	rm -rf tree
	list_of 1 298 > before
	run -0 --separate-stderr apply new.raw --sha256 "$(sha_of new.raw)" --scope full --json
	run_new > /dev/null
	rollback > /dev/null
	e2fsck -fn "disk.raw?offset=$(( 1 << 20 ))" > /dev/null
	list_of 1 298 > after
	cmp before after
}

@test "full without room is refused, and says what helps" {
	sgdisk -n 4:$(( 300 * 2048 )):0 -t 4:8300 disk.raw > /dev/null
	run -4 act plan new.raw --no-digest "${waive[@]}" --scope full
	[[ $output == *"undo-room: "*"are in use"*"--undo FILE|DEV"*"--scope until-boot"* ]]
	sgdisk -d 4 disk.raw > /dev/null
	truncate -s 120M disk.raw
	run -4 act plan new.raw --no-digest "${waive[@]}" --scope full
	[[ $output == *"undo-room: "*"may need"*"behind the image"*"--undo FILE|DEV"*"--scope until-boot"* ]]
	run -0 act plan new.raw --no-digest "${waive[@]}" --scope full --undo log
}

@test "all: without --undo refused; with it bit for bit" {
	run -2 act plan new.raw --no-digest "${waive[@]}" --scope all
	[[ $output == *"--scope all needs --undo FILE|DEV"* ]]
	apply new.raw --sha256 "$(sha_of new.raw)" --scope all --undo log > /dev/null
	run_new > /dev/null
	rollback --undo log > /dev/null
	cmp old.raw disk.raw
}

# blind COMMAND...: where images cannot be spooled
blind() { TMPDIR=$BATS_FILE_TMPDIR/small "$@"; }

is_new()
{
	sgdisk -v disk.raw | grep -q 'No problems found'
	cmp -i $(( 1 << 20 )) -n $(( (IMAGE_MIB - 2) << 20 )) new.raw disk.raw
	cmp -n 440 new.raw disk.raw
}

@test "unseen: refused; waived, it is judged once it is written" {
	xz -0 -k -f new.raw
	run -4 blind apply new.raw.xz --sha256 "$(sha_of new.raw.xz)"
	[[ $output == *"unseen: "*"no room to spool"* ]]
	cmp old.raw disk.raw
	run -0 --separate-stderr blind apply new.raw.xz --sha256 "$(sha_of new.raw.xz)" --waive unseen --json
	[ "$(jq -r .state <<< "$output")" = complete ]
	is_new
	rollback > /dev/null
	is_old
}

@test "unseen: the plan knows its length, its table, and what is waived" {
	xz -0 -k -f new.raw
	act plan new.raw --no-digest "${waive[@]}" --json > seen.json
	blind act plan new.raw.xz --no-digest "${waive[@]}" --waive unseen --json > plan.json
	cmp <(jq '[.ranges, (.edits | length), .image.size_bytes]' seen.json) <(jq '[.ranges, (.edits | length), .image.size_bytes]' plan.json)
	[ "$(jq -r '.checks[] | select(.name == "unseen").verdict' plan.json)" = waived ]
	[ "$(jq -r '.checks[] | select(.name == "firmware").verdict' plan.json)" = waived ]
	truncate -s 40M disk.raw
	run -4 blind act plan new.raw.xz --no-digest --waive unseen
	[[ $output == *"too-small: "* ]]
}

@test "unseen: what cannot boot stops before the boot ranges: back, or kept all the same" {
	xz -0 -k -f loaderless.raw
	for way in rollback commit; do
		cp --sparse=always old.raw disk.raw
		run -6 blind act apply loaderless.raw.xz --confirm-disk disk.raw --progress none --sha256 "$(sha_of loaderless.raw.xz)" --waive unseen
		[[ $output == *"no-boot-path: "* ]]
		[ "$(act status --json | jq -r .state)" = body ]
		[[ $(act status) == *"overlay rollback"*"overlay commit"* ]]
		cmp -n 512 old.raw disk.raw
		if [ $way = rollback ]; then
			rollback > /dev/null
			is_old
		else
			blind act commit --confirm-disk disk.raw > /dev/null
			[ "$(act status --json | jq -r .state)" = null ]
			sgdisk -v disk.raw | grep -q 'No problems found'
			cmp -i $(( 1 << 20 )) -n $(( (IMAGE_MIB - 2) << 20 )) loaderless.raw disk.raw
			[ "$(sgdisk -p disk.raw | grep -c 'moult undo')" = 0 ]
		fi
	done
	cp --sparse=always old.raw disk.raw
	blind apply loaderless.raw.xz --sha256 "$(sha_of loaderless.raw.xz)" --waive unseen > /dev/null
	[ "$(act status --json | jq -r .state)" = complete ]
}

@test "standard input: kept where there is room, so that it can be read twice" {
	xz -0 -k -f new.raw
	xz -dc new.raw.xz | apply - --sha256 "$(sha_of new.raw)" > /dev/null
	is_new
	rollback > /dev/null
	apply - --sha256 "$(sha_of new.raw.xz)" < <(cat new.raw.xz) > /dev/null
	is_new
	run -0 --separate-stderr apply - --sha256 "$(sha_of new.raw.xz)" --json < <(cat new.raw.xz)
	[ "$(jq .outcome.written_bytes <<< "$output")" = 0 ]
}

@test "standard input: refused without room, and as a pipe with a name" {
	run -4 blind apply - --sha256 "$(sha_of new.raw)" < <(cat new.raw)
	[[ $output == *"unseen: "*"no room to spool"* ]]
	run -4 blind apply - --waive unseen --sha256 "$(sha_of new.raw)" < <(cat new.raw)
	[[ $output == *"read-twice: "*"no room to spool"* ]]
	run -4 apply <(cat new.raw) --sha256 "$(sha_of new.raw)"
	[[ $output == *"read-twice: "*"standard input"* ]]
	run -4 apply - --no-digest < disk.raw
	[[ $output == *"image-on-target: "* ]]
	cmp old.raw disk.raw
}

@test "standard input: a saved plan wants the same bytes again" {
	act plan - --sha256 "$(sha_of new.raw)" "${waive[@]}" -o plan.json < <(cat new.raw) > /dev/null
	run -3 "$MOULT" overlay apply --plan plan.json --confirm-disk disk.raw --progress none < /dev/null
	is_old
	run -5 "$MOULT" overlay apply --plan plan.json --confirm-disk disk.raw --progress none < <(head -c 30M new.raw; head -c $(( IMAGE_MIB - 30 ))M /dev/zero)
	is_old
	"$MOULT" overlay apply --plan plan.json --confirm-disk disk.raw --progress none < <(cat new.raw) > /dev/null
	is_new
}
