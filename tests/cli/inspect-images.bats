#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult inspect of whole disks of Debian 11, 12 and 13 (tests/tools/debian-disk): what it says is what sfdisk,
# blkid, lsinitramfs, dpkg, ssh-keygen, sshd, systemctl, findmnt, grub-editenv, debugfs, lvm and qemu-img say.

bats_require_minimum_version 1.5.0
load ../tools/debian

# the roots that are missing are made at the same time
setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || skip "only root makes disks with the kernel's help"
	debian_tar bullseye > tar-mbr &
	debian_tar trixie > tar-efi &
	debian_tar bookworm > tar-cloud
	wait
	for kind in lvm xfs btrfs bare; do cp tar-cloud "tar-$kind"; done
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export TMPDIR=$BATS_TEST_TMPDIR
}

MIB=$((1 << 20))

# make KIND: ./KIND.raw, and what moult says of it
make()
{
	[ -s "tar-$1" ] || debian_tar bookworm > "tar-$1"
	"$ROOT/tests/tools/debian-disk" "$1" "$(cat "tar-$1")" "$PWD/$1.raw"
	"$MOULT" inspect --json --tree --progress none "$1.raw" > "$1.json"
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.inspect.schema.json" "$1.json"
}

# value KIND EXPRESSION, on "i"
value() { /usr/bin/python3 -c "import json; i = json.load(open('$1.json')); print($2)"; }

# mounted MOUNTS COMMAND...: the command with the root of a disk on $root, as far as the kernel can mount it;
# what it writes goes into memory. MOUNTS: "OPTIONS FILE FOLDER" of each file system, separated by ";"
mounted()
{
	cat > "$BATS_TEST_TMPDIR/mounted" <<- 'SCRIPT'
		set -euo pipefail
		mount -t tmpfs none "$1"
		mkdir "$1/lower" "$1/upper" "$1/work" "$1/root"
		layers=
		IFS=';' read -ra mounts <<< "$2"
		for mount in "${mounts[@]}"; do
			read -r options file folder <<< "$mount"
			mount -o "ro,loop,$options" "$file" "$1/lower$folder"
			[ "$folder" = / ] || layers="$layers $folder"
		done
		mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" none "$1/root"
		for folder in $layers; do mount --rbind "$1/lower$folder" "$1/root$folder"; done
		mount -t tmpfs none "$1/root/dev"
		mount -t tmpfs none "$1/root/run"
		cp -a /dev/null /dev/urandom "$1/root/dev/"
		export root=$1/root
		shift 2
		"$@"
	SCRIPT
	mkdir -p "$BATS_TEST_TMPDIR/mnt"
	unshare --mount --propagation private bash "$BATS_TEST_TMPDIR/mounted" "$BATS_TEST_TMPDIR/mnt" "$@"
}

# judge KIND MOUNTS: all that tests/tools/judge-inspect compares
judge()
{
	run mounted "$2" bash -c "'$ROOT/tests/tools/judge-inspect' $1.raw $1.json \$root"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "${lines[-1]}" =~ ^([0-9]+)\ of\ ([0-9]+)\ facts ]]
	[ "${BASH_REMATCH[1]}" -ge 120 ]
}

# the same files with the same bytes: by the reader that inspect has, and by the kernel
same_files() # MOUNTS FILE[@OFFSET:SIZE]
{
	mounted "$1" bash -c "cd \$root && find . -xdev -type f -print0 | xargs -0 sha256sum --zero | tr '\\0' '\\n'" | LC_ALL=C sort > there
	"$VFS_LIST" "$2" tree "" | grep -a '^f' | LC_ALL=C sed 's/^[^/]* \(.*\) \([0-9a-f]*\)$/\2  .\1/' | LC_ALL=C sort > here
	[ "$(wc -l < there)" -gt 5000 ]
	cmp there here
}

# what debugfs and dumpe2fs say of an ext file system at an offset
same_ext() # KIND OFFSET CONTENT
{
	dumpe2fs -h "$1.raw?offset=$2" > dump 2> /dev/null
	number() { sed -n "s/^$1: *//p" dump; }
	run -0 value "$1" "(lambda c: [c['uuid'], c['block_bytes'], c['size_bytes'], c['used_bytes']])($3)"
	[ "$output" = "['$(number 'Filesystem UUID')', $(number 'Block size'), $(($(number 'Block count') * $(number 'Block size'))), $((($(number 'Block count') - $(number 'Free blocks')) * $(number 'Block size')))]" ]
	for path in /etc/os-release /etc/fstab /etc/passwd; do
		# the link of os-release leads elsewhere, which debugfs does not follow
		[ $path != /etc/os-release ] || path=/usr/lib/os-release
		debugfs -R "cat $path" "$1.raw?offset=$2" > theirs 2> /dev/null
		"$VFS_LIST" "$1.raw@$2" cat $path > mine
		[ -s theirs ]
		cmp theirs mine
	done
}

# the copy of core.img that GRUB's setup has put on the disk is where moult says
same_core() # MOUNTS KIND EXPRESSION PREFIX
{
	run -0 value "$2" "(lambda c: [c['prefix'], c['problem']])($3)"
	[ "$output" = "['$4', None]" ]
	run -0 value "$2" "($3)['start_bytes']"
	dd if="$2.raw" of=core bs=512 skip=$((output / 512 + 1)) count=8 status=none
	mounted "$1" bash -c "dd if=\$root/boot/grub/i386-pc/core.img bs=512 skip=1 count=8 status=none" > core.there
	# but for what the setup writes into it at 0x14 (how long its redundancy is)
	[ "$(cmp -l core core.there | wc -l)" -le 8 ]
}

@test "Debian 11: MBR, ext4, GRUB in the gap, ifupdown" {
	make mbr
	at="offset=$MIB,sizelimit=$((768 * MIB)) mbr.raw /"
	judge mbr "$at"
	same_ext mbr $MIB "i['layout']['partitions'][0]['contents'][0]"
	same_core "$at" mbr "i['layout']['boot']['core']" '(hd0,msdos1)/boot/grub'
	same_files "$at" "mbr.raw@$MIB:$((768 * MIB))"
	run -0 value mbr "i['layout']['boot']['kind'], [(v['partition'], v['type'], v['folder']) for v in i['volumes']]"
	[ "$output" = "grub2 [(1, 'ext4', '/')]" ]
	run -0 "$MOULT" inspect mbr.raw
	[[ "$(tr -s " \n" "  " <<< "$output")" == *"core.img, prefix"* ]] # lines are broken where they must be
	# interfaces(5)
	run -0 value mbr "[(s['name'], s['enabled']) for s in i['guest']['network']['stacks'] if s['installed']]"
	[ "$output" = "[('ifupdown', True), ('systemd-networkd', False)]" ]
	run -0 value mbr "[(n['addresses'], n['gateways'], n['dns'], n['ip4'], n['ip6'], n['up_at_boot']) for n in i['guest']['network']['interfaces'] if n['name'] == 'eth0']"
	[ "$output" = "[(['192.0.2.7/24'], ['192.0.2.1'], ['192.0.2.53'], 'static', 'auto', True)]" ] ||
		[ "$output" = "[(['192.0.2.7/24'], ['192.0.2.1'], ['192.0.2.53'], 'static', 'none', True), ([], [], [], 'none', 'auto', True)]" ]
	run -0 value mbr "i['guest']['identity']['machine_id'], i['guest']['cloud_init']['installed'], i['partial']"
	[ "$output" = "present False False" ]
}

@test "Debian 11's disk in other forms: qemu-img says the same of them" {
	[ -e mbr.raw ] || make mbr
	qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd mbr.raw form.qcow2
	qemu-img convert -f raw -O vmdk mbr.raw form.vmdk
	for form in qcow2 vmdk; do
		run -0 qemu-img compare -f raw -F $form mbr.raw form.$form
		qemu-img info --output=json form.$form > info
		"$MOULT" inspect --json --tree --progress none form.$form > form.json
		run -0 /usr/bin/python3 -c "
import json
raw, form, info = (json.load(open(name)) for name in ('mbr.json', 'form.json', 'info'))
assert form['source']['expanded_bytes'] == info['virtual-size'] == raw['source']['expanded_bytes']
assert form['source']['layers'][0]['name'] == info['format'], form['source']['layers']
for key in ('layout', 'volumes', 'efi_files', 'guest', 'tree', 'partial'):
    assert raw[key] == form[key], key"
	done
	"$MOULT" inspect --json --digest --progress none form.qcow2 > form.json
	[ "$(value form "i['source']['expanded_sha256']")" = "$(sha256sum < mbr.raw | cut -d ' ' -f 1)" ]
	rm form.*
	rm mbr.raw
}

@test "Debian 12 as Ubuntu's cloud images are, as qcow2: GPT, BIOS boot, ESP, netplan, cloud-init" {
	make cloud
	at="offset=$((111 * MIB)) cloud.raw /"
	judge cloud "$at"
	same_ext cloud $((111 * MIB)) "[p for p in i['layout']['partitions'] if p['number'] == 1][0]['contents'][0]"
	same_core "$at" cloud "i['layout']['boot']['core']" '(hd0,gpt1)/boot/grub'
	run -0 value cloud "sorted((v['partition'], v['type'], v['folder']) for v in i['volumes'])"
	[ "$output" = "[(1, 'ext4', '/'), (15, 'vfat', '/boot/efi')]" ]
	run -0 value cloud "sorted((p['number'], p['role']) for p in i['layout']['partitions'])"
	[ "$output" = "[(1, 'data'), (14, 'bios-boot'), (15, 'esp')]" ]
	# the files of the ESP are as long as those that were copied into it
	sizes=$(mounted "$at" bash -c 'cd $root/usr/lib/grub/x86_64-efi/monolithic && stat -c %s gcdx64.efi grubx64.efi' | tr '\n' ' ')
	read -r removable named <<< "$sizes"
	run -0 value cloud "[(f['path'], f['size_bytes']) for f in i['efi_files']]"
	[ "$output" = "[('/EFI/BOOT/BOOTX64.EFI', $removable), ('/EFI/ubuntu/grubx64.efi', $named)]" ]
	# netplan(5)
	run -0 value cloud "[(n['stack'], n['name'], n['mac'], n['ip4'], n['ip6'], n['addresses'], n['gateways'], n['dns'], n['pattern']) for n in i['guest']['network']['interfaces']]"
	[ "$output" = "[('netplan', 'eth0', '52:54:00:12:34:56', 'dhcp', 'none', [], [], [], False), ('netplan', 'ens*', None, 'static', 'static', ['198.51.100.4/25', '2001:db8::4/64'], ['198.51.100.1'], ['198.51.100.53'], True)]" ]
	run -0 value cloud "i['guest']['cloud_init']['datasources'], i['guest']['cloud_init']['disabled'], i['guest']['identity']['machine_id']"
	[ "$output" = "['NoCloud', 'Ec2', 'None'] False empty" ]

	qemu-img convert -f raw -O qcow2 cloud.raw cloud.qcow2
	run -0 qemu-img check cloud.qcow2
	qemu-img info --output=json cloud.qcow2 > info
	qemu-img map --output=json cloud.qcow2 > map
	"$MOULT" inspect --json --tree --progress none cloud.qcow2 > qcow2.json
	run -0 /usr/bin/python3 -c "
import json
raw, ours, info, map = (json.load(open(name)) for name in ('cloud.json', 'qcow2.json', 'info', 'map'))
source = ours['source']
assert source['expanded_bytes'] == info['virtual-size']
assert [layer['name'] for layer in source['layers']] == ['qcow2'] and source['can_seek']
holes = sum(part['length'] for part in map if part['zero'])
assert source['hole_bytes'] == holes, (source['hole_bytes'], holes)
for key in ('layout', 'volumes', 'efi_files', 'guest', 'tree', 'partial'):
    assert raw[key] == ours[key], key"
	rm cloud.qcow2 cloud.raw
}

@test "Debian 13 as zst: GPT, ESP, systemd-networkd" {
	make efi
	at="offset=$((65 * MIB)) efi.raw /"
	judge efi "$at"
	same_ext efi $((65 * MIB)) "i['layout']['partitions'][1]['contents'][0]"
	run -0 value efi "i['layout']['boot']['kind'], [(v['partition'], v['type'], v['folder']) for v in i['volumes']]"
	[ "$output" = "none [(1, 'vfat', '/boot/efi'), (2, 'ext4', '/')]" ]
	# systemd.network(5)
	run -0 value efi "[(n['stack'], n['name'], n['ip4'], n['ip6'], n['source']) for n in i['guest']['network']['interfaces']]"
	[ "$output" = "[('systemd-networkd', 'en*', 'dhcp', 'dhcp', '/etc/systemd/network/20-wired.network')]" ]
	run -0 value efi "i['guest']['cloud_init']['disabled'], i['guest']['cloud_init']['disabled_by'], i['guest']['identity']['machine_id']"
	[ "$output" = "True /etc/cloud/cloud-init.disabled uninitialized" ]
	sum=$(sha256sum < efi.raw | cut -d ' ' -f 1)
	zstd -q -1 -T2 --rm efi.raw -o efi.disk
	"$MOULT" inspect --json --tree --digest --progress none efi.disk > form.json
	run -0 /usr/bin/python3 -c "
import json
raw, form = (json.load(open(name)) for name in ('efi.json', 'form.json'))
for key in ('layout', 'volumes', 'efi_files', 'guest', 'tree', 'partial'):
    assert raw[key] == form[key], key
print([layer['name'] for layer in form['source']['layers']], form['source']['expanded_sha256'])"
	[ "$output" = "['zst'] $sum" ]
	[ "$(value form "i['source']['published_sha256']")" = "$(sha256sum < efi.disk | cut -d ' ' -f 1)" ]
	rm efi.disk
}

@test "Debian 12 on logical volumes, the root in two pieces, with its own /boot" {
	make lvm
	# put together again as lvm says
	while read -r name from length pieces; do
		[ "$name" = root ] || continue
		dd if=lvm.raw of=lvm.root bs=1M seek="${from%%.*}" count="${length%%.*}" conv=notrunc,sparse status=none \
			skip=$((130 + 4 * $(sed 's/.*:\([0-9]*\)-.*/\1/' <<< "$pieces")))
	done < lvm.raw.segments
	[ "$(grep -c ' root ' lvm.raw.segments)" -eq 2 ]
	at="relatime lvm.root /;offset=$MIB,sizelimit=$((128 * MIB)) lvm.raw /boot"
	judge lvm "$at"
	same_core "$at" lvm "i['layout']['boot']['core']" '(hd0,msdos1)/grub'
	LVM=root same_files "relatime lvm.root /" "lvm.raw@$((129 * MIB)):$((1271 * MIB))"
	run -0 value lvm "[(v['partition'], v['name'], v['type'], v['folder']) for v in i['volumes']]"
	[ "$output" = "[(1, None, 'ext4', '/boot'), (0, 'debian-vg/root', 'ext4', '/')]" ]
	rm lvm.raw lvm.root
}

@test "Debian 12 on xfs" {
	make xfs
	at="offset=$((2 * MIB)) xfs.raw /"
	judge xfs "$at"
	same_core "$at" xfs "i['layout']['boot']['core']" '(hd0,gpt2)/boot/grub'
	run -0 value xfs "[(v['partition'], v['type'], v['folder'], v['warning']) for v in i['volumes']]"
	[ "$output" = "[(2, 'xfs', '/', None)]" ]
	rm xfs.raw
}

# on_btrfs COMMAND...: with the top of the file system on $top, writable
on_btrfs()
{
	mkdir -p "$BATS_TEST_TMPDIR/top"
	unshare --mount --propagation private bash -c "set -e; mount -o loop,offset=$((2 * MIB)),subvolid=5 btrfs.raw '$BATS_TEST_TMPDIR/top'; cd '$BATS_TEST_TMPDIR/top'; $1"
}

@test "Debian 12 on btrfs: the default subvolume, and the one that fstab names" {
	make btrfs
	at="subvol=@,offset=$((2 * MIB)) btrfs.raw /"
	# a second loop device of it would be a second disk with the same id: /home is bound
	on_btrfs 'cp -a @home/. /proc/self/cwd/@/home/ && btrfs -q subvolume snapshot -r @ 0-with-home' > /dev/null
	judge btrfs "subvol=0-with-home,offset=$((2 * MIB)) btrfs.raw /"
	same_core "$at" btrfs "i['layout']['boot']['core']" '(hd0,gpt2)/@/boot/grub'
	run -0 value btrfs "[(v['partition'], v['subvolume'], v['type'], v['folder'], v['problem']) for v in i['volumes']]"
	[ "$output" = "[(2, None, 'btrfs', '/', None), (2, '@home', 'btrfs', '/home', None)]" ]
	run -0 value btrfs "[len(u['keys']) for u in i['guest']['access']['users'] if u['name'] == 'admin']"
	[ "$output" = "[1]" ]
	# the top as default, which Debian's and Ubuntu's installers leave; the snapshot that lies before @ is no root
	on_btrfs 'echo snapshot > @/etc/hostname; btrfs -q subvolume snapshot @ 0-snapshot; echo root > @/etc/hostname; btrfs subvolume set-default 5 .' > /dev/null
	"$MOULT" inspect --json --progress none btrfs.raw > top.json
	run -0 value top "[(v['partition'], v['subvolume'], v['folder'], v['problem']) for v in i['volumes']], i['guest']['identity']['hostname'], i['partial']"
	[ "$output" = "[(2, '@', '/', None), (2, '@home', '/home', None)] root False" ]
	run -0 "$MOULT" inspect btrfs.raw
	[[ "$output" == *"subvolume @ of partition 2, on /"* ]]
	# a subvolume that is gone is told
	on_btrfs 'mv @home elsewhere'
	run -7 "$MOULT" inspect btrfs.raw
	[[ "$(tr -s ' \n' '  ' <<< "$output")" == *"subvolume @home of partition 2, on /home: not read: this btrfs has no subvolume '@home'"* ]]
	rm btrfs.raw
}

@test "a bare file system with menu.lst, as Xen's PV guests have it" {
	debian_package grub-legacy > grub-legacy
	GRUB_LEGACY=$(cat grub-legacy) make bare
	at="relatime bare.raw /"
	judge bare "$at"
	same_ext bare 0 "i['layout']['contents'][0]"
	run -0 value bare "i['layout']['table'], i['layout']['partitions'], [(v['partition'], v['type'], v['folder']) for v in i['volumes']]"
	[ "$output" = "none [] [(0, 'ext3', '/')]" ]
	run -0 value bare "[(l['kind'], l['config'], l['default_entry']) for l in i['guest']['loaders']]"
	[ "$output" = "[('grub-legacy', '/boot/grub/menu.lst', 1)]" ]
	run -0 "$MOULT" inspect bare.raw
	[[ "$output" == *"ext3, "*" on /"* ]]
	rm bare.raw
}
