#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whether an image will boot decides over its overlay: before the first byte, and once more before the boot ranges.
# The images are whole disks of Debian (tests/tools/debian-disk).

bats_require_minimum_version 1.5.0
load ../tools/debian

setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || return 0
	debian_tar bullseye > tar-mbr
	debian_tar bookworm > tar-xfs
	mkdir small
	mount -t tmpfs -o size=16M none small
}

teardown_file() { if mountpoint -q "$BATS_FILE_TMPDIR/small"; then umount "$BATS_FILE_TMPDIR/small"; fi; }

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || skip "only root makes disks with the kernel's help"
	rm -f disk.raw
	truncate -s 2200M disk.raw
	printf 'the old system' | dd of=disk.raw bs=1M seek=3 conv=notrunc status=none
}

make() # KIND
{
	[ -e "$1.raw" ] || "$ROOT/tests/tools/debian-disk" "$1" "$(cat "tar-$1")" "$PWD/$1.raw" 3>&-
}

# edit IMAGE SCRIPT: in the root of Debian 11's disk, $root
edit()
{
	mkdir -p edited
	unshare --mount --propagation private bash -eEuo pipefail -c '
		mount -o loop,offset=$((1 << 20)),sizelimit=$((768 << 20)) "$1" edited
		root=$PWD/edited
		eval "$2"
		umount edited' - "$@" 3>&-
}

plan() { "$MOULT" overlay plan "$1" --disk disk.raw --file --no-digest --progress none "${@:2}"; }

apply() { "$MOULT" overlay apply "$@" --confirm-disk disk.raw --progress none; }

status() { "$MOULT" overlay status --disk disk.raw --file "$@"; }

check() { jq -r --arg name "$1" '.checks[] | select(.name == $name) | .verdict' plan.json; }

# flat: what was said, in one line
flat() { tr -s ' \n' ' ' <<< "$output"; }

# refused IMAGE OPTION...: plan.json, exit 4, and the disk is as it was
refused()
{
	local before
	before=$(sha256sum < disk.raw)
	run -4 --separate-stderr plan "$@" --json
	echo "$output" > plan.json
	[ "$before" = "$(sha256sum < disk.raw)" ]
}

@test "what boots on a machine is planned for it, and the plan says so" {
	make mbr
	run -0 --separate-stderr plan mbr.raw --platform kvm-virtio-bios --json
	echo "$output" > plan.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.plan.schema.json" plan.json
	[ "$(check no-boot-path) $(check firmware) $(check architecture) $(check cpu-level)" = "good good good good" ]
	[ "$(jq -r .platform.name plan.json)" = kvm-virtio-bios ]
	[ "$(jq -r '.prediction.chains[0] | .name + " " + .verdict' plan.json)" = "boot holds" ]
	# what predict says is what the plan says
	"$MOULT" predict mbr.raw --platform kvm-virtio-bios --json > predicted.json || [ $? = 7 ]
	cmp <(jq .chains predicted.json) <(jq .prediction.chains plan.json)
	run -0 plan mbr.raw --platform kvm-virtio-bios
	[[ "$(flat)" == *"Machine kvm-virtio-bios Boots yes"*"You do start it by BIOS (legacy) from this disk"* ]]
	run -0 plan mbr.raw --platform xen-hvm
	[[ "$(flat)" == *"Machine xen-hvm Boots yes"*"You do set its mode to HVM, not PV"* ]]
	# a machine of a file
	"$MOULT" identify --platform | jq '.name = "web1" | .firmware = "bios"' > web1.json
	run -0 --separate-stderr plan mbr.raw --platform web1.json --json
	[ "$(jq -r '.platform.name + " " + .prediction.platform' <<< "$output")" = "web1 web1" ]
	run -2 plan mbr.raw --platform nothing-like-it
	[[ "$output" == *"no machine and no file is called 'nothing-like-it'"* ]]
}

@test "what does not is refused by its first broken link, with evidence and fixer; waived, it is planned" {
	make mbr
	cp --sparse=always mbr.raw faulty.raw
	edit faulty.raw 'sed -i "s|root=UUID=[^ ]*|root=/dev/xvda1|" $root/boot/grub/grub.cfg'
	refused faulty.raw --platform kvm-virtio-bios
	[ "$(check no-boot-path) $(check firmware) $(check architecture) $(check cpu-level)" = "refused good good good" ]
	[[ "$stderr" == "moult: overlay: no-boot-path: it is not sure to boot on kvm-virtio-bios: root: root=/dev/xvda1 will not be there; mended by root-argument ("*"the disk is called vda on this machine)"* ]]
	run -0 --separate-stderr plan faulty.raw --platform kvm-virtio-bios --waive no-boot-path --json
	[ "$(jq -r '.prediction.chains[0].first_bad' <<< "$output")" = root ]
	run -0 plan faulty.raw --platform xen-hvm
	# the kernel lacks the controller's driver
	refused mbr.raw --platform ahci-bios
	[[ "$stderr" == *"no-boot-path: "*": initramfs: "* ]]
	rm faulty.raw
}

@test "an image for another firmware: both refuse, each is waived for itself" {
	make mbr
	refused mbr.raw --platform kvm-virtio-uefi
	[ "$(check no-boot-path) $(check firmware)" = "refused refused" ]
	refused mbr.raw --platform kvm-virtio-uefi --waive no-boot-path
	[ "$(check no-boot-path) $(check firmware)" = "waived refused" ]
	# what the boot blocks lack is the same thing; all behind them holds
	run -0 --separate-stderr plan mbr.raw --platform kvm-virtio-uefi --waive firmware --json
	echo "$output" > plan.json
	[ "$(check no-boot-path) $(check firmware)" = "good waived" ]
}

@test "an image that changed since the plan does not come to boot: exit 6, back or kept" {
	make mbr
	for way in rollback commit; do
		cp --sparse=always mbr.raw changed.raw
		rm -f disk.raw
		truncate -s 2200M disk.raw
		plan changed.raw --platform kvm-virtio-bios -o plan.json > /dev/null
		edit changed.raw 'sed -i "s|root=UUID=[^ ]*|root=/dev/xvda1|" $root/boot/grub/grub.cfg'
		run -6 apply --plan plan.json
		[[ "$(flat)" == *"what was written is not what was planned"*"no-boot-path: "*"root=/dev/xvda1"* ]]
		[ "$(status --json | jq -r .state)" = body ]
		run -0 status
		[[ "$(flat)" == *"overlay rollback"*"overlay commit"* ]]
		[ "$(head -c 512 disk.raw | tr -d '\0' | wc -c)" = 0 ]
		if [ $way = rollback ]; then
			"$MOULT" overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none > /dev/null
			[ "$(head -c 1024M disk.raw | tr -d '\0' | wc -c)" = 0 ]
		else
			"$MOULT" overlay commit --disk disk.raw --file --confirm-disk disk.raw > /dev/null
			cmp -n 440 changed.raw disk.raw
		fi
	done
	# as it was planned it is written to its end, also when it is begun again
	cp --sparse=always mbr.raw changed.raw
	rm -f disk.raw
	truncate -s 2200M disk.raw
	plan changed.raw --platform kvm-virtio-bios -o plan.json > /dev/null
	apply --plan plan.json > /dev/null
	[ "$(status --json | jq -r .state)" = complete ]
	rm changed.raw
}

@test "where no-boot-path is waived, nothing is judged again" {
	make mbr
	cp --sparse=always mbr.raw changed.raw
	plan changed.raw --platform kvm-virtio-bios --waive no-boot-path -o plan.json > /dev/null
	edit changed.raw 'rm $root/boot/vmlinuz-*'
	apply --plan plan.json > /dev/null
	[ "$(status --json | jq -r .state)" = complete ]
	rm changed.raw
}

@test "an xfs is judged where there is no room for a copy of it" {
	make xfs
	export TMPDIR=$PWD/small
	apply xfs.raw --disk disk.raw --file --no-digest --platform kvm-virtio-bios --scope none > /dev/null
	cmp -n 440 xfs.raw disk.raw
}

@test "an image that nobody could look into is judged for the machine that was named" {
	make mbr
	zstd -q -1 -f mbr.raw -o mbr.raw.zst
	export TMPDIR=$PWD/small
	apply mbr.raw.zst --disk disk.raw --file --no-digest --platform kvm-virtio-bios --scope none --waive unseen > /dev/null
	cmp -n 440 mbr.raw disk.raw
	rm -f disk.raw
	truncate -s 2200M disk.raw
	run -6 apply mbr.raw.zst --disk disk.raw --file --no-digest --platform nvme-uefi --waive unseen
	[[ "$output" == *"no-boot-path: it is not sure to boot on nvme-uefi: firmware: "* ]]
}
