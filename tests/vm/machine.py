# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual machines for the tests: Debian roots and kernels, made once and kept by what they were made of;
QEMU under TCG; what a guest said on its console. Files are made below $MOULT_VM (build-vm/ in the tree).
"""
import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get("MOULT_VM", os.path.join(ROOT, "build-vm"))
KEPT = os.environ.get("MOULT_TEST_CACHE", "/var/tmp/moult-test-cache")  # what all trees of this machine share
KERNELS = {"11": "bullseye", "12": "bookworm", "13": "trixie"}


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def run(words, **options):
    return subprocess.run(words, check=True, **options)


def digest_of(path):
    """SHA-256 of a file, in hexadecimal."""
    return run(["sha256sum", path], stdout=subprocess.PIPE, text=True).stdout.split()[0]


def cached(name, recipe, make, folder=CACHE):
    """The path of NAME-DIGEST below @folder; @make(path) makes it when the recipe is new."""
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
    path = os.path.join(folder, f"{name}-{digest}")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        say(f"making {os.path.basename(path)}")
        shutil.rmtree(path + ".part", ignore_errors=True)
        make(path + ".part")
        os.rename(path + ".part", path)
    return path


def debian(release, packages=(), kernel="linux-image-cloud-amd64"):
    """A minimal Debian root as a tar, and its kernel package unpacked: (tar, folder of the kernel)."""
    suite = KERNELS[release]

    def make(path):
        os.makedirs(path)
        hook = (f'cd "$1/tmp" && chroot "$1" sh -c "cd /tmp && apt-get download \\$(apt-cache depends {kernel} | '
                "sed -n 's/.*Depends: \\(linux-image-[0-9].*\\)/\\1/p' | head -n 1)\" && "
                f'mv "$1"/tmp/linux-image-*.deb "{path}/kernel.deb"')
        words = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--customize-hook={hook}",
                 '--customize-hook=rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/usr/share/doc/* '
                 '"$1"/usr/share/locale/* "$1"/usr/share/man/*']
        if packages:
            words.append("--include=" + ",".join(packages))
        run(words + [suite, os.path.join(path, "root.tar")], stdout=subprocess.DEVNULL)
        run(["dpkg-deb", "-x", os.path.join(path, "kernel.deb"), os.path.join(path, "kernel")])

    folder = cached(f"debian-{release}", (suite, tuple(packages), kernel, 2), make)
    return os.path.join(folder, "root.tar"), os.path.join(folder, "kernel")


def debian_root(release, more=""):
    """The root of a release that the tests share, as a tar (tests/tools/debian.bash). @more: further packages."""
    script = ('. "$1/tests/tools/debian.bash"; skip() { echo "$@" >&2; exit 1; }; '
              'eval "$(declare -f debian_packages | sed s/^debian_packages/base_packages/)"; '
              'debian_packages() { echo "$(base_packages "$1")${more:+,$more}"; }; more=$3; debian_tar "$2"')
    return run(["bash", "-c", script, "-", ROOT, release, more], stdout=subprocess.PIPE, text=True).stdout.strip()


def debian_disk(kind, tar, name="", script=""):
    """The folder of disk.raw, a whole disk of tests/tools/debian-disk, made once. @script: sourced in the end."""
    tool = os.path.join(ROOT, "tests/tools/debian-disk")

    def make(path):
        os.makedirs(path)
        with open(os.path.join(path, "script"), "w", encoding="utf-8") as out:
            out.write(script)
        run([tool, kind, tar, os.path.join(path, "disk.raw"), os.path.join(path, "script")])

    with open(tool, encoding="utf-8") as file:
        return cached(f"disk-{name or kind}", (kind, os.path.basename(tar), file.read(), script), make, KEPT)


def vmlinuz(kernel):
    boot = os.path.join(kernel, "boot")
    return os.path.join(boot, next(name for name in os.listdir(boot) if name.startswith("vmlinuz")))


def modules_of(kernel, names):
    """Paths of modules and of what they need, in the order of loading."""
    release = os.path.basename(vmlinuz(kernel)).split("-", 1)[1]
    base = os.path.join(kernel, "lib/modules", release)
    if not os.path.isdir(base):
        base = os.path.join(kernel, "usr/lib/modules", release)
    known = {}
    for folder, _, files in os.walk(base):
        for name in files:
            match = re.match(r"(.*)\.ko(\.xz)?$", name)
            if match:
                known[match[1].replace("-", "_")] = os.path.join(folder, name)
    order = []

    def add(name):
        path = known.get(name.replace("-", "_"))
        if path is None or path in order:
            return  # built in
        text = run(["modinfo", "-F", "depends", path], stdout=subprocess.PIPE, text=True).stdout.strip()
        for other in filter(None, text.split(",")):
            add(other)
        order.append(path)

    for name in names:
        add(name)
    return order


def join(path, parts):
    """One initramfs of several: the kernel unpacks them one over the other."""
    with open(path, "wb") as out:
        for part in parts:
            with open(part, "rb") as file:
                shutil.copyfileobj(file, out)
            out.write(bytes(-out.tell() % 4))


def pack(folder, path):
    """A folder as an initramfs."""
    with open(path, "wb") as out:
        names = subprocess.Popen(["find", ".", "-print0"], cwd=folder, stdout=subprocess.PIPE)
        run(["cpio", "--null", "--create", "--format=newc", "--quiet"], cwd=folder, stdin=names.stdout, stdout=out)
        names.wait()


HEAD = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /tmp 2>/dev/null
mount -t tmpfs run /run 2>/dev/null
dmesg -n 1 2>/dev/null || echo 1 > /proc/sys/kernel/printk
for module in /modules/*; do [ -f "$module" ] && insmod "$module" 2>/dev/null; done
give() { echo "-----BEGIN $1-----"; base64; echo "-----END $1-----"; }
"""
TAIL = """
echo "-----GUEST IS DONE-----"
sync
sleep 60
"""


def busybox_root(folder, names=()):
    """A root of nothing but a static busybox."""
    for name in ("bin", "proc", "sys", "dev", "tmp", "run", "root", "etc"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    shutil.copy("/bin/busybox", os.path.join(folder, "bin/busybox"))
    applets = run(["/bin/busybox", "--list"], stdout=subprocess.PIPE, text=True).stdout.split()
    for name in list(applets) + list(names):
        link = os.path.join(folder, "bin", name)
        if not os.path.lexists(link) and name != "busybox":
            os.symlink("busybox", link)


def initramfs(path, script, files=(), root_tar=None, modules=()):
    """An initramfs that runs @script as its init. @files: (source, path in it); @root_tar: a whole root; else
    busybox alone."""
    folder = path + ".root"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if root_tar:
        run(["tar", "xf", root_tar, "-C", folder, "--exclude=./dev/*"])
    else:
        busybox_root(folder)
    os.makedirs(os.path.join(folder, "modules"), exist_ok=True)
    for number, source in enumerate(modules):
        target = os.path.join(folder, "modules", f"{number:02}.ko")
        if source.endswith(".xz"):
            with open(target, "wb") as out:
                run(["xz", "-dc", source], stdout=out)
        else:
            shutil.copy(source, target)
    for source, target in files:
        target = os.path.join(folder, target.lstrip("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)
    init = os.path.join(folder, "init")
    if os.path.lexists(init):
        os.remove(init)
    with open(init, "w", encoding="utf-8") as out:
        out.write(HEAD + script + TAIL)
    os.chmod(init, 0o755)
    pack(folder, path)
    shutil.rmtree(folder)


def end_of(log):
    """The last bytes of a console."""
    with open(log, "rb") as file:
        file.seek(max(0, os.path.getsize(log) - 4096))
        return file.read()


def is_over(log):
    """Whether the guest came to its end: the mark stands in the last bytes of its console."""
    return b"-----GUEST IS DONE-----" in end_of(log)


def processes_of(group):
    """The processes of a process group."""
    return [int(word) for word in subprocess.run(["pgrep", "-g", str(group)], stdout=subprocess.PIPE, text=True,
                                                 check=False).stdout.split()]


# A clock that counts instructions, 8 ns each: the guest's seconds hold the same work whatever this machine does beside.
# With two CPUs Linux 6.1 does not come up on it.
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=3,sleep=off"]
PARALLEL = ["-accel", "tcg,thread=multi"]


def boot(log, words, timeout, prefix=(), watch=None, clock=PARALLEL, every_s=0.5):
    """Run QEMU until it ends, started by the words @prefix; its console goes to the file @log. @watch is called
    @every_s seconds with its process group and the end of the console. Returns what it said."""
    with open(log, "wb") as out:
        done = subprocess.Popen([*prefix, "qemu-system-x86_64", "-nographic", "-no-reboot", *clock] + words,
                                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + timeout
        while done.poll() is None and time.monotonic() < end and not is_over(log):
            time.sleep(every_s)
            if watch:
                watch(done.pid, end_of(log))
        if done.poll() is None:
            if not is_over(log):
                say(f"{log}: stopped after {timeout} s")
            os.killpg(done.pid, signal.SIGKILL)  # not every machine can switch itself off
            done.wait()
    with open(log, encoding="utf-8", errors="replace") as file:
        return file.read().replace("\r", "")


def given(console, name):
    """The bytes that a guest handed over by `give NAME`; None when it did not."""
    match = re.search(rf"-----BEGIN {re.escape(name)}-----\n(.*?)-----END {re.escape(name)}-----", console, re.S)
    if not match:
        return None
    lines = [line for line in match[1].split("\n") if re.fullmatch(r"[A-Za-z0-9+/=]+", line)]
    return base64.b64decode("".join(lines))
