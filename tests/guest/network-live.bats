#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the fixers of the network wrote, given to the programs that read it in a guest: ifupdown and systemd-networkd
# set up a card in a network namespace of their own, netplan, NetworkManager and cloud-init read their files, udev
# finds the name of a card. The programs are Debian 12's.

bats_require_minimum_version 1.5.0
load ../tools/debian
load ../tools/fixes

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	debian_tar bookworm > tar-name
	mkdir root
	tar -C root --exclude='./dev/*' --exclude='./boot/*' --exclude='*/lib/modules' --exclude='./usr/lib/grub' \
		--exclude='./usr/share/locale' -xf "$(cat tar-name)"
}

setup()
{
	export ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_TEST_TMPDIR" || exit 1
	debian=$BATS_FILE_TMPDIR/root
}

# mended CASE FOLDER: the guest as the fixers leave it
mended()
{
	fix_before "$1" "$2"
	"$GUEST_FIX" "$2" "$(fix_platform "$1")" name-pins network resolv-conf cloud-init > told
}

# within SCRIPT: with a card NAME of the platform's MAC in a network of its own; what it mounts is gone afterwards
within()
{
	timeout 60 unshare --net --mount --propagation private bash -euc "
		mount -t sysfs -o ro sysfs /sys
		mkdir -p '$debian/run' '$debian/proc' '$debian/sys'
		mount -t tmpfs tmpfs '$debian/run'
		mkdir '$debian/run/network'
		mount --bind /sys '$debian/sys'
		mount -t proc proc '$debian/proc'
		ip link set lo up
		card() { ip link add \"\$1\" address 52:54:00:12:34:56 type veth peer name far0; ip link set far0 up; }
		$1"
}

@test "ifupdown sets addresses, the gateway on the link, IPv6 and MTU; with the old file nothing answers" {
	mended debian-11-static guest
	cp guest/etc/network/interfaces "$debian/tmp/new"
	fix_before debian-11-static old
	cp old/etc/network/interfaces "$debian/tmp/old"
	run -0 within "card enp1s0f0
		chroot '$debian' ifup --no-scripts -a -i /tmp/new >&2
		ip -o addr show enp1s0f0; ip route; ip -6 route; cat /sys/class/net/enp1s0f0/mtu"
	[[ $output == *"inet 203.0.113.77/32 "* ]]
	[[ $output == *"inet 203.0.113.78/32 "* ]]
	[[ $output == *"inet6 2001:db8:1::77/64 "* ]]
	[[ $output == *"default via 192.0.2.1 dev enp1s0f0"* ]]
	[[ $output == *"198.51.100.0/24 via 192.0.2.1 dev enp1s0f0"* ]]
	[[ $output == *"default via fe80::1 dev enp1s0f0"* ]]
	[ "${lines[-1]}" = 1450 ]
	# the card by its own name: what networking.service would fail of
	run ! within "card ens3; chroot '$debian' ifup --no-scripts -a -i /tmp/old >&2"
}

@test "ifupdown brings a card that is gone up when it comes, and any first card by a pattern" {
	mended debian-12-dhcp guest
	cp guest/etc/network/interfaces "$debian/tmp/new"
	run -0 chroot "$debian" ifquery --list -a -i /tmp/new
	[ "$output" = $'lo\neth0' ]
	run -0 chroot "$debian" ifquery --list --allow hotplug -i /tmp/new
	[ "$output" = eth1 ]
	mended debian-11-pattern other
	cp other/etc/network/interfaces "$debian/tmp/new"
	run -0 within "card ens7; chroot '$debian' ifquery --list -a -i /tmp/new"
	[[ $output == *ens7* ]]
	if [[ $output == *eth0* ]]; then false; fi
}

@test "systemd-networkd takes the file by the card's MAC and sets the gateway on the link" {
	[ -x /lib/systemd/systemd-networkd ] || skip "systemd-networkd is not here: install systemd by tools/deps test"
	mended debian-10-networkd guest
	run -0 within "card v1
		mount -t tmpfs tmpfs /run
		mount --bind guest/etc/systemd/network /etc/systemd/network
		mkdir -m 0777 -p /run/systemd/netif/links /run/systemd/netif/leases
		timeout 10 /lib/systemd/systemd-networkd > networkd.log 2>&1 &
		for i in {1..90}; do ip route | grep -q default && break; sleep 0.1; done
		ip -o addr show v1; ip route; ip -6 route; cat /sys/class/net/v1/mtu
		kill \$!"
	[[ $output == *"inet 203.0.113.77/32 "* ]]
	[[ $output == *"inet6 2001:db8:1::77/64 "* ]]
	[[ $output == *"default via 192.0.2.1 dev v1 proto static onlink"* ]]
	[[ $output == *"default via 2001:db8:1::1 "* ]]
	[ "${lines[-1]}" = 1400 ]
}

@test "udev gives the card the name of the .link file" {
	mended debian-12-dhcp guest
	run -0 within "card v1
		mount --bind guest/etc/systemd/network /etc/systemd/network
		udevadm test-builtin net_setup_link /sys/class/net/v1 2>&1"
	[[ $output == *"ID_NET_LINK_FILE=/etc/systemd/network/10-moult-eth0.link"* ]]
	[[ $output == *"ID_NET_NAME=eth0"* ]]
}

# generate CASE: what netplan makes of the mended guest's files
generate()
{
	mended "$1" "guest-$1"
	rm -rf "$debian/tmp/made"
	mkdir "$debian/tmp/made" "$debian/tmp/made/etc"
	cp -a "guest-$1/etc/netplan" "$debian/tmp/made/etc/"
	chroot "$debian" /usr/libexec/netplan/generate --root-dir /tmp/made 2> warnings
	cat "$debian"/tmp/made/run/systemd/network/*.network
}

@test "netplan makes of it what networkd is to do, once for each card" {
	run -0 generate ubuntu-20.04
	[ "$(grep -c '^\[Match\]' <<< "$output")" = 1 ]
	[[ $output == *"PermanentMACAddress=52:54:00:12:34:56"* ]]
	[[ $output == *"Address=203.0.113.77/32"* ]]
	[[ $output == *$'Gateway=192.0.2.1\nGatewayOnLink=true'* ]]
	[[ $output == *"DNS=192.0.2.53"* ]]
	if grep 99-moult.yaml warnings; then false; fi # its mode is right
	run -0 generate ubuntu-22.04
	[ "$(grep -c '^\[Match\]' <<< "$output")" = 2 ]
	[ "$(grep -A 3 'Name=ens192' <<< "$output" | grep -c RequiredForOnline=no)" = 1 ]
	[[ $output == *"DHCP=ipv4"* ]]
	if [[ $output == *10.0.0.5* ]]; then false; fi
	run -0 generate debian-13-fresh
	[[ $output == *'Name=e*'* ]]
}

@test "NetworkManager reads its connection" {
	mended debian-12-manager guest
	for name in network-manager libnm0; do
		debian_package "$name" > deb-name
		dpkg-deb -x "$(cat deb-name)" unpacked
	done
	# not over the root, whose /lib is a link
	cp -a unpacked/usr/bin/nmcli "$debian/usr/bin/"
	cp -a unpacked/usr/lib/*/libnm.so* "$debian/usr/lib/"
	run -0 --separate-stderr chroot "$debian" nmcli --offline connection modify connection.autoconnect-priority 100 \
		< guest/etc/NetworkManager/system-connections/00-moult-ens3.nmconnection
	[[ $output == *"mac-address=52:54:00:12:34:56"* ]]
	[[ $output == *"address1=203.0.113.77/32,192.0.2.1"* ]]
	[[ $output == *"route1=192.0.2.1/32"* ]]
	[[ $output == *"dns=192.0.2.53;"* ]]
}

# sources FOLDER: what cloud-init's own reader makes of the folder's files, and what ds-identify takes
sources()
{
	rm -rf "$debian/tmp/guest"
	cp -a "$1" "$debian/tmp/guest"
	chroot "$debian" python3 -c "
from cloudinit import util
made = util.read_conf_with_confd('/tmp/guest/etc/cloud/cloud.cfg')
print(made.get('datasource_list'), made.get('network'), made.get('manual_cache_clean'))"
	mkdir -p "$debian/tmp/guest/run"
	chroot "$debian" env PATH_ROOT=/tmp/guest DI_LOG=/dev/null /usr/lib/cloud-init/ds-identify --force 2> /dev/null
	cat "$debian/tmp/guest/run/cloud-init/cloud.cfg"
}

@test "cloud-init finds the local sources and leaves the network alone" {
	fix_before ubuntu-16.04 old
	: > old/etc/cloud/cloud.cfg
	run -0 sources old
	[ "${lines[0]}" = "['Ec2'] None None" ]
	[ "${lines[1]}" = "datasource_list: [ Ec2, None ]" ]
	mended ubuntu-16.04 guest
	: > guest/etc/cloud/cloud.cfg
	run -0 sources guest
	[ "${lines[0]}" = "['NoCloud', 'None'] {'config': 'disabled'} True" ]
	[ "${lines[1]}" = "datasource_list: [ NoCloud, None ]" ]
	# a file of the guest that sorts behind
	fix_before ubuntu-16.04 late
	: > late/etc/cloud/cloud.cfg
	echo 'datasource_list: [ Ec2 ]' > late/etc/cloud/cloud.cfg.d/99_ec2.cfg
	"$GUEST_FIX" late "$(fix_platform ubuntu-16.04)" cloud-init > told
	run -0 sources late
	[[ ${lines[0]} == "['NoCloud', 'None']"* ]]
}
