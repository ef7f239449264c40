#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Overlays on files and loop devices: planned, written, undone, kept; refused; cut in the middle.

bats_require_minimum_version 1.5.0

IMAGE_MIB=48 DISK_MIB=160

setup_file()
{
	. "$ROOT/tests/tools/overlay.bash"
	cd "$BATS_FILE_TMPDIR" || exit 1
	make_image new.raw $IMAGE_MIB
	make_image old.raw 40
	truncate -s ${DISK_MIB}M old.raw
	sgdisk -e old.raw > /dev/null
	sha256sum new.raw | cut -d' ' -f1 > new.sha
	# where a log may lie: nothing is there in the old system
	export TAIL_AT=$(( DISK_MIB - 1 - 52 ))
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	rm -f disk.raw
	cp --sparse=always old.raw disk.raw
	SHA=$(cat new.sha)
	WAIVE=(--waive firmware --waive no-boot-path)
}

overlay() { "$MOULT" overlay "$@"; }

apply() { overlay apply new.raw --disk disk.raw --file --sha256 "$SHA" --confirm-disk disk.raw --progress none "${WAIVE[@]}" "$@"; }

# The old disk, but for the part in which the log lies.
is_old()
{
	cmp -n $(( TAIL_AT << 20 )) old.raw disk.raw
	cmp -i $(( (DISK_MIB - 1) << 20 )) old.raw disk.raw
}

# All partitions of the image stand on the disk as they are in it.
is_new()
{
	sgdisk -v disk.raw | grep -q 'No problems found'
	cmp -i $(( 1 << 20 )) -n $(( (IMAGE_MIB - 1 - 1) << 20 )) new.raw disk.raw
}

state() { overlay status --disk disk.raw --file --json | jq -r .state; }

@test "plan: what it says, and nothing is opened for writing" {
	before=$(sha256sum < disk.raw)
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=open,openat,creat -o trace "$MOULT" overlay plan new.raw --disk disk.raw --file --sha256 "$SHA" "${WAIVE[@]}" --json > plan.json
	[ "$before" = "$(sha256sum < disk.raw)" ]
	[ "$(grep -c disk.raw trace)" -gt 0 ]
	[ "$(grep disk.raw trace | grep -c 'O_WRONLY\|O_RDWR\|O_CREAT')" = 0 ]
	[ "$(jq -r .schema plan.json)" = moult.plan/1 ]
	[ "$(jq -r .disk.confirm plan.json)" = disk.raw ]
	[ "$(jq -r '.ranges[-1].what' plan.json)" = MBR ]
	[ "$(jq -r '[.ranges[] | select(.phase == "boot")][0].what' plan.json)" = "GPT backup" ]
	[ "$(jq '[.checks[] | select(.verdict == "refused")] | length' plan.json)" = 0 ]
}

@test "apply: the image stands there, its table fits the disk, and the log has a partition" {
	run -0 --separate-stderr apply --json
	[ "$(jq -r .state <<< "$output")" = complete ]
	[ "$(jq .outcome.written_bytes <<< "$output")" -gt 0 ]
	is_new
	[ "$(sgdisk -p disk.raw | grep -c 'moult undo')" = 1 ]
}

@test "apply again writes nothing" {
	apply > /dev/null
	run -0 --separate-stderr apply --json
	[ "$(jq .outcome.written_bytes <<< "$output")" = 0 ]
	[ "$(jq .outcome.resumed <<< "$output")" = true ]
}

@test "rollback: the old disk bit for bit; its file systems are clean" {
	apply > /dev/null
	run -0 --separate-stderr overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none --json
	[ "$(jq -r .state <<< "$output")" = rolled-back ]
	is_old
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	e2fsck -fn "disk.raw?offset=$(( start * 512 ))" > /dev/null
	sgdisk -v disk.raw | grep -q 'No problems found'
}

@test "rollback is refused once the new system has run, and commit keeps it" {
	apply > /dev/null
	printf x | dd of=disk.raw bs=1 seek=$(( 20 << 20 )) conv=notrunc status=none
	run -4 overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none
	[[ $output == *"the new system has run"*commit* ]]
	run -0 --separate-stderr overlay commit --disk disk.raw --file --confirm-disk disk.raw --json
	[ "$(jq -r .state <<< "$output")" = null ]
	[ "$(sgdisk -p disk.raw | grep -c 'moult undo')" = 0 ]
	sgdisk -v disk.raw | grep -q 'No problems found'
}

@test "scope full in a file: the old system comes back after the new one has written" {
	rm -f log
	apply --scope full --undo log > /dev/null
	head -c 30M /dev/urandom | dd of=disk.raw bs=1M seek=8 conv=notrunc status=none
	overlay rollback --disk disk.raw --file --undo log --confirm-disk disk.raw --progress none > /dev/null
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	e2fsck -fn "disk.raw?offset=$(( start * 512 ))" > /dev/null
	debugfs -R "dump /noise was" "old.raw?offset=$(( start * 512 ))" 2> /dev/null
	debugfs -R "dump /noise is" "disk.raw?offset=$(( start * 512 ))" 2> /dev/null
	[ -s was ]
	cmp was is
}

@test "a wrong digest: exit 5, and the old disk is there again" {
	run -5 overlay apply new.raw --disk disk.raw --file --sha256 "$(printf '0%.0s' {1..64})" --confirm-disk disk.raw --progress none "${WAIVE[@]}"
	[[ $output == *"the old disk is there again"* ]]
	is_old
}

@test "killed at random moments: status tells the truth, and both ways lead on" {
	for round in 1 2 3 4 5 6; do
		cp --sparse=always old.raw disk.raw
		"$MOULT" overlay apply new.raw --disk disk.raw --file --sha256 "$SHA" --confirm-disk disk.raw --progress none "${WAIVE[@]}" > /dev/null 2>&1 &
		sleep "0.$(( RANDOM % 6 + 1 ))"
		kill -9 $! 2> /dev/null || true
		wait $! 2> /dev/null || true
		told=$(state)
		[[ $told =~ ^(null|writing|body|complete)$ ]]
		if [ $(( round % 2 )) = 0 ] || [ "$told" = null ]; then
			apply > /dev/null
			is_new
		fi
		overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none > /dev/null
		is_old
	done
}

@test "SIGTERM: 130 before the first byte, then 6 with the next step; apply goes on" {
	for round in 1 2 3 4 5 6; do
		cp --sparse=always old.raw disk.raw
		"$MOULT" overlay apply new.raw --disk disk.raw --file --sha256 "$SHA" --confirm-disk disk.raw --progress none "${WAIVE[@]}" > /dev/null 2> messages &
		sleep "0.$round"
		kill -TERM $! 2> /dev/null || true
		status=0
		wait $! || status=$?
		case $status in
		0) is_new ;;
		6) grep -q "'moult overlay apply' goes on, 'moult overlay rollback' goes back" messages ;;
		130 | 143) is_old ;; # 143: it came before it was waited for
		*) false ;;
		esac
		apply > /dev/null
		is_new
	done
}

# log_block NUMBER COUNT: blocks of the log of done.raw, whose plan is plan.json, on disk.raw; -1 is the last one
log_block()
{
	local at=$(( $(jq .undo.start_bytes plan.json) / 4096 + $1 ))
	[ "$1" -ge 0 ] || at=$(( at + $(jq .undo.size_bytes plan.json) / 4096 ))
	dd if=done.raw of=disk.raw bs=4096 skip=$at seek=$at count="$2" conv=notrunc status=none
}

@test "an undo log that was cut while it was made: apply begins a new one, which is found" {
	overlay plan new.raw --disk disk.raw --file --sha256 "$SHA" "${WAIVE[@]}" -o plan.json > /dev/null
	overlay apply --plan plan.json --confirm-disk disk.raw --progress none > /dev/null
	cp --sparse=always disk.raw done.raw
	# its two ends, and no plan
	cp --sparse=always old.raw disk.raw
	log_block 0 1
	log_block -1 1
	[ "$(state)" = writing ]
	apply > /dev/null
	is_new
	overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none > /dev/null
	is_old
	# all but the end by which it is found
	cp --sparse=always old.raw disk.raw
	log_block 0 3 # the plan and the first state stand behind the header
	[ "$(state)" = null ]
	overlay apply --plan plan.json --confirm-disk disk.raw --progress none > /dev/null
	[ "$(state)" = complete ]
	overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none > /dev/null
	is_old
}

@test "a disk that has another name since goes on, and goes back" {
	apply > /dev/null
	mv disk.raw renamed.raw
	run -0 --separate-stderr overlay apply new.raw --disk renamed.raw --file --sha256 "$SHA" --confirm-disk disk.raw --progress none "${WAIVE[@]}" --json
	[ "$(jq .outcome.resumed <<< "$output")" = true ]
	overlay rollback --disk renamed.raw --file --confirm-disk disk.raw --progress none > /dev/null
	mv renamed.raw disk.raw
	is_old
}

@test "every source gives the same disk" {
	qemu-img convert -O qcow2 new.raw new.qcow2
	gzip -1 -k -f new.raw
	zstd -q -f -1 new.raw -o new.zst
	xz -0 -k -f new.raw
	apply > /dev/null
	sha256sum < disk.raw > /dev/null
	cp --sparse=always disk.raw whole
	for form in new.qcow2 new.raw.gz new.zst new.raw.xz; do
		cp --sparse=always old.raw disk.raw
		overlay apply "$form" --disk disk.raw --file --sha256 "$(sha256sum < "$form" | cut -d' ' -f1)" --confirm-disk disk.raw --progress none "${WAIVE[@]}" > /dev/null
		is_new
	done
}

@test "a loop device" {
	loop=$(losetup --show -f disk.raw)
	"$MOULT" overlay plan new.raw --disk "$loop" --sha256 "$SHA" "${WAIVE[@]}" -o plan.json > text || result=$?
	if [ "${result:-0}" = 0 ]; then
		"$MOULT" overlay apply --plan plan.json --confirm-disk "$(jq -r .disk.confirm plan.json)" --progress none > /dev/null || result=$?
	fi
	losetup -d "$loop"
	[ "${result:-0}" = 0 ]
	is_new
}

@test "commit beside the new system, which runs from the disk" {
	loop=$(losetup --show -f disk.raw)
	"$MOULT" overlay apply new.raw --disk "$loop" --sha256 "$SHA" "${WAIVE[@]}" --confirm-disk "$("$MOULT" overlay plan new.raw --disk "$loop" --sha256 "$SHA" "${WAIVE[@]}" --json | jq -r .disk.confirm)" --progress none > /dev/null
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	part=$(losetup --show -o $(( start * 512 )) --sizelimit $(( 41 << 20 )) -f "$loop")
	mkdir -p there
	mount "$part" there
	id=$("$MOULT" overlay status --disk "$loop" --json | jq -r .log.plan)
	run -4 "$MOULT" overlay rollback --disk "$loop" --confirm-disk "$id"
	run -0 "$MOULT" overlay commit --disk "$loop" --confirm-disk "$(sgdisk -p old.raw | sed -n 's/^Disk identifier (GUID): //p' | tr 'A-F' 'a-f')"
	umount there
	losetup -d "$part" "$loop"
	[ "$(sgdisk -p disk.raw | grep -c 'moult undo')" = 0 ]
	sgdisk -v disk.raw | grep -q 'No problems found'
}

# refused WORDS CHECK: apply refuses, exit 4, by the check of that name, and the disk is as it was.
refused()
{
	local before
	before=$(sha256sum < disk.raw)
	run -4 "${@:2}"
	[[ $output == *"$1: "* ]]
	[ "$before" = "$(sha256sum < disk.raw)" ]
}

@test "refused: not a disk, too small, no digest, image on target, read-only, in use" {
	refused not-a-disk overlay apply new.raw --disk /dev/null --sha256 "$SHA" --confirm-disk x
	truncate -s 20M disk.raw
	refused too-small apply
	cp --sparse=always old.raw disk.raw
	refused no-digest overlay apply new.raw --disk disk.raw --file --confirm-disk disk.raw "${WAIVE[@]}"
	refused image-on-target overlay apply disk.raw --disk disk.raw --file --no-digest --confirm-disk disk.raw "${WAIVE[@]}"
	loop=$(losetup --show -r -f disk.raw)
	refused read-only "$MOULT" overlay apply new.raw --disk "$loop" --sha256 "$SHA" --confirm-disk x "${WAIVE[@]}"
	losetup -d "$loop"
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	loop=$(losetup --show -o $(( start * 512 )) -f disk.raw)
	mkdir -p there
	mount -o ro,noload "$loop" there
	refused in-use apply
	umount there
	losetup -d "$loop"
}

@test "refused: another overlay's log, a stale plan, no room for the log, no boot path, wrong id" {
	overlay plan new.raw --disk disk.raw --file --sha256 "$SHA" "${WAIVE[@]}" -o plan.json > /dev/null
	printf x | dd of=disk.raw bs=1 seek=440 conv=notrunc status=none
	refused stale-plan overlay apply --plan plan.json --confirm-disk disk.raw
	cp --sparse=always old.raw disk.raw
	apply > /dev/null
	refused other-undo overlay apply --plan plan.json --confirm-disk disk.raw
	cp --sparse=always old.raw disk.raw
	truncate -s 64M disk.raw
	sgdisk -e disk.raw > /dev/null 2>&1 || true
	refused undo-room apply
	cp --sparse=always old.raw disk.raw
	truncate -s 48M empty.raw
	head -c 1M /dev/urandom > empty.raw
	truncate -s 48M empty.raw
	refused no-boot-path overlay apply empty.raw --disk disk.raw --file --no-digest --confirm-disk disk.raw
	refused confirm-disk overlay apply new.raw --disk disk.raw --file --sha256 "$SHA" "${WAIVE[@]}" --confirm-disk other || true
	run -4 overlay apply new.raw --disk disk.raw --file --sha256 "$SHA" "${WAIVE[@]}" --confirm-disk other
	[[ $output == *"the disk's id is"* ]]
}

@test "a wrong command line says what is wrong" {
	run -2 overlay
	[[ $output == *"plan, apply, status, rollback or commit"* ]]
	run -2 overlay plan new.raw
	[[ $output == *"--disk DEV"* ]]
	run -2 overlay plan new.raw --disk disk.raw --file --no-digest --waive too-small
	[[ $output == *"cannot be waived"* ]]
	run -2 overlay apply new.raw --disk disk.raw --file --no-digest "${WAIVE[@]}" --scope all
	[[ $output == *"--undo"* ]]
	printf '{"schema":"moult.plan/1"' > broken.json
	run -3 overlay apply --plan broken.json
}
