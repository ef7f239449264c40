# SPDX-License-Identifier: GPL-2.0-or-later
# Roots of Debian's releases for tests, each made once by mmdebstrap and kept. Loaded by bats files.

# one root a release serves all tests: what a test does not want, it takes away from its copy
debian_packages()
{
	local common=systemd-sysv,dbus,linux-image-cloud-amd64,initramfs-tools,openssh-server

	case $1 in
	bullseye) echo "$common,ifupdown,isc-dhcp-client,grub-pc" ;;
	bookworm) echo "$common,ifupdown,isc-dhcp-client,grub-pc,grub-efi-amd64-bin,netplan.io,cloud-init,lvm2,zstd" ;;
	trixie) echo "$common,netplan.io,cloud-init,systemd-resolved,grub-efi-amd64" ;;
	esac
}

# debian_make RELEASE FILE: without security updates, whose packages come and go
debian_make()
{
	mmdebstrap --quiet --format=tar --variant=minbase --include="$(debian_packages "$1")" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt=force-unsafe-io --aptopt='Acquire::Languages "none"' \
		"$1" "$2.new" "deb http://deb.debian.org/debian $1 main" 2> "$2.log" && mv "$2.new" "$2"
}

# debian_tar RELEASE: make it where it is missing, and print its path; another list of packages is another file
debian_tar()
{
	local folder=${MOULT_TEST_CACHE:-/var/tmp/moult-test-cache} file

	command -v mmdebstrap > /dev/null || skip "mmdebstrap is not here: install it by tools/deps test"
	[ "$(id -u)" = 0 ] || skip "only root unpacks a system with its owners"
	mkdir -p "$folder"
	file=$folder/debian-$1-$(debian_packages "$1" | sha256sum | head -c 12).tar
	(
		flock 9
		# mmdebstrap's shell lines know descriptors of one digit alone
		[ -e "$file" ] || debian_make "$1" "$file" 3>&- 4>&- 9>&-
	) 9> "$file.lock" || skip "mmdebstrap could not make $1: $(tail -n 1 "$file.log")"
	echo "$file"
}

# debian_unpack RELEASE FOLDER
debian_unpack()
{
	debian_tar "$1" > tar-name # not in $(), where it could not skip
	mkdir "$2"
	tar -C "$2" --exclude='./dev/*' -xf "$(cat tar-name)"
}

# debian_package NAME: the file of a package, which is unpacked and not installed
debian_package()
{
	local folder=${MOULT_TEST_CACHE:-/var/tmp/moult-test-cache} file

	mkdir -p "$folder"
	file=$folder/$1.deb
	if [ ! -e "$file" ]; then
		(cd "$BATS_FILE_TMPDIR" && apt-get download "$1" > /dev/null 2>&1 && mv "$1"_*.deb "$file") ||
			skip "apt-get could not download $1"
	fi
	echo "$file"
}
