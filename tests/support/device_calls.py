# SPDX-License-Identifier: Apache-2.0
"""device_calls.py thumb|rv32 OLD NEW: two images of code that does nothing but call functions all over the
place, each of which has moved by a distance of its own: a patch tells and a decoder learns it at every
call."""
import random
import struct
import sys

CALLS = 6000
SPREAD = 40000  # halfwords that functions lie in
MOVED = 2000    # halfwords that they move at most


def thumb(distance):
    """BL; Armv7-M Architecture Reference Manual A7.7.18, encoding T1."""
    distance -= 4
    sign = distance >> 24 & 1
    j1, j2 = ((distance >> bit & 1) ^ 1 ^ sign for bit in (23, 22))
    return struct.pack("<HH", 0xf000 | sign << 10 | distance >> 12 & 0x3ff,
                       0xd000 | j1 << 13 | j2 << 11 | distance >> 1 & 0x7ff)


def rv32(distance):
    """JAL ra; The RISC-V Instruction Set Manual, volume I, 2.5."""
    return struct.pack("<I", 0xef | (distance >> 20 & 1) << 31 | (distance >> 1 & 0x3ff) << 21 |
                       (distance >> 11 & 1) << 20 | (distance >> 12 & 0xff) << 12)


encode = {"thumb": thumb, "rv32": rv32}[sys.argv[1]]
draw = random.Random(8)
old_at = [2 * draw.randrange(SPREAD) for _ in range(CALLS)]
new_at = [max(0, at + 2 * draw.randrange(-MOVED, MOVED)) for at in old_at]
for path, where in zip(sys.argv[2:], (old_at, new_at)):
    with open(path, "wb") as file:
        file.write(b"".join(encode(whom - 4 * i) for i, whom in enumerate(where)))
