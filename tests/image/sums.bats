#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Digests that are told, files of sums, signatures by gpg.
bats_require_minimum_version 1.5.0

setup() {
	export TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || exit 1
	head -c 2M /dev/urandom >disk.raw
	gzip -1 <disk.raw >disk.img
}

# check STATUS WORDS OPTION...
check() {
	wanted=$1 words=$2
	shift 2
	run "$IMAGE_CAT" info disk.img digests=1 "$@"
	echo "$output"
	[ "$status" -eq "$wanted" ]
	[[ $output == *"$words"* ]]
}

@test "a digest that is told covers the published bytes" {
	check 0 "" sha256="$(sha256sum <disk.img | cut -d' ' -f1)" sha512="$(sha512sum <disk.img | cut -d' ' -f1)"
	check 5 "get the image again" sha256="$(sha256sum <disk.raw | cut -d' ' -f1)"
	check 5 "SHA-512" sha512="$(sha512sum <disk.raw | cut -d' ' -f1)"
	check 2 "64 hexadecimal" sha256=abc
}

@test "SHA256SUMS and SHA512SUMS, plain, binary and tagged" {
	for command in sha256sum "sha256sum -b" "sha256sum --tag" sha512sum "sha512sum --tag"; do
		$command disk.img disk.raw >SUMS
		check 0 "" sums=SUMS
		sed -i 's/disk.img/other/' SUMS
		check 3 "no SHA-256" sums=SUMS
	done
	sha256sum disk.raw | sed s/disk.raw/disk.img/ >SUMS
	check 5 "get the image again" sums=SUMS
}

@test "a detached signature by a key of the given keyring alone" {
	command -v gpg >/dev/null || skip "gpg is not here"
	command -v gpgv >/dev/null || skip "gpgv is not here"
	export GNUPGHOME=$PWD/gnupg
	mkdir -m 700 gnupg
	for name in one two; do
		gpg --batch --quiet --passphrase '' --quick-gen-key $name@example.org ed25519 sign never
		gpg --batch --export $name@example.org >$name.gpg
	done
	sha256sum disk.img >SUMS
	gpg --batch --quiet -u one@example.org --detach-sign -o SUMS.sig SUMS
	gpg --batch --quiet -u one@example.org --armor --detach-sign -o SUMS.asc SUMS
	check 0 "" sums=SUMS sig=SUMS.sig keyring=one.gpg
	check 0 "" sums=SUMS sig=SUMS.asc keyring=one.gpg
	check 5 "signature of the sums is not good" sums=SUMS sig=SUMS.sig keyring=two.gpg
	check 2 "--keyring" sums=SUMS sig=SUMS.sig
	check 2 "--keyring" keyring=one.gpg
	check 1 "nowhere" sums=SUMS sig=nowhere keyring=one.gpg
	echo "# more" >>SUMS
	check 5 "signature of the sums is not good" sums=SUMS sig=SUMS.sig keyring=one.gpg
	gpgconf --kill all
}
