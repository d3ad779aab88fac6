# SPDX-License-Identifier: Apache-2.0
"""otd_reference.py's references of RV32 (formats/otd.md, section 16)."""
import re
from types import SimpleNamespace

from otd_reference_thumb import M32, RAM_KEYS, TIER_M, signed32

UPPERS = 10
GP, GP_BASE, GP_KEY = 3, 0x90000000, RAM_KEYS + (1 << 24) + 0x800
MEMORIES = ((0x3FC80000, 0x80000), (0x40800000, 0x80000), (0x4FF00000, 0xC0000),
            (0x20000000, 0x100000), (0x80000000, 0x100000))
CALLER_SAVED = {1, *range(5, 8), *range(10, 18), *range(28, 32)}

# As the document writes them: field@bit.
FIELDS = {
    "J": "[20]@31 [10:1]@21 [11]@20 [19:12]@12",
    "B": "[12]@31 [10:5]@25 [4:1]@8 [11]@7",
    "CJ": "[11]@12 [4]@11 [9:8]@9 [10]@8 [6]@7 [7]@6 [3:1]@3 [5]@2",
    "CB": "[8]@12 [4:3]@10 [7:6]@5 [2:1]@3 [5]@2",
    "I": "[11:0]@20",
    "S": "[11:5]@25 [4:0]@7",
}


class Field:
    def __init__(self, text):
        self.parts = []                  # lowest bit of the distance, bits, bit of the word
        for high, low, at in re.findall(r"\[(\d+)(?::(\d+))?\]@(\d+)", text):
            low = int(low or high)
            self.parts.append((low, int(high) - low + 1, int(at)))
        self.bits = max(low + bits for low, bits, _ in self.parts)
        self.multiple = 1 << min(low for low, _, _ in self.parts)

    def read(self, word):
        value = sum((word >> at & (1 << bits) - 1) << low for low, bits, at in self.parts)
        return value - (1 << self.bits) if value >> self.bits - 1 else value

    def holds(self, d):
        return -1 << self.bits - 1 <= d < 1 << self.bits - 1 and d % self.multiple == 0

    def write(self, word, d):
        for low, bits, at in self.parts:
            mask = (1 << bits) - 1
            word = word & ~(mask << at) | (d >> low & mask) << at
        return word


FIELD = {name: Field(text) for name, text in FIELDS.items()}
DISTANCE = {2: "J", 5: "CJ", 6: "CB", 7: "B"}


def rd(word):
    return word >> 7 & 31


def upper_value(word, pc):
    return (word & 0xFFFFF000) + (pc if word & 0x7F == 0x17 else 0) & M32


def has_lower(word):
    return (word & 0x7F in (0x03, 0x07, 0x23, 0x27) or
            word & 0x7F in (0x13, 0x67) and word >> 12 & 7 == 0)


def lower_field(word):
    return FIELD["S" if word & 0x7F in (0x23, 0x27) else "I"]


def changed(word):
    """The register that an instruction changes, or None."""
    h = word & 0xFFFF
    if word & 3 == 3:
        return None if word & 0x7F in (0x63, 0x23, 0x27, 0x07) else rd(word)
    what = h & 0xE003
    if what in (0x0000, 0x4000):
        return 8 + (h >> 2 & 7)
    if what == 0x8001:
        return 8 + (h >> 7 & 7)
    if what == 0x8002:
        return rd(h) if h >> 2 & 31 else None
    return rd(h) if what in (0x0001, 0x4001, 0x6001, 0x0002, 0x4002) else None


def is_call(word):
    h = word & 0xFFFF
    if word & 0x7F in (0x6F, 0x67):
        return rd(word) in (1, 5)
    return h & 0xE003 == 0x2001 or h & 0xF07F == 0x9002 and rd(h) != 0


def is_upper(word):
    return word & 0x7F in (0x37, 0x17) and rd(word) != 0


class Unit:
    def __init__(self, kind, target, key, new_base=0):
        self.kind, self.target, self.key, self.new_base = kind, target & M32, key, new_base
        self.length = 2 if kind in (5, 6) else 4
        self.group = (0, 1, 2, 2, 2, 3, 3, 3)[kind]
        self.local = kind >= 5
        self.teaches_later = self.local or kind == 3
        self.step = 2 if kind in DISTANCE else 1
        self.numbers = 1 if kind < 2 else 0


class Rv32:
    def __init__(self, image, tier, old):
        self.image, self.tier, self.old = image, tier, old
        self.uppers = []                             # None is an empty place

    # -- the list of uppers -----------------------------------------------------------------------
    def see(self, word, pc, at):
        call, reg = is_call(word), changed(word)
        for i, upper in enumerate(self.uppers):
            if upper and (upper.reg == reg or call and upper.reg in CALLER_SAVED):
                self.uppers[i] = None
        if is_upper(word):
            base = upper_value(word, pc)
            self.uppers.insert(0, SimpleNamespace(reg=rd(word), base=base, new_base=0, open=True,
                                                  place=at, lowest=word & 0xFFF))
            del self.uppers[UPPERS:]

    def settle(self, word, address):
        upper = self.uppers[0]
        upper.open = False
        upper.new_base = upper_value(word, address)
        if word & 0xFFF != upper.lowest:
            self.uppers[0] = None

    # -- units ------------------------------------------------------------------------------------
    def code_key(self, t):
        key = self.image.offset(t & M32, 65536)
        return None if key is None or key >= RAM_KEYS else key

    def value_key(self, v):
        v &= M32
        if v < 0x400 and self.image.segments[0][1] < 0x1000:
            return None
        key = self.image.offset(v, 4096)
        if key is not None:
            return key if key < RAM_KEYS else None
        place = RAM_KEYS
        for address, size in MEMORIES:
            if address <= v < address + size:
                return place + v - address
            place += size
        return None

    def recognise(self, offset, data, is_start):
        """The unit at an offset of old, given the bytes there; None if there is none."""
        pc = self.image.addr(offset)
        if len(data) >= 4 and pc % 4 == 0:
            word = int.from_bytes(data[:4], "little")
            key = self.value_key(word)
            if key is not None:
                return Unit(0 if key < RAM_KEYS else 1, word, key)
        if not is_start:
            return None
        found = self.long(offset, data, pc) if len(data) >= 4 else None
        found = found or self.short(data, pc)
        if found:
            found.numbers = 5 if found.local and self.tier == TIER_M else found.numbers
        return None if not found or found.key is None else found

    def long(self, offset, data, pc):
        word = int.from_bytes(data[:4], "little")
        op = word & 0x7F
        if has_lower(word):
            return self.lower(word)
        if is_upper(word):
            user = self.user(offset, rd(word))
            if user is not None:
                target = upper_value(word, pc) + lower_field(user).read(user)
                return Unit(3, target, self.value_key(target))
        elif op == 0x6F and rd(word) in (0, 1, 5):
            target = pc + FIELD["J"].read(word)
            return Unit(2, target, self.code_key(target))
        elif op == 0x63:
            target = pc + FIELD["B"].read(word)
            return Unit(7, target, self.code_key(target))
        return None

    def lower(self, word):
        reg, lower = word >> 15 & 31, lower_field(word).read(word)
        if reg == GP:
            return Unit(4, GP_BASE + lower, GP_KEY + lower, GP_BASE)
        for upper in self.uppers:
            if reg and upper and not upper.open and upper.reg == reg:
                target = upper.base + lower
                return Unit(4, target, self.value_key(target), upper.new_base)
        return None

    def short(self, data, pc):
        if len(data) < 2:
            return None
        h = data[0] | data[1] << 8
        kinds = {0xA001: 5, 0x2001: 5, 0xC001: 6, 0xE001: 6}
        kind = kinds.get(h & 0xE003)
        if kind is None:
            return None
        target = pc + FIELD[DISTANCE[kind]].read(h)
        return Unit(kind, target, self.code_key(target))

    def user(self, offset, reg):
        """The first instruction behind an upper part that has its lower part."""
        at = offset + 4
        while at - offset <= 40 and at + 4 <= len(self.old):
            word = int.from_bytes(self.old[at:at + 4], "little")
            if has_lower(word) and word >> 15 & 31 == reg:
                return word
            at += 4 if word & 3 == 3 else 2
        return None

    def rewrite(self, unit, data, a, t):
        """The unit's bytes with target t at address a; None if they cannot hold it."""
        if unit.kind < 2:
            return t.to_bytes(4, "little")
        word = int.from_bytes(data[:unit.length], "little")
        if unit.kind == 3:
            d = t - a if word & 0x7F == 0x17 else t
            word = word & 0xFFF | d + 0x800 & 0xFFFFF000
        else:
            field = FIELD[DISTANCE[unit.kind]] if unit.kind in DISTANCE else lower_field(word)
            d = signed32(t - (a if unit.kind in DISTANCE else unit.new_base))
            if not field.holds(d):
                return None
            word = field.write(word, d)
        return word.to_bytes(unit.length, "little")
