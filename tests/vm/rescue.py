# SPDX-License-Identifier: GPL-2.0-or-later
"""A small disk with a system on it, the image of another one, and a rescue that holds the image and moult-rescue: what
power-cuts and kills have in common. What is judged is the disk outside the undo log's area.
"""
import json
import os
import random
import re
import shutil
import subprocess

import machine

SERIAL = "SMALLDISK5"
DISK_MIB, IMAGE_MIB, ROOT_AT_MIB = 80, 32, 6
NOISE_MIB = 14
# waived: the image starts by an ESP, and these machines have a BIOS
WORDS = "--waive firmware --waive no-boot-path"
CONFIRM = f"--confirm-disk {SERIAL}"
BOOT_CODE = "/usr/lib/syslinux/mbr"
TABLE = """label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649
start=4096, size=8192, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
start=12288, size={sectors}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=root
"""
JOB = "\n. /job\n"
STATUS = "\nmoult-rescue overlay status --disk /dev/vda --json > /tmp/status.json; give status < /tmp/status.json\n"


def make_esp(path, tree):
    with open(path, "wb") as out:
        out.truncate(4 << 20)
    machine.run(["mkfs.vfat", path], stdout=subprocess.DEVNULL)
    machine.run(["mmd", "-i", path, "::/EFI", "::/EFI/BOOT"])
    machine.run(["mcopy", "-i", path, os.path.join(tree, "etc/os-release"), "::/EFI/BOOT/BOOTX64.EFI"])


def make_system(path, disk_mib, name, boot_code):
    """GPT, boot code, a BIOS boot partition and an ESP with something in them, and an ext4 of nothing but files."""
    noise, tree, esp = random.Random(name), path + ".tree", path + ".esp"
    os.makedirs(os.path.join(tree, "etc"))
    with open(os.path.join(tree, "etc/os-release"), "w", encoding="ascii") as out:
        out.write(f'PRETTY_NAME="{name}"\n')
    with open(os.path.join(tree, "noise"), "wb") as out:
        out.write(noise.randbytes(NOISE_MIB << 20))
    root_mib = IMAGE_MIB - ROOT_AT_MIB - 1
    with open(path, "wb") as out:
        out.truncate(disk_mib << 20)
    machine.run(["sfdisk", "--quiet", path], input=TABLE.format(sectors=root_mib << 11).encode())
    make_esp(esp, tree)
    with open(path, "r+b") as out, open(esp, "rb") as part, open(os.path.join(BOOT_CODE, boot_code), "rb") as code:
        out.write(code.read(440))
        out.seek(1 << 20)
        out.write(noise.randbytes(32 << 10))
        out.seek(2 << 20)
        shutil.copyfileobj(part, out)
    machine.run(["mke2fs", "-q", "-F", "-t", "ext4", "-E", f"offset={ROOT_AT_MIB << 20}", "-d", tree, path, f"{root_mib}M"])
    shutil.rmtree(tree)
    os.remove(esp)


def systems():
    """Paths of the disk as it is before, and of the image."""
    def make(path):
        os.makedirs(path)
        make_system(os.path.join(path, "old.raw"), DISK_MIB, "The old system", "mbr.bin")
        make_system(os.path.join(path, "new.raw"), IMAGE_MIB, "The new system", "gptmbr.bin")

    folder = machine.cached("small-systems", (DISK_MIB, IMAGE_MIB, NOISE_MIB, TABLE, 1), make)
    return os.path.join(folder, "old.raw"), os.path.join(folder, "new.raw")


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


def copy(source, target):
    machine.run(["cp", "--sparse=always", source, target])


class Rescue:
    """Boots a busybox with @program as moult-rescue and @image as /new.raw in it."""

    def __init__(self, program, image, folder):
        _, kernel = machine.debian("12")
        self.kernel, self.folder = machine.vmlinuz(kernel), folder
        self.base = os.path.join(folder, "base.cpio")
        self.image = f"/new.raw --disk /dev/vda --sha256 {machine.digest_of(image)} {WORDS}"
        machine.initramfs(self.base, JOB, files=[(program, "/bin/moult-rescue"), (image, "/new.raw")],
                          modules=machine.modules_of(kernel, ["virtio_pci", "virtio_blk"]))

    def boot(self, name, script, drives, **options):
        """Run @script; what the console said."""
        job, whole = os.path.join(self.folder, "job"), os.path.join(self.folder, "rescue.cpio")
        os.makedirs(job, exist_ok=True)
        with open(os.path.join(job, "job"), "w", encoding="ascii") as out:
            out.write(script)
        machine.pack(job, whole + ".job")
        machine.join(whole, [self.base, whole + ".job"])
        return machine.boot(os.path.join(self.folder, name + ".log"),
                            ["-m", "512M", "-smp", "1", "-cpu", "qemu64", "-nic", "none", "-kernel", self.kernel, "-initrd",
                             whole, "-append", "console=ttyS0 quiet panic=-1", *drives], 300, **options)


def plan_of(console):
    """The plan that a guest handed over."""
    return json.loads(machine.given(console, "plan") or b"null")


def state_of(console):
    """The state that the last status in a guest told, None where it saw no overlay; "" when it told nothing."""
    part = console[console.rfind("-----BEGIN status-----"):]
    told = machine.given(part, "status")
    return json.loads(told)["state"] if told else ""


def exit_of(console):
    """The last exit status that a script echoed; None when it did not come to that."""
    found = re.findall(r"^status (\d+)$", console, re.M)
    return int(found[-1]) if found else None


def new_disk(old, image, plan):
    """The disk that a plan makes of the disk @old."""
    disk = bytearray(old)
    for part in plan["ranges"]:
        start, end = part["start_bytes"], part["start_bytes"] + part["size_bytes"]
        disk[start:end] = image[start:end].ljust(end - start, b"\0")
    for edit in plan["edits"]:
        body = bytes.fromhex(edit["bytes"])
        disk[edit["start_bytes"]:edit["start_bytes"] + len(body)] = body
    return bytes(disk)


class Area:
    """What is compared: the disk outside the undo log's area of a plan; all of it where the log lies elsewhere."""

    def __init__(self, plan):
        undo = plan["undo"]
        is_tail = undo["place"] == "tail"
        self.start = undo["start_bytes"] if is_tail else plan["disk"]["size_bytes"]
        self.end = self.start + undo["size_bytes"] if is_tail else self.start

    def outside(self, disk):
        return disk[:self.start], disk[self.end:]

    def of(self, path):
        with open(path, "rb") as file:
            head = file.read(self.start)
            file.seek(self.end)
            return head, file.read()


def untrue(told, disk, old, new, plan):
    """What is not so of a state that status told; None when all of it holds. @disk, @old, @new: outside the area."""
    if told in (None, "rolled-back") and disk != old:
        return f"status says {told or 'that there is no overlay'}, and the disk is not the old one"
    if told == "complete" and disk != new:
        return "status says complete, and the disk is not the new one"
    for part in plan["ranges"] if told == "body" else ():
        start, end = part["start_bytes"], part["start_bytes"] + part["size_bytes"]
        if part["phase"] == "body" and disk[0][start:end] != new[0][start:end]:
            return f"status says body, and the body at byte {start} is not the new one"
    return None
