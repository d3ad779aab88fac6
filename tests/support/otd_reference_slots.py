# SPDX-License-Identifier: Apache-2.0
"""otd_reference.py's coder, slots, decisions, numbers (formats/otd.md, sections 2, 3, 4 and 7)."""
import math
from pathlib import Path

from otd_reference_thumb import M32, TIER_M

SPEC = Path(__file__).resolve().parents[2] / "formats" / "otd.md"


class BadPatch(Exception):
    """Section 13: a reader must reject it."""


def reject_if(condition, why):
    if condition:
        raise BadPatch(why)


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
FIRST_NANO = [(GRID[byte >> 3], COUNTS[byte & 7])
              for byte in read_table("First values of tier nano's slots", 238, False, 16)]
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
        # Tier XS uses none of the last 95 but in RV32, and of them the first 24.
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
    def first_of(self, number_set):
        return NUMBER + 39 * number_set if number_set < 5 else self.MORE_NUMBER

    def unary(self, number_set, n, what):
        return self.plain(self.first_of(number_set) + min(n, 19), what)

    def number_bit(self, number_set, n, j, what):
        first = self.first_of(number_set)
        if j == n - 1:
            return self.plain(first + 20 + min(n, 16) - 1, what)
        if j == n - 2:
            return self.plain(first + 36, what)
        if j < 2:
            return self.plain(first + (38 if j == 1 else 37), what)
        return self.decide(32768, what, ())

    def number(self, number_set):
        n = 0
        while self.unary(number_set, n, f"number {number_set}, more"):
            n += 1
            reject_if(n > 31, "malformed: a unary count")
        v = 1
        for j in range(n - 1, -1, -1):
            v = v << 1 | self.number_bit(number_set, n, j, f"number {number_set}, bit")
        return v - 1

    def signed(self, number_set):
        n = self.number(number_set)
        return -(n + 1) // 2 if n & 1 else n // 2


# -- 4 Tier nano ----------------------------------------------------------------------------------
N_RUN, N_PAST, N_UNIT, N_ESCAPE, N_CANDIDATE = 0, 25, 42, 62, 66
N_TURN, N_SPLIT, N_TO, N_AGAIN, N_HIGH = 70, 79, 80, 82, 86
N_AGREE, N_HIGH_BITS, N_LOW_BITS, N_NUMBER, N_NUMBER_LOW = 102, 150, 184, 192, 225


class NanoSlots(Slots):
    """238 slots, no weights, nothing hashed."""

    def __init__(self, coder, trace):
        self.p, self.n = map(list, zip(*FIRST_NANO))
        self.coder, self.trace = coder, trace

    def learn(self, slot, bit):
        if slot >= N_UNIT:
            super().learn(slot, bit)
            return
        p = self.p[slot]
        self.p[slot] = p + (65535 - p >> 4) if bit else p - (p - 16 >> 4)

    def pair(self, one, other, what):
        bit = self.decide((self.p[one] + self.p[other]) // 2, what, (one, other))
        self.learn(one, bit)
        self.learn(other, bit)
        return bit

    def unary(self, number_set, n, what):
        return self.plain(N_NUMBER + (min(n, 11) if number_set == 2 else 12 + min(n, 20)), what)

    def number_bit(self, number_set, n, j, what):
        if j < 3:
            return self.plain(N_NUMBER_LOW + min(number_set, 3) * 3 + j, what)
        if n - j < 3:
            return self.plain(N_NUMBER_LOW + 12, what)
        return self.decide(32768, what, ())
