#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Invents otd patches: random walks through the format, by the model of otd_reference.py.

    otd_invent.py COUNT SEED DIR     writes DIR/0.old, 0.patch, 0.new, 1.old, ... and a fifth as
                                     many of wrong-0.old, wrong-0.patch, ..., which turn to nowhere

otatool's encoder makes sensible patches; these go wherever a decoder must follow: every kind of
unit and every way to tell one, segments, turns into new, a map that overflows. The same numbers
give the same files.
"""
import random
import struct
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True  # nothing is left among the sources

import otd_reference as otd  # noqa: E402

# Of every architecture's memories, at their edges and at those of 32 bits.
ADDRESSES = (0, 2, 3, 0xFF0, 0x2000, 0x8000, 0x8200, 0x8000000, 0x10000000, 0x1FFF0000,
             0x20000000 - 64, 0x20000001, 0x80000001, 0xFFFFFFF0, 0xFFFFF001,
             0x40200000, 0x40201013, 0x400D0020, 0x42000020, 0x3FFFFF80, 0x3FC7FFF0, 0x407FFFFC)
ARCHS = (otd.NONE, otd.THUMB, otd.THUMB, otd.THUMB, otd.RV32, otd.RV32, otd.XTENSA, otd.XTENSA)


END = 20000      # where a large image has code: at both ends
LARGE = (2 << 20) + 9999


class Nowhere(Exception):
    """The walk has come to a turn with nothing to turn to."""


def fold(d):
    return 2 * d if d >= 0 else -2 * d - 1


def number_bits(value):
    value += 1
    n = value.bit_length() - 1
    return [1] * n + [0] + [value >> j & 1 for j in range(n - 1, -1, -1)]


class Encoder:
    """The other side of section 2. Bits that are not given beforehand are thrown."""

    def __init__(self, rng):
        self.rng = rng
        self.low, self.range, self.code = 0, otd.M32, 0
        self.out = bytearray()
        self.given = []

    def carry(self):
        i = len(self.out) - 1
        while self.low >> 32:
            self.out[i] = (self.out[i] + 1) & 255
            if self.out[i]:
                self.low &= otd.M32
            i -= 1

    def decide(self, P):
        likely = min(max(P / 65536, 0.03), 0.985)
        bit = self.given.pop(0) if self.given else int(self.rng.random() < likely)
        bound = (self.range >> 16) * P + ((self.range & 0xFFFF) * P >> 16)
        if bit:
            self.range = bound
        else:
            self.range -= bound
            self.low += bound
            self.carry()
        while self.range < 1 << 24:
            self.out.append(self.low >> 24)
            self.low = self.low << 8 & otd.M32
            self.range <<= 8
        return bit

    def end(self):
        self.low += (1 << 24) - 1
        self.carry()
        self.out.append(self.low >> 24)


class Inventor:
    """Put before a decoder it decodes what it throws; where most throws were errors it chooses."""

    def walk(self, rng):
        self.rng, self.coder = rng, Encoder(rng)
        self.make()
        return bytes(self.new), bytes(self.coder.out)

    def ask_match(self, half, expected):
        if self.rng.random() < 0.7:
            self.coder.given = [1]
        return super().ask_match(half, expected)

    def somewhere(self):
        old_size, rng = self.header.old_size, self.rng
        places = [self.from_ + rng.randrange(-99, 99), old_size + self.at - 1 - rng.randrange(9)]
        ends = min(old_size, END)
        places += [rng.randrange(ends), old_size - 1 - rng.randrange(ends)] if old_size else []
        places += [old_size + rng.randrange(self.at)] if self.at else []
        place = rng.choice(places) & (~1 if rng.random() < 0.7 else ~0)
        return place if place >= 0 and self.is_there(place) else None

    def turn(self):
        places = [place for place in (self.somewhere() for _ in range(50)) if place is not None]
        if not places:
            raise Nowhere
        place, way = places[0], self.rng.randrange(3)
        old_size, reads_new = self.header.old_size, self.header.reads_new
        if way == 0:
            self.coder.given = [1] + number_bits(fold(place - self.from_))
        elif way == 1 and reads_new and old_size <= place < old_size + self.at:
            self.coder.given = [0, 1] + number_bits(old_size + self.at - 1 - place)
        else:
            self.coder.given = [0] + [0] * reads_new + number_bits(fold(place - self.at))
        super().turn()

    def unit(self, unit, src):
        rng, rest = self.rng, len(self.candidates(unit)) - 1
        fits = [self.fits(unit, src, t) for t in self.candidates(unit)]
        thrown = rng.random()
        bits = [0, 1]
        if thrown < 0.6 and fits[0]:
            bits = [1]
        elif thrown < 0.75 and any(fits[1:]):
            which = rng.choice([i for i in range(1, rest + 1) if fits[i]])
            bits = [0, 0] + [0] * (which - 1) + [1]
        elif thrown < 0.95:
            d = int((rng.random() - 0.5) ** 3 * rng.choice((40, 999, 99999, 1 << 24)))
            if self.fits(unit, src, self.candidates(unit)[0] + d * unit.step & otd.M32):
                bits = [0, 0] + [0] * rest + number_bits(fold(d))
        self.coder.given = bits
        return super().unit(unit, src)

    def candidates(self, unit):
        targets = [unit.target + shift for shift in self.classify(unit)[1]]
        return [(t + 2 & ~3 if unit.step == 4 else t) & otd.M32 for t in targets]

    def fits(self, unit, src, t):
        return self.code.rewrite(unit, src, self.new_image.addr(self.at), t) is not None


class Misleader(Inventor):
    """All is right but for turns to what is not there."""
    misled = False

    def somewhere(self):
        """In place: to what is gone; else to behind an end."""
        h = self.header
        place = self.rng.choice((self.from_, self.at, h.old_size + self.at))
        place += self.rng.randrange(-600, 600)
        if h.block:
            gone = min((self.at // h.block + 1) * h.block - h.lead, h.old_size)
            place = gone - 1 - int(self.rng.random() ** 3 * gone)
        if self.rng.random() < 0.2 and place >= 0 and not self.is_there(place):
            return place
        return super().somewhere()

    def must_be_there(self):
        self.misled |= not self.is_there(self.from_)


# -- old images -----------------------------------------------------------------------------------
def thumb_code(rng, near, at):
    a, b = rng.randrange(65536), rng.randrange(65536)
    return rng.choice((
        lambda: bytes(-at % 4) + struct.pack("<I", near),
        lambda: struct.pack("<I", 0x20000000 + a % 4096),
        lambda: struct.pack("<I", 0x10000000 + a * 17 // 16 - 99),
        lambda: struct.pack("<HH", 0xF000 | rng.choice((0, 1, 0x7FE, 0x7FF)),
                            rng.choice((0xF800, 0xD000, 0x9000, 0xB800)) | b & 0x7FF),
        lambda: struct.pack("<HH", 0xF000 | a & 0x3C0 | rng.choice((0, 0x43F)),
                            0x8000 | rng.choice((0, 0x2800)) | b & 0x7FF),
        lambda: struct.pack("<HHHH", 0xF240 | near >> 12 & 15 | near >> 1 & 0x400,
                            near << 4 & 0x7000 | near & 255 | 0x100, 0xF2C0 | near >> 28,
                            near >> 12 & 0x7000 | near >> 16 & 255 | 0x100),
        lambda: struct.pack("<HHHH", 0xF240 | a & 0x40F, b & 0x70FF, 0xF6C1, b & 0x7000),
        lambda: struct.pack("<H", rng.choice((0x4800, 0xA000, 0xE000)) | a & 0x7FF),
        lambda: struct.pack("<H", 0xD000 | a & 0xFFF),
        lambda: struct.pack("<H", 0xB100 | a & 0xAFF),
        lambda: struct.pack("<HH", 0xF85F | a & 0x80, b),
        lambda: struct.pack("<H", rng.choice((0x2000, 0xB580, 0x4770, 0x6800)) | a & 7),
        lambda: bytes([a & 255]) if a % 4 == 0 else struct.pack("<HH", a, b)))()


def rv32_upper(rng, near, pc):
    """lui or auipc, what may come between, and the lower part: of that register mostly."""
    reg, pc = rng.choice((0, 1, 3, 5, 8, 10, 15, 31)), rng.choice((0, pc))
    value = near - pc
    user = reg if rng.random() < 0.8 else rng.randrange(32)
    opcode = rng.choice((0x03, 0x07, 0x23, 0x27, 0x13, 0x67, 0x67, 0x13))
    low, kind = value & 0xFFF, rng.randrange(8) if opcode < 0x13 or 0x23 <= opcode < 0x67 else 0
    lower = opcode | kind << 12 | user << 15
    lower |= (low >> 5) << 25 | (low & 31) << 7 if opcode in (0x23, 0x27) else \
        low << 20 | rng.choice((reg, 1, 10)) << 7
    out = struct.pack("<I", (value + 0x800 & 0xFFFFF000) | reg << 7 | (0x17 if pc else 0x37))
    for _ in range(rng.choice((0, 0, 0, 1, 2, 5, 18))):
        out += rv32_plain(rng)
    return out + b"".join(struct.pack("<I", lower) for _ in range(rng.choice((1, 1, 2, 3))))


def rv32_plain(rng):
    """What makes no unit; it changes a register, or calls."""
    h, word = rng.randrange(65536), rng.randrange(1 << 32)
    if rng.random() < 0.6:
        first = rng.choice((0x0000, 0x4000, 0x8001, 0x8002, 0x0001, 0x4001, 0x6001, 0x0002,
                            0x4002, 0xC000, 0xC002, 0x2001))
        return struct.pack("<H", first | h & (0x1FFC if rng.random() < 0.8 else 0x0F80))
    if rng.random() < 0.1:
        return struct.pack("<H", 0x9002 | h & 0x0F80)
    return struct.pack("<I", rng.choice((0x33, 0x13, 0x67, 0x2F, 0x73, 0x63)) | word & 0x1FFFF80)


def rv32_code(rng, near, at):
    a, word = rng.randrange(65536), rng.randrange(1 << 32)
    far = rng.choice((0x3FC80000, 0x40800000, 0x4FF00000, 0x20000000, 0x80000000))
    far = far + rng.choice((a % 4096, a * 17, -a % 99 - 50)) & otd.M32
    return rng.choice((
        lambda: bytes(-at % 4) + struct.pack("<I", near),
        lambda: struct.pack("<I", far),
        lambda: rv32_upper(rng, near, at),
        lambda: rv32_upper(rng, far, at),
        lambda: rv32_upper(rng, near, at),
        lambda: struct.pack("<I", 0x18000 | word & 0xFFF07F80 | rng.choice((0x03, 0x23, 0x13))),
        lambda: struct.pack("<I", 0x6F | rng.choice((0, 1, 2, 5)) << 7 |
                            word & rng.choice((0xFFF00000, 0x03F00000))),
        lambda: struct.pack("<I", 0x6F | 1 << 7 | rng.choice((0xFFF, 0)) << 12 | word & 0xFFE00000),
        lambda: struct.pack("<H", rng.choice((0xA001, 0x2001, 0xC001, 0xE001)) | a & 0x1FFC),
        lambda: struct.pack("<I", 0x63 | word & rng.choice((0xFFFFFF80, 0x01FFFF80))),
        lambda: rv32_plain(rng),
        lambda: bytes([a & 255]) if a % 9 == 0 else struct.pack("<I", word)))()


def xtensa_code(rng, near, at):
    a, word = rng.randrange(65536), rng.randrange(1 << 24)
    return rng.choice((
        lambda: bytes(-at % 4) + struct.pack("<I", near),
        lambda: bytes(-at % 4) + struct.pack("<I", 0x3FF80000 + a * 9 - 9),
        lambda: bytes(-at % 4) + struct.pack("<I", 0x3FC80000 + a * 9 - 9),
        lambda: struct.pack("<I", 5 | word & 0x30 | a % 1024 << 6)[:3],
        lambda: struct.pack("<I", 5 | word & 0xFFFFF0)[:3],
        lambda: struct.pack("<I", 1 | word & 0xF0 | 0xFFFF00 - (a % 256 << 8))[:3],
        lambda: struct.pack("<I", 1 | word & 0xFFFFF0)[:3],
        lambda: struct.pack("<I", 6 | a % 4096 << 6)[:3],
        lambda: struct.pack("<I", 6 | word & 0xFFFFC0)[:3],
        lambda: struct.pack("<I", word)[:3],
        lambda: bytes([8 | a & 7, a >> 8]),
        lambda: bytes([a & 255])))()


def some_code(rng, h):
    """Every kind of unit, often near its edges."""
    pieces = {otd.RV32: rv32_code, otd.XTENSA: xtensa_code}.get(h.arch, thumb_code)
    size, out = h.old_size, bytearray()
    while len(out) < size:
        if END < len(out) < size - END:
            out += bytes(size - END - len(out))
        near = rng.choice(h.old_segments)[1] + rng.randrange(-16, size + 64) & otd.M32
        out += pieces(rng, near, len(out) + h.old_segments[0][1])
    return bytes(out[:size])


# -- headers --------------------------------------------------------------------------------------
def some_segments(rng, n, size):
    base = rng.choice(ADDRESSES)
    offsets = [0] + sorted(rng.sample(range(1, size), n - 1))
    return [(offset, base + offset + rng.randrange(-2, 40) * 16 & otd.M32
             if rng.random() < 0.8 else rng.choice(ADDRESSES)) for offset in offsets]


def some_header(rng):
    size = rng.choice((0, 1, 2, 3, 5, 30, 100, 1000, 3001, 6000))
    new_size = max(1, rng.choice((1, 2, 7, 31, 200, size, size + 1, size + 50, size // 2)))
    unusual = rng.random()
    if unusual < 0.02:
        size, new_size = (LARGE, 9000) if unusual < 0.01 else (30000, 40000)
    arch = rng.choice(ARCHS)
    tiers = (otd.TIER_XS, otd.TIER_M) + ((otd.TIER_NANO,) if arch <= otd.THUMB else ())
    h = SimpleNamespace(old_size=size, new_size=new_size, arch=arch, tier=rng.choice(tiers),
                        reads_new=rng.randrange(2), block=0, lead=0)
    if rng.random() < 0.3:
        h.block = 1 << rng.choice((7, 7, 7, 8, 9, 12))
        h.lead = h.block * rng.choice((1, 1, 2, 3, 8, 800))
    many = min(size, new_size) > 8 and rng.random() < 0.5 and h.tier != otd.TIER_NANO
    n = rng.randrange(1, 9) if many else 1
    h.old_segments = some_segments(rng, n, size) if h.arch else [(0, 0)]
    moved = n > 1 or (size > 0 and rng.random() < 0.3)
    h.new_segments = some_segments(rng, n, new_size) if h.arch and moved else h.old_segments
    return h


def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def header_bytes(h, old, new):
    base = h.old_segments[0][1]
    zeros = len(f"{base:x}") - len(f"{base:x}".rstrip("0")) if base else 0
    short = h.old_segments == h.new_segments == [(0, base)] and base >> 4 * zeros < 1 << 29
    out = b"\x6f\xde\x11" + bytes([h.arch | h.tier << 3 | h.reads_new << 5 |
                                   (0x40 if h.block else 0) |
                                   (0 if short or not h.arch else 0x80)])
    out += number(h.old_size) + number(fold(h.new_size - h.old_size))
    out += struct.pack("<II", zlib.crc32(old), zlib.crc32(new))
    if h.block:
        out += bytes([h.block.bit_length() - 1]) + number(h.lead // h.block)
    if h.arch and short:
        out += number(base >> 4 * zeros << 3 | zeros)
    elif h.arch:
        out += bytes([len(h.old_segments)])
        for segments in (h.old_segments, h.new_segments):
            out += number(segments[0][1])
            for before, segment in zip(segments, segments[1:]):
                out += number(segment[0] - before[0]) + number(segment[1])
    return out


def invent(seed, kind=Inventor):
    for attempt in range(1000):
        rng = random.Random(f"{seed} {attempt}")
        h = some_header(rng)
        old = some_code(rng, h)
        decoder = otd.decoder_of(h)
        inventor = type(decoder.__name__, (kind, decoder), {})(h, old)
        try:
            new, stream = inventor.walk(rng)
        except Nowhere:
            continue
        if kind is Inventor or inventor.misled:
            return old, header_bytes(h, old, new) + stream, new
    raise AssertionError("no walk came to its end")


def must_be_refused(old, patch):
    try:
        otd.apply(old, patch)
    except otd.BadPatch:
        return
    raise AssertionError("a patch that turns to nowhere is taken")


def main(count, seed, folder):
    for i in range(int(count)):
        old, patch, new = invent(f"{seed} {i}")
        assert otd.apply(old, patch) == new, (seed, i)
        for name, data in (("old", old), ("patch", patch), ("new", new)):
            Path(folder, f"{i}.{name}").write_bytes(data)
    for i in range(int(count) // 5):
        old, patch, _ = invent(f"{seed} wrong {i}", Misleader)
        must_be_refused(old, patch)
        for name, data in (("old", old), ("patch", patch)):
            Path(folder, f"wrong-{i}.{name}").write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
