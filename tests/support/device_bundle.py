# SPDX-License-Identifier: Apache-2.0
"""device_bundle.py FORMAT STACK OUT {OLD NEW PATCH}...: puts patches into one file for the firmware of
tests/device/ledger_run.c, which decodes them on STACK bytes (0: as many as it likes). Behind each come
hostile ones that are made of it: the same header and other bytes, the same bytes with some of them wrong."""
import bz2
import random
import struct
import sys

HOSTILE = 4
HOSTILE_BYTES = 2000
OTD_HEADER_MAX = 173


def streams(patch, name):
    """What the decoder is given: bzip2 is not its business."""
    if name != "bsdiff":
        return [patch]
    control, diff = struct.unpack("<8x2q8x", patch[:32])
    parts = patch[32:32 + control], patch[32 + control:32 + control + diff], patch[32 + control + diff:]
    return [bz2.decompress(part) for part in parts]


def spoilt(parts, draw):
    """Some bytes are wrong."""
    out = [bytearray(part) for part in parts]
    for part in out:
        for _ in range(min(len(part), 1 + draw.randrange(20))):
            part[draw.randrange(len(part))] = draw.randrange(256)
    return [bytes(part) for part in out]


def invented(parts, draw):
    """A stream of otd takes any bytes for decisions; a byte said often makes long runs of one kind. What
    follows the header in the bytes that are kept is no harm."""
    likely = draw.randrange(256)
    body = bytes(draw.choice((likely, draw.randrange(256))) for _ in range(HOSTILE_BYTES))
    return [parts[0][:OTD_HEADER_MAX] + body]


def main():
    name, stack, out = sys.argv[1:4]
    draw = random.Random(8)
    blob, jobs, places = bytearray(), [], {}

    def place(data):
        if data not in places:
            places[data] = len(blob)
            blob.extend(data + bytes(-len(data) % 4))
        return places[data], len(data)

    for at in range(4, len(sys.argv), 3):
        old, new, patch = (open(path, "rb").read() for path in sys.argv[at:at + 3])
        parts = streams(patch, name)
        jobs.append((1, old, new, parts))
        for i in range(HOSTILE):
            bad = invented(parts, draw) if name == "otd" and i % 2 == 0 else spoilt(parts, draw)
            jobs.append((0, old, new, bad))
    head = 8 + len(jobs) * 44
    listed = bytearray(struct.pack("<2I", int(stack), len(jobs)))
    for whole, old, new, parts in jobs:
        listed += struct.pack("<I", whole)
        for data in [old, new] + parts + [b""] * (3 - len(parts)):
            where, length = place(data)
            listed += struct.pack("<2I", head + where, length)
    with open(out, "wb") as file:
        file.write(listed + blob)


main()
