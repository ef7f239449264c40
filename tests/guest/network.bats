#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The fixers of the network on trees whose files after the edit were written from the distributions' documents
# (tests/fixes/CASE/SOURCE), what they do not do, and that prediction and fixers agree.

bats_require_minimum_version 1.5.0
load ../tools/fixes

setup()
{
	export ASAN_OPTIONS=detect_leaks=1
	cd "$BATS_TEST_TMPDIR" || exit 1
}

# the fixers that set up the network
mend() { "$GUEST_FIX" "$1" "$2" name-pins network resolv-conf cloud-init; }

# check_gaps CASE FILE: those that are to be told, and no other
check_gaps()
{
	local line wanted=$ROOT/tests/fixes/$1/gaps

	[ -e "$wanted" ] || wanted=/dev/null
	grep '^gap' "$2" | cut -f 2,4 | sed 's/\t/: /' > gaps || true
	[ "$(wc -l < gaps)" = "$(wc -l < "$wanted")" ]
	while read -r line; do
		grep -qF "$line" gaps
	done < "$wanted"
}

check_modes()
{
	local mode path

	[ -e "$ROOT/tests/fixes/$1/modes" ] || return 0
	while read -r mode path; do
		[ "$(stat -c %a "$2/$path")" = "$mode" ]
	done < "$ROOT/tests/fixes/$1/modes"
}

@test "files are after the edit as the distributions' documents want them, and a second run changes nothing" {
	count=0
	for folder in "$ROOT"/tests/fixes/*/; do
		name=$(basename "$folder")
		[ -e "$folder/SOURCE" ]
		fix_before "$name" "is-$name"
		fix_before "$name" "be-$name"
		[ ! -d "$folder/after" ] || cp -a "$folder/after/." "be-$name"
		mend "is-$name" "$(fix_platform "$name")" > told || { echo "$name"; cat told; false; }
		diff -ru --no-dereference "be-$name" "is-$name" || { echo "$name"; cat told; false; }
		check_gaps "$name" told || { echo "$name"; cat told; false; }
		check_modes "$name" "is-$name"
		mend "is-$name" "$(fix_platform "$name")" > again
		if grep '^line' again; then
			echo "$name"
			false
		fi
		diff -r --no-dereference "be-$name" "is-$name"
		count=$((count + 1))
	done
	[ "$count" -ge 13 ]
}

@test "what predict calls broken holds after the fixers, as predict judges it" {
	for name in debian-11-static debian-10-networkd debian-12-dhcp ubuntu-14.04 ubuntu-16.04 \
		ubuntu-20.04 ubuntu-22.04 debian-13-dhcpcd debian-13-fresh debian-11-pattern; do
		fix_before "$name" "$name"
		SHOW=1 mend "$name" "$(fix_platform "$name")" > told
		cat told
		grep -qP '^before\tnetwork\tbroken' told || grep -qP '^before\taddress\tbroken' told
		grep -qP '^after\tnetwork\tholds' told
		grep -qP '^after\taddress\tholds' told
		grep -qP '^after\tcloud-init\tholds' told
	done
	# NetworkManager asks by DHCP on a card that no file names: whether one answers is not known
	fix_before debian-12-manager manager
	SHOW=1 mend manager "$(fix_platform debian-12-manager)" > told
	grep -qP '^before\taddress\tunknown' told
	grep -qP '^after\taddress\tholds' told
}

@test "each fixer works alone, and what the others leave is told" {
	fix_before debian-12-dhcp one
	"$GUEST_FIX" one "$(fix_platform debian-12-dhcp)" network > told
	[ ! -e one/etc/systemd/network ]
	grep -q '^line.network./etc/network/interfaces' told
	"$GUEST_FIX" one "$(fix_platform debian-12-dhcp)" name-pins > told
	[ -e one/etc/systemd/network/10-moult-eth0.link ]
	# ubuntu-14.04: the rule alone
	fix_before ubuntu-14.04 two
	"$GUEST_FIX" two "$(fix_platform ubuntu-14.04)" name-pins > told
	grep -q 52:54:00:12:34:56 two/etc/udev/rules.d/70-persistent-net.rules
	cmp two/etc/network/interfaces "$ROOT/tests/fixes/ubuntu-14.04/before/etc/network/interfaces"
}

@test "a name that a gone card holds is free again where the new card's MAC is not known" {
	fix_before ubuntu-14.04 guest
	mend guest xen-hvm > told
	grep -q '^# SUBSYSTEM=="net".*00:16:3e:aa:bb:cc' guest/etc/udev/rules.d/70-persistent-net.rules
	# its fixed addresses stay: those of the machine are not known
	cmp guest/etc/network/interfaces "$ROOT/tests/fixes/ubuntu-14.04/before/etc/network/interfaces"
	fix_guest linked debian 12 systemd ifupdown dhclient
	mkdir -p linked/etc/systemd/network linked/etc/network
	printf '[Match]\nMACAddress=00:16:3e:aa:bb:cc\n[Link]\nName=eth0\n' > linked/etc/systemd/network/10-old.link
	printf 'auto eth0\niface eth0 inet dhcp\n' > linked/etc/network/interfaces
	mend linked "$(fix_platform debian-12-dhcp)" > told
	grep -q 'MACAddress=52:54:00:12:34:56' linked/etc/systemd/network/10-old.link
	[ "$(find linked/etc/systemd/network -name '*.link' | wc -l)" = 1 ]
}

@test "a link of resolv.conf stays, and one that nothing makes is told" {
	fix_before debian-11-static guest
	rm guest/etc/resolv.conf
	ln -s ../run/somewhere/resolv.conf guest/etc/resolv.conf
	mend guest "$(fix_platform debian-11-static)" > told
	[ "$(readlink guest/etc/resolv.conf)" = ../run/somewhere/resolv.conf ]
	grep -q '^gap.resolv-conf./etc/resolv.conf.it leads to ../run/somewhere/resolv.conf' told
	fix_before ubuntu-18.04-kept stub
	mend stub "$(fix_platform ubuntu-18.04-kept)" > told
	[ ! -s told ]
	rm stub/lib/systemd/systemd-resolved
	mend stub "$(fix_platform ubuntu-18.04-kept)" > told
	grep -q '^gap.resolv-conf./etc/resolv.conf.it leads to' told
}

# seen in guests of Debian 13: the resolvconf of systemd-resolved's package leaves a plain file alone
@test "a plain resolv.conf gets the nameservers where resolvconf is resolvectl" {
	for name in ubuntu-22.04 debian-12-manager; do
		fix_before "$name" "$name"
		mkdir -p "$name/usr/sbin" "$name/usr/bin"
		printf 'nameserver 198.51.100.99\n' > resolv
		rm -f "$name/etc/resolv.conf"
		cp resolv "$name/etc/resolv.conf"
		touch "$name/usr/bin/resolvectl"
		ln -s ../bin/resolvectl "$name/usr/sbin/resolvconf"
		mend "$name" "$(fix_platform "$name")" > told
		grep -q '^line.resolv-conf./etc/resolv.conf' told
		run -1 grep 198.51.100.99 "$name/etc/resolv.conf"
		grep -q ^nameserver "$name/etc/resolv.conf"
	done
}

@test "a file that sorts behind ours in cloud.cfg.d does not win" {
	fix_before ubuntu-16.04 guest
	echo 'datasource_list: [ Ec2 ]' > guest/etc/cloud/cloud.cfg.d/99_ec2.cfg
	mend guest "$(fix_platform ubuntu-16.04)" > told
	[ "$(ls guest/etc/cloud/cloud.cfg.d | tail -n 1)" = zz-moult.cfg ]
	if grep '^gap' told; then false; fi
}

@test "a flow-style netplan file is not edited, and told" {
	fix_before ubuntu-22.04 guest
	echo 'network: {version: 2, ethernets: {ens160: {dhcp4: false, addresses: [10.0.0.5/24]}}}' \
		> guest/etc/netplan/00-installer-config.yaml
	cp -a guest/etc/netplan/00-installer-config.yaml flow.yaml
	mend guest "$(fix_platform ubuntu-22.04)" > told
	cmp guest/etc/netplan/00-installer-config.yaml flow.yaml
	grep -q '^gap.network./etc/netplan/00-installer-config.yaml.it tells of the card in braces' told
}

@test "hostile files of the network are no way out, and each is told" {
	fix_before debian-11-static guest
	rm guest/etc/network/interfaces guest/etc/resolv.conf
	ln -s /etc/passwd guest/etc/resolv.conf # of the guest, which has none
	mkfifo guest/etc/network/interfaces
	timeout 20 "$GUEST_FIX" guest "$(fix_platform debian-11-static)" name-pins network resolv-conf > told
	[ -p guest/etc/network/interfaces ]
	[ ! -e guest/etc/passwd ]
	# names that would be more than a name in the files that are written
	fix_before ubuntu-22.04 names
	printf 'network:\n  ethernets:\n    "ens1: {}\\n  x": {addresses: [10.0.0.5/24]}\n    "en/s2": {dhcp4: true}\n' \
		> names/etc/netplan/00-installer-config.yaml
	timeout 20 "$GUEST_FIX" names "$(fix_platform ubuntu-22.04)" name-pins network > told
	grep -q '^    enp1s0:$' names/etc/netplan/99-moult.yaml
	[ "$(grep -c '^    [^ ]' names/etc/netplan/99-moult.yaml)" = 1 ]
	# a file without an end
	fix_before debian-11-static long
	truncate -s 10G long/etc/network/interfaces
	timeout 20 "$GUEST_FIX" long "$(fix_platform debian-11-static)" name-pins network resolv-conf > told
	[ "$(stat -c %s long/etc/network/interfaces)" = 10737418240 ]
	grep -q '^gap.network./etc/network/interfaces' told
}
