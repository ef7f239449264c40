#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What qemu-img, compressors and tar make of one disk comes back as the same bytes, with the same holes.
bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_FILE_TMPDIR" || exit 1
	# data, text, zeros that are stored, a last sector, and holes between them
	truncate -s 12M disk.raw
	head -c 65536 /dev/urandom | dd of=disk.raw conv=notrunc status=none
	seq 1 60000 | dd of=disk.raw bs=1M seek=1 conv=notrunc status=none
	head -c 4096 /dev/urandom | dd of=disk.raw bs=4096 seek=1283 conv=notrunc status=none
	head -c 1048576 /dev/zero | dd of=disk.raw bs=1M seek=8 conv=notrunc status=none
	head -c 512 /dev/urandom | dd of=disk.raw bs=512 seek=24575 conv=notrunc status=none
}

setup() {
	export MOULT_HELPERS=$NBD TMPDIR=$BATS_TEST_TMPDIR
	cd "$BATS_TEST_TMPDIR" || exit 1
	RAW=$BATS_FILE_TMPDIR/disk.raw
}

needs() {
	for program; do
		command -v "$program" >/dev/null || skip "$program is not here"
	done
}

# layers NAME WORDS: the layers from outside in
layers() {
	run -0 "$IMAGE_CAT" info "$1"
	echo "$output"
	[ "${lines[0]}" = "layers:${2:+ $2}" ]
}

# same NAME [WANTED]: at any place, in order, and from a pipe
same() {
	wanted=${2:-$RAW}
	"$IMAGE_CAT" bytes "$1" 2>said >got || { cat said; false; }
	cmp got "$wanted"
	"$IMAGE_CAT" stream "$1" digests=1 2>said >got || { cat said; false; }
	cmp got "$wanted"
	grep -q "^published sha256: $(sha256sum <"$1" | cut -d' ' -f1)$" said
	grep -q "^expanded sha256: $(sha256sum <"$wanted" | cut -d' ' -f1)$" said
	"$IMAGE_CAT" stream - 2>said >got < <(cat "$1") || { cat said; false; }
	cmp got "$wanted"
	rm -f got said
}

# holes NAME FORMAT: those that qemu-img knows, exactly
holes() {
	qemu-img map --output=json -f "$2" "$1" >map.json
	/usr/bin/python3 - map.json >wanted.txt <<-'END'
		import json, sys
		runs = []
		for part in json.load(open(sys.argv[1])):
		    kind = "hole" if part["zero"] else "data"
		    if runs and runs[-1][2] == kind:
		        runs[-1][1] += part["length"]
		    else:
		        runs.append([part["start"], part["length"], kind])
		for run in runs:
		    print(*run)
	END
	"$IMAGE_CAT" extents "$1" 2>/dev/null >got.txt
	diff wanted.txt got.txt
	"$IMAGE_CAT" holes "$1" 2>/dev/null >got.txt
	diff wanted.txt got.txt
	# QEMU knows none in a vhdx
	[ "$2" = vhdx ] || grep -q hole got.txt
}

@test "a raw file, with the holes of its file system, and standard input that can seek" {
	layers "$RAW" ""
	[[ $output == *"seek: yes"* ]]
	same "$RAW"
	"$IMAGE_CAT" extents "$RAW" 2>/dev/null >got.txt
	[ "$(grep -c hole got.txt)" -ge 3 ]
	run -0 "$IMAGE_CAT" info - <"$RAW"
	[[ $output == *"seek: yes"* ]]
}

@test "qcow2: versions, cluster sizes, compression, subclusters, preallocation" {
	needs qemu-img
	while read -r options; do
		echo "$options"
		# shellcheck disable=SC2086 # words
		qemu-img convert -f raw -O qcow2 $options "$RAW" disk.qcow2
		layers disk.qcow2 qcow2
		[[ $output == *"seek: yes"* ]]
		same disk.qcow2
		case $options in
		*preallocation*) ;;
		*) holes disk.qcow2 qcow2 ;;
		esac
		rm disk.qcow2
	done <<-END
		-o compat=0.10
		-o compat=1.1
		-o compat=1.1,cluster_size=512
		-o compat=1.1,cluster_size=4k
		-o compat=1.1,cluster_size=2M
		-o compat=0.10,cluster_size=2M
		-c -o compat=0.10
		-c -o compat=1.1
		-c -o compat=1.1,compression_type=zstd
		-c -o compat=1.1,compression_type=zstd,cluster_size=2M
		-c -o compat=1.1,cluster_size=512
		-c -o compat=1.1,cluster_size=2M
		-o compat=1.1,extended_l2=on,cluster_size=128k
		-o compat=1.1,extended_l2=on,cluster_size=16k
		-c -o compat=1.1,extended_l2=on,cluster_size=64k
		-o compat=1.1,preallocation=metadata
		-o compat=1.1,preallocation=falloc
		-o compat=1.1,preallocation=full
		-o compat=1.1,lazy_refcounts=on,refcount_bits=1
	END
}

@test "qcow2 that was written to: discarded and zeroed clusters, a snapshot, a resize" {
	needs qemu-img qemu-io
	qemu-img convert -f raw -O qcow2 -o extended_l2=on,cluster_size=64k "$RAW" disk.qcow2
	qemu-io -f qcow2 -d unmap -c "write -z 1M 100k" -c "discard 64k 64k" -c "write -P 7 3M 2k" \
		-c "write -z 0 6k" disk.qcow2 >/dev/null
	qemu-img snapshot -c one disk.qcow2
	qemu-io -f qcow2 -c "write -P 9 3M 1k" disk.qcow2 >/dev/null
	qemu-img resize -q disk.qcow2 12583424
	qemu-img convert -f qcow2 -O raw disk.qcow2 wanted.raw
	same disk.qcow2 wanted.raw
	holes disk.qcow2 qcow2
}

@test "a sector at the end that no cluster has whole" {
	needs qemu-img
	{ cat "$RAW"; head -c 1536 /dev/urandom; } >odd.raw
	for options in -ocluster_size=64k -ocluster_size=2M "-c -ocluster_size=64k"; do
		# shellcheck disable=SC2086 # words
		qemu-img convert -f raw -O qcow2 $options odd.raw odd.qcow2
		same odd.qcow2 odd.raw
	done
}

@test "vmdk, vhd, vhdx and vdi through qemu-nbd" {
	needs qemu-img qemu-nbd
	[ -x "$NBD/moult-nbd" ] || skip "built without libnbd"
	while read -r layer format options; do
		echo "$layer $options"
		# shellcheck disable=SC2086 # words
		qemu-img convert -f raw -O $format $options "$RAW" disk
		layers disk "$layer"
		same disk
		[[ $options == *subformat=fixed* ]] || holes disk "$format"
		rm disk
	done <<-END
		vmdk vmdk
		vmdk vmdk -o subformat=streamOptimized
		vhd vpc -o force_size=on
		vhd vpc -o subformat=fixed,force_size=on
		vhdx vhdx
		vhdx vhdx -o subformat=fixed
		vdi vdi
		vdi vdi -o static=on
	END
	# nothing of the helper stays
	[ -z "$(find /tmp -maxdepth 1 -name 'libnbd*' -newer "$BATS_FILE_TMPDIR/disk.raw")" ]
}

@test "vhd with a size that its geometry rounds up" {
	needs qemu-img qemu-nbd
	[ -x "$NBD/moult-nbd" ] || skip "built without libnbd"
	for kind in fixed dynamic; do
		qemu-img convert -f raw -O vpc -o subformat=$kind "$RAW" disk.vhd
		qemu-img convert -f vpc -O raw disk.vhd wanted.raw
		same disk.vhd wanted.raw
	done
}

@test "compressors: one stream and several, threads, long windows" {
	needs gzip bzip2 xz zstd lz4
	while read -r layer command; do
		echo "$command"
		sh -c "$command" <"$RAW" >disk
		layers disk "$layer"
		[[ $output == *"seek: no"* ]]
		same disk
	done <<-END
		gz gzip -1
		gz head -c 5000000 | gzip -1; tail -c +5000001 $RAW | gzip -9
		bz2 bzip2
		bz2 head -c 5000000 | bzip2; tail -c +5000001 $RAW | bzip2
		xz xz -0
		xz xz -0 -T2 --block-size=1MiB
		xz xz -9
		xz head -c 5000000 | xz -0; tail -c +5000001 $RAW | xz -0 -C sha256
		zst zstd -q
		zst zstd -q --long=27
		zst zstd -q --ultra --long=31 -1
		zst head -c 5000000 | zstd -q; tail -c +5000001 $RAW | zstd -q --no-check
		zst printf '\120\052\115\030\003\0\0\0abc'; zstd -q <$RAW; printf '\137\052\115\030\0\0\0\0'
		lz4 lz4 -q
		lz4 lz4 -q -BD -B4 --content-size
		lz4 head -c 5000000 | lz4 -q; tail -c +5000001 $RAW | lz4 -q
	END
}

@test "tar with one image: three formats, sparse ones, compressed ones" {
	needs tar gzip xz
	cp --sparse=always "$RAW" disk.raw
	echo "read me" >README
	printf 'x%.0s' {1..180} >name
	mkdir "$(cat name)"
	cp README "$(cat name)/"
	while read -r options; do
		echo "$options"
		# shellcheck disable=SC2086 # words
		tar -c $options -f disk.tar README disk.raw "$(cat name)"
		layers disk.tar tar
		[[ $output == *"seek: yes"* ]]
		same disk.tar "$RAW"
		if [[ $options == *S* ]]; then
			[ "$(stat -c %s disk.tar)" -lt 9000000 ]
			"$IMAGE_CAT" holes disk.tar 2>/dev/null | grep -q hole
		fi
	done <<-END
		--format=gnu
		--format=pax
		--format=oldgnu
		-S --format=oldgnu
		-S --format=gnu
		-S --format=pax
	END
	tar -c -S --format=oldgnu -z -f disk.tar.gz disk.raw
	layers disk.tar.gz "gz tar"
	same disk.tar.gz
	tar -c -f - disk.raw | xz -0 >disk.tar.xz
	layers disk.tar.xz "xz tar"
	same disk.tar.xz
	tar -c -S --sparse-version=0.1 --format=pax -f old.tar disk.raw
	run -3 "$IMAGE_CAT" info old.tar
	[[ $output == *"--sparse-version=1.0"* ]]
}

@test "layers in layers: xz of qcow2, a vmdk in a tar (ova), gz of tar of zst" {
	needs qemu-img xz gzip zstd
	qemu-img convert -f raw -O qcow2 "$RAW" disk.qcow2
	xz -0 -k disk.qcow2
	layers disk.qcow2.xz "xz qcow2"
	same disk.qcow2.xz
	zstd -q "$RAW" -o inner.img
	tar -c inner.img | gzip -1 >disk.img
	layers disk.img "gz tar zst"
	same disk.img
	[ -x "$NBD/moult-nbd" ] || skip "built without libnbd"
	qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$RAW" disk.vmdk
	echo "<xml/>" >disk.ovf
	tar -c --format=ustar -f disk.ova disk.ovf disk.vmdk
	layers disk.ova "tar vmdk"
	[[ $output == *"seek: yes"* ]]
	same disk.ova
	# in a sparse archive it has no place of its own
	tar -c -S --format=gnu -f disk.ova disk.ovf disk.vmdk
	same disk.ova
}

@test "a name says nothing" {
	needs qemu-img gzip
	gzip -1 <"$RAW" >disk.qcow2
	layers disk.qcow2 gz
	qemu-img convert -f raw -O qcow2 "$RAW" disk.gz
	layers disk.gz qcow2
}

@test "a block device, with its size and its sectors" {
	needs losetup
	loop=$(losetup --show -f "$RAW" 2>/dev/null) || skip "no loop device can be had"
	run "$IMAGE_CAT" info "$loop"
	losetup -d "$loop"
	echo "$output"
	[[ $output == *"expanded: 12582912"* ]]
	[[ $output == *"sector: 512"* ]]
}

@test "a qcow2 of 2 GiB is open after a few reads, and nothing but a spool is written" {
	needs qemu-img strace
	export ASAN_OPTIONS=detect_leaks=0
	qemu-img create -q -f qcow2 -o preallocation=metadata disk.qcow2 2G
	strace -f -P "$PWD/disk.qcow2" -o trace "$IMAGE_CAT" info disk.qcow2
	[ "$(grep -c 'pread64(' trace)" -le 8 ]
	qemu-img convert -f raw -O qcow2 "$RAW" disk.qcow2
	gzip -1 <disk.qcow2 >disk.gz
	strace -f -e trace=open,openat,creat,mkdir,unlink,rename,renameat,renameat2,truncate -o trace \
		"$IMAGE_CAT" stream disk.gz >/dev/null
	grep -E 'O_(WRONLY|RDWR|CREAT)|creat\(|mkdir\(|rename|truncate\(' trace >written || true
	cat written
	[ "$(wc -l <written)" -eq 1 ]
	grep -q O_TMPFILE written
}
