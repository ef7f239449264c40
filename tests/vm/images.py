# SPDX-License-Identifier: GPL-2.0-or-later
"""Systems of Debian's packages, each made for another machine (tests/vm/foreign), and how their file systems are."""
import json
import os
import subprocess

import machine

MIB = 1 << 20
FOREIGN = os.path.join(machine.ROOT, "tests/vm/foreign")
MORE = {"bullseye": "", "bookworm": "xfsprogs,extlinux,syslinux-common", "trixie": "efibootmgr,network-manager"}

# name: kind of tests/tools/debian-disk, release, machine that it is to fit, the link that is broken there
IMAGES = {
    "debian-11": ("mbr", "bullseye", "virtio-scsi", "initramfs"),
    "debian-12": ("serial", "bookworm", "virtio-blk", "initramfs"),
    "debian-13": ("efi", "trixie", "uefi-nvme", "boot-blocks"),
    "extlinux": ("extlinux", "bookworm", "virtio-blk", "root"),
    "lvm": ("lvm", "bookworm", "virtio-blk", "initramfs"),
    "xfs": ("xfs", "bookworm", "virtio-scsi", "root"),
    "nm": ("efi", "trixie", "uefi-ahci", "fstab"),
}


def image(name):
    """The path of an image as it comes from its machine."""
    kind, release = IMAGES[name][:2]
    text = ""
    for part in ("common", name):
        with open(os.path.join(FOREIGN, part), encoding="utf-8") as file:
            text += file.read()
    tar = machine.debian_root(release, MORE[release])
    return os.path.join(machine.debian_disk(kind, tar, f"foreign-{name}", text), "disk.raw")


def copy(source, target):
    machine.run(["cp", "--reflink=auto", "--sparse=always", source, target])


def partitions(disk):
    """Of a disk: the kind of its table, first byte and length of each partition."""
    text = machine.run(["sfdisk", "--json", disk], stdout=subprocess.PIPE, text=True).stdout
    table = json.loads(text)["partitiontable"]
    return table["label"], [(512 * row["start"], 512 * row["size"]) for row in table["partitions"]]


def part_of(disk, pieces, out):
    """Put pieces (first byte, length) of a disk into a file of their own."""
    with open(out, "wb") as file:
        at = 0
        for start, length in pieces:
            machine.run(["dd", f"if={disk}", f"of={out}", "bs=1M", f"skip={start}", f"seek={at}", f"count={length}",
                         "iflag=skip_bytes,count_bytes", "oflag=seek_bytes", "conv=sparse,notrunc", "status=none"])
            at += length
        file.truncate(at)


def volume_pieces(segments):
    """Of tests/tools/debian-disk's lvm: where the pieces of the root's volume lie."""
    pieces = []
    with open(segments, encoding="ascii") as file:
        for line in file:
            name, _, size, extents = line.split()
            if name == "root":
                first = int(extents.split(":")[1].split("-")[0])
                pieces.append(((130 + 4 * first) * MIB, int(float(size)) * MIB))
    return pieces


CHECKS = {"ext4": ["e2fsck", "-fn"], "xfs": ["xfs_repair", "-n", "-f"], "vfat": ["fsck.vfat", "-n"]}


def unclean(disk, segments, work):
    """What the tools find wrong with a disk's GPT and file systems, and how many they looked at. @segments: where the
    volumes lie, if there are any."""
    found, count = [], 0
    label, parts = partitions(disk)
    pieces = [[part] for part in parts]
    if os.path.exists(segments):
        pieces.append(volume_pieces(segments))
    for piece in pieces:
        part_of(disk, piece, work)
        kind = subprocess.run(["blkid", "-p", "-o", "value", "-s", "TYPE", work], stdout=subprocess.PIPE, text=True,
                              check=False).stdout.strip()
        if kind in CHECKS:
            done = subprocess.run([*CHECKS[kind], work], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False)
            count += 1
            if done.returncode:
                found.append(f"{kind}: {done.stdout.strip()}")
        os.remove(work)
    if label == "gpt":
        text = machine.run(["sgdisk", "-v", disk], stdout=subprocess.PIPE, text=True).stdout
        count += 1
        if "No problems found" not in text:
            found.append("sgdisk: " + text.strip())
    return found, count
