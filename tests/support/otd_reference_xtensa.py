# SPDX-License-Identifier: Apache-2.0
"""otd_reference.py's references of Xtensa (formats/otd.md, section 17)."""
from otd_reference_thumb import M32, RAM_KEYS, field_signed, signed32


class Unit:
    def __init__(self, kind, length, target, key):
        self.kind, self.length, self.target, self.key = kind, length, target & M32, key
        self.group = (0, 1, 2, 2, 2)[kind]
        self.local = kind in (3, 4)
        self.teaches_later = self.local
        self.step = (1, 1, 4, 4, 1)[kind]
        self.numbers = 1 if kind < 2 else 0


class Xtensa:
    def __init__(self, old):
        self.old = old

    def key(self, a, slack):
        key = self.old.offset(a & M32, slack)
        return None if key is None or key >= RAM_KEYS else key

    def value_key(self, v):
        key = self.key(v, 4096)
        if key is not None:
            return key
        if 0x3FF80000 <= v <= 0x3FFFFFFF:
            return RAM_KEYS + v - 0x3FF80000
        if 0x3FC80000 <= v <= 0x3FCFFFFF:
            return RAM_KEYS + 0x80000 + v - 0x3FC80000
        return None

    def recognise(self, offset, data, is_start):
        """The unit at an offset of old, given the bytes there; None if there is none."""
        pc = self.old.addr(offset)
        if len(data) >= 4 and pc % 4 == 0:
            word = int.from_bytes(data[:4], "little")
            key = self.value_key(word)
            if key is not None:
                return Unit(0 if key < RAM_KEYS else 1, 4, word, key)
        if len(data) < 3 or not is_start:
            return None
        word = int.from_bytes(data[:3], "little")
        if word & 15 == 5:
            kind, target = 2, (pc & ~3) + 4 + 4 * field_signed(word >> 6, 18)
        elif word & 15 == 1:
            kind, target = 3, (pc + 3 & ~3) + 4 * (word >> 8) - (1 << 18)
        elif word & 63 == 6:
            kind, target = 4, pc + 4 + field_signed(word >> 6, 18)
        else:
            return None
        key = self.key(target, 65536)
        return None if key is None else Unit(kind, 3, target, key)

    def rewrite(self, unit, data, a, t):
        """The unit's bytes with target t at address a; None if they cannot hold it."""
        if unit.kind < 2:
            return t.to_bytes(4, "little")
        word = int.from_bytes(data[:3], "little")
        base = ((a & ~3) + 4, a + 3 & ~3, a + 4)[unit.kind - 2]
        low, high = ((-(1 << 19), (1 << 19) - 4), (-(1 << 18), -4),
                     (-(1 << 17), (1 << 17) - 1))[unit.kind - 2]
        d = signed32(t - base)
        if not low <= d <= high or d % unit.step:
            return None
        if unit.kind == 3:
            word = word & 0xFF | (d + (1 << 18)) // 4 << 8
        else:
            word = word & 0x3F | (d // unit.step & 0x3FFFF) << 6
        return word.to_bytes(3, "little")
