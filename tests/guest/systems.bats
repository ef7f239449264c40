#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What system lies in a tree: real ones that mmdebstrap makes, and trees that follow the distributions' own
# documentation, with what is to be found written down beside them before the reader was.

bats_require_minimum_version 1.5.0
load ../tools/debian

setup()
{
	export ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_TEST_TMPDIR" || exit 1
}




@test "trees of ten systems hold what their documentation says" {
	count=0
	for expected in "$ROOT"/tests/guests/*.expected; do
		name=$(basename "$expected" .expected)
		"$GUEST_SHOW" "$ROOT/tests/guests/$name" > found
		grep -v '^#' "$expected" > wanted
		diff -u wanted found || { echo "$name"; false; }
		# the document is named
		[ "$(grep -c '^#' "$expected")" -ge 1 ]
		count=$((count + 1))
	done
	[ "$count" -eq 10 ]
}

@test "an empty tree is no system, and no failure" {
	mkdir empty
	run -0 "$GUEST_SHOW" empty
	[ "${lines[0]}" = "system.family: unknown" ]
	[[ $output != *problem* ]]
}

# hostile: ./hostile must be read within 15 s, as far as it can be
hostile()
{
	run timeout 15 "$GUEST_SHOW" hostile
	echo "$output" | tail -n 20
	[ "$status" -eq 0 ]
}

@test "files that are endless, loops or of another kind are told and passed over" {
	mkdir -p hostile/etc/network/interfaces.d hostile/boot/grub hostile/etc/systemd/network hostile/etc/netplan
	truncate -s 10G hostile/etc/fstab
	truncate -s 10G hostile/boot/vmlinuz-1
	truncate -s 10G hostile/boot/initrd.img-1
	mkfifo hostile/etc/passwd
	ln -s loop hostile/etc/loop
	ln -s loop hostile/etc/hostname
	ln -s /etc/shadow hostile/etc/os-release
	mkdir hostile/etc/crypttab
	printf 'source *\nsource-directory .\nsource interfaces\n' > hostile/etc/network/interfaces
	printf 'a: &x [1]\nb: *x\n' > hostile/etc/netplan/1.yaml
	hostile
	[[ $output == *"problem: /etc/fstab: "* ]]
	[[ $output == *"problem: /etc/passwd: "* ]]
	[[ $output == *"problem: /etc/netplan/1.yaml: line 1: "* ]]
	# zeros are what lies between archives: no archive follows, and 10 GiB of them end somewhere
	[[ $output == *"problem: /boot/initrd.img-1: it is longer than "* ]]
	# the link leads into the tree, where no shadow is: not to the host's
	[[ $output != *"system.id"* ]]
}

@test "no hash and no machine-id is shown or kept" {
	mkdir -p secret/etc
	printf 'root:x:0:0::/root:/bin/sh\n' > secret/etc/passwd
	printf 'root:$6$SECRETSALT$SECRETHASH:1::::::\n' > secret/etc/shadow
	printf '00112233445566778899aabbccddeeff\n' > secret/etc/machine-id
	run -0 "$GUEST_SHOW" secret
	[[ $output == *"password set"* ]]
	[[ $output == *"machine-id: present"* ]]
	[[ $output != *SECRET* ]]
	[[ $output != *00112233* ]]
}

# the modules in an initramfs by lsinitramfs, as we name them
modules_of() { chroot root lsinitramfs "$1" | sed -n 's,.*lib/modules/.*/\([^/]*\)\.ko.*$,\1,p' | tr - _ | sort -u; }

@test "Debian 12 with ifupdown, GRUB and a cloud kernel: as file, lsinitramfs and the packages say" {
	debian_unpack bookworm root
	kernel=$(ls root/boot | sed -n 's/^vmlinuz-//p')
	printf 'auto eth0\niface eth0 inet dhcp\n' > root/etc/network/interfaces.d/eth0
	"$GUEST_SHOW" root > found
	cat found
	grep -qx 'system.id: debian' found
	grep -qx 'system.version: 12' found
	grep -qx 'system.architecture: x86_64' found
	grep -qx 'system.init: systemd' found
	grep -qx "kernel.release: $kernel" found
	# file's words for the same bytes
	if command -v file > /dev/null; then
		banner=$(sed -n 's/^kernel.banner: //p' found)
		[[ $(file -b "root/boot/vmlinuz-$kernel") == *"version $banner"* ]]
	fi
	grep -qx 'kernel.driver: virtio_blk module initramfs' found || grep -qx 'kernel.driver: virtio_blk module' found
	grep -qx 'initramfs.maker: initramfs-tools' found
	sed -n 's/^initramfs.modules: //p' found | tr ' ' '\n' | sort -u > ours
	modules_of "/boot/initrd.img-$kernel" > theirs
	[ -s theirs ]
	diff -u theirs ours
	grep -qx "kernel.module_count: $(grep -c . "root/lib/modules/$kernel/modules.dep") dep builtin" found
	grep -qx 'stack: ifupdown enabled' found
	grep -qx 'interface: eth0 ifupdown up' found
	grep -qx 'sshd: enabled' found
	for key in root/etc/ssh/ssh_host_*_key.pub; do
		grep -qF "$(ssh-keygen -lf "$key" | cut -d' ' -f2)" found
	done
	if grep "^problem" found; then false; fi
}

@test "the same initramfs packed in each way, behind bare microcode, holds the same" {
	debian_unpack bookworm root
	initrd=$(ls root/boot/initrd.img-*)
	"$GUEST_SHOW" --initramfs "$initrd" | grep '^initramfs.modules' > wanted
	zstd -qdc "$initrd" > plain.cpio 2> /dev/null || gzip -dc "$initrd" > plain.cpio
	mkdir -p early/kernel/x86/microcode
	echo code > early/kernel/x86/microcode/GenuineIntel.bin
	(cd early && find . | LC_ALL=C sort | cpio --quiet -o -H newc) > early.cpio
	for packer in 'gzip -1' 'bzip2 -1' 'xz -1 --check=crc32' 'xz -1 --format=lzma' 'zstd -q -1' 'lz4 -q -l' cat; do
		{ cat early.cpio; $packer < plain.cpio; } > packed
		"$GUEST_SHOW" --initramfs packed > found
		grep '^initramfs.segment' found
		grep '^initramfs.modules' found | diff -q wanted -
		[ "$(grep -c '^initramfs.segment' found)" -eq 2 ]
		# cut short: told
		head -c -200000 packed > cut
		run -3 "$GUEST_SHOW" --initramfs cut
	done
}

@test "Debian 13 with netplan and cloud-init" {
	debian_unpack trixie root
	mkdir -p root/etc/netplan
	printf 'network:\n  version: 2\n  ethernets:\n    all-en:\n      match: {name: "en*"}\n      dhcp4: true\n' \
		> root/etc/netplan/90-default.yaml
	"$GUEST_SHOW" root > found
	cat found
	grep -qx 'system.version: 13' found
	grep -qx 'stack: netplan enabled' found
	grep -qx 'stack: systemd-networkd enabled' found
	grep -qx 'interface: en\* netplan up' found
	grep -q '^cloud-init: enabled' found
	grep -qx "cloud-init.version: $(chroot root dpkg-query -W -f '${Version}' cloud-init)" found
	if grep "^problem" found; then false; fi
}
