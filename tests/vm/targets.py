# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines that images are made to fit: how QEMU shows them, what moult is told of them (the shape of moult
identify --platform), and a guest that runs on one and is reached by ssh on the address of that machine alone.
"""
import json
import os
import signal
import socket
import subprocess
import time

import machine

MAC, NAME, MTU = "52:54:00:7e:57:01", "server7", 1400
# the gateway lies outside of the address's net: it has to be told that it is on the link
ADDRESS, GATEWAY, RESOLVER, NET = "203.0.113.77", "203.0.113.1", "203.0.113.3", "203.0.113.0/24"
PREFIX = 29
ADDRESS6, GATEWAY6, NET6 = "2001:db8:7e57::77", "2001:db8:7e57::1", "2001:db8:7e57::/64"
DOMAIN = "example.net"

VIRTIO_NET = [("pci:v00001AF4d00001000sv00001AF4sd00000001bc02sc00i00", "virtio_pci"),
              ("virtio:d00000001v00001AF4", "virtio_net")]
VIRTIO_BLK = [("pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00", "virtio_pci"),
              ("virtio:d00000002v00001AF4", "virtio_blk")]
VIRTIO_SCSI = [("pci:v00001AF4d00001004sv00001AF4sd00000008bc01sc00i00", "virtio_pci"),
               ("virtio:d00000008v00001AF4", "virtio_scsi"), ("scsi:t-0x00", "sd_mod")]
AHCI = [("pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01", "ahci"), ("scsi:t-0x00", "sd_mod")]
NVME = [("pci:v00001B36d00000010sv00001AF4sd00001100bc01sc08i02", "nvme")]
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"
# its variables are forgotten with the machine, as where a disk is moved to another one
UEFI = ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + OVMF.format("CODE"),
        "-drive", "if=pflash,unit=1,format=raw,snapshot=on,file=" + OVMF.format("VARS")]
BLK, SCSI = ["-device", "virtio-blk-pci,drive=d"], ["-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=d"]
Q35 = ["-machine", "q35"]

# name: firmware, words for QEMU, the disk's name and drivers, the card's name by its place
TARGETS = {
    "virtio-blk": ("bios", BLK, "vda", VIRTIO_BLK, "ens4"),
    "virtio-scsi": ("bios", SCSI, "sda", VIRTIO_SCSI, "ens4"),
    "ahci": ("bios", Q35 + ["-device", "ide-hd,drive=d"], "sda", AHCI, "enp0s4"),
    "uefi-virtio": ("uefi", Q35 + UEFI + BLK, "vda", VIRTIO_BLK, "enp0s4"),
    "uefi-ahci": ("uefi", Q35 + UEFI + ["-device", "ide-hd,drive=d"], "sda", AHCI, "enp0s4"),
    "uefi-nvme": ("uefi", Q35 + UEFI + ["-device", "nvme,drive=d,serial=7"], "nvme0n1", NVME, "enp0s4"),
}


def drivers(rows):
    return [{"modalias": alias, "driver": name} for alias, name in rows]


def platform(name, path, address=f"{ADDRESS}/{PREFIX}", gateway=GATEWAY):
    """Write what moult is told of a machine to a file. Returns its path."""
    firmware, _, disk, chain, stable = TARGETS[name]
    routes = [{"to": "default", "gateway": way, "on_link": True} for way in (gateway, GATEWAY6)]
    card = {"name": "eth0", "stable_name": stable, "mac": MAC, "mtu_bytes": MTU, "ip4": "static", "ip6": "static",
            "addresses": [address, f"{ADDRESS6}/128"], "routes": routes, "drivers": drivers(VIRTIO_NET)}
    text = {"schema": "moult.platform/1", "name": NAME, "firmware": firmware, "architecture": "x86_64", "cpu_level": 2,
            "memory_bytes": 1 << 30,
            "disks": [{"name": disk, "boot": True, "size_bytes": 8 << 30, "sector_bytes": 512, "drivers": drivers(chain)}],
            "nics": [card], "consoles": ["ttyS0", "tty0"], "resolvers": [RESOLVER], "domains": [DOMAIN]}
    with open(path, "w", encoding="utf-8") as out:
        json.dump(text, out, indent=1)
    return path


def card_words(port, address=ADDRESS, net=NET, gateway=GATEWAY):
    """QEMU's words for the network card; @port of this machine leads to ssh at @address, if the guest has that."""
    user = f"user,id=n,net={net},host={gateway},ipv6-net={NET6},ipv6-host={GATEWAY6}"
    if net == NET:
        user += f",dns={RESOLVER}"
    return ["-netdev", f"{user},hostfwd=tcp:127.0.0.1:{port}-{address}:22",
            "-device", f"virtio-net-pci,netdev=n,mac={MAC},addr=4,romfile="]


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def answers(port):
    """Whether an ssh server says who it is at a port of ours; QEMU itself takes the connection at once."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as it:
            it.settimeout(8)
            return it.recv(4) == b"SSH-"
    except OSError:
        return False


class Guest:
    """A machine that runs; it is stopped in the end of the block. @net: address, net and gateway of another network."""

    def __init__(self, name, disk, log, key, is_kept=True, net=()):
        self.log, self.key, self.port = log, key, free_port()
        self.words = ["qemu-system-x86_64", "-nographic", "-monitor", "none", "-serial", f"file:{log}", "-no-reboot",
                      *machine.PARALLEL, "-m", "1G", "-cpu", "max", "-drive",
                      f"if=none,id=d,format=raw,file={disk}" + ("" if is_kept else ",snapshot=on"),
                      *TARGETS[name][1], *card_words(self.port, *net)]

    def __enter__(self):
        with open(self.log + ".qemu", "wb") as out:
            self.child = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          start_new_session=True)
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def wait_answer(self, most_s, dead=None):
        """Seconds until the guest's ssh server answers; None: it did not, or its console says the pattern @dead."""
        start = time.monotonic()
        while time.monotonic() < start + most_s and self.child.poll() is None:
            if answers(self.port):
                return time.monotonic() - start
            if dead and os.path.exists(self.log) and dead.search(machine.end_of(self.log)):
                break
            time.sleep(2)
        return None

    def shell(self, script, most_s=120):
        """Run a script as root in the guest: its status and what it said."""
        words = ["ssh", "-i", self.key, "-p", str(self.port), "-o", "BatchMode=yes", "-o", "ConnectTimeout=90", "-o",
                 "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o",
                 "IdentitiesOnly=yes", "root@127.0.0.1", "bash", "-s"]
        try:
            done = subprocess.run(words, input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=most_s, check=False)
        except subprocess.TimeoutExpired as late:
            return -1, (late.stdout or b"").decode(errors="replace") + f"\nno end after {most_s} s"
        return done.returncode, done.stdout

    def wait_end(self, most_s):
        """Whether the machine switched itself off."""
        try:
            self.child.wait(most_s)
        except subprocess.TimeoutExpired:
            return False
        return True
