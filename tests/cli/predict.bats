#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# moult predict: whole disks of Debian 11, 12 and 13 (tests/tools/debian-disk) on several machines, as they were made and
# with one fault each; moult identify --platform of this machine and of a tree.

bats_require_minimum_version 1.5.0
load ../tools/debian

MIB=$((1 << 20))

setup_file()
{
	export PATH=$PATH:/usr/sbin:/sbin ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_FILE_TMPDIR" || exit 1
	[ "$(id -u)" = 0 ] || return 0
	debian_tar bullseye > tar-mbr &
	debian_tar trixie > tar-efi &
	debian_tar bookworm > tar-cloud
	wait
	cp tar-cloud tar-bare
	cp tar-cloud tar-lvm
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export TMPDIR=$BATS_TEST_TMPDIR
	# the machine that the fixed address of Debian 11's disk is for
	cat > server.json <<- 'JSON'
		{"schema": "moult.platform/1", "name": "server", "firmware": "bios", "architecture": "x86_64",
		 "cpu_level": 2, "memory_bytes": 1073741824,
		 "disks": [{"name": "vda", "boot": true, "size_bytes": 8589934592, "sector_bytes": 512, "drivers": [
		  {"modalias": "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00", "driver": "virtio_pci"},
		  {"modalias": "virtio:d00000002v00001AF4", "driver": "virtio_blk"}]}],
		 "nics": [{"name": "eth0", "stable_name": "ens3", "mac": "52:54:00:12:34:56", "mtu_bytes": 1500,
		  "ip4": "static", "ip6": "auto", "addresses": ["192.0.2.7/24"],
		  "routes": [{"to": "default", "gateway": "192.0.2.1", "on_link": false}],
		  "drivers": [{"modalias": "pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00", "driver": "virtio_pci"},
		   {"modalias": "virtio:d00000001v00001AF4", "driver": "virtio_net"}]}],
		 "consoles": ["ttyS0", "tty0"], "resolvers": ["192.0.2.53"], "domains": []}
	JSON
}

teardown() { rm -f "$BATS_FILE_TMPDIR/faulty.raw"; }

make() # KIND
{
	[ "$(id -u)" = 0 ] || skip "only root makes disks with the kernel's help"
	[ -s "tar-$1" ] || debian_tar bookworm > "tar-$1"
	[ -e "$1.raw" ] || "$ROOT/tests/tools/debian-disk" "$1" "$(cat "tar-$1")" "$PWD/$1.raw" 3>&-
}

# edit KIND OFFSET-MIB SIZE-MIB SCRIPT: faulty.raw, a copy in whose root the script has run; $root is the root
edit()
{
	cp --sparse=always "$1.raw" faulty.raw
	mkdir -p edited
	unshare --mount --propagation private bash -eEuo pipefail -c '
		mount -o loop,offset=$(($1 << 20)),sizelimit=$(($2 << 20)) faulty.raw edited
		root=$PWD/edited
		eval "$3"
		umount -R edited' - "${@:2}" 3>&-
}

# predict STATUS IMAGE PLATFORM: ./answer.json, which the schema allows
predict()
{
	run "-$1" --separate-stderr "$MOULT" predict --json --progress none --platform "$3" "$2"
	echo "$output" > answer.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.prediction.schema.json" answer.json
}

# first CHAIN: verdict, first bad link and its fixer
first()
{
	/usr/bin/python3 -c '
import json, sys
chain = [c for c in json.load(open("answer.json"))["chains"] if c["name"] == sys.argv[1]][0]
bad = [l for l in chain["links"] if l["name"] == chain["first_bad"]]
print(chain["verdict"], chain["first_bad"], bad[0]["fixer"] if bad else None)' "$1"
}

# link NAME: verdict, sentence and evidence
link()
{
	/usr/bin/python3 -c '
import json, sys
for chain in json.load(open("answer.json"))["chains"]:
    for link in chain["links"]:
        if link["name"] == sys.argv[1]:
            print(link["verdict"], link["says"], *(e["source"] + ": " + e["text"] for e in link["evidence"]), sep="\n")' "$1"
}

@test "Debian 11 on the machine that it was made for: all three hold" {
	make mbr
	predict 0 mbr.raw server.json
	[ "$(first boot)" = "holds None None" ]
	[ "$(first reach)" = "holds None None" ]
	[ "$(first login)" = "holds None None" ]
	[[ "$(link fstab)" == holds*"90 s"*"/dev/xvda2 on none"* ]] # the swap of the old machine
	run -0 "$MOULT" predict --platform server.json mbr.raw
	[[ "$output" == *"Boots: yes"*"Is reached: yes"*"Lets in: yes"*"Tell the provider"* ]]
}

@test "Debian 11 on machines by name: what it lacks there" {
	make mbr
	predict 7 mbr.raw kvm-virtio-bios
	[ "$(first boot)" = "holds None None" ]
	[ "$(first reach)" = "unknown address network" ] # whose network is not known
	predict 7 mbr.raw kvm-scsi-bios
	[ "$(first boot)" = "holds None None" ]
	predict 5 mbr.raw ahci-bios # its cloud kernel has no such driver
	[ "$(first boot)" = "broken initramfs None" ]
	predict 5 mbr.raw nvme-uefi
	[ "$(first boot)" = "broken firmware grub-uefi" ]
	predict 5 mbr.raw kvm-virtio-uefi
	[ "$(first boot)" = "broken firmware grub-uefi" ]
	run -5 --separate-stderr "$MOULT" predict --platform kvm-virtio-uefi --progress none mbr.raw
	[[ "$output" == *"Boots: no (firmware)"*"mended by grub-uefi"* ]]
	[[ "$stderr" == "moult: predict: it is not sure to boot: firmware" ]]
	echo "$output" > text
	run -1 env LC_ALL=C.UTF-8 grep -nE '^.{81,}' text
	predict 7 mbr.raw xen-hvm
	[ "$(first boot)" = "holds None None" ]
	[[ "$(link initramfs)" == *xvda* ]]
}

@test "root=/dev/xvda1 is not there on a disk called vda, and is where it is called xvda" {
	make mbr
	edit mbr 1 768 'sed -i "s|root=UUID=[^ ]*|root=/dev/xvda1|" $root/boot/grub/grub.cfg'
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken root root-argument" ]
	[[ "$(link root)" == *"called vda on this machine"* ]]
	predict 7 faulty.raw xen-hvm
	[ "$(first boot)" = "holds None None" ]
}

@test "an initramfs without the driver of the disk" {
	make mbr
	edit mbr 1 768 'mount --bind /dev $root/dev; mount -t proc none $root/proc
		sed -i "s/^MODULES=.*/MODULES=list/" $root/etc/initramfs-tools/initramfs.conf
		printf "ext4\nsd_mod\nahci\nxen-blkfront\n" > $root/etc/initramfs-tools/modules
		chroot $root update-initramfs -u > /dev/null 2>&1'
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken initramfs initramfs-drivers" ]
	[[ "$(link initramfs)" == *virtio_blk* ]] || [[ "$(link initramfs)" == *virtio_pci* ]]
	predict 7 faulty.raw xen-hvm
	[ "$(first boot)" = "holds None None" ]
}

@test "a kernel, a menu, a core.img that is gone" {
	make mbr
	edit mbr 1 768 'rm $root/boot/vmlinuz-*'
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken loader loader" ]
	edit mbr 1 768 'mv $root/boot/grub/grub.cfg $root/boot/grub/grub.cfg.old'
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken boot-blocks grub-bios" ]
	cp --sparse=always mbr.raw faulty.raw
	dd if=/dev/zero of=faulty.raw bs=512 seek=1 count=64 conv=notrunc status=none
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken boot-blocks grub-bios" ]
	dd if=/dev/zero of=faulty.raw bs=440 count=1 conv=notrunc status=none
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken firmware grub-bios" ]
}

@test "a file system of fstab that is gone, and one that may be" {
	make mbr
	edit mbr 1 768 'echo "/dev/xvdb1 /srv ext4 defaults 0 2" >> $root/etc/fstab'
	predict 5 faulty.raw server.json
	[ "$(first boot)" = "broken fstab fstab" ]
	edit mbr 1 768 'echo "/dev/xvdb1 /srv ext4 nofail 0 2" >> $root/etc/fstab'
	predict 0 faulty.raw server.json
}

@test "an address of another net, a card of another name" {
	make mbr
	edit mbr 1 768 'sed -i s/192.0.2/198.51.100/ $root/etc/network/interfaces.d/eth0'
	predict 7 faulty.raw server.json
	[ "$(first reach)" = "broken address network" ]
	edit mbr 1 768 'sed -i "s/ net.ifnames=0//" $root/boot/grub/grub.cfg'
	predict 7 faulty.raw server.json
	[ "$(first reach)" = "broken network network" ]
	[[ "$(link network)" == *"will be called ens3"* ]]
}

@test "no key: the console lets in, where there is one" {
	make mbr
	edit mbr 1 768 'rm $root/home/admin/.ssh/authorized_keys'
	predict 0 faulty.raw server.json
	[[ "$(link ssh)" == broken* ]]
	[[ "$(link console)" == holds*admin*ttyS0* ]]
	edit mbr 1 768 'rm $root/home/admin/.ssh/authorized_keys; chroot $root passwd -l admin > /dev/null'
	predict 7 faulty.raw server.json
	[ "$(first login)" = "broken ssh ssh-keys" ]
}

@test "Debian 13 by UEFI: the fallback path, the menu that waits, hvc0 alone" {
	make efi
	# as it was made: GRUB's removable image finds no grub.cfg. QEMU with OVMF: the prompt "grub>", and so with
	# one beside the image; the login with this one
	predict 5 efi.raw nvme-uefi
	[ "$(first boot)" = "broken boot-blocks grub-uefi" ]
	dd if=efi.raw of=esp bs=1M skip=1 count=64 status=none
	mcopy -i esp ::/EFI/debian/grub.cfg stub
	mcopy -i esp stub ::/EFI/BOOT/grub.cfg
	dd if=esp of=efi.raw bs=1M seek=1 conv=notrunc status=none
	predict 5 efi.raw nvme-uefi
	[ "$(first boot)" = "broken boot-blocks grub-uefi" ]
	mmd -i esp ::/boot ::/boot/grub
	mcopy -i esp stub ::/boot/grub/grub.cfg
	cp --sparse=always efi.raw whole.raw
	dd if=esp of=whole.raw bs=1M seek=1 conv=notrunc status=none
	predict 5 whole.raw nvme-uefi
	[ "$(first boot)" = "broken loader recordfail" ] # GRUB_TIMEOUT=-1
	edit whole 65 834 'sed -i "s/set timeout=-1/set timeout=1/" $root/boot/grub/grub.cfg'
	predict 0 faulty.raw nvme-uefi
	[ "$(first boot)" = "holds None None" ]
	[ "$(first reach)" = "holds None None" ] # en* by DHCP
	[[ "$(link ssh)" == broken* ]] # it is masked
	[[ "$(link console)" == holds*tty0* ]]
	# a machine with a serial line alone: the prompt is on hvc0
	sed 's/"ttyS0", "tty0"/"ttyS0"/; s/"bios"/"uefi"/' server.json > serial.json
	predict 7 faulty.raw serial.json
	[ "$(first login)" = "broken ssh None" ]
	[[ "$(link console)" == broken*"console=hvc0"* ]]
	mdel -i esp ::/EFI/BOOT/BOOTX64.EFI
	dd if=esp of=faulty.raw bs=1M seek=1 conv=notrunc status=none
	predict 5 faulty.raw nvme-uefi
	[ "$(first boot)" = "broken boot-blocks grub-uefi" ]
	[[ "$(link boot-blocks)" == *"holds /EFI/debian/grubx64.efi"* ]]
	predict 5 faulty.raw kvm-virtio-bios
	[ "$(first boot)" = "broken firmware grub-bios" ]
	rm whole.raw efi.raw
}

@test "Debian 12 as a cloud image: cloud-init that waits, cards by MAC" {
	make cloud
	predict 5 cloud.raw kvm-virtio-bios
	[ "$(first boot)" = "broken loader loader" ] # GRUB was told to start the recovery mode
	[[ "$(link loader)" == *"argument single"* ]]
	edit cloud 111 988 'grub-editenv $root/boot/grub/grubenv unset saved_entry'
	predict 7 faulty.raw kvm-virtio-bios
	[ "$(first boot)" = "holds None None" ]
	[ "$(first reach)" = "unknown network network" ] # for a MAC, and the machine's is not known
	predict 7 faulty.raw server.json # it is this one's, whose address was fixed
	[[ "$(link network)" == holds* ]]
	[[ "$(link address)" == unknown* ]]
	[[ "$(link cloud-init)" == holds* ]]
	edit cloud 111 988 'grub-editenv $root/boot/grub/grubenv unset saved_entry
		echo "datasource_list: [ Ec2 ]" > $root/etc/cloud/cloud.cfg.d/90_dpkg.cfg'
	predict 7 faulty.raw server.json
	[[ "$(link cloud-init)" == broken*Ec2* ]]
	rm cloud.raw
}

@test "a bare file system for PV: there it boots, elsewhere nothing begins it" {
	debian_package grub-legacy > package
	GRUB_LEGACY=$(cat package)
	export GRUB_LEGACY
	make bare
	predict 5 bare.raw xen-pv
	[ "$(first boot)" = "broken loader loader" ] # its default is the single-user mode
	edit bare 0 1000 'sed -i "s/^default.*/default 0/" $root/boot/grub/menu.lst'
	predict 7 faulty.raw xen-pv
	[ "$(first boot)" = "holds None None" ]
	[[ "$(link firmware)" == *menu.lst* ]]
	predict 5 bare.raw xen-hvm
	[ "$(first boot)" = "broken firmware grub-bios" ]
	[[ "$(link firmware)" == *"made for PV"* ]]
	grep -q '"set its mode to HVM, not PV"' answer.json
	rm bare.raw
}

@test "Debian 12 on a logical volume" {
	make lvm
	predict 7 lvm.raw kvm-virtio-bios
	[ "$(first boot)" = "holds None None" ]
	[ "$(first reach)" = "broken network network" ] # no file of it brings a card up
	rm lvm.raw
}

@test "what is no image, no machine, no system" {
	run -2 "$MOULT" predict
	run -2 "$MOULT" predict --platform toaster x
	[[ "$output" == *kvm-virtio-bios* ]]
	run -1 "$MOULT" predict --platform xen-pv "$TMPDIR/none"
	echo '{"schema": "moult.platform/1"}' > "$TMPDIR/short.json"
	run -3 "$MOULT" predict --platform "$TMPDIR/short.json" x
	truncate -s 16M empty.raw
	predict 5 empty.raw kvm-virtio-bios
	[ "$(first boot)" = "unknown firmware None" ]
	rm empty.raw
}

@test "identify --platform: what the machine offers, as its tools say" {
	run -0 "$MOULT" identify --platform
	echo "$output" > "$TMPDIR/this.json"
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.platform.schema.json" "$TMPDIR/this.json"
	ip -json addr > "$TMPDIR/addresses"
	ip -json route > "$TMPDIR/routes"
	lsblk --json --bytes --nodeps -o NAME,SIZE,TYPE,LOG-SEC > "$TMPDIR/disks"
	run -0 /usr/bin/python3 - "$TMPDIR" <<- 'PYTHON'
		import json, os, sys
		folder = sys.argv[1]
		ours, addresses, routes, disks = (json.load(open(folder + "/" + n)) for n in ("this.json", "addresses", "routes", "disks"))
		real = lambda kind, name: "/virtual/" not in os.path.realpath(f"/sys/class/{kind}/{name}")
		mine = {d["name"]: d for d in ours["disks"]}
		theirs = {d["name"]: d for d in disks["blockdevices"] if d["type"] == "disk" and real("block", d["name"]) and not d["name"].startswith(("fd", "nbd"))}
		assert set(mine) == set(theirs), (set(mine), set(theirs))
		for name, disk in theirs.items():
		    assert mine[name]["size_bytes"] == int(disk["size"])
		    assert mine[name]["sector_bytes"] == int(disk["log-sec"])
		    assert mine[name]["drivers"], name
		cards = {c["ifname"]: c for c in addresses if real("net", c["ifname"]) and "master" not in c}
		assert {n["name"] for n in ours["nics"]} == set(cards)
		for nic in ours["nics"]:
		    card = cards[nic["name"]]
		    want = [f'{a["local"]}/{a["prefixlen"]}' for a in card["addr_info"] if a["scope"] == "global"]
		    assert sorted(nic["addresses"]) == sorted(want), (nic["addresses"], want)
		    assert nic["mac"] == card["address"] and nic["mtu_bytes"] == card["mtu"]
		    via = {r["gateway"] for r in routes if r["dst"] == "default" and r["dev"] == nic["name"] and "gateway" in r}
		    assert via <= {r["gateway"] for r in nic["routes"] if r["to"] == "default"}
		print(len(mine), "disks", len(cards), "cards")
	PYTHON
	run -0 "$MOULT" predict --help
	run -2 "$MOULT" identify --platform --json
}

# a tree as identify --platform --capture makes it, of a QEMU machine with virtio
@test "identify --platform of a tree" {
	cd "$TMPDIR"
	mkdir -p tree/sys/devices/pci0/0000:00:04.0/virtio1/block/vda/queue tree/sys/devices/pci0/0000:00:03.0/virtio0/net/eth0 \
		tree/sys/class/block tree/sys/class/net tree/sys/firmware/efi tree/proc tree/sys/bus/pci/drivers/virtio-pci tree/etc \
		tree/sys/module/virtio_blk tree/sys/class/tty/tty0
	cd tree/sys/devices/pci0
	echo pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00 > 0000:00:04.0/modalias
	ln -s ../../../bus/pci/drivers/virtio-pci 0000:00:04.0/driver
	echo virtio:d00000002v00001AF4 > 0000:00:04.0/virtio1/modalias
	mkdir 0000:00:04.0/virtio1/driver
	ln -s ../../../../../module/virtio_blk 0000:00:04.0/virtio1/driver/module
	echo 16777216 > 0000:00:04.0/virtio1/block/vda/size
	echo 512 > 0000:00:04.0/virtio1/block/vda/queue/logical_block_size
	echo virtio:d00000001v00001AF4 > 0000:00:03.0/virtio0/modalias
	echo 52:54:00:12:34:56 > 0000:00:03.0/virtio0/net/eth0/address
	echo 1450 > 0000:00:03.0/virtio0/net/eth0/mtu
	cd ../..
	ln -s ../../devices/pci0/0000:00:04.0/virtio1/block/vda class/block/vda
	ln -s ../../devices/pci0/0000:00:03.0/virtio0/net/eth0 class/net/eth0
	cd ..
	echo x86_64 > uname.txt
	printf 'nameserver 192.0.2.53\nsearch example.net example.org\n' > etc/resolv.conf
	printf 'ttyS0                -W- (EC p a)    4:64\n' > proc/consoles
	printf 'MemTotal:         995468 kB\n' > proc/meminfo
	printf 'flags\t\t: fpu vme pse pge mtrr cx8 cmov fxsr mmx sse sse2 lm cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3\n' > proc/cpuinfo
	printf 'link 2 eth0 52:54:00:12:34:56 1450\naddress 2 192.0.2.7/32 permanent\nroute 2 default 192.0.2.1 on-link static\n' > network.txt
	cd ..
	"$MOULT" identify --platform --root tree > tree.json
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.platform.schema.json" tree.json
	run -0 /usr/bin/python3 -c '
import json
p = json.load(open("tree.json"))
print(p["firmware"], p["architecture"], p["cpu_level"], p["memory_bytes"], p["consoles"], p["resolvers"], p["domains"])
d, n = p["disks"][0], p["nics"][0]
print(d["name"], d["boot"], d["size_bytes"], d["sector_bytes"], [x["driver"] for x in d["drivers"]])
print(n["name"], n["mac"], n["mtu_bytes"], n["ip4"], n["addresses"], n["routes"])'
	[ "${lines[0]}" = "uefi x86_64 2 1019359232 ['ttyS0', 'tty0'] ['192.0.2.53'] ['example.net', 'example.org']" ]
	[ "${lines[1]}" = "vda True 8589934592 512 ['virtio_pci', 'virtio_blk']" ]
	[ "${lines[2]}" = "eth0 52:54:00:12:34:56 1450 static ['192.0.2.7/32'] [{'to': 'default', 'gateway': '192.0.2.1', 'on_link': True}]" ]
}
