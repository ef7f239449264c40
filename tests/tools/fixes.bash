# SPDX-License-Identifier: GPL-2.0-or-later
# Trees of tests/fixes: a guest of a few words, and what its files are before and after. Loaded by bats files.
#
# fixes/CASE/guest      words: ID VERSION INIT, then programs of the guest
#            platform.json, or platform: the name of a machine
#            before/    files of the guest       after/     those that the fixers change or add
#            modes      "MODE PATH" a line       gaps       "FIXER: words" that a gap begins with, a line each
#            SOURCE     the documents that `after` was written from

fix_mark() { mkdir -p "$1/$(dirname "$2")"; : > "$1/$2"; }
fix_start() { mkdir -p "$1/etc/systemd/system/multi-user.target.wants"; ln -s "/lib/systemd/system/$2.service" "$1/etc/systemd/system/multi-user.target.wants/"; }

# fix_program FOLDER INIT WORD
fix_program()
{
	case $3 in
	ifupdown)
		fix_mark "$1" sbin/ifup
		case $2 in upstart) fix_mark "$1" etc/init/networking.conf ;; *) fix_start "$1" networking ;; esac
		;;
	dhclient | dhcpcd) fix_mark "$1" "sbin/$3" ;;
	netplan) fix_mark "$1" usr/sbin/netplan ;;
	networkd) fix_mark "$1" lib/systemd/systemd-networkd; fix_start "$1" systemd-networkd ;;
	networkd=off) fix_mark "$1" lib/systemd/systemd-networkd ;;
	manager) fix_mark "$1" usr/sbin/NetworkManager; fix_start "$1" NetworkManager ;;
	resolved)
		fix_mark "$1" lib/systemd/systemd-resolved
		ln -s ../run/systemd/resolve/stub-resolv.conf "$1/etc/resolv.conf"
		;;
	resolvconf)
		fix_mark "$1" sbin/resolvconf
		ln -s ../run/resolvconf/resolv.conf "$1/etc/resolv.conf"
		;;
	cloud-init=*)
		fix_mark "$1" usr/bin/cloud-init
		mkdir -p "$1/var/lib/dpkg"
		printf 'Package: dash\nVersion: 1\n\nPackage: cloud-init\nVersion: %s\n\n' "${3#*=}" > "$1/var/lib/dpkg/status"
		;;
	instance)
		mkdir -p "$1/var/lib/cloud/instances/i-1"
		ln -s instances/i-1 "$1/var/lib/cloud/instance"
		;;
	host-keys)
		mkdir -p "$1/etc/ssh"
		echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7pcnNtJ7XJqW1oQ1CqKQ0fmjv2eE1K1n5dDh3oX8Xq root@old" \
			> "$1/etc/ssh/ssh_host_ed25519_key.pub"
		;;
	*) echo "no such program: $3"; return 1 ;;
	esac
}

# fix_guest FOLDER ID VERSION INIT PROGRAM...
fix_guest()
{
	local folder=$1 init=$4 word

	mkdir -p "$folder/etc" "$folder/sbin" "$folder/lib/systemd"
	printf 'ID=%s\nVERSION_ID="%s"\n' "$2" "$3" > "$folder/etc/os-release"
	case $init in
	systemd) fix_mark "$folder" lib/systemd/systemd; ln -s /lib/systemd/systemd "$folder/sbin/init" ;;
	upstart) fix_mark "$folder" sbin/init; fix_mark "$folder" sbin/initctl ;;
	esac
	shift 4
	for word; do
		fix_program "$folder" "$init" "$word"
	done
}

# fix_before CASE FOLDER: the guest as it came
fix_before()
{
	local words

	read -ra words < "$ROOT/tests/fixes/$1/guest"
	fix_guest "$2" "${words[@]}"
	[ ! -d "$ROOT/tests/fixes/$1/before" ] || cp -a "$ROOT/tests/fixes/$1/before/." "$2"
}

# fix_platform CASE: what guest-fix takes
fix_platform()
{
	if [ -e "$ROOT/tests/fixes/$1/platform" ]; then
		cat "$ROOT/tests/fixes/$1/platform"
	else
		echo "$ROOT/tests/fixes/$1/platform.json"
	fi
}
