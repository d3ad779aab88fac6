# SPDX-License-Identifier: Apache-2.0
"""otd_reference.py's references of RV32 (formats/otd.md, section 16)."""
from otd_reference_thumb import M32, RAM_KEYS, field_signed, signed32

GP = 0x90000000
WINDOWS = ((0x3FC80000, 0x80000), (0x40800000, 0x80000), (0x4FF00000, 0xC0000),
           (0x20000000, 0x100000), (0x80000000, 0x100000))
CALLER_SAVED = {1, 5, 6, 7, *range(10, 18), *range(28, 32)}
# Parts of a distance: its highest and lowest bit, and where they stand.
J = ((20, 20, 31), (10, 1, 21), (11, 11, 20), (19, 12, 12))
B = ((12, 12, 31), (10, 5, 25), (4, 1, 8), (11, 11, 7))
CJ = ((11, 11, 12), (4, 4, 11), (9, 8, 9), (10, 10, 8), (6, 6, 7), (7, 7, 6), (3, 1, 3), (5, 5, 2))
CB = ((8, 8, 12), (4, 3, 10), (7, 6, 5), (2, 1, 3), (5, 5, 2))
I = ((11, 0, 20),)
S = ((11, 5, 25), (4, 0, 7))


def distance(word, form):
    value = sum((word >> at & (1 << high - low + 1) - 1) << low for high, low, at in form)
    return field_signed(value, form[0][0] + 1)


def with_distance(word, form, d):
    top = form[0][0]
    if not -(1 << top) <= d < 1 << top or (d & 1 and form not in (I, S)):
        return None
    for high, low, at in form:
        mask = (1 << high - low + 1) - 1
        word = word & ~(mask << at) | (d >> low & mask) << at
    return word


def lower_form(word):
    """I or S when the instruction has a lower part."""
    op = word & 0x7F
    if op in (0x23, 0x27):
        return S
    return I if op in (0x03, 0x07) or (op in (0x13, 0x67) and not word >> 12 & 7) else None


def is_upper(word):
    return word & 0x7F in (0x17, 0x37) and word >> 7 & 31 != 0


def upper_value(word, pc):
    return (word & 0xFFFFF000) + (pc if word & 0x7F == 0x17 else 0) & M32


def changed(word):
    if word & 3 == 3:
        return 0 if word & 0x7F in (0x63, 0x23, 0x27, 0x07) else word >> 7 & 31
    which = word & 0xE003
    if which in (0x0000, 0x4000):
        return 8 + (word >> 2 & 7)
    if which == 0x8001:
        return 8 + (word >> 7 & 7)
    if which == 0x8002:
        return word >> 7 & 31 if word >> 2 & 31 else 0
    return word >> 7 & 31 if which in (0x0001, 0x4001, 0x6001, 0x0002, 0x4002) else 0


def is_call(word):
    rd = word >> 7 & 31
    if word & 0x7F in (0x6F, 0x67):
        return rd in (1, 5)
    return word & 0xE003 == 0x2001 or (word & 0xF07F == 0x9002 and rd != 0)


class Upper:
    def __init__(self, word, base, place):
        self.reg, self.which, self.base, self.place = word >> 7 & 31, word & 0xFFF, base, place
        self.open, self.new_base = True, None


class Unit:
    def __init__(self, kind, length, target, key, new_base=None):
        self.kind, self.length, self.target, self.key = kind, length, target & M32, key
        self.group = (0, 1, 2, 2, 2, 3, 3, 3)[kind]
        self.local = kind > 4
        self.step = (1, 1, 2, 1, 1, 2, 2, 2)[kind]
        self.new_base = new_base


class Rv32:
    def __init__(self, old):
        self.old = old
        self.uppers = [None] * 10

    def code_key(self, t):
        key = self.old.offset(t & M32, 65536)
        return None if key is None or key >= RAM_KEYS else key

    def value_key(self, v):
        v &= M32
        if v < 0x400 and self.old.segments[0][1] < 0x1000:
            return None
        key = self.old.offset(v, 4096)
        if key is not None:
            return key if key < RAM_KEYS else None
        place = RAM_KEYS
        for at, size in WINDOWS:
            if at <= v < at + size:
                return place + v - at
            place += size
        return None

    def made(self, new, addr):
        """The bytes of new are there, the next one's address is addr."""
        upper = self.uppers[0]
        if not upper or not upper.open or upper.place + 4 != len(new):
            return
        word = int.from_bytes(new[-4:], "little")
        upper.open, upper.new_base = False, upper_value(word, addr - 4)
        if word & 0xFFF != upper.which:
            self.uppers[0] = None

    def see(self, word, addr, at):
        gone = {changed(word)} | (CALLER_SAVED if is_call(word) else set())
        self.uppers = [None if upper and upper.reg in gone else upper for upper in self.uppers]
        if is_upper(word):
            self.uppers = [Upper(word, upper_value(word, addr), at)] + self.uppers[:-1]

    def lower(self, word):
        form, reg = lower_form(word), word >> 15 & 31
        if not form or not reg:
            return None
        d = distance(word, form)
        if reg == 3:
            return Unit(4, 4, GP + d, RAM_KEYS + (1 << 24) + 0x800 + d, GP)
        for upper in self.uppers:
            if upper and not upper.open and upper.reg == reg:
                key = self.value_key(upper.base + d)
                return None if key is None else Unit(4, 4, upper.base + d, key, upper.new_base)
        return None

    def recognise(self, offset, data, ahead, second):
        """data: the bytes there; ahead: as many of old as a user may take."""
        pc, word = self.old.addr(offset), int.from_bytes(data[:4], "little")
        if len(data) >= 4 and pc % 4 == 0:
            key = self.value_key(word)
            if key is not None:
                return Unit(0 if key < RAM_KEYS else 1, 4, word, key)
        if second or len(data) < 2:
            return None
        lower = self.lower(word) if len(data) >= 4 else None
        return lower or self.plain(pc, word, data, ahead)

    def plain(self, pc, word, data, ahead):
        if len(data) >= 4 and is_upper(word):
            user = self.user(word, ahead)
            if user is None:
                return None
            target = upper_value(word, pc) + distance(user, lower_form(user))
            key = self.value_key(target)
            return None if key is None else Unit(3, 4, target, key)
        if len(data) >= 4 and word & 0x7F == 0x6F and word >> 7 & 31 in (0, 1, 5):
            kind, form = 2, J
        elif word & 0xE003 in (0xA001, 0x2001):
            kind, form = 5, CJ
        elif word & 0xE003 in (0xC001, 0xE001):
            kind, form = 6, CB
        elif len(data) >= 4 and word & 0x7F == 0x63:
            kind, form = 7, B
        else:
            return None
        key = self.code_key(pc + distance(word, form))
        return None if key is None else Unit(kind, 2 if kind in (5, 6) else 4,
                                             pc + distance(word, form), key)

    @staticmethod
    def user(upper, ahead):
        at = 4
        while at <= 40 and at + 2 <= len(ahead):
            if ahead[at] & 3 != 3:
                at += 2
                continue
            if at + 4 > len(ahead):
                return None
            word = int.from_bytes(ahead[at:at + 4], "little")
            if lower_form(word) and word >> 15 & 31 == upper >> 7 & 31:
                return word
            at += 4
        return None

    def rewrite(self, unit, data, a, t):
        """The unit's bytes with target t at address a; None if they cannot hold it."""
        if unit.kind < 2:
            return t.to_bytes(4, "little")
        word = int.from_bytes(data[:unit.length], "little")
        if unit.kind == 3:
            d = t - (a if word & 0x7F == 0x17 else 0)
            word = word & 0xFFF | d + 0x800 & 0xFFFFF000
        elif unit.kind == 4:
            word = with_distance(word, lower_form(word), signed32(t - unit.new_base))
        else:
            word = with_distance(word, (J, None, None, CJ, CB, B)[unit.kind - 2],
                                 signed32(t - a))
        return None if word is None else word.to_bytes(unit.length, "little")
