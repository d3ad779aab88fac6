#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second decoder of otd patches, written from formats/otd.md alone and not from the C sources.

    otd_reference.py OLD PATCH NEW     makes NEW
    otd_reference.py --trace ...       and prints every decision, as section 14 does
    otd_reference.py --tables          the appendix's tables are what their formulas say

Exit code 0, or 3 with a line on stderr when the patch is to be rejected. Names are those of the
document, the tables are read from its appendix. It is made to be compared with the document, not to
be fast: 100 KB of new take a few seconds.
"""
import math
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True  # nothing is left among the sources

from otd_reference_thumb import M32, RAM_KEYS, TIER_M, Image, Thumb, signed32  # noqa: E402
from otd_reference_rv32 import Rv32  # noqa: E402
from otd_reference_xtensa import Xtensa  # noqa: E402

SPEC = Path(__file__).resolve().parents[2] / "formats" / "otd.md"
NONE, THUMB, RV32, XTENSA = 0, 1, 2, 3


class BadPatch(Exception):
    """Section 13: a reader must reject it."""


def reject_if(condition, why):
    if condition:
        raise BadPatch(why)


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
        reject_if(self.arch > XTENSA or self.tier > TIER_M, "unsupported: byte 3")
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


# -- 2 The stream: coder --------------------------------------------------------------------------
class Coder:
    def __init__(self, stream):
        self.stream = stream
        self.taken = 0
        self.range, self.code = M32, 0
        for _ in range(4):
            self.code = self.code << 8 | self.next_byte()

    def next_byte(self):
        self.taken += 1
        if self.taken <= len(self.stream):
            return self.stream[self.taken - 1]
        reject_if(self.taken > len(self.stream) + 3, "truncated: the stream")
        return 0

    def decide(self, P):
        bound = (self.range >> 16) * P + ((self.range & 0xFFFF) * P >> 16)
        bit = int(self.code < bound)
        if bit:
            self.range = bound
        else:
            self.range -= bound
            self.code -= bound
        while self.range < 1 << 24:
            self.range = self.range << 8
            self.code = (self.code << 8 | self.next_byte()) & M32
        return bit

    def end(self):
        reject_if(self.taken != len(self.stream) + 3, "malformed: the stream is too long")
        reject_if(self.code >= 1 << 24, "malformed: the stream's end")


# -- Appendix: tables -----------------------------------------------------------------------------
APPENDIX = SPEC.read_text("utf-8").split("\n## Appendix", 1)[1]


def read_table(name, count, first_is_number=True, base=10):
    """The words in the indented lines behind a name; the first of a line may be its number."""
    text = APPENDIX.split(f"**{name}**", 1)[1]
    rows = [line.split() for line in text.splitlines() if line.startswith("    ")]
    words = [word for row in rows for word in row[0 if first_is_number else 1:]]
    return [int(word, base) for word in words[:count]]


STRETCH = read_table("STRETCH", 256)
SQUASH = read_table("SQUASH", 81)
RATE = read_table("RATE", 16)
GRID_COUNTS = read_table("GRID", 40)                 # they stand under one heading
GRID, COUNTS = GRID_COUNTS[:32], GRID_COUNTS[32:]
FIRST_SLOTS = [(GRID[byte >> 3], COUNTS[byte & 7])
               for byte in read_table("First values of slots", 960 + 95, False, 16)]
FIRST_WEIGHTS = [value * 32768 for value in read_table("First values of weights", 40)]


def check_tables():
    def nearest(x):
        return math.floor(x + 0.5)
    assert STRETCH == [nearest(256 * math.log((8 * k + 4) / (4092 - 8 * k)) / 16)
                       for k in range(256)]
    assert SQUASH == [nearest(65536 / (1 + math.exp(32 * j / 256))) for j in range(81)]
    assert RATE == [nearest(max(65536 / (n + 1.5), 65536 / 18)) for n in range(16)]
    assert all(p % 16 == 0 and 16 <= p <= 65520 for p in GRID) and max(COUNTS) <= 15


# -- 3 Slots --------------------------------------------------------------------------------------
MATCH_OP, MATCH_RUN, MATCH_PAST = 0, 129, 177
UNIT, UNIT_PAST, ESCAPE, CANDIDATE = 242, 282, 346, 354
TURN, TURN_OP, SPLIT, TO = 358, 374, 406, 407
AGAIN, AGAIN_OP, HIGH, HIGH_PAST = 409, 413, 445, 461
EXPECTED, NUMBER, ORDER_0, HASHED = 477, 509, 704, 960
W_MATCH, W_UNIT, W_TURN, W_AGAIN, W_HIGH, W_LITERAL = 0, 6, 8, 10, 14, 16


STRETCHED = [16 * STRETCH[q >> 3] if q >> 3 < 256 else -16 * STRETCH[511 - (q >> 3)]
             for q in range(4096)]


def squash(x):
    a = min(abs(x), 2559)
    j, r = a // 32, a % 32
    low = (SQUASH[j] * (32 - r) + SQUASH[j + 1] * r + 16) // 32
    return 65536 - low if x > 0 else low


def within(low, value, high):
    return max(low, min(value, high))


class Slots:
    """Sections 3 and 4: slots, weights and decisions."""

    def __init__(self, tier, coder, trace):
        self.H = 4096 if tier == TIER_M else 256
        begin = FIRST_SLOTS[:960] + [(32768, 0)] * self.H + FIRST_SLOTS[960:]
        self.MORE_UNIT = 960 + self.H
        self.MORE_NUMBER = self.MORE_UNIT + 56
        self.p, self.n = map(list, zip(*begin))
        self.weights = FIRST_WEIGHTS[:]
        self.coder, self.trace = coder, trace

    def learn(self, slot, bit):
        p, n = self.p[slot], self.n[slot]
        p += (65535 - p) * RATE[n] >> 16 if bit else -(p * RATE[n] >> 16)
        self.p[slot] = within(16, p + 8 & ~15, 65520)
        self.n[slot] = min(n + 1, 15)

    def decide(self, P, what, slots):
        bit = self.coder.decide(P)
        if self.trace:
            self.trace(f"{what} {' '.join(map(str, slots))} {P} {bit} "
                       f"{self.coder.range:08x} {self.coder.code:08x}")
        return bit

    def plain(self, slot, what):
        bit = self.decide(self.p[slot], what, (slot,))
        self.learn(slot, bit)
        return bit

    def mixed(self, slots, w, what, rate=6, ebit=1):
        """ebit 0: the last slot is about "as expected", and a 0 is expected."""
        x = [STRETCHED[self.p[slot] >> 4] for slot in slots]
        if not ebit:
            x[-1] = -x[-1]
        total = sum((self.weights[w + i] >> 6) * xi for i, xi in enumerate(x))
        P = within(16, squash(total >> 14), 65520)
        bit = self.decide(P, what, slots)
        error = ((65535 if bit else 0) - P) * rate
        for i, xi in enumerate(x):
            weight = self.weights[w + i] + (xi * (error >> 4) + 512 >> 10)
            self.weights[w + i] = within(-(1 << 23), weight, 1 << 23)
        for slot in slots[:-1]:
            self.learn(slot, bit)
        self.learn(slots[-1], bit if ebit else 1 - bit)
        return bit

    # -- 7 Numbers --------------------------------------------------------------------------------
    def number(self, number_set):
        first = NUMBER + 39 * number_set if number_set < 5 else self.MORE_NUMBER
        more, of_bit = f"number {number_set}, more", f"number {number_set}, bit"
        n = 0
        while self.plain(first + min(n, 19), more):
            n += 1
            reject_if(n > 31, "malformed: a unary count")
        v = 1
        for j in range(n - 1, -1, -1):
            if j == n - 1:
                bit = self.plain(first + 20 + min(n, 16) - 1, of_bit)
            elif j == n - 2:
                bit = self.plain(first + 36, of_bit)
            elif j < 2:
                bit = self.plain(first + 37 + j, of_bit)
            else:
                bit = self.decide(32768, of_bit, ())
            v = v << 1 | bit
        return v - 1

    def signed(self, number_set):
        n = self.number(number_set)
        return -(n + 1) // 2 if n & 1 else n // 2


# -- 10 Address map -------------------------------------------------------------------------------
class Map:
    def __init__(self, tier):
        self.limit = 640 if tier == TIER_M else 136
        self.entries, self.clock = [], 0

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
        if self.clock < 4095:
            self.clock += 1
            return
        for entry in self.entries:
            entry.time = max(entry.time - 2048, 0)
        self.clock = 2048

    def refresh(self, i):
        self.tick()
        self.entries[i].time = self.clock

    def teach(self, key, shift):
        f = self.floor(key)
        if not -(1 << 25) <= shift < 1 << 25:
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


# -- 5 State, 6 A step ----------------------------------------------------------------------------
class Decoder:
    def __init__(self, header, old, trace=None):
        self.header, self.tier, self.old = header, header.tier, old
        self.old_image = Image(header.old_size, header.old_segments)
        self.new_image = Image(header.new_size, header.new_segments)
        self.lone_hashed = self.tier == TIER_M
        self.map = Map(self.tier)
        self.code = self.code_of(header.arch)
        self.new = bytearray()
        self.trace = trace and (lambda line: trace(f"{self.at:02x} {self.from_:02x} {line}"))
        self.at = self.from_ = self.run = self.miss = self.past = 0
        self.taught, self.second, self.block = 1, 0, 0
        self.split_at = self.turned_at = None
        self.diff, self.last_diff = [0] * 32, 0
        self.learned = [0, 0]

    def code_of(self, arch):
        return Thumb(self.old_image, self.tier) if arch == THUMB else None

    def decode(self):
        if self.header.new_size == 0:
            reject_if(self.header.stream, "malformed: new is empty and the stream is not")
        else:
            self.coder = Coder(self.header.stream)
            self.slots = Slots(self.tier, self.coder, self.trace)
            while self.at < self.header.new_size:
                self.step()
            self.coder.end()
        reject_if(zlib.crc32(self.new) != self.header.new_crc, "malformed: new's CRC-32")
        return bytes(self.new)

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
            if self.at & 1:
                self.second = int(self.second == 0 and byte >= 0xE8)
            self.new.append(byte)
            self.at += 1
            self.from_ += 1

    def is_there(self, f):
        size = self.header.old_size
        if f < size:
            block = self.header.block
            return not block or f + self.header.lead >= (self.at // block + 1) * block
        return self.header.reads_new and f - size < self.at

    def here(self):
        if self.from_ >= self.header.old_size:
            return 0
        return signed32(self.new_image.addr(self.at) - self.old_image.addr(self.from_))

    def source(self):
        if self.from_ < self.header.old_size and not self.is_there(self.from_):
            return b""
        src = self.old[self.from_:self.from_ + 8]
        if len(src) < 8 and self.header.reads_new:
            behind = max(self.from_ - self.header.old_size, 0)
            src += bytes(self.new[behind:behind + 8 - len(src)])
        return src

    def step(self):
        src = self.source()
        old_size = self.header.old_size
        if not self.taught and self.run >= 12 and self.from_ < old_size:
            self.taught = 1
            self.map.teach(self.from_ - self.run, self.here())
        self.made()
        if self.code and self.at >= self.block and self.from_ < old_size:
            unit = self.recognise(src[:old_size - self.from_])
            self.seen(src)
            if unit and unit.length <= self.header.new_size - self.at and self.unit(unit, src):
                return
        elif self.code and self.from_ < old_size:
            self.seen(src)
        self.match(src)

    def made(self):
        """What RV32 learns of the last bytes of new."""

    def seen(self, src):
        """What RV32 learns of the instruction at `from`."""

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
        slots = self.slots
        slot = (UNIT + unit.kind * 8 if unit.kind < 5 else
                slots.MORE_UNIT + (unit.kind - 5) * 8) + cls
        past_slot = UNIT_PAST + unit.group * 16 + (self.past & 7) * 2 + (cls < 2)
        first = slots.mixed((slot, past_slot), W_UNIT, f"UNIT, kind {unit.kind}, class {cls}")
        if first:
            t = guesses[0]
        elif slots.plain(ESCAPE + (cls > 1) * 4 + min(self.miss, 3), "ESCAPE"):
            self.miss = min(self.miss + 1, 7)
            self.block = self.at + unit.length
            return False
        else:
            t = self.other_target(unit, guesses)
        self.take_unit(unit, src, t, bool(first), cls)
        return True

    def other_target(self, unit, guesses):
        for i in range(1, len(guesses)):
            if self.slots.plain(CANDIDATE + i - 1, f"CANDIDATE {i}"):
                return guesses[i]
        d = self.slots.signed(self.number_set(unit))
        return guesses[0] + d * unit.step & M32

    def take_unit(self, unit, src, t, first, cls):
        out = self.code.rewrite(unit, src, self.new_image.addr(self.at), t)
        reject_if(out is None, "malformed: a unit cannot hold its target")
        shift = signed32(t - unit.target)
        if first and cls < 2:
            self.map.refresh(self.map.floor(unit.key) - 1)
        elif self.teaches(unit, first):
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

    def op(self, expected):
        return expected >> 11

    def match_past(self):
        return self.past

    def number_set(self, unit):
        return (1, 1, 0, 5)[unit.group]

    def teaches(self, unit, first):
        return not (first and unit.local)

    # -- 9 MATCH ----------------------------------------------------------------------------------
    def match(self, src):
        half = (not self.at & 1 and self.header.new_size - self.at >= 2 and
                self.split_at != self.at)
        known = len(src) > (1 if half else 0)
        expected = (src[0] | src[1] << 8 if half else src[0]) if known else 0
        if known and self.as_expected(half, expected):
            self.put(src[:2 if half else 1])
            return
        if self.turned_at != self.at:
            slots = (TURN + half * 8 + self.miss,
                     TURN_OP + (self.op(expected) >> 1) * 2 + (self.past & 1))
            if self.slots.mixed(slots, W_TURN, "TURN"):
                self.turn()
                return
        if not half:
            b = self.literal(3, known, expected)
            self.trouble()
            self.put([b])
        elif self.slots.plain(SPLIT, "SPLIT"):
            self.split_at = self.at
            self.match(src)
        else:
            halfword = self.halfword(known, expected)
            if known:
                self.last_diff = self.diff[self.op(expected)] = halfword - expected & 0xFFFF
            self.trouble()
            self.put([halfword & 255, halfword >> 8])

    def as_expected(self, half, expected):
        bucket = self.run if self.run < 4 else min(11, 1 + self.run.bit_length())
        slots = (MATCH_OP + (self.op(expected) * 4 + (self.past & 3) if half else 128),
                 MATCH_RUN + ((0 if half else 12) + bucket) * 2 + (self.miss > 1),
                 MATCH_PAST + (self.match_past() if half else 64))
        if not self.slots.mixed(slots, W_MATCH + (0 if half else 3), "MATCH"):
            return False
        self.run += 2 if half else 1
        self.remember(1)
        if half and self.run >= 8:
            self.calm()
        return True

    def halfword(self, known, expected):
        if known:
            candidates = [c for c in (self.diff[self.op(expected)], self.last_diff) if c]
            for which, candidate in enumerate(dict.fromkeys(candidates)):
                slots = (AGAIN + which * 2 + (self.past & 1),
                         AGAIN_OP + (self.op(expected) >> 1) * 2 + which)
                if self.slots.mixed(slots, W_AGAIN + 2 * which, "AGAIN"):
                    return expected + candidate & 0xFFFF
            slots = (HIGH + (self.op(expected) >> 1), HIGH_PAST + (self.past & 15))
            if self.slots.mixed(slots, W_HIGH, "HIGH"):
                high = expected >> 8
                return high << 8 | self.literal(2, known, expected, high)
        high = self.literal(0, known, expected)
        return high << 8 | self.literal(1, known, expected, high)

    def literal(self, kind, known, expected, high=0):
        e = expected >> 8 if kind == 0 else expected & 255
        node, agree = 1, known
        for j in range(8):
            ebit = e >> 7 - j & 1
            if kind in (1, 2):
                slots = [self.hashed(256 + high, node)]
            else:
                slots = [ORDER_0 + node]
                if self.lone_hashed:
                    slots.append(self.hashed(self.new[-1] if self.new else 0, node))
            if agree:
                slots.append(EXPECTED + j * 4 + kind)
            w = W_LITERAL + (2 * kind + agree) * 3
            bit = self.slots.mixed(slots, w, f"literal {kind}, j = {j}", 14, ebit if agree else 1)
            agree = agree and bit == ebit
            node = node << 1 | bit
        return node & 255

    def hashed(self, c, node):
        h = ((c + 65536 * self.second) * 0x9E3779B1 + node) * 0x9E3779B1 & M32
        h = (h ^ h >> 15) * 0x9E3779B1 & M32
        return HASHED + (h >> 16 & self.slots.H - 1)

    def turn(self):
        if self.slots.plain(TO, "TO near"):
            target = self.from_ + self.slots.signed(2)
        elif self.header.reads_new and self.slots.plain(TO + 1, "TO new"):
            target = self.header.old_size + self.at - 1 - self.slots.number(4)
        else:
            target = self.at + self.slots.signed(3)
        self.from_ = target & M32
        reject_if(not self.is_there(self.from_), "malformed: a turn to nowhere")
        self.block = self.turned_at = self.at
        self.taught = 0
        self.trouble()


# -- 16 RV32 --------------------------------------------------------------------------------------
class Rv32Decoder(Decoder):
    def code_of(self, arch):
        self.map.limit -= 23
        return Rv32(self.old_image)

    def put(self, data):
        for byte in data:
            if self.at & 1:
                self.second = int(self.second == 0 and self.new[-1] & 3 == 3)
            self.new.append(byte)
            self.at += 1
            self.from_ += 1

    def made(self):
        self.code.made(self.new, self.new_image.addr(self.at))

    def seen(self, src):
        if not self.second and not (self.at | self.from_) & 1 and len(src) >= 4:
            self.code.see(int.from_bytes(src[:4], "little"), self.old_image.addr(self.from_),
                          self.at)

    def recognise(self, data):
        if self.at & 1 or self.from_ & 1:
            return None
        return self.code.recognise(self.from_, data, self.old[self.from_:self.from_ + 44],
                                   self.second)

    def op(self, expected):
        if self.second:
            return self.new[self.at - 2] >> 2 & 31
        return (expected >> 13) * 4 + (expected & 3)

    def match_past(self):
        return (self.past & 31) + 32 * self.second

    def number_set(self, unit):
        return 5 if unit.group == 3 and self.tier == TIER_M else (1, 1, 0, 0)[unit.group]

    def teaches(self, unit, first):
        return not (first and (unit.local or unit.kind == 3))


# -- 17 Xtensa ------------------------------------------------------------------------------------
class XtensaDecoder(Decoder):
    """Everything byte by byte; `second` is what is left of an instruction."""

    def code_of(self, arch):
        self.lone_hashed = True
        return Xtensa(self.old_image)

    def put(self, data):
        for byte in data:
            if self.second:
                self.second -= 1
            else:
                self.second = 2 if byte & 15 < 8 else 1
            self.new.append(byte)
            self.at += 1
            self.from_ += 1

    def recognise(self, data):
        return self.code.recognise(self.from_, data, self.second == 0)

    def turn(self):
        super().turn()
        self.second = 0

    def match(self, src):
        known = len(src) > 0
        expected = src[0] if known else 0
        op = 16 + (expected >> 4) if self.second else expected & 15
        if known and self.byte_expected(op):
            self.put(src[:1])
            return
        if self.turned_at != self.at:
            slots = (TURN + self.miss, TURN_OP + (op >> 1) * 2 + (self.past & 1))
            if self.slots.mixed(slots, W_TURN, "TURN"):
                self.turn()
                return
        byte = self.again(op, expected) if known else None
        if byte is None:
            byte = self.literal(3, known, expected)
        if known:
            self.last_diff = self.diff[op] = byte - expected & 0xFF
        self.trouble()
        self.put([byte])

    def byte_expected(self, op):
        bucket = self.run if self.run < 4 else min(11, 1 + self.run.bit_length())
        slots = (MATCH_OP + op * 4 + (self.past & 3), MATCH_RUN + bucket * 2 + (self.miss > 1),
                 MATCH_PAST + self.past)
        if not self.slots.mixed(slots, W_MATCH, "MATCH"):
            return False
        self.run += 1
        self.remember(1)
        if self.run >= 8:
            self.calm()
        return True

    def again(self, op, expected):
        candidates = [c for c in (self.diff[op], self.last_diff) if c]
        for which, candidate in enumerate(dict.fromkeys(candidates)):
            slots = (AGAIN + which * 2 + (self.past & 1), AGAIN_OP + (op >> 1) * 2 + which)
            if self.slots.mixed(slots, W_AGAIN + 2 * which, "AGAIN"):
                return expected + candidate & 0xFF
        return None


def apply(old, patch, trace=None):
    header = Header(patch)
    reject_if(header.old_size != len(old) or header.old_crc != zlib.crc32(old), "wrong base")
    if header.arch == RV32:
        return Rv32Decoder(header, old, trace).decode()
    if header.arch == XTENSA:
        return XtensaDecoder(header, old, trace).decode()
    return Decoder(header, old, trace).decode()


def main(argv):
    trace = print if "--trace" in argv else None
    argv = [arg for arg in argv if arg != "--trace"]
    if argv == ["--tables"]:
        check_tables()
        return 0
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
