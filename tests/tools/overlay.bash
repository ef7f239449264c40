# SPDX-License-Identifier: GPL-2.0-or-later
# Disks and images of the tests of overlays. Loaded by bats files.

# make_image FILE MIB: GPT, a BIOS boot partition, an ESP with a loader, an ext4 with files; the name tells one from
# another
make_image()
{
	local file=$1 mib=$2 start
	truncate -s "${mib}M" "$file"
	sgdisk -n 1:2048:+1M -t 1:ef02 -n 2:0:+4M -t 2:ef00 -n 3:0:0 -t 3:8300 -c 3:root "$file" > /dev/null
	rm -rf tree esp
	mkdir -p tree/etc
	echo "PRETTY_NAME=\"System $file\"" > tree/etc/os-release
	head -c 12M /dev/urandom > tree/noise
	seq 1 200000 > tree/text
	truncate -s 4M esp
	mkfs.vfat esp > /dev/null
	mmd -i esp ::/EFI ::/EFI/BOOT
	mcopy -i esp tree/etc/os-release ::/EFI/BOOT/BOOTX64.EFI
	start=$(start_of "$file" 2)
	dd if=esp of="$file" bs=512 seek="$start" conv=notrunc status=none
	start=$(start_of "$file" 3)
	mke2fs -q -F -t ext4 -E offset=$(( start * 512 )) -d tree "$file" $(( mib - 7 ))M
	rm -rf tree esp
}

# start_of FILE NUMBER: the first sector of a partition
start_of() { sgdisk -i "$2" "$1" | sed -n 's/First sector: \([0-9]*\).*/\1/p'; }
