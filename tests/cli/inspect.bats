#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in an image: one disk in many formats, as other tools see it; hostile and damaged ones; what is opened.

bats_require_minimum_version 1.5.0

plain_of() { case $(nm "$MOULT" 2> /dev/null) in *__asan_init*) echo "${MOULT_PLAIN:-}" ;; *) echo "$MOULT" ;; esac; }

# A tree that is faithful enough: Debian 12 with ifupdown and GRUB.
make_tree()
{
	mkdir -p tree/{etc/network,boot/grub,boot/efi,sbin,usr/bin,root/.ssh,var/lib/systemd,lib/modules}
	cat > tree/etc/os-release <<- 'END'
		PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
		NAME="Debian GNU/Linux"
		VERSION_ID="12"
		VERSION_CODENAME=bookworm
		ID=debian
	END
	printf 'UUID=11111111-2222-3333-4444-555555555555 / ext4 errors=remount-ro 0 1\nPARTLABEL=esp /boot/efi vfat umask=0077 0 1\n' > tree/etc/fstab
	printf 'auto lo\niface lo inet loopback\nallow-hotplug eth0\niface eth0 inet static\n\taddress 192.0.2.10/24\n\tgateway 192.0.2.1\n' > tree/etc/network/interfaces
	printf 'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n' > tree/etc/passwd
	printf 'root:*:19000:0:99999:7:::\nuser:$y$j9T$aaaaaaaa$bbbbbbbbbbbb:19000:0:99999:7:::\n' > tree/etc/shadow
	echo template > tree/etc/hostname
	echo 0123456789abcdef0123456789abcdef > tree/etc/machine-id
	cat > tree/boot/grub/grub.cfg <<- 'END'
		set default="0"
		set timeout=5
		menuentry 'Debian GNU/Linux' --class debian {
			search --no-floppy --fs-uuid --set=root 11111111-2222-3333-4444-555555555555
			linux /boot/vmlinuz-6.1.0-1-amd64 root=UUID=11111111-2222-3333-4444-555555555555 ro console=tty0 console=ttyS0,115200
			initrd /boot/initrd.img-6.1.0-1-amd64
		}
	END
	ln -s /etc/hostname tree/root/absolute
	ln -s ../../../../../etc/passwd tree/root/climbing
}

# GPT: a BIOS boot partition, an ESP, an ext4 root; 96 MiB.
make_disk()
{
	make_tree
	truncate -s 96M disk.raw
	sgdisk -Z disk.raw > /dev/null
	sgdisk -U 99999999-8888-7777-6666-555555555555 -n 1:2048:+1M -t 1:ef02 -n 2:0:+34M -t 2:ef00 -c 2:esp -n 3:0:0 -t 3:8300 -c 3:root disk.raw > /dev/null
	truncate -s 34M esp
	mkfs.vfat -F 32 -n ESP esp > /dev/null
	mmd -i esp ::/EFI ::/EFI/BOOT
	echo program > bootx64
	mcopy -i esp bootx64 ::/EFI/BOOT/BOOTX64.EFI
	start=$(sgdisk -i 2 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	dd if=esp of=disk.raw bs=512 seek="$start" conv=notrunc status=none
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	mke2fs -q -F -t ext4 -U 11111111-2222-3333-4444-555555555555 -L root -E offset=$(( start * 512 )) -d tree disk.raw 58M
	rm esp
}

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	chmod 755 "$BATS_FILE_TMPDIR"
	make_disk
	"$MOULT" inspect --json disk.raw > raw.json
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export TMPDIR=$BATS_TEST_TMPDIR
}

# value FILE EXPRESSION, on "i"
value() { /usr/bin/python3 -c "import json; i = json.load(open('$1')); print($2)"; }

@test "a disk: table, boot code, file systems and the system are what other tools say" {
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.inspect.schema.json" raw.json
	sfdisk --json disk.raw > sfdisk.json
	run -0 /usr/bin/python3 -c "
import json
ours = json.load(open('raw.json'))['layout']
theirs = json.load(open('sfdisk.json'))['partitiontable']
assert ours['table'] == theirs['label'] == 'gpt' and ours['id'].upper() == theirs['id'].upper()
assert len(ours['partitions']) == len(theirs['partitions']) == 3
for a, b in zip(ours['partitions'], theirs['partitions']):
    assert (a['start_lba'], a['sectors'], a['type'].upper(), a['uuid'].upper()) == (b['start'], b['size'], b['type'].upper(), b['uuid'].upper())
print([p['role'] for p in ours['partitions']], [f['code'] for f in ours['faults']])"
	[ "$output" = "['bios-boot', 'esp', 'data'] []" ]
	run -0 value raw.json "[(v['partition'], v['type'], v['folder'], v['problem']) for v in i['volumes']]"
	[ "$output" = "[(2, 'vfat', '/boot/efi', None), (3, 'ext4', '/', None)]" ]
	run -0 value raw.json "i['guest']['system']['pretty_name'], i['guest']['loaders'][0]['entries'][0]['root'], i['guest']['loaders'][0]['entries'][0]['consoles']"
	[ "$output" = "Debian GNU/Linux 12 (bookworm) UUID=11111111-2222-3333-4444-555555555555 ['tty0', 'ttyS0,115200']" ]
	run -0 value raw.json "[(f['path'], f['size_bytes']) for f in i['efi_files']], i['partial']"
	[ "$output" = "[('/EFI/BOOT/BOOTX64.EFI', 8)] False" ]
}

@test "one screen that a person reads: at most 24 lines of 79 columns" {
	run -0 "$MOULT" inspect disk.raw
	echo "$output"
	[ "${#lines[@]}" -le 24 ]
	printf '%s\n' "$output" | awk 'length > 79 { print; bad = 1 } END { exit bad }'
	output=$(tr -s ' \n' '  ' <<< "$output") # lines are broken where the names of folders need it
	[[ "$output" == *"Debian GNU/Linux 12"* && "$output" == *"192.0.2.10/24 via 192.0.2.1"* && "$output" == *"user (password set, 0 keys)"* ]]
	if [[ "$output" == *bbbbbbbbbbbb* ]]; then false; fi
	run -0 "$MOULT" inspect --tree disk.raw
	[[ "$output" == *"/etc/network/interfaces"* && "$output" == *"/root/absolute"* ]]
}

@test "every format gives the same disk" {
	qemu-img convert -f raw -O qcow2 disk.raw d-qcow2
	qemu-img convert -f raw -O qcow2 -c -o compression_type=zstd disk.raw d-qcow2-zstd
	qemu-img convert -f raw -O vmdk disk.raw d-vmdk
	qemu-img convert -f raw -O vpc disk.raw d-vpc -o force_size=on
	qemu-img convert -f raw -O vhdx disk.raw d-vhdx
	qemu-img convert -f raw -O vdi disk.raw d-vdi
	gzip -1 -k -c disk.raw > d-gz
	bzip2 -1 -k -c disk.raw > d-bz2
	xz -0 -k -c disk.raw > d-xz
	zstd -q -1 -c disk.raw > d-zst
	lz4 -q -1 -c disk.raw > d-lz4
	tar cSf d-tar disk.raw
	tar czf d-tgz disk.raw
	xz -0 -c d-qcow2 > d-qcow2-xz
	for file in d-*; do
		run -0 "$MOULT" inspect --json --progress none "$file"
		printf '%s' "$output" > other.json
		run -0 /usr/bin/python3 -c "
import json
a, b = json.load(open('raw.json')), json.load(open('other.json'))
assert [layer['name'] for layer in b['source']['layers']], 'no layer'
for key in ('layout', 'volumes', 'efi_files', 'guest'):
    assert a[key] == b[key], key
print([layer['name'] for layer in b['source']['layers']])"
		echo "$file: $output"
	done
	"$MOULT" inspect --json --progress none - < d-xz > other.json
	run -0 value other.json "i['guest']['system']['id'], i['source']['can_seek']"
	[ "$output" = "debian False" ]
	rm d-*
}

@test "digests: told when asked for, and a wrong one stops" {
	sum=$(sha256sum disk.raw | cut -d ' ' -f 1)
	"$MOULT" inspect --digest --json --progress none disk.raw > d.json
	run -0 value d.json "i['source']['published_sha256']"
	[ "$output" = "$sum" ]
	run -0 "$MOULT" inspect --progress none --sha256 "$sum" disk.raw
	run "$MOULT" inspect --progress none --sha256 "${sum/[0-9]/f}f" disk.raw
	[ "$status" -ne 0 ]
	run -5 "$MOULT" inspect --progress none --sha256 "$(sha256sum raw.json | cut -d ' ' -f 1)" disk.raw
	[ "${#lines[@]}" -eq 1 ]
	sha256sum disk.raw > SHA256SUMS
	run -0 "$MOULT" inspect --progress none --sums SHA256SUMS disk.raw
}

@test "no room to spool: what the stream alone tells, exit 7" {
	[ "$(id -u)" -eq 0 ] || skip "mounting a small tmpfs needs root"
	xz -0 -k -c disk.raw > small.xz
	mkdir "$BATS_TEST_TMPDIR/full"
	run unshare --mount sh -c "mount -t tmpfs -o size=64k none '$BATS_TEST_TMPDIR/full' && TMPDIR='$BATS_TEST_TMPDIR/full' exec '$MOULT' inspect --progress none --json small.xz"
	echo "$output"
	[ "$status" -eq 7 ]
	[[ "$output" == *'"name": "xz"'* && "$output" == *'"unseen": "'* ]]
}

@test "damaged and hostile images: one line, exit 3, whatever their names say" {
	head -c 1000000 d.img 2> /dev/null || true
	xz -0 -k -c disk.raw > whole.xz
	head -c $(( $(stat -c %s whole.xz) / 2 )) whole.xz > cut.raw
	qemu-img convert -f raw -O qcow2 disk.raw good.qcow2
	cp good.qcow2 backing.img
	qemu-img rebase -u -f qcow2 -b /etc/passwd -F raw backing.img
	printf '\x7f\xff\xff\xff' | dd of=good.qcow2 bs=1 seek=36 conv=notrunc status=none
	: > empty
	for file in cut.raw backing.img good.qcow2 empty nothing-here; do
		run timeout 20 "$MOULT" inspect --progress none "$file"
		echo "$file: $status: $output"
		[ "$status" -eq 3 ] || [ "$file:$status" = nothing-here:1 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "a tree without end in an ESP ends the list, not the program" {
	truncate -s 12M endless.raw
	mke2fs -q -F -t ext4 -O ^metadata_csum,^dir_index -N 512 endless.raw 8M
	{
		path=
		for (( n = 0; n < 36; n++ )); do
			echo "mkdir $path/a"
			echo "link $path/a $path/b"
			path=$path/a
		done
	} > commands
	debugfs -w -f commands endless.raw > /dev/null 2>&1
	printf 'label: gpt\n2048,16384,U\n' > table
	truncate -s 12M endless.gpt
	sfdisk -q endless.gpt < table
	dd if=endless.raw of=endless.gpt bs=1M seek=1 count=8 conv=notrunc status=none
	run -7 timeout 20 "$MOULT" inspect --progress none endless.gpt
	[[ "$output" == *"Cut: the EFI system partition holds too much"* ]]
}

@test "nothing is opened for writing but the spool, and nothing of the image is run" {
	plain=$(plain_of)
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	gzip -1 -k -c disk.raw > disk.gz
	for file in disk.raw disk.gz; do
		strace -f -qq -o trace -e trace=open,openat,creat,execve,rename,renameat2,unlink,unlinkat,mkdir,mkdirat,mount,link "$plain" inspect --progress none "$file" > /dev/null
		# without a name (O_TMPFILE), or made and unlinked at once below TMPDIR; mtools reads what it is given
		run grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(|rename|mkdir|mount\(|link\(' trace
		echo "$file: $output"
		run grep -vE "O_TMPFILE|\"$BATS_TEST_TMPDIR|/dev/null|/dev/tty|ENOENT|/proc/self/fd" <<< "$output"
		[ -z "$output" ]
		run grep execve trace
		run grep -vE '/(mdir|mcopy|minfo|mtype|mtools|moult)"' <<< "$output"
		[ -z "$output" ]
	done
	[ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

@test "large images: 10 GiB sparse and a qcow2 of 2 GiB, each in less than 0.3 s and 32 MiB" {
	plain=$(plain_of)
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	cp --sparse=always disk.raw big.raw
	truncate -s 10G big.raw
	sgdisk -e big.raw > /dev/null
	qemu-img create -q -f raw two.raw 2G
	cp --sparse=always disk.raw two.raw
	truncate -s 2G two.raw
	sgdisk -e two.raw > /dev/null
	qemu-img convert -f raw -O qcow2 two.raw two.qcow2
	for file in big.raw two.qcow2; do
		best=10
		for try in 1 2 3; do
			/usr/bin/time -f '%e %M' -o time "$plain" inspect --progress none --json "$file" > big.json
			read -r seconds kib < time
			best=$(printf '%s\n%s\n' "$best" "$seconds" | sort -n | head -n 1)
		done
		echo "$file: $best s, $kib KiB, read $(value big.json "i['read']")"
		[ "$(printf '%s\n0.3\n' "$best" | sort -n | head -n 1)" != 0.3 ] || [ "$best" = 0.3 ]
		[ "$kib" -lt 32768 ]
		run -0 value big.json "i['guest']['system']['id'], i['read']['bytes'] < 8 << 20"
		[ "$output" = "debian True" ]
	done
}

@test "an ordinary user sees what needs no mount; what does is named, exit 7" {
	[ "$(id -u)" -eq 0 ] || skip "becoming somebody else needs root"
	truncate -s 320M xfs.raw
	mkfs.xfs -q xfs.raw
	chmod 644 xfs.raw disk.raw
	mkdir -p "$BATS_TEST_TMPDIR/user"
	chmod 777 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/user"
	as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups env TMPDIR="$BATS_TEST_TMPDIR/user" "$@"; }
	as_user test -x "$MOULT" || skip "the build folder cannot be entered by others"
	run -0 as_user "$MOULT" inspect --progress none --json disk.raw
	run -7 as_user "$MOULT" inspect --progress none xfs.raw
	echo "$output"
	[[ "$output" == *xfs* && "$output" == *"the whole disk: not read"* ]]
	[[ "$output" != *"partition 0"* ]]
}

@test "what a hostile image says is cut, and cannot speak to the terminal" {
	cp -r tree loud
	printf 'ID=debian\nPRETTY_NAME="%s"\n' "$(printf '\033]0;pwn\a\302\233\233'; printf 'long%.0s' {1..3000})" > loud/etc/os-release
	printf 'host\033[2Jname%s\n' "$(printf '\303\244%.0s' {1..500})" > loud/etc/hostname
	mkdir -p loud/etc/systemd/system/getty.target.wants loud/lib/systemd/system
	: > loud/lib/systemd/systemd
	: > loud/lib/systemd/system/getty@.service
	ln -s ../lib/systemd/systemd loud/sbin/init
	for (( n = 0; n < 300; n++ )); do
		ln -s /lib/systemd/system/getty@.service "loud/etc/systemd/system/getty.target.wants/getty@tty$n.service"
		echo "user$n:x:$n:0::/:/bin/bash" >> loud/etc/passwd
		echo "user$n:\$y\$j9T\$aaaaaaaa\$bbbbbbbbbbbb:19000:0:99999:7:::" >> loud/etc/shadow
		echo "	up ip addr add 192.0.2.1/24 dev eth0" >> loud/etc/network/interfaces
		printf 'iface eth%d inet static\n\taddress 192.0.2.%d/24\n' "$n" $(( n % 250 )) >> loud/etc/network/interfaces
	done
	truncate -s 34M esp
	mkfs.vfat -F 32 -n ESP esp > /dev/null
	for (( n = 0; n < 100; n++ )); do echo program > "loud-$n.efi"; done
	mcopy -i esp loud-*.efi ::/
	rm loud-*.efi
	cp --sparse=always disk.raw loud.raw
	start=$(sgdisk -i 2 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	dd if=esp of=loud.raw bs=512 seek="$start" conv=notrunc status=none
	start=$(sgdisk -i 3 disk.raw | sed -n 's/First sector: \([0-9]*\).*/\1/p')
	mke2fs -q -F -t ext4 -U 11111111-2222-3333-4444-555555555555 -L root -E offset=$(( start * 512 )) -d loud loud.raw 58M
	rm -r loud esp
	run -0 "$MOULT" inspect --progress none loud.raw
	echo "$output" | head -c 4000
	flat=$(tr -s ' \n' ' ' <<< "$output")
	[[ "$flat" == *"longlo"*"..., systemd"*"gettys on tty0 tty1 tty10 tty100 tty101 tty102 (250 more)"* ]]
	[[ "$flat" == *"(92 more)"* ]]
	[ "${#output}" -lt 4000 ]
	LC_ALL=C run ! grep -q "[$(printf '\001-\010\013-\037\177\233')]" <<< "$output"
	# lines of 79 columns and no character that was cut in its middle
	run -0 "$MOULT" inspect --progress none loud.raw
	/usr/bin/python3 -c "
import sys
for line in sys.stdin.buffer.read().decode('utf-8', 'strict').splitlines():
    assert len(line) <= 79 and line.isprintable(), line" <<< "$output"
	rm loud.raw
	# an error quotes what it was given
	run -1 "$MOULT" inspect --progress none "$(printf 'no\033]0;file\233')"
	[[ "$output" == *"no?]0;file?"* ]]
}

# A physical volume in a file: lvm_on FILE COMMANDS, where the device is @. Without device mapper volumes are made and
# not mapped.
lvm_on()
{
	[ "$(id -u)" -eq 0 ] || skip "only root may make loop devices, which lvm wants"
	loop=$(losetup -f --show "$1")
	while read -r -a words; do
		lvm "${words[0]}" --driverloaded n --config "devices { use_devicesfile=0 filter=[\"a|^$loop\$|\",\"r|.*|\"] \
			obtain_device_list_from_udev=0 } activation { udev_sync=0 udev_rules=0 monitoring=0 } \
			backup { backup=0 archive=0 }" -q "${words[@]:1}" 2>> lvm.log || { cat lvm.log; losetup -d "$loop"; false; }
	done <<< "${2//@/$loop}"
	losetup -d "$loop"
}

@test "a logical volume that cannot be read is named, and the others are shown" {
	truncate -s 64M group
	lvm_on group $'pvcreate @\nvgcreate vg0 @\nlvcreate -an -Zn -Wn -L 20M -n plain vg0\nlvcreate -an -Zn -Wn --type zero -L 4M -n odd vg0'
	mke2fs -q -F -t ext4 -E offset=$(( 1 << 20 )) group 18M
	run -7 "$MOULT" inspect --progress none group
	echo "$output"
	output=$(tr -s ' \n' ' ' <<< "$output")
	[[ "$output" == *"volume vg0/odd, LVM2: not read: "*"a volume of kind 'zero' is mapped by the kernel"* ]]
	[[ "$output" == *"volume vg0/plain, ext4"* ]]
	"$MOULT" inspect --progress none --json group > group.json || [ $? -eq 7 ]
	run -0 value group.json "[(v['name'], v['type'], v['problem'] is None) for v in i['volumes']]"
	[ "$output" = "[('vg0/plain', 'ext4', True), ('vg0/odd', 'LVM2', False)]" ]
}

@test "a physical volume that is in no group is empty, not damaged" {
	truncate -s 64M fresh
	lvm_on fresh 'pvcreate @'
	run -0 "$MOULT" inspect --progress none fresh
	echo "$output"
	flat=$(tr -s ' \n' ' ' <<< "$output")
	[[ "$flat" == *"Holds LVM2_member the whole disk: a physical volume of LVM that is in no group"* ]]
	[[ "$flat" != *damaged* ]]
	# what is damaged is still called so
	printf 'x' | dd of=fresh bs=1 seek=4100 conv=notrunc status=none
	run -7 "$MOULT" inspect --progress none fresh
	[[ $(tr -s ' \n' ' ' <<< "$output") == *"the whole disk: not read: a physical volume of LVM is damaged"* ]]
}

# signalled SIGNAL WORDS...: inspect while it works; "<" is standard input that stays open
signalled()
{
	/usr/bin/python3 - "$@" <<- 'END'
		import glob, os, signal, subprocess, sys, time
		hold, write = os.pipe()
		with open("disk.raw", "rb") as disk:
		    os.write(write, disk.read(32768))
		words = [os.environ["MOULT"], "inspect", "--progress", "none", *sys.argv[2:]]
		child = subprocess.Popen(words, start_new_session=True, stdin=hold, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		time.sleep(1.5)
		assert child.poll() is None, (child.returncode, child.communicate())
		child.send_signal(getattr(signal, sys.argv[1]))
		start = time.monotonic()
		out, said = child.communicate(timeout=20)
		print(child.returncode, round(time.monotonic() - start, 1), said)
		assert child.returncode == 130 and out == b"" and time.monotonic() - start < 5
		assert said.count(b"\n") == 1 and said.endswith(b"interrupted\n"), said
		left = []
		for name in glob.glob("/proc/[0-9]*/stat"):
		    try:
		        fields = open(name).read().rpartition(")")[2].split()
		    except OSError:
		        continue
		    if int(fields[3]) == child.pid:
		        left.append(name)
		assert not left, left
	END
}

@test "a signal ends it in one line, with its children gone" {
	mkfifo pipe
	signalled SIGINT pipe
	signalled SIGTERM -
	# sums that do not come
	signalled SIGINT --sums pipe disk.raw
	/usr/bin/python3 "$ROOT/tests/tools/http-server" disk.raw port 3>&- &
	server=$!
	for _ in $(seq 100); do
		[ -e port ] && break
		sleep 0.1
	done
	signalled SIGINT "http://127.0.0.1:$(cat port)/slow"
	kill "$server"
	qemu-img create -q -f vmdk large.vmdk 40G
	signalled SIGTERM --digest large.vmdk
	rm -f large.vmdk pipe port
	[ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

# bomb NAME: an initramfs of what comes on standard input, for a kernel of that name
bomb()
{
	: > "bombs/boot/vmlinuz-$1"
	zstd -q -1 > "bombs/boot/initrd.img-$1"
}

@test "a bomb in an initramfs: zeros, or one large file; bounded memory and time" {
	mkdir -p bombs/{boot,etc,sbin,usr}
	echo ID=debian > bombs/etc/os-release
	# the head of a cpio member: a name of 2 bytes, a length of 2 GiB
	head='07070100000001000081a40000000000000000000000010000000080000000000000000000000000000000000000000000000200000000'
	printf 'x' | cpio --quiet -o -H newc <<< os-release -D bombs/etc > small.cpio
	head -c 1100M /dev/zero | bomb zeros
	{ cat small.cpio; head -c 1100M /dev/zero; } | bomb behind
	{ printf '%sa\0' "$head"; head -c 1100M /dev/zero; } | bomb member
	[ "$(du -sk bombs | cut -f 1)" -lt 2048 ]
	truncate -s 16M bombs.raw
	mke2fs -q -F -t ext4 -d bombs bombs.raw
	run -7 timeout 100 "$MOULT" inspect --progress none --json bombs.raw
	printf '%s' "${output%$'\n'moult:*}" > bombs.json
	run -0 value bombs.json "[(k['release'], k['initramfs']['problem']) for k in i['guest']['kernels']]"
	echo "$output"
	[ "$(grep -o 'it unpacks to more than 1073741824 bytes' <<< "$output" | wc -l)" -eq 3 ]
	# one file by many names: all together have a bound too
	for (( n = 0; n < 60; n++ )); do
		: > "bombs/boot/vmlinuz-$n"
		ln bombs/boot/initrd.img-zeros "bombs/boot/initrd.img-$n"
	done
	mke2fs -q -F -t ext4 -d bombs bombs.raw
	plain=$(plain_of)
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	run -7 /usr/bin/time -f '%e %M' -o time timeout 60 "$plain" inspect --progress none --json bombs.raw
	[[ "$output" == *"left out: those before it unpack to too much"* ]]
	read -r seconds kib <<< "$(tail -n 1 time)"
	echo "$seconds s, $kib KiB"
	[ "$kib" -lt 65536 ]
	rm -r bombs bombs.raw bombs.json
}

@test "a wrong command line says what is wrong" {
	for words in "" "a b" "--sig x disk.raw" "--sha256 12 disk.raw" "--nonsense disk.raw" "--progress x disk.raw"; do
		# shellcheck disable=SC2086
		run "$MOULT" inspect $words
		echo "$words: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}
