#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""history.py DIR N [--size BYTES] [--seed S] [--images [--key KEY]]

Invents a release history of N firmwares and writes it into DIR, the same in every run: Thumb code that
calls and points to itself, strings and tables, of which each release changes, adds and drops a little,
so that everything behind a change moves. Files are app-1.0.0.bin and so on; with --images they are
MCUboot images that $OTATOOL makes, signed when there is a key.
"""
import argparse
import os
import random
import struct
import subprocess
import sys

BASE = 0x08008000
HEADER = 0x200
RAM_END = 0x20010000
VECTORS = 64
# Halfwords as compilers emit them, most common first: pushes, moves, loads, stores, compares.
COMMON = [0xB510, 0xBD10, 0x4604, 0x4620, 0x6823, 0x6063, 0x2B00, 0xD001, 0x2001, 0x4770, 0xB570, 0xBD70,
          0x460D, 0x4628, 0x682B, 0x3301, 0x602B, 0x429A, 0xDB02, 0x2300, 0x6003, 0x7823, 0x7063, 0x1C5A]
WORDS = ("sensor meter radio join uplink downlink flash sector erase verify slot image boot timer wake sleep "
         "battery voltage pulse leak alarm valve clock sync region channel power frame counter").split()


class Function:
    """A body of halfwords, and where in it others are called or pointed to."""

    def __init__(self, rng, size):
        self.key = rng.getrandbits(48)
        self.body = []
        n = max(8, size // 2)
        while len(self.body) < n:
            kind = rng.random()
            if kind < 0.05:
                self.body.append(("call", rng.getrandbits(48)))
            elif kind < 0.08:
                self.body.append(("point", rng.getrandbits(48)))
            elif kind < 0.75:
                self.body.append(("half", COMMON[min(int(rng.expovariate(0.2)), len(COMMON) - 1)]))
            else:
                self.body.append(("half", rng.getrandbits(16) & 0x7FFF))
        self.body.append(("half", 0xBD70))

    def size(self):
        return (sum(2 if kind == "half" else 4 for kind, _ in self.body) + 3) // 4 * 4

    def edit(self, rng):
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(self.body))
            if rng.random() < 0.5:
                self.body[at:at] = [("half", rng.choice(COMMON)) for _ in range(rng.randint(1, 12))]
            elif len(self.body) > 16:
                del self.body[at:at + rng.randint(1, 8)]
            else:
                self.body[at] = ("call", rng.getrandbits(48))


class Firmware:
    def __init__(self, rng, size):
        self.rng = rng
        self.functions = []
        self.strings = [self.string() for _ in range(max(4, size // 600))]
        self.tables = [[rng.getrandbits(48) for _ in range(rng.randint(4, 40))] for _ in range(size // 8000 + 1)]
        code = 0
        while code < size * 9 // 10:
            self.functions.append(Function(rng, int(rng.expovariate(1 / 180)) + 24))
            code += self.functions[-1].size()

    def string(self):
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(2, 6))).encode() + b": %u\n\0"

    def release(self):
        """What one release changes: fixes, now and then a feature."""
        rng = self.rng
        feature = rng.random() < 0.3
        for _ in range(rng.randint(2, 6) + (12 if feature else 0)):
            rng.choice(self.functions).edit(rng)
        for _ in range(rng.randint(3, 14) if feature else rng.randint(0, 2)):
            self.functions.insert(rng.randrange(len(self.functions)), Function(rng, rng.randint(40, 600)))
            self.strings.insert(rng.randrange(len(self.strings)), self.string())
        if rng.random() < 0.4 and len(self.functions) > 12:
            del self.functions[rng.randrange(len(self.functions))]

    def link(self, base, version):
        at = {}
        offset = VECTORS * 4
        order = []
        for function in self.functions:
            at[function.key] = offset
            order.append((function.key, offset))
            offset += function.size()
        keys = sorted(at)
        data = offset

        # A reference means whatever function is nearest: it stays the same one while that exists.
        def place(wanted):
            low, high = 0, len(keys)
            while low < high:
                middle = (low + high) // 2
                if keys[middle] < wanted:
                    low = middle + 1
                else:
                    high = middle
            return at[keys[low % len(keys)]]

        out = bytearray(struct.pack("<I", RAM_END))
        for i in range(1, VECTORS):
            out += struct.pack("<I", base + order[i * 7 % len(order)][1] + 1)
        for function in self.functions:
            start = len(out)
            for kind, value in function.body:
                if kind == "half":
                    out += struct.pack("<H", value)
                elif kind == "point":
                    out += struct.pack("<I", base + place(value) + 1)
                else:
                    delta = (place(value) - (len(out) + 4)) >> 1
                    sign = 1 if delta < 0 else 0
                    j1 = 1 - (((delta >> 22) & 1) ^ sign)
                    j2 = 1 - (((delta >> 21) & 1) ^ sign)
                    out += struct.pack("<HH", 0xF000 | sign << 10 | ((delta >> 11) & 0x3FF),
                                       0xD000 | j1 << 13 | j2 << 11 | (delta & 0x7FF))
            out += bytes(start + function.size() - len(out))
        assert len(out) == data
        for table in self.tables:
            for value in table:
                out += struct.pack("<I", base + place(value) + 1)
        for text in self.strings:
            out += text
        out += b"firmware " + version.encode() + b"\0"
        out += bytes(-len(out) % 4)
        return bytes(out)


def version_of(i):
    """1.0.0, 1.0.1 ... 1.1.0 ... 1.10.0: not in the order of their names."""
    return "1.%d.%d" % (i // 4, i % 4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir")
    parser.add_argument("n", type=int)
    parser.add_argument("--size", type=int, default=200000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images", action="store_true")
    parser.add_argument("--key")
    args = parser.parse_args()
    firmware = Firmware(random.Random(args.seed), args.size)
    os.makedirs(args.dir, exist_ok=True)
    for i in range(args.n):
        version = version_of(i)
        path = os.path.join(args.dir, "app-%s.bin" % version)
        with open(path, "wb") as file:
            file.write(firmware.link(BASE + (HEADER if args.images else 0), version))
        if args.images:
            key = ["-k", args.key] if args.key else []
            subprocess.run([os.environ["OTATOOL"], "sign", path, "-o", path[:-3] + "img", "--version", version,
                            "--header-size", hex(HEADER), "--pad-header", "--slot-size", "1M", "--align", "8"] + key,
                           check=True, stdout=subprocess.DEVNULL)
            os.remove(path)
        firmware.release()


if __name__ == "__main__":
    sys.exit(main())
