#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that want more than they should: one clear line, the right exit status, bounded memory and time.
bats_require_minimum_version 1.5.0

setup() {
	export MOULT_HELPERS=$NBD TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || exit 1
	truncate -s 4M disk.raw
	seq 1 100000 | dd of=disk.raw conv=notrunc status=none
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not here"
	done
}

# refused NAME WORDS [OPTION...]: bad input, in one line with these words
refused() {
	name=$1 words=$2
	shift 2
	run -3 timeout 60 "$IMAGE_CAT" info "$name" "$@"
	echo "$output"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"$words"* ]]
}

@test "qemu's own images that lead to other files or need a key" {
	needs qemu-img
	qemu-img convert -f raw -O qcow2 disk.raw base.qcow2
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 over.qcow2
	refused over.qcow2 "backing file"
	qemu-img convert -f raw -O qcow2 -o data_file=data.raw,data_file_raw=on disk.raw data.qcow2
	refused data.qcow2 "external data file"
	for _ in 1 2 3 4 5; do # QEMU 7.2 measures its CPU time for the key, and at times cannot
		qemu-img convert -f raw -O qcow2 --object secret,id=s,data=x \
			-o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 disk.raw secret.qcow2 && break
	done
	refused secret.qcow2 "encrypted"
	qemu-img convert -f raw -O qed disk.raw disk.qed
	refused disk.qed "qed"
	qemu-img convert -f raw -O qcow disk.raw disk.qcow
	refused disk.qcow "version 1"
	qemu-img convert -f raw -O parallels disk.raw disk.hds
	refused disk.hds "Parallels"
}

@test "vmdk that names other files is never shown to qemu" {
	needs qemu-img
	for kind in monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat; do
		qemu-img convert -f raw -O vmdk -o subformat=$kind disk.raw $kind.vmdk
		refused $kind.vmdk "names other files"
	done
	refused twoGbMaxExtentSparse-s001.vmdk "names other files"
	qemu-img convert -f raw -O vmdk disk.raw base.vmdk
	qemu-img create -q -f vmdk -b base.vmdk -F vmdk over.vmdk
	refused over.vmdk "parent file"
	# a descriptor that is embedded, but describes a flat file of this machine
	/usr/bin/python3 - <<-'END'
		import re
		data = bytearray(open("base.vmdk", "rb").read())
		text = b'# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/passwd" 0\n'
		data[512:512 + 20 * 512] = text.ljust(20 * 512, b"\0")
		open("flat.vmdk", "wb").write(data)
		data[12:20] = bytes(8)
		open("nothing.vmdk", "wb").write(data)
		data = bytearray(open("base.vmdk", "rb").read())
		# the header leads to a good text, and the place where QEMU looks has a parent
		good = bytes(data[512:512 + 20 * 512])
		data[512:512 + 20 * 512] = (good.rstrip(b"\0") + b'parentFileNameHint="/etc/passwd"\n').ljust(20 * 512, b"\0")
		place = (len(data) + 511) // 512
		data += bytes(place * 512 - len(data)) + good
		data[28:36] = place.to_bytes(8, "little")
		open("parent.vmdk", "wb").write(data)
	END
	refused flat.vmdk "names other files"
	refused nothing.vmdk "several files"
	refused parent.vmdk "parent file"
}

# qemu takes what a cut file does not have for zeros: a truncated image would be a success
@test "vmdk, vhd, vhdx and vdi that are cut" {
	needs qemu-img qemu-nbd
	[ -x "$NBD/moult-nbd" ] || skip "built without libnbd"
	for format in vhdx vdi vmdk vpc "vmdk -osubformat=streamOptimized"; do
		# shellcheck disable=SC2086 # words
		qemu-img convert -f raw -O $format disk.raw disk
		size=$(stat -c %s disk)
		# the last sectors of a streamOptimized one are nothing but padding
		rest=512
		[[ $format != *streamOptimized ]] || rest=65536
		for length in 70000 $((size / 2)) $((size - 65536)) $((size - rest)); do
			head -c $length disk >cut
			run timeout 60 "$IMAGE_CAT" info cut
			echo "$format $length of $size: $output"
			[ "$status" -eq 3 ]
		done
		rm disk
	done
}

@test "archives and web pages are no disks" {
	needs zip
	zip -q disk.zip disk.raw
	refused disk.zip "zip archive"
	printf '<!DOCTYPE html>\n<html>404</html>' >page
	refused page "web page"
	printf '<HTML><body>404</body>' >page
	refused page "web page"
	: >empty
	refused empty "empty"
	refused - "nothing is in it" < <(cat empty)
	refused /dev/null "neither a file nor"
	refused "$PWD" "neither a file nor"
}

@test "a zip bomb, also one of several layers, ends at the bound" {
	needs gzip zstd
	head -c 200M /dev/zero | gzip -9 | gzip -9 | gzip -9 >bomb
	[ "$(stat -c %s bomb)" -lt 2000 ]
	refused bomb "expands to more than 100000000 bytes" most=100000000
	cp bomb deep
	for i in 1 2 3 4 5 6 7; do
		gzip -9 <deep >deeper
		mv deeper deep
	done
	refused deep "more than 8 layers"
	# zeros take no room, and no memory
	head -c 1G /dev/zero | zstd -q >zeros
	run -0 "$IMAGE_CAT" info zeros
	[[ $output == *"expanded: 1073741824"* ]]
}

@test "a qcow2 that promises an endless disk" {
	needs qemu-img
	qemu-img create -q -f qcow2 -o cluster_size=2M huge.qcow2 1P
	refused huge.qcow2 "more than the"
	qemu-img create -q -f qcow2 big.qcow2 1T
	run -0 timeout 20 "$IMAGE_CAT" extents big.qcow2
	[[ $output == *"0 1099511627776 hole"* ]]
}

@test "windows and dictionaries that take too much memory" {
	needs zstd xz
	zstd -q --ultra -22 --long=30 disk.raw -o disk.zst
	head -c 300M /dev/zero | zstd -q --long=28 >long.zst
	refused long.zst "window" window=8388608
	head -c 300M /dev/zero | xz -0 --lzma2=dict=256MiB >big.xz
	refused big.xz "memory" memory=33554432
}

@test "a cut anywhere, and garbage behind the end" {
	needs gzip bzip2 xz zstd lz4
	for command in gzip bzip2 xz zstd lz4; do
		$command <disk.raw >disk.c 2>/dev/null
		size=$(stat -c %s disk.c)
		for length in $((size - 1)) $((size / 2)) 40; do
			head -c "$length" disk.c >cut
			run timeout 60 "$IMAGE_CAT" info cut
			echo "$command $length: $output"
			[ "$status" -eq 3 ]
		done
		{ cat disk.c; echo garbage, garbage; } >behind
		refused behind "follows the compressed"
		{ cat disk.c; head -c 10000 /dev/zero; } >behind
		run -0 "$IMAGE_CAT" info behind
	done
}

@test "no room to spool: what the stream tells, exit 7; nothing stays" {
	needs gzip
	[ "$(id -u)" -eq 0 ] || skip "a small file system can be mounted by root alone"
	mkdir small
	mount -t tmpfs -o size=1M none small || skip "no tmpfs can be mounted"
	head -c 3M /dev/urandom >noise
	gzip -1 <noise >noise.gz
	TMPDIR=$PWD/small run timeout 60 "$IMAGE_CAT" info noise.gz digests=1
	[ -z "$(ls -A small)" ]
	umount small
	echo "$output"
	[ "$status" -eq 7 ]
	[[ $output == *"layers: gz"* ]]
	[[ $output == *"expanded: 3145728"* ]]
	[[ $output == *"published sha256: $(sha256sum <noise.gz | cut -d' ' -f1)"* ]]
	[[ $output == *"expanded sha256: $(sha256sum <noise | cut -d' ' -f1)"* ]]
	[[ $output == *"set TMPDIR"* ]]
}
