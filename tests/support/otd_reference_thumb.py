# SPDX-License-Identifier: Apache-2.0
"""otd_reference.py's addresses (formats/otd.md, section 1) and references (section 11)."""

M32 = 0xFFFFFFFF
RAM_KEYS = 1 << 25
TIER_XS, TIER_M, TIER_NANO = 0, 1, 2


def signed32(value):
    value &= M32
    return value - (1 << 32) if value >> 31 else value


class Image:
    """An image's size and segments: (offset, address)."""

    def __init__(self, size, segments):
        self.size = size
        self.segments = segments

    def addr(self, p):
        offset, address = [s for s in self.segments if s[0] <= p][-1]
        return address + p - offset & M32

    def offset(self, a, slack):
        ends = [s[0] for s in self.segments[1:]] + [self.size + slack]
        for (offset, address), end in zip(self.segments, ends):
            if (a - address & M32) < end - offset:
                return offset + (a - address & M32)
        return None


# -- 11 References: Thumb -------------------------------------------------------------------------
def Al(x):
    return x + 4 & ~3


def field_signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 else value


def D(h0, h1):
    S = h0 >> 10 & 1
    I1, I2 = int(h1 >> 13 & 1 == S), int(h1 >> 11 & 1 == S)
    return -S * (1 << 24) + (I1 << 23) + (I2 << 22) + ((h0 & 0x3FF) << 12) + ((h1 & 0x7FF) << 1)


def C(h0, h1):
    return (-(h0 >> 10 & 1) * (1 << 20) + ((h1 >> 11 & 1) << 19) + ((h1 >> 13 & 1) << 18) +
            ((h0 & 0x3F) << 12) + ((h1 & 0x7FF) << 1))


def M(h, g):
    return ((h & 15) << 12) + ((h >> 10 & 1) << 11) + ((g >> 12 & 7) << 8) + (g & 0xFF)


class Unit:
    def __init__(self, kind, length, target, key):
        self.kind, self.length, self.target, self.key = kind, length, target & M32, key
        self.group = (0, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3)[kind]
        self.local = 5 <= kind <= 10
        self.teaches_later = self.local
        self.step = (1, 1, 2, 2, 2, 4, 4, 2, 2, 2, 1, 1)[kind]
        self.numbers = (1, 1, 0, 5)[self.group]


# What d a kind can hold: least, most, and what it is a multiple of.
HOLDS = {2: (-(1 << 24), (1 << 24) - 2, 2), 3: (-(1 << 24), (1 << 24) - 2, 2),
         4: (-(1 << 20), (1 << 20) - 2, 2), 5: (0, 1020, 4), 6: (0, 1020, 4),
         7: (-(1 << 11), (1 << 11) - 2, 2), 8: (-(1 << 8), (1 << 8) - 2, 2), 9: (0, 126, 2),
         10: (-4095, 4095, 1)}


class Thumb:
    def __init__(self, old, tier):
        self.old, self.tier = old, tier

    def code_key(self, t):
        key = self.old.offset(t & M32, 65536)
        return None if key is None or key >= RAM_KEYS else key

    def value_key(self, v):
        if v < 0x400 and self.old.segments[0][1] < 0x1000:
            return None
        key = self.old.offset(v, 4096)
        if key is not None and key < RAM_KEYS:
            return key
        if 0x1FFF0000 <= v <= 0x200FFFFF:
            return RAM_KEYS + v - 0x1FFF0000
        if 0x10000000 <= v <= 0x1000FFFF:
            return RAM_KEYS + 0x110000 + v - 0x10000000
        return None

    def recognise(self, offset, data):
        """The unit at an offset of old, given the bytes there, up to 8; None if there is none."""
        pc = self.old.addr(offset)
        h = [data[i] | data[i + 1] << 8 for i in range(0, len(data) - 1, 2)]
        if len(h) >= 2 and pc % 4 == 0:
            word = h[0] | h[1] << 16
            key = self.value_key(word)
            if key is not None:
                return Unit(0 if key < RAM_KEYS else 1, 4, word, key)
        found = self.instruction(pc, h)
        if not found:
            return None
        kind, length, target = found
        key = self.value_key(target) if kind == 11 else self.code_key(target)
        return None if key is None else Unit(kind, length, target, key)

    def instruction(self, pc, h):
        """(kind, length, target) of an instruction that refers to something."""
        if len(h) >= 2 and h[0] & 0xF800 == 0xF000:
            if h[1] & 0xD000 == 0xD000:
                return 2, 4, pc + 4 + D(h[0], h[1])
            if h[1] & 0xD000 == 0x9000:
                return 3, 4, pc + 4 + D(h[0], h[1])
            if h[1] & 0xD000 == 0x8000 and h[0] >> 6 & 15 < 14:
                return 4, 4, pc + 4 + C(h[0], h[1])
        if self.tier != TIER_M or not h:
            return None
        if (len(h) >= 4 and h[0] & 0xFBF0 == 0xF240 and h[2] & 0xFBF0 == 0xF2C0 and
                not (h[1] | h[3]) >> 15 and h[1] >> 8 & 15 == h[3] >> 8 & 15):
            return 11, 8, M(h[2], h[3]) << 16 | M(h[0], h[1])
        h0 = h[0]
        if h0 & 0xF800 == 0x4800:
            return 5, 2, Al(pc) + 4 * (h0 & 0xFF)
        if h0 & 0xF800 == 0xA000:
            return 6, 2, Al(pc) + 4 * (h0 & 0xFF)
        if h0 & 0xF800 == 0xE000:
            return 7, 2, pc + 4 + 2 * field_signed(h0 & 0x7FF, 11)
        if h0 & 0xF000 == 0xD000 and h0 < 0xDE00:
            return 8, 2, pc + 4 + 2 * field_signed(h0 & 0xFF, 8)
        if h0 & 0xF500 == 0xB100:
            return 9, 2, pc + 4 + 64 * (h0 >> 9 & 1) + 2 * (h0 >> 3 & 31)
        if len(h) >= 2 and h0 & 0xFF7F == 0xF85F:
            return 10, 4, Al(pc) + (h[1] & 0xFFF) * (1 if h0 & 0x80 else -1)
        return None

    def rewrite(self, unit, data, a, t):
        """The unit's bytes with target t at address a; None if they cannot hold it."""
        kind = unit.kind
        if kind in (0, 1):
            return t.to_bytes(4, "little")
        h = [data[i] | data[i + 1] << 8 for i in range(0, unit.length, 2)]
        d = signed32(t - Al(a) if kind in (5, 6, 10) else t - a - 4)
        if kind in HOLDS:
            low, high, multiple = HOLDS[kind]
            if not low <= d <= high or d % multiple:
                return None
        if kind == 11:
            for i, half in ((0, t & 0xFFFF), (2, t >> 16)):
                h[i] = h[i] & ~0x040F | half >> 12 | (half >> 11 & 1) << 10
                h[i + 1] = h[i + 1] & ~0x70FF | (half >> 8 & 7) << 12 | half & 0xFF
        else:
            self.store(kind, h, d)
        return b"".join(half.to_bytes(2, "little") for half in h)

    @staticmethod
    def store(kind, h, d):
        S = int(d < 0)
        if kind in (2, 3):
            I1, I2 = d >> 23 & 1, d >> 22 & 1
            h[0] = h[0] & ~0x07FF | S << 10 | d >> 12 & 0x3FF
            h[1] = (h[1] & ~0x2FFF | (S if I1 else 1 - S) << 13 | (S if I2 else 1 - S) << 11 |
                    d >> 1 & 0x7FF)
        elif kind == 4:
            h[0] = h[0] & ~0x043F | S << 10 | d >> 12 & 0x3F
            h[1] = h[1] & ~0x2FFF | (d >> 18 & 1) << 13 | (d >> 19 & 1) << 11 | d >> 1 & 0x7FF
        elif kind in (5, 6):
            h[0] = h[0] & ~0xFF | d // 4
        elif kind == 7:
            h[0] = h[0] & ~0x7FF | d >> 1 & 0x7FF
        elif kind == 8:
            h[0] = h[0] & ~0xFF | d >> 1 & 0xFF
        elif kind == 9:
            h[0] = h[0] & ~0x02F8 | (d >> 6) << 9 | (d >> 1 & 31) << 3
        else:
            if d:
                h[0] = h[0] & ~0x80 | (0x80 if d > 0 else 0)
            h[1] = h[1] & ~0xFFF | abs(d)
