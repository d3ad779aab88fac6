#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second decoder of otd patches, written from formats/otd.md alone and not from the C sources.

    otd_reference.py OLD PATCH NEW     makes NEW
    otd_reference.py --trace ...       and prints every decision, as section 14 does
    otd_reference.py --folder DIR      each DIR/*.patch makes its .new from its .old
    otd_reference.py --tables          the appendix's tables are what their formulas say

Exit code 0, or 3 with a line on stderr when the patch is to be rejected. Names are those of the
document, the tables are read from its appendix. It is made to be compared with the document, not to
be fast: 100 KB of new take a few seconds.
"""
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True  # nothing is left among the sources

import otd_reference_slots as slots  # noqa: E402
from otd_reference_rv32 import Rv32  # noqa: E402
from otd_reference_slots import (BadPatch, Coder, NanoSlots, Slots, check_tables,  # noqa: E402
                                 reject_if)
from otd_reference_thumb import (M32, RAM_KEYS, TIER_M, TIER_NANO, TIER_XS, Image,  # noqa: E402
                                 Thumb, signed32)
from otd_reference_xtensa import Xtensa  # noqa: E402

NONE, THUMB, RV32, XTENSA = 0, 1, 2, 3


# -- 1 The file -----------------------------------------------------------------------------------
class Header:
    def __init__(self, patch):
        self.patch, self.at = patch, 0
        reject_if(self.take(2) != b"\x6f\xde", "malformed: not an otd patch")
        reject_if(self.byte() != 0x11, "unsupported: version or tables")
        what = self.byte()
        self.arch = what & 7
        self.tier = what >> 3 & 3
        self.reads_new = what >> 5 & 1
        reject_if(self.arch > XTENSA or self.tier > TIER_NANO, "unsupported: byte 3")
        reject_if(self.tier == TIER_NANO and self.arch > THUMB, "unsupported: nano's architecture")
        self.old_size = self.number()
        d = self.number()
        self.new_size = self.old_size + (-(d + 1) // 2 if d & 1 else d // 2)
        reject_if(self.new_size < 0, "malformed: size of new")
        reject_if(max(self.old_size, self.new_size) > (1 << 31) - 1, "unsupported: size")
        self.old_crc = int.from_bytes(self.take(4), "little")
        self.new_crc = int.from_bytes(self.take(4), "little")
        self.block, self.lead = self.place() if what & 0x40 else (0, 0)
        self.old_segments = self.new_segments = [(0, 0)]
        self.addresses(what >> 7)
        self.stream = patch[self.at:]

    def take(self, n):
        reject_if(len(self.patch) - self.at < n, "truncated: in the header")
        self.at += n
        return self.patch[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def number(self):
        value = 0
        for i in range(5):
            digit = self.byte()
            reject_if(i == 4 and digit > 15, "malformed: a number of over 32 bits")
            value |= (digit & 127) << 7 * i
            if digit < 128:
                break
        reject_if(i and digit == 0, "malformed: a number ends with a needless 0")
        return value

    def place(self):
        bits, blocks = self.byte(), self.number()
        reject_if(not 7 <= bits <= 20, "unsupported: block or direction")
        reject_if(blocks == 0, "malformed: no lead")
        reject_if(blocks << bits > (1 << 31) - 1, "unsupported: lead")
        return 1 << bits, blocks << bits

    def addresses(self, have_segments):
        if self.arch == NONE:
            reject_if(have_segments, "malformed: segments without an architecture")
        elif not have_segments:
            v = self.number()
            address = (v >> 3) << 4 * (v & 7)
            reject_if(v and v >> 3 & 15 == 0, "malformed: an address with a needless digit")
            reject_if(address > M32, "malformed: an address of over 32 bits")
            self.old_segments = self.new_segments = [(0, address)]
        else:
            n = self.byte()
            reject_if(not 1 <= n <= 8, "malformed: number of segments")
            reject_if(n > 1 and self.tier == TIER_NANO, "unsupported: nano's segments")
            self.old_segments = self.segments(n, self.old_size)
            self.new_segments = self.segments(n, self.new_size)
            if n == 1 and self.old_segments == self.new_segments:
                address = self.old_segments[0][1]
                reject_if(address < 1 << 29 or address & 15 == 0, "malformed: needless segments")

    def segments(self, n, size):
        found = [(0, self.number())]
        for _ in range(n - 1):
            step = self.number()
            reject_if(step == 0, "malformed: a segment's offset does not ascend")
            found.append((found[-1][0] + step, self.number()))
        reject_if(found[-1][0] >= max(size, 1), "malformed: a segment behind the image's end")
        return found


# -- 10 Address map -------------------------------------------------------------------------------
class Map:
    LAST_TIME = 4095

    def __init__(self, limit):
        self.limit = limit
        self.entries, self.clock = [], 0

    def key(self, key):
        return key

    def takes(self, shift):
        return -(1 << 25) <= shift < 1 << 25

    def floor(self, key):
        low, high = 0, len(self.entries)
        while low < high:
            mid = (low + high) // 2
            if self.entries[mid].key <= key:
                low = mid + 1
            else:
                high = mid
        return low

    def tick(self):
        if self.clock < self.LAST_TIME:
            self.clock += 1
            return
        half = (self.LAST_TIME + 1) // 2
        for entry in self.entries:
            entry.time = max(entry.time - half, 0)
        self.clock = half

    def refresh(self, i):
        self.tick()
        self.entries[i].time = self.clock

    def teach(self, key, shift):
        f = self.floor(key)
        if not self.takes(shift):
            return
        self.tick()
        entries = self.entries
        new = SimpleNamespace(key=key & (1 << 26) - 1, shift=shift, time=self.clock)
        if f > 0 and entries[f - 1].key == key:
            entries[f - 1] = new
        elif 0 < f < len(entries) and entries[f - 1].shift == shift == entries[f].shift:
            entries[f - 1].time = entries[f].time = self.clock
        elif f > 1 and entries[f - 1].shift == shift == entries[f - 2].shift:
            entries[f - 1] = new
        else:
            if len(entries) == self.limit:
                f -= self.evict() < f
            entries.insert(f, new)

    def evict(self):
        entries = self.entries
        worst, worst_due = 0, -1
        for i, entry in enumerate(entries):
            neighbours = int(i > 0 and entries[i - 1].shift == entry.shift)
            neighbours += i + 1 < len(entries) and entries[i + 1].shift == entry.shift
            due = (self.clock - entry.time) * (1, 2, 16)[neighbours]
            if due > worst_due:
                worst, worst_due = i, due
        del entries[worst]
        return worst


class NanoMap(Map):
    """Narrower entries, counted in halfwords."""
    LAST_TIME = 511

    def key(self, key):
        def even(k):
            return min(k & ~1, (1 << 21) - 2)
        return even(key) if key < RAM_KEYS else RAM_KEYS + even(key - RAM_KEYS)

    def takes(self, shift):
        return shift % 2 == 0 and -(1 << 18) <= shift < 1 << 18


# -- 5 State, 6 A step ----------------------------------------------------------------------------
class Decoder:
    def __init__(self, header, old, trace=None):
        self.header, self.tier, self.old = header, header.tier, old
        self.old_image = Image(header.old_size, header.old_segments)
        self.new_image = Image(header.new_size, header.new_segments)
        self.new = bytearray()
        self.trace = trace and (lambda line: trace(f"{self.at:02x} {self.from_:02x} {line}"))
        self.at = self.from_ = self.run = self.miss = self.past = 0
        self.taught, self.second, self.block = 1, 0, 0
        self.split_at = self.turned_at = None
        self.diff, self.last_diff = [0] * 32, 0
        self.learned, self.map = [0, 0], Map(640 if self.tier == TIER_M else 136)
        self.code = Thumb(self.old_image, self.tier) if header.arch == THUMB else None
        self.lone_hashed = self.tier == TIER_M

    def decode(self):
        if self.header.new_size == 0:
            reject_if(self.header.stream, "malformed: new is empty and the stream is not")
        else:
            self.coder = Coder(self.header.stream)
            self.make()
        reject_if(zlib.crc32(self.new) != self.header.new_crc, "malformed: new's CRC-32")
        return bytes(self.new)

    def make(self):
        self.slots = self.begin_slots()
        while self.at < self.header.new_size:
            self.step()
        self.coder.end()

    def begin_slots(self):
        return Slots(self.tier, self.coder, self.trace)

    def remember(self, b):
        self.past = (self.past << 1 | b) & 63

    def trouble(self):
        self.run = 0
        self.miss = min(self.miss + 1, 7)
        self.remember(0)

    def calm(self):
        self.miss = max(self.miss - 1, 0)

    def put(self, data):
        for byte in data:
            self.pass_over(byte)
            self.new.append(byte)
            self.at += 1
            self.from_ += 1

    def pass_over(self, byte):
        if self.at & 1:
            self.second = int(self.second == 0 and byte >= 0xE8)

    def is_there(self, f):
        size = self.header.old_size
        if f < size:
            return not self.gone(f)
        return self.header.reads_new and f - size < self.at

    def gone(self, f):
        block = self.header.block
        return block and f + self.header.lead < (self.at // block + 1) * block

    def here(self):
        if self.from_ >= self.header.old_size:
            return 0
        return signed32(self.new_image.addr(self.at) - self.old_image.addr(self.from_))

    def byte_at(self, f):
        size = self.header.old_size
        return self.old[f] if f < size else self.new[f - size]

    def source(self):
        src = bytearray()
        while len(src) < 8 and self.is_there(self.from_ + len(src)):
            src.append(self.byte_at(self.from_ + len(src)))
        return bytes(src)

    def step(self):
        src = self.source()
        if not self.taught and self.run >= 12 and self.from_ < self.header.old_size:
            self.taught = 1
            self.map.teach(self.map.key(self.from_ - self.run), self.here())
        unit = self.find_unit(src)
        if not (unit and self.unit(unit, src)):
            self.match(src)

    def find_unit(self, src):
        in_old = self.header.old_size - self.from_
        if not self.code or self.at < self.block or in_old <= 0:
            return None
        unit = self.recognise(src[:in_old])
        if not unit or unit.length > self.header.new_size - self.at:
            return None
        unit.key = self.map.key(unit.key)
        return unit

    def recognise(self, data):
        return None if self.at & 1 or self.from_ & 1 else self.code.recognise(self.from_, data)

    # -- 8 UNIT -----------------------------------------------------------------------------------
    def classify(self, unit):
        """Class and candidates."""
        entries, key = self.map.entries, unit.key
        ram = key >= RAM_KEYS
        f = self.map.floor(key)
        below = entries[f - 1] if f > 0 and (entries[f - 1].key >= RAM_KEYS) == ram else None
        above = entries[f] if f < len(entries) and (entries[f].key >= RAM_KEYS) == ram else None
        if not below:
            cls = 5 if above else 6
        elif below.key == key:
            cls = 0
        elif not above:
            cls = 4
        elif below.shift == above.shift:
            cls = 1
        else:
            cls = 2 if key - below.key <= above.key - key else 3
        moved = 0 if ram else self.here()
        ahead = unit.local and cls >= 2 and not (below and below.key > self.from_)
        candidates = [moved] if ahead else []
        candidates += [above.shift] if cls == 3 else []
        candidates += [below.shift] if below else []
        candidates += [above.shift] if cls in (2, 5) else []
        candidates += [moved] if ram else [moved] + self.learned
        return 7 if ahead else cls, list(dict.fromkeys(candidates))

    def unit(self, unit, src):
        """Makes the unit's bytes, or returns False: an escape."""
        cls, candidates = self.classify(unit)
        guesses = [unit.target + shift & M32 for shift in candidates]
        if unit.step == 4:
            guesses = [guess + 2 & ~3 & M32 for guess in guesses]
        first = self.ask_unit(unit, cls)
        if first:
            t = guesses[0]
        elif self.ask_escape(cls):
            self.miss = min(self.miss + 1, 7)
            self.block = self.at + unit.length
            return False
        else:
            t = self.other_target(unit, guesses)
        self.take_unit(unit, src, t, bool(first), cls)
        return True

    def other_target(self, unit, guesses):
        for i in range(1, len(guesses)):
            if self.ask_candidate(i):
                return guesses[i]
        d = self.slots.signed(unit.numbers)
        return guesses[0] + d * unit.step & M32

    def take_unit(self, unit, src, t, first, cls):
        out = self.code.rewrite(unit, src, self.new_image.addr(self.at), t)
        reject_if(out is None, "malformed: a unit cannot hold its target")
        shift = signed32(t - unit.target)
        if first and cls < 2:
            self.map.refresh(self.map.floor(unit.key) - 1)
        elif not (first and unit.teaches_later):
            self.map.teach(unit.key, shift)
            if shift != self.learned[0]:
                self.learned = [shift, self.learned[0]]
        if first:
            self.run += unit.length
            self.calm()
        else:
            self.run = 0
        for b in [int(first)] + [1] * (unit.length - 1):
            self.remember(b)
        self.put(out)
        self.second = 0

    # -- 9 MATCH ----------------------------------------------------------------------------------
    def op(self, _half, expected):
        return expected >> 11

    def match(self, src):
        half = (not self.at & 1 and self.header.new_size - self.at >= 2 and
                self.split_at != self.at)
        known = len(src) > (1 if half else 0)
        expected = (src[0] | src[1] << 8 if half else src[0]) if known else 0
        if known and self.as_expected(half, expected):
            self.put(src[:2 if half else 1])
        elif self.turned_at != self.at and self.ask_turn(half, expected):
            self.turn()
        elif not half:
            b = self.literal(3, known, expected)
            self.trouble()
            self.put([b])
        elif self.ask_split():
            self.split_at = self.at
            self.match(src)
        else:
            halfword = self.halfword(known, expected)
            if known:
                self.last_diff = self.diff[self.op(half, expected)] = halfword - expected & 0xFFFF
            self.trouble()
            self.put([halfword & 255, halfword >> 8])

    def as_expected(self, half, expected):
        if not self.ask_match(half, expected):
            return False
        self.run += 2 if half else 1
        self.remember(1)
        if half and self.run >= 8:
            self.calm()
        return True

    def candidates_again(self, expected):
        diffs = (self.diff[self.op(1, expected)], self.last_diff)
        return enumerate(dict.fromkeys(c for c in diffs if c))

    def halfword(self, known, expected):
        if known:
            for which, candidate in self.candidates_again(expected):
                if self.ask_again(which, expected):
                    return expected + candidate & 0xFFFF
            if self.ask_high(expected):
                high = expected >> 8
                return high << 8 | self.literal(2, known, expected, high)
        high = self.literal(0, known, expected)
        return high << 8 | self.literal(1, known, expected, high)

    def literal(self, kind, known, expected, high=0):
        e = expected >> 8 if kind == 0 else expected & 255
        node, agree = 1, known
        for j in range(8):
            ebit = e >> 7 - j & 1
            bit = self.ask_bit(kind, j, ebit if agree else None, node, high)
            agree = agree and bit == ebit
            node = node << 1 | bit
        return node & 255

    def hashed(self, c, node):
        h = ((c + 65536 * self.second) * 0x9E3779B1 + node) * 0x9E3779B1 & M32
        h = (h ^ h >> 15) * 0x9E3779B1 & M32
        return slots.HASHED + (h >> 16 & self.slots.H - 1)

    def turn(self):
        if self.ask_to(0):
            target = self.from_ + self.slots.signed(2)
        elif self.header.reads_new and self.ask_to(1):
            target = self.header.old_size + self.at - 1 - self.slots.number(4)
        else:
            target = self.at + self.slots.signed(3)
        self.from_ = target & M32
        self.must_be_there()
        self.block = self.turned_at = self.at
        self.taught = 0
        self.trouble()

    def must_be_there(self):
        reject_if(not self.is_there(self.from_), "malformed: a turn to nowhere")

    # -- 3 The decisions' slots, 4 their weights --------------------------------------------------
    def bucket(self):
        return self.run if self.run < 4 else min(11, 1 + self.run.bit_length())

    def ask_unit(self, unit, cls):
        slot = (slots.UNIT + unit.kind * 8 if unit.kind < 5 else
                self.slots.MORE_UNIT + (unit.kind - 5) * 8) + cls
        past_slot = slots.UNIT_PAST + unit.group * 16 + (self.past & 7) * 2 + (cls < 2)
        what = f"UNIT, kind {unit.kind}, class {cls}"
        return self.slots.mixed((slot, past_slot), slots.W_UNIT, what)

    def ask_escape(self, cls):
        return self.slots.plain(slots.ESCAPE + (cls > 1) * 4 + min(self.miss, 3), "ESCAPE")

    def ask_candidate(self, i):
        return self.slots.plain(slots.CANDIDATE + i - 1, f"CANDIDATE {i}")

    def past_index(self):
        return self.past

    def ask_match(self, half, expected):
        op, bucket = self.op(half, expected), self.bucket()
        asked = (slots.MATCH_OP + (op * 4 + (self.past & 3) if half else 128),
                 slots.MATCH_RUN + ((0 if half else 12) + bucket) * 2 + (self.miss > 1),
                 slots.MATCH_PAST + (self.past_index() if half else 64))
        return self.slots.mixed(asked, slots.W_MATCH + (0 if half else 3), "MATCH")

    def ask_turn(self, half, expected):
        op = self.op(half, expected) >> 1
        asked = (slots.TURN + half * 8 + self.miss, slots.TURN_OP + op * 2 + (self.past & 1))
        return self.slots.mixed(asked, slots.W_TURN, "TURN")

    def ask_to(self, which):
        return self.slots.plain(slots.TO + which, ("TO near", "TO new")[which])

    def ask_split(self):
        return self.slots.plain(slots.SPLIT, "SPLIT")

    def ask_again(self, which, expected):
        asked = (slots.AGAIN + which * 2 + (self.past & 1),
                 slots.AGAIN_OP + (self.op(1, expected) >> 1) * 2 + which)
        return self.slots.mixed(asked, slots.W_AGAIN + 2 * which, "AGAIN")

    def ask_high(self, expected):
        asked = (slots.HIGH + (self.op(1, expected) >> 1), slots.HIGH_PAST + (self.past & 15))
        return self.slots.mixed(asked, slots.W_HIGH, "HIGH")

    def ask_bit(self, kind, j, ebit, node, high):
        """Bit j of a literal; ebit is None once it does not agree."""
        if kind in (1, 2):
            asked = [self.hashed(256 + high, node)]
        else:
            asked = [slots.ORDER_0 + node]
            if self.lone_hashed:
                asked.append(self.hashed(self.new[-1] if self.new else 0, node))
        agree = ebit is not None
        if agree:
            asked.append(slots.EXPECTED + j * 4 + kind)
        w = slots.W_LITERAL + (2 * kind + agree) * 3
        what = f"literal {kind}, j = {j}"
        return self.slots.mixed(asked, w, what, 14, ebit if agree else 1)


# -- 4 Tier nano ----------------------------------------------------------------------------------
class NanoDecoder(Decoder):
    def __init__(self, header, old, trace=None):
        super().__init__(header, old, trace)
        self.map = NanoMap(43)

    def begin_slots(self):
        return NanoSlots(self.coder, self.trace)

    def ask_unit(self, unit, cls):
        slot = (unit.kind == 1) * 10 + min(cls, 4) * 2 + (self.miss > 1)
        return self.slots.plain(slots.N_UNIT + slot, f"UNIT, kind {unit.kind}, class {cls}")

    def ask_escape(self, cls):
        return self.slots.plain(slots.N_ESCAPE + (cls > 1) * 2 + (self.miss > 1), "ESCAPE")

    def ask_candidate(self, i):
        return self.slots.plain(slots.N_CANDIDATE + i - 1, f"CANDIDATE {i}")

    def ask_match(self, half, expected):
        run = self.bucket() * 2 + (self.miss > 1) if half else 24
        past = self.past & 15 if half else 16
        return self.slots.pair(slots.N_PAST + past, slots.N_RUN + run, "MATCH")

    def ask_turn(self, half, expected):
        return self.slots.plain(slots.N_TURN + (1 + (expected >> 13) if half else 0), "TURN")

    def ask_to(self, which):
        return self.slots.plain(slots.N_TO + which, ("TO near", "TO new")[which])

    def ask_split(self):
        return self.slots.plain(slots.N_SPLIT, "SPLIT")

    def ask_again(self, which, expected):
        return self.slots.plain(slots.N_AGAIN + which * 2 + (self.past & 1), "AGAIN")

    def ask_high(self, expected):
        return self.slots.plain(slots.N_HIGH + (expected >> 13) * 2 + (self.past & 1), "HIGH")

    def ask_bit(self, kind, j, ebit, node, _high):
        if ebit is not None:
            slot = slots.N_AGREE + kind % 3 * 16 + j * 2 + ebit
        elif kind in (0, 3):
            slot = slots.N_HIGH_BITS + (node - 1 if j < 5 else 26 + j)
        else:
            slot = slots.N_LOW_BITS + j
        return self.slots.plain(slot, f"literal {kind}, j = {j}")


# -- 17 RV32 --------------------------------------------------------------------------------------
class Rv32Decoder(Decoder):
    def __init__(self, header, old, trace=None):
        super().__init__(header, old, trace)
        self.map = Map(617 if self.tier == TIER_M else 113)
        self.code = Rv32(self.old_image, self.tier, old)

    def pass_over(self, byte):
        if self.at & 1:
            self.second = int(self.second == 0 and self.new[-1] & 3 == 3)

    def find_unit(self, src):
        self.settle()
        unit = super().find_unit(src)
        odd = self.at & 1 or self.from_ & 1
        if self.from_ < self.header.old_size and not (self.second or odd) and len(src) >= 4:
            word = int.from_bytes(src[:4], "little")
            self.code.see(word, self.old_image.addr(self.from_), self.at)
        return unit

    def recognise(self, data):
        if self.at & 1 or self.from_ & 1:
            return None
        return self.code.recognise(self.from_, data, self.second == 0)

    def settle(self):
        """2a: the new base of an upper part that has just been made."""
        upper = self.code.uppers[0] if self.code.uppers else None
        if upper and upper.open and upper.place + 4 == self.at:
            word = int.from_bytes(self.new[-4:], "little")
            self.code.settle(word, self.new_image.addr(self.at) - 4 & M32)

    def op(self, half, expected):
        if self.second:
            return self.new[self.at - 2] >> 2 & 31
        return (expected >> 13) * 4 + (expected & 3)

    def past_index(self):
        return (self.past & 31) + 32 * self.second


# -- 18 Xtensa ------------------------------------------------------------------------------------
class XtensaDecoder(Decoder):
    """Everything byte by byte; `second` is what is left of an instruction."""

    def __init__(self, header, old, trace=None):
        super().__init__(header, old, trace)
        self.code = Xtensa(self.old_image)
        self.lone_hashed = True

    def pass_over(self, byte):
        if self.second:
            self.second -= 1
        else:
            self.second = 2 if byte & 15 < 8 else 1

    def recognise(self, data):
        return self.code.recognise(self.from_, data, self.second == 0)

    def turn(self):
        super().turn()
        self.second = 0

    def op(self, _half, expected):
        return 16 + (expected >> 4) if self.second else expected & 15

    def match(self, src):
        known = len(src) > 0
        expected = src[0] if known else 0
        if known and self.as_expected(0, expected):
            self.put(src[:1])
        elif self.turned_at != self.at and self.ask_turn(0, expected):
            self.turn()
        else:
            byte = self.told(known, expected)
            if known:
                self.last_diff = self.diff[self.op(0, expected)] = byte - expected & 0xFF
            self.trouble()
            self.put([byte])

    def as_expected(self, half, expected):
        if not self.ask_match(1, expected):  # the slots and weights of halfwords
            return False
        self.run += 1
        self.remember(1)
        if self.run >= 8:
            self.calm()
        return True

    def told(self, known, expected):
        for which, candidate in self.candidates_again(expected) if known else ():
            if self.ask_again(which, expected):
                return expected + candidate & 0xFF
        return self.literal(3, known, expected)


def decoder_of(header):
    if header.tier == TIER_NANO:
        return NanoDecoder
    return {RV32: Rv32Decoder, XTENSA: XtensaDecoder}.get(header.arch, Decoder)


def apply(old, patch, trace=None):
    header = Header(patch)
    reject_if(header.old_size != len(old) or header.old_crc != zlib.crc32(old), "wrong base")
    return decoder_of(header)(header, old, trace).decode()


def check_folder(folder):
    wrong = 0
    for patch in sorted(Path(folder).glob("*.patch")):
        try:
            made = apply(patch.with_suffix(".old").read_bytes(), patch.read_bytes())
            why = "makes something else" if made != patch.with_suffix(".new").read_bytes() else None
        except BadPatch as error:
            why = error
        if why:
            print(f"{patch}: {why}", file=sys.stderr)
            wrong += 1
    return 3 if wrong else 0


def main(argv):
    trace = print if "--trace" in argv else None
    argv = [arg for arg in argv if arg != "--trace"]
    if argv == ["--tables"]:
        check_tables()
        return 0
    if len(argv) == 2 and argv[0] == "--folder":
        return check_folder(argv[1])
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    old, patch = (Path(path).read_bytes() for path in argv[:2])
    try:
        new = apply(old, patch, trace)
    except BadPatch as why:
        print(f"{argv[1]}: {why}", file=sys.stderr)
        return 3
    Path(argv[2]).write_bytes(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
