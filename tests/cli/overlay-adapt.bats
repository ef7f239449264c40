#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An overlay that makes the image's system fit the machine on the way: what stands on the disk is the image and what
# moult adapt makes of it. The image is a whole disk of Debian 11 (tests/tools/debian-disk) with the names of Xen's disks.

bats_require_minimum_version 1.5.0
load ../tools/debian

export SOURCE_DATE_EPOCH=1700000000

setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || return 0
	debian_tar bullseye > tar
	"$ROOT/tests/tools/debian-disk" mbr "$(cat tar)" "$PWD/xen.raw" 3>&-
	mkdir -p there
	in_root xen.raw rw 'printf "# by hand\n/dev/xvda1 / ext4 errors=remount-ro 0 1\n/dev/xvda2 none swap sw 0 0\n/dev/xvdb1 /srv ext4 defaults 0 2\n" > there/etc/fstab'
	ssh-keygen -q -t ed25519 -N '' -C me@laptop -f key
	sha256sum xen.raw | cut -d' ' -f1 > sha
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || skip "only root makes disks with the kernel's help"
	rm -f disk.raw
	truncate -s 2200M disk.raw
}

# in_root IMAGE MODE SCRIPT: its root is there
in_root()
{
	unshare --mount --propagation private bash -eEuo pipefail -c '
		mount -o "loop,$2,offset=$((1 << 20)),sizelimit=$((768 << 20))" "$1" there
		eval "$3"
		umount there' - "$@" 3>&-
}

# files IMAGE: all of its root, with owner, mode, attributes and digest
files()
{
	in_root "$1" ro '(cd there && find . -xdev -printf "%y %m %U:%G %l %s %T@ %p\n" | sort &&
		find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum &&
		python3 -c "import os
for folder, _, names in sorted(os.walk(b\".\")):
    for path in sorted(os.path.join(folder, name) for name in names):
        for key in os.listxattr(path, follow_symlinks=False):
            print(path, key, os.getxattr(path, key, follow_symlinks=False))")'
}

wishes=(--platform kvm-virtio-bios --key key.pub --user admin --hostname web1)

overlay() { "$MOULT" overlay "$1" xen.raw --disk disk.raw --file --sha256 "$(cat sha)" --progress none "${@:2}"; }

@test "the plan has the lines with their reasons, the edits, and what is predicted of them" {
	run -4 overlay plan --platform kvm-virtio-bios
	[[ "$output" == *"no-boot-path: it is not sure to boot on kvm-virtio-bios: fstab: "* ]]
	run -0 --separate-stderr overlay plan --adapt "${wishes[@]}" --json
	echo "$output" > plan.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.plan.schema.json" plan.json
	[ "$(jq .adapted plan.json)" = true ]
	[ "$(jq -r '[.lines[] | .fixer] | unique | join(" ")' plan.json | grep -c 'fstab.*hostname.*ssh-keys')" = 1 ]
	[ "$(jq '[.edits[] | select(.is_guest)] | length' plan.json)" -gt 2 ]
	[ "$(jq -r '.prediction.chains[0].verdict' plan.json)" = holds ]
	[ "$(jq -r '.checks[] | select(.name == "no-boot-path") | .verdict' plan.json)" = good ]
	run -0 overlay plan --adapt "${wishes[@]}"
	[[ "$(tr -s ' \n' ' ' <<< "$output")" == *"Guest made to fit the machine by "*"fstab: /etc/fstab: "*"else: "*"Boots yes"* ]]
}

@test "what stands on the disk is the image as moult adapt makes it; rollback gives the old disk" {
	head -c 40M /dev/urandom | dd of=disk.raw bs=1M conv=notrunc status=none
	cp --sparse=always disk.raw old.raw
	overlay apply --adapt "${wishes[@]}" --confirm-disk disk.raw > /dev/null
	cp --sparse=always xen.raw adapted.raw
	"$MOULT" adapt adapted.raw "${wishes[@]}" > /dev/null || [ $? = 7 ]
	files adapted.raw > wanted
	files disk.raw > is
	diff wanted is
	[ "$(grep -c ' \./etc/fstab$' is)" = 2 ]
	in_root disk.raw ro 'grep -q "^/dev/xvdb1.*nofail" there/etc/fstab; grep -qx web1 there/etc/hostname; grep -qF "$(cat key.pub)" there/home/admin/.ssh/authorized_keys'
	e2fsck -fn "disk.raw?offset=1048576" > /dev/null
	# again: it goes on, and writes nothing
	run -0 --separate-stderr overlay apply --adapt "${wishes[@]}" --confirm-disk disk.raw --json
	[ "$(jq .outcome.written_bytes <<< "$output")" = 0 ]
	"$MOULT" overlay rollback --disk disk.raw --file --confirm-disk disk.raw --progress none > /dev/null
	cmp -n $((1024 << 20)) old.raw disk.raw
	rm old.raw adapted.raw
}

@test "a saved plan is obeyed; one that is begun is not taken for one without --adapt" {
	overlay plan --adapt "${wishes[@]}" -o plan.json > /dev/null
	"$MOULT" overlay apply --plan plan.json --confirm-disk disk.raw --progress none > /dev/null
	in_root disk.raw ro 'grep -qx web1 there/etc/hostname'
	run -4 overlay apply --platform kvm-virtio-bios --waive no-boot-path --confirm-disk disk.raw
	[[ "$output" == *"other-undo: "* ]]
}

@test "what only the kernel writes is refused, with the next step; so are wishes without --adapt" {
	truncate -s 400M kernel.raw
	sfdisk -q kernel.raw <<< '2048,+,83,*'
	mkdir -p tree/etc tree/usr/lib
	printf 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n' > tree/etc/os-release
	printf '/dev/xvdb1 /srv ext4 defaults 0 2\n' > tree/etc/fstab
	truncate -s 399M part
	mkfs.xfs -q part
	mkdir -p there
	unshare --mount --propagation private bash -ec 'mount -o loop part there; cp -a tree/. there; umount there' 3>&-
	dd if=part of=kernel.raw bs=1M seek=1 conv=notrunc,sparse status=none
	rm part
	run -4 "$MOULT" overlay plan kernel.raw --disk disk.raw --file --no-digest --adapt --hostname web1 --platform kvm-virtio-bios --waive no-boot-path
	[[ "$output" == *"--adapt cannot be done on the way: leave it out, and run 'moult adapt' on the disk afterwards"* ]]
	run -2 overlay plan --hostname web1
	[[ "$output" == *"--key, --user and --hostname go with --adapt"* ]]
}
