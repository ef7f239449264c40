#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU's driver blklogwrites wrote down of a disk, and the disks that a power cut may leave.

usage: blklog.py LOG BASE OUT [FLUSHES]

Writes BASE as it is after the whole LOG, or after its first FLUSHES flushes, to OUT, and says what the log holds. The
format is that of Linux's Documentation/admin-guide/device-mapper/log-writes.rst: a superblock, then entries of a
sector each, with what was written behind them. QEMU enters what has ended, and counts the entries up to the last
flush.
"""
import struct
import sys

MAGIC, VERSION = 0x6A736677736872, 1
SUPER, ENTRY = struct.Struct("<QQQI"), struct.Struct("<QQQQ")
FLUSH, DISCARD, MARK = 1, 4, 8
SECTOR = 512  # what a disk writes whole or not at all


def read(path):
    """The writes of a log, (offset, bytes) each, as spans: a flush ends one, and the last one has no flush behind it."""
    with open(path, "rb") as file:
        data = memoryview(file.read())
    magic, version, entries, sector = SUPER.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise ValueError(f"{path} is no log of writes")
    spans, at = [[]], sector
    for number in range(entries):
        start, length, flags, _ = ENTRY.unpack(data[at:at + ENTRY.size].tobytes().ljust(ENTRY.size, b"\0"))
        if flags & (DISCARD | MARK):
            raise ValueError(f"{path}: entry {number} has the flags {flags}: what it leaves is not known")
        at += sector
        if length > 0:
            spans[-1].append((start * sector, data[at:at + length * sector]))
            at += length * sector
        if at > len(data):
            raise ValueError(f"{path} ends in its entry {number}")
        if flags & FLUSH:
            spans.append([])
    return spans


def lay(disk, writes):
    """Bring writes to a disk, a bytearray."""
    for offset, body in writes:
        disk[offset:offset + len(body)] = body


def torn(write, rng):
    """The sectors of a write that got through, as writes: the first ones, or any."""
    offset, body = write
    count = len(body) // SECTOR
    if rng.random() < 0.5:
        return [(offset, body[:rng.randrange(count + 1) * SECTOR])]
    return [(offset + at, body[at:at + SECTOR]) for at in range(0, len(body), SECTOR) if rng.random() < 0.5]


def cut(span, rng):
    """What a cut within a span leaves of it: some of the writes before the cut, and the one at the cut torn."""
    last, share = rng.randrange(len(span)), rng.choice((0.1, 0.5, 0.9))
    kept = [write for write in span[:last] if rng.random() < share]
    return f"{len(kept)} of the next {last} writes and a part of one", kept + torn(span[last], rng)


def states(base, spans, count, rng):
    """Yield (what it is, disk): the disk at each flush, and @count cuts that are spread over the spans."""
    busy = [number for number, span in enumerate(spans) if span]
    cuts = {}
    for _ in range(count):
        number = rng.choice(busy)
        cuts.setdefault(number, []).append(cut(spans[number], rng))
    disk = bytearray(base)
    for number, span in enumerate(spans):
        if number > 0:
            yield f"flush {number}", bytes(disk)
        for text, writes in cuts.get(number, []):
            part = bytearray(disk)
            lay(part, writes)
            yield f"flush {number}, {text}", bytes(part)
        lay(disk, span)


def replay(base, spans):
    """The disk after all of @spans."""
    disk = bytearray(base)
    for span in spans:
        lay(disk, span)
    return bytes(disk)


def tell(spans):
    """What a log holds, as text."""
    writes = [body for span in spans for _, body in span]
    zeros = sum(not any(body[:SECTOR]) and bytes(body).count(0) == len(body) for body in writes)
    return f"{len(writes)} writes ({zeros} of zeros, {sum(map(len, writes)) >> 10} KiB in all), {len(spans) - 1} flushes"


def main():
    log, base, out = sys.argv[1:4]
    spans = read(log)
    with open(base, "rb") as file:
        disk = file.read()
    with open(out, "wb") as file:
        file.write(replay(disk, spans[:int(sys.argv[4])] if len(sys.argv) > 4 else spans))
    print(tell(spans))


if __name__ == "__main__":
    main()
