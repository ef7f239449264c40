#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The fixers initramfs-drivers, grub-bios and grub-uefi on disks with Debian 12's kernel and what its own tools made; what
# depmod, modprobe, cpio and grub-bios-setup say of the result. tests/vm/adapt-loader boots such disks.

bats_require_minimum_version 1.5.0
load ../tools/debian

MIB=$((1 << 20))
UUID=4d6f756c-7400-4000-8000-000000000001
OTHER=11111111-2222-3333-4444-555555555555

setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || return 0
	debian_tar bookworm > tar
	mkdir -p sys/etc initrd
	tar -C sys -xf "$(cat tar)" --wildcards './boot/*' './usr/lib/modules/*' './etc/initramfs-tools/*' './usr/lib/os-release' \
		'./usr/lib/grub/x86_64-efi/monolithic/*'
	mv sys/usr/lib/grub grub
	mv sys/usr/lib/os-release sys/etc/
	ln -s usr/lib sys/lib
	release=$(ls sys/usr/lib/modules)
	# a smaller one of either, so that it does not take long: what mkinitramfs made, without the drivers of virtio
	zstd -dc "sys/boot/initrd.img-$release" | cpio -id --quiet -D initrd
	rm -rf {sys,initrd}/usr/lib/modules/*/kernel/{net,sound,drivers/{net,gpu,infiniband,md,media,hv,usb,pci}} \
		{sys,initrd}/usr/lib/modules/*/kernel/fs/{ceph,cifs,nfs*,smb,ocfs2,xfs,udf,orangefs} initrd/usr/{bin,sbin}/* \
		initrd/usr/lib/{firmware,x86_64-linux-gnu,systemd}
	depmod -b sys "$release"
	rm -r initrd/usr/lib/modules/*/kernel/drivers/virtio initrd/usr/lib/modules/*/kernel/drivers/block/virtio_blk.ko
	depmod -b initrd "$release"
	pack initrd sys/initrd
	rm -rf sys/boot/grub
	mkdir sys/boot/grub
	menu "$UUID" > sys/boot/grub/grub.cfg
	printf 'UUID=%s / ext4 errors=remount-ro 0 1\n' $UUID > sys/etc/fstab
}

setup()
{
	[ "$(id -u)" = 0 ] || skip "only root unpacks a system with its owners"
	cd "$BATS_TEST_TMPDIR" || exit 1
	export TMPDIR=$BATS_TEST_TMPDIR
	all=$BATS_FILE_TMPDIR
	release=$(ls "$all/sys/usr/lib/modules")
	img=/boot/initrd.img-$release
	cp -al "$all/sys" tree
	rm tree/initrd "tree$img"
	cp "$all/sys/initrd" "tree$img"
}

# pack FOLDER FILE: as mkinitramfs does, without compression
pack() { (cd "$1" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$2"; }

menu() # UUID
{
	printf 'set default=0\nset timeout=1\nmenuentry Debian {\n\tsearch --no-floppy --fs-uuid --set=root %s\n' "$1"
	printf '\tlinux /boot/vmlinuz-%s root=UUID=%s ro\n\tinitrd /boot/initrd.img-%s\n}\n' "$release" $UUID "$release"
}

# table SECTOR-OF-ROOT: an MBR without boot code; the tree as its one file system
disk()
{
	local start=${1:-2048}

	rm -f disk.raw
	truncate -s 200M disk.raw
	printf 'label: dos\nstart=%s, type=83\n' "$start" | sfdisk -q disk.raw
	root_at $((start * 512))
}

# root_at OFFSET: the tree as a file system there
root_at()
{
	root=$1:$((96 * MIB))
	mke2fs -q -F -t ext4 -U $UUID -E "offset=$1" -d tree disk.raw 96M
}

# fix FIXER PLATFORM: a line for each change and for what is not done, then "right", or "wrong" and why
fix()
{
	"$MOULT" adapt --json --only "$1" --platform "$2" disk.raw > told.json 2> told.err || [ $? -ge 5 ]
	python3 -c 'import json
told = json.load(open("told.json"))
for line in told["lines"]:
    print("line", line["place"], line["what"], line["prevents"], sep="\t")
still = [gap["reason"] for gap in told["gaps"] if gap["place"] == "after the edits"]
for gap in told["gaps"]:
    if gap["place"] != "after the edits":
        print("gap", gap["place"], gap["reason"], sep="\t")
print("\t".join(["wrong"] + still) if still else "right")'
}

# out PATH FILE: a file of the disk's root
out()
{
	dd if=disk.raw of=fs bs=512 skip=$((${root%:*} / 512)) conv=sparse status=none
	e2fsck -E journal_only -p fs > /dev/null || true
	e2fsck -fn fs > e2fsck.log 2>&1
	debugfs -R "dump $1 $2" fs 2> /dev/null
}

# the archive that was put behind the FILE-th initramfs
added() # OLD NEW
{
	local size
	size=$(stat -c %s "$1")
	cmp -n "$size" "$1" "$2"
	tail -c +$((size + 1 + 4 + (4 - size % 4) % 4)) "$2" > segment
	head -c $((4 + (4 - size % 4) % 4)) <(tail -c +$((size + 1)) "$2") | tr -d '\0' > pad
	[ ! -s pad ]
	[ $((($(stat -c %s "$2") - $(stat -c %s segment)) % 4)) -eq 0 ]
}

# what depmod makes of all modules is what stands there; among modules that do not need each other, depmod's order in a
# line is another one in each tree
judge_lists() # FOLDER
{
	local name module lists=usr/lib/modules/$release
	cp -a "$1" again
	depmod -b again "$release"
	for name in alias alias.bin softdep; do
		cmp "$1/$lists/modules.$name" "again/$lists/modules.$name"
	done
	for name in "$1" again; do
		while read -r line; do tr ' ' '\n' <<< "$line" | sort | xargs; done < "$name/$lists/modules.dep" > "$name.dep"
		# by modules.dep.bin
		for module in $(sed 's/.*\///; s/\.ko.*//' < <(cut -d : -f 1 "$name/$lists/modules.dep")); do
			modprobe -d "$name" -S "$release" --show-depends "$module" | sed "s|$PWD/$name||; s|$name/||" | sort
		done > "$name.shown"
	done
	cmp "$1.dep" again.dep
	cmp "$1.shown" again.shown
	[ "$(wc -l < again.shown)" -gt 100 ]
	rm -r again
}

@test "drivers are added behind what is there, and depmod would list the modules so" {
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == "line"$'\t'"$img"$'\t'"gets virtio_pci, virtio_blk, with "*"driver for the disk"* ]]
	out "$img" new
	added "$all/sys/initrd" new
	cpio -t --quiet < segment > names
	grep -x "usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko" names
	grep -x "usr/lib/modules/$release/kernel/drivers/virtio/virtio_ring.ko" names
	# a folder would take away the link of that name
	run -1 grep -x lib names
	cp -a "$all/initrd" whole
	cpio -idu --quiet -D whole < segment
	cmp "whole/usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko" \
		"tree/usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko"
	judge_lists whole
	[ "$(tail -n 2 whole/conf/modules)" = virtio_pci$'\n'virtio_blk ]
	# by what a device says of itself, and with what it needs
	run -0 modprobe -d whole -S "$release" -R virtio:d00000002v00001AF4
	[ "$output" = virtio_blk ]
	run -0 modprobe -d whole -S "$release" --show-depends virtio_pci
	[[ "$output" == *"/virtio_ring.ko"*"/virtio_pci.ko"* ]]
	# a second run has nothing to do
	cp disk.raw before.raw
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "$output" = right ]
	cmp disk.raw before.raw
}

@test "whatever the initramfs is compressed by, and however long it is" {
	for how in "gzip -n" "xz --check=crc32" "lzma" "bzip2" "zstd -q" "lz4 -q -l"; do
		$how < "$all/sys/initrd" > packed
		for more in "" x xxx; do
			# zeros behind it are allowed, and change what is missing to 4 bytes
			cp packed "tree$img"
			printf '%s' "$more" | tr x '\0' >> "tree$img"
			[ -z "$more" ] || [ "$how" = "gzip -n" ] || continue
			disk
			run -0 fix initramfs-drivers kvm-virtio-bios
			[ "${lines[-1]}" = right ] || { echo "$how: $output"; false; }
			out "$img" new
			added "tree$img" new
			cpio -t --quiet < segment > names
			grep -q virtio_blk.ko names
		done
	done
}

@test "modules that the guest compresses are unpacked for an initramfs that knows none" {
	cp -r tree/usr/lib/modules mine
	rm -r tree/usr/lib/modules
	mv mine tree/usr/lib/modules
	find tree/usr/lib/modules -name 'virtio*.ko' -exec xz --check=crc32 {} +
	depmod -b tree "$release"
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	out "$img" new
	added "$all/sys/initrd" new
	cp -a "$all/initrd" whole
	cpio -idu --quiet -D whole < segment
	cmp "whole/usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko" \
		"$all/sys/usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko"
	judge_lists whole
}

@test "modules stay compressed where the initramfs has such" {
	cp -r tree/usr/lib/modules mine
	rm -r tree/usr/lib/modules
	mv mine tree/usr/lib/modules
	find tree/usr/lib/modules -name '*.ko' -exec xz --check=crc32 -0 {} +
	depmod -b tree "$release"
	cp -a "$all/initrd" initrd
	find initrd -name '*.ko' -exec xz --check=crc32 -0 {} +
	depmod -b initrd "$release"
	pack initrd "tree$img"
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	out "$img" new
	added "tree$img" new
	cpio -idu --quiet -D initrd < segment
	[ -e "initrd/usr/lib/modules/$release/kernel/drivers/block/virtio_blk.ko.xz" ]
	judge_lists initrd
}

@test "the root's file system too, with what it needs and what modules.softdep names" {
	# this kernel has ext4 built in: a libcrc32c that it is said to need, which has a softdep that is an alias of another
	cp -a "$all/initrd" initrd
	rm -rf initrd/usr/lib/modules/*/kernel/lib/libcrc32c.ko initrd/usr/lib/modules/*/kernel/{crypto,arch/x86/crypto}
	depmod -b initrd "$release" 2> /dev/null
	pack initrd "tree$img"
	rm tree/usr/lib/modules/*/modules.dep
	sed 's|virtio_blk.ko:|& kernel/lib/libcrc32c.ko|' "$all/sys/usr/lib/modules/$release/modules.dep" > "tree/usr/lib/modules/$release/modules.dep"
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	out "$img" new
	added "tree$img" new
	cpio -t --quiet < segment > names
	grep -q /libcrc32c.ko names
	grep -q /crc32c-intel.ko names
}

@test "the guest's own configuration keeps them: the rest of it stays as it is" {
	# initramfs-tools(7): /etc/initramfs-tools/modules, one a line; initramfs.conf(5): later drop-ins win
	rm tree/etc/initramfs-tools/{modules,initramfs.conf}
	printf '# List of modules\n#\n\n  virtio-pci   \nraid1 fast=1' > tree/etc/initramfs-tools/modules
	printf 'MODULES=most\nBUSYBOX=auto\n' > tree/etc/initramfs-tools/initramfs.conf
	mkdir -p tree/etc/initramfs-tools/conf.d
	echo MODULES=dep > tree/etc/initramfs-tools/conf.d/driver-policy
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	out /etc/initramfs-tools/modules after
	printf '# List of modules\n#\n\n  virtio-pci   \nraid1 fast=1\nvirtio_blk\n' | diff - after
	out /etc/initramfs-tools/conf.d/zz-moult after
	[ "$(grep -v '^#' after)" = MODULES=most ]
	out /etc/initramfs-tools/conf.d/driver-policy after
	[ "$(cat after)" = MODULES=dep ]
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "$output" = right ]
}

@test "dracut's initramfs gets a hook, and dracut.conf.d the names" {
	mkdir -p tree/etc/dracut.conf.d
	cp -a "$all/initrd" initrd
	rm -r initrd/{scripts,conf}
	mkdir -p initrd/usr/lib/dracut/hooks/pre-udev
	echo : > initrd/usr/lib/dracut/hooks/pre-udev/30-other.sh
	echo : > initrd/usr/lib/dracut-lib.sh
	pack initrd "tree$img"
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	out "$img" new
	added "tree$img" new
	cpio -idu --quiet -D initrd < segment
	# dracut.bootup(7): pre-udev; the files are sourced
	run -0 sh -c 'modprobe() { echo "$@"; }; . initrd/usr/lib/dracut/hooks/pre-udev/90-moult.sh'
	[ "$output" = $'-b -q virtio_pci\n-b -q virtio_blk' ]
	[ ! -e initrd/conf ]
	out /etc/dracut.conf.d/90-moult.conf after
	run -0 sh -c 'sed "s/+=/=/" after > conf; . ./conf; echo "$add_drivers"' # dracut.conf(5)
	[ "$output" = " virtio_pci virtio_blk " ]
}

@test "what is no archive of theirs is left, and said" {
	cp -a "$all/initrd" initrd
	rm -r initrd/{scripts,conf}
	echo : > initrd/init_functions # mkinitcpio(8)
	pack initrd "tree$img"
	disk
	cp disk.raw before.raw
	run -0 fix initramfs-drivers kvm-virtio-bios
	[[ "${lines[0]}" == "gap"$'\t'"$img"$'\t'"drivers are added to what initramfs-tools and dracut make"* ]]
	[[ "${lines[1]}" == "wrong"$'\t'*"it lacks virtio_blk"* ]] || [[ "${lines[1]}" == "wrong"$'\t'*"it lacks virtio_pci"* ]]
	cmp disk.raw before.raw
	# cut in the middle
	head -c 9000001 "$all/sys/initrd" > "tree$img"
	disk
	run -0 fix initramfs-drivers kvm-virtio-bios
	[[ "${lines[0]}" == "gap"$'\t'"$img"$'\t'"it could not be read to its end"* ]]
	# a disk that the kernel knows nothing of: nothing is added for half of the way
	cp "$all/sys/initrd" "tree$img"
	disk
	run -0 fix initramfs-drivers ahci-bios
	[[ "${lines[0]}" == "gap"$'\t'"/boot/vmlinuz-$release"$'\t'"it has no driver for the disk"* ]]
	[[ "$output" != *line* ]]
}

@test "GRUB in the gap is where grub-bios-setup puts it, byte for byte" {
	disk
	cp disk.raw theirs.raw
	run -0 fix grub-bios kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == "line"$'\t'"bytes 512 to "*"goes on at /boot/grub/grub.cfg of the file system $UUID"* ]]
	[[ "${lines[1]}" == "line"$'\t'"bytes 0 to 439"$'\t'* ]]
	# disk id and table are as they were
	cmp -i 440 -n 72 disk.raw theirs.raw
	size=$(expr match "${lines[0]}" '.*bytes 512 to \([0-9]*\)')
	mkdir m boot
	tail -c +513 disk.raw | head -c $((size - 511)) > boot/core.img
	cp /usr/lib/grub/i386-pc/boot.img boot/
	loop=$(losetup -f --show theirs.raw)
	part=$(losetup -f --show -o $MIB --sizelimit $((96 * MIB)) theirs.raw)
	mount "$part" m
	mkdir m/boot/of-setup
	cp boot/* m/boot/of-setup
	echo "(hd0) $loop" > device.map
	/usr/lib/grub/i386-pc/grub-bios-setup --no-rs-codes --device-map=device.map -d m/boot/of-setup "$loop" || failed=1
	umount m
	losetup -d "$part" "$loop"
	[ -z "${failed:-}" ]
	cmp -n $MIB disk.raw theirs.raw
	cp disk.raw before.raw
	run -0 fix grub-bios kvm-virtio-bios
	[ "$output" = right ]
	cmp disk.raw before.raw
}

@test "GRUB in a BIOS boot partition, also over one that leads elsewhere" {
	truncate -s 200M disk.raw
	printf 'label: gpt\nstart=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\ntype=L\n' | sfdisk -q disk.raw
	root_at $((2 * MIB))
	run -0 fix grub-bios kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == "line"$'\t'"bytes 1048576 to "* ]]
	# a core.img that looks for another file system
	tune2fs() { dd if=disk.raw of=fs bs=1M skip=2 status=none; command tune2fs -U "$1" fs > /dev/null; dd if=fs of=disk.raw bs=1M seek=2 conv=notrunc status=none; }
	tune2fs $OTHER
	run -0 fix grub-bios kvm-virtio-bios
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == *"of the file system $OTHER"*"looks for a file system that is not on this disk" ]]
	[[ "${lines[1]}" != *"bytes 0 to"* ]] # that one is right already
	sgdisk -v disk.raw > said
	grep -q 'No problems found' said
}

@test "GRUB has no room, or nowhere to go: it is said, and nothing is written" {
	disk 63
	cp disk.raw before.raw
	run -0 fix grub-bios kvm-virtio-bios
	[[ "${lines[0]}" == "gap"$'\t'*"core.img takes "*" bytes, and its place has 31744: move the first partition"* ]]
	[[ "${lines[1]}" == wrong* ]]
	cmp disk.raw before.raw
	rm disk.raw
	truncate -s 200M disk.raw
	printf 'label: gpt\ntype=L\n' | sfdisk -q disk.raw
	root_at $MIB
	run -0 fix grub-bios kvm-virtio-bios
	[[ "${lines[0]}" == "gap"$'\t'*"no BIOS boot partition"*"sgdisk"* ]]
	rm tree/boot/grub/grub.cfg
	disk
	run -0 fix grub-bios kvm-virtio-bios
	[[ "${lines[0]}" == "gap"$'\t'*"no menu of GRUB"* ]]
}

# efi_disk: a GPT with an ESP that the folder esp-tree is copied to
efi_disk()
{
	rm -f disk.raw esp
	truncate -s 200M disk.raw
	printf 'label: gpt\nstart=2048, size=131072, type=U\ntype=L\n' | sfdisk -q disk.raw
	truncate -s 64M esp
	mkfs.vfat -F 32 esp > /dev/null
	[ ! -e esp-tree/EFI ] || mcopy -i esp -s esp-tree/EFI ::/
	dd if=esp of=disk.raw bs=1M seek=1 conv=notrunc,sparse status=none
	root_at $((65 * MIB))
}

# of_esp PATH: a file of the ESP
of_esp()
{
	dd if=disk.raw of=esp bs=1M skip=1 count=64 status=none
	fsck.vfat -n esp > /dev/null
	mcopy -n -i esp "::$1" -
}

stub() { printf '# of the installer\nsearch.fs_uuid %s root hd0,gpt2\nset prefix=($root)'"'/boot/grub'"'\nconfigfile $prefix/grub.cfg\n# end\n' "$1"; }

@test "the guest's own GRUB comes to the path that every firmware knows" {
	mkdir -p esp-tree/EFI/debian
	cp "$all/grub/x86_64-efi/monolithic/grubx64.efi" esp-tree/EFI/debian/
	stub $UUID > esp-tree/EFI/debian/grub.cfg
	efi_disk
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "${lines[-1]}" = right ]
	[ "${#lines[@]}" -eq 2 ]
	[[ "${lines[0]}" == "line"$'\t'"ESP:/EFI/BOOT/BOOTX64.EFI"$'\t'"a copy of /EFI/debian/grubx64.efi"$'\t'* ]]
	of_esp /EFI/BOOT/BOOTX64.EFI | cmp - esp-tree/EFI/debian/grubx64.efi
	of_esp /EFI/debian/grub.cfg | cmp - esp-tree/EFI/debian/grub.cfg
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "$output" = right ]
}

@test "a shim comes with the GRUB beside it" {
	mkdir -p esp-tree/EFI/debian
	cp "$all/grub/x86_64-efi/monolithic/grubx64.efi" esp-tree/EFI/debian/
	printf 'a program that is called UEFI shim' > esp-tree/EFI/debian/shimx64.efi
	stub $UUID > esp-tree/EFI/debian/grub.cfg
	efi_disk
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "${lines[-1]}" = right ]
	of_esp /EFI/BOOT/BOOTX64.EFI | cmp - esp-tree/EFI/debian/shimx64.efi
	of_esp /EFI/BOOT/grubx64.efi | cmp - esp-tree/EFI/debian/grubx64.efi
	# the shim alone, as a careless copy leaves it
	mkdir esp-tree/EFI/BOOT
	cp esp-tree/EFI/debian/shimx64.efi esp-tree/EFI/BOOT/BOOTX64.EFI
	efi_disk
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == "line"$'\t'"ESP:/EFI/BOOT/grubx64.efi"$'\t'* ]]
	[ "${#lines[@]}" -eq 2 ]
}

@test "a small grub.cfg that looks for another disk is corrected: the UUID alone" {
	mkdir -p esp-tree/EFI/debian esp-tree/EFI/BOOT
	cp "$all/grub/x86_64-efi/monolithic/grubx64.efi" esp-tree/EFI/BOOT/BOOTX64.EFI
	stub $OTHER > esp-tree/EFI/debian/grub.cfg
	efi_disk
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "${lines[-1]}" = right ]
	[[ "${lines[0]}" == "line"$'\t'"ESP:/EFI/debian/grub.cfg"$'\t'*"looks for a file system that is not on this disk" ]]
	of_esp /EFI/debian/grub.cfg > after
	stub $UUID | diff - after
	run -0 fix grub-uefi kvm-virtio-uefi
	[ "$output" = right ]
}

@test "where the guest has no GRUB for UEFI, ours leads to its menu" {
	mkdir esp-tree
	efi_disk
	run -0 fix grub-uefi nvme-uefi
	[ "${lines[-1]}" = right ]
	of_esp /EFI/BOOT/BOOTX64.EFI | cmp - "$GRUB_FOLDER/grubx64.efi"
	of_esp /EFI/BOOT/grub.cfg > after
	printf 'search.fs_uuid %s root\nset prefix=($root)'"'/boot/grub'"'\nconfigfile $prefix/grub.cfg\n' $UUID | diff - after
	# another loader is somebody's choice
	mkdir -p esp-tree/EFI/BOOT
	echo "systemd-boot" > esp-tree/EFI/BOOT/BOOTX64.EFI
	efi_disk
	run -0 fix grub-uefi nvme-uefi
	[[ "${lines[0]}" == "gap"$'\t'*"another loader than GRUB lies there"* ]]
	of_esp /EFI/BOOT/BOOTX64.EFI | cmp - esp-tree/EFI/BOOT/BOOTX64.EFI
	# no ESP at all
	disk
	run -0 fix grub-uefi nvme-uefi
	[[ "${lines[0]}" == "gap"$'\t'"partition table"$'\t'"there is no EFI system partition: make one"* ]]
	[[ "${lines[1]}" == wrong* ]]
}
