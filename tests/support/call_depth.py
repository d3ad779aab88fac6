# SPDX-License-Identifier: Apache-2.0
"""call_depth.py [--path] [--code LIST] [--free NAMES] FUNCTION,... HELPERS BYTES FILE.ci...: longest way down
from any of the functions, in bytes of stack, by the compiler's own call graphs (-fcallgraph-info=su). HELPERS
is a pattern of what the compiler calls by itself; each counts as BYTES. --code: a disassembly of the program
(objdump -d), by which helpers count as they are, and whoever ends in a jump to another function has left
the stack by then. --free: a pattern of functions that are another's business, of 0 bytes. --path: also the
way, a function and its bytes a line."""
import argparse
import re
import sys

NODE = re.compile(r'node: { title: "(.*?)" label: "(.*?)"')
EDGE = re.compile(r'edge: { sourcename: "(.*?)" targetname: "(.*?)"')
FRAME = re.compile(r"(\d+) bytes \((.*?)\)")
LABEL = re.compile(r"^[0-9a-f]+ <(.+)>:")
PUSH = re.compile(r"\t(?:push|stmdb|stmfd)(?:\.w)?\t(?:sp!, )?{(.*?)}")
STORE = re.compile(r"\tstr(d?)(?:\.w)?\t.*\[sp, #-(\d+)\]!")
LOWER = re.compile(r"\tsub(?:\.w|s)?\tsp, (?:sp, )?#(\d+)|\t(?:c\.)?addi(?:16sp)?\tsp,\s*sp,\s*-(\d+)")
CALL = re.compile(r"\t(?:blx?|jal)(?:\.w)?\t(?:ra,)?[0-9a-f]+ <([^+>]+)>")
JUMP = re.compile(r"\t(?:b|j)(?:\.[nw])?\t[0-9a-f]+ <([^+>]+)>")


def registers(text):
    """How many a push names: "r4-r7, lr" are five."""
    count = 0
    for part in text.split(","):
        ends = [int(number) for number in re.findall(r"r(\d+)", part)]
        count += ends[1] - ends[0] + 1 if len(ends) == 2 else 1
    return count


def disassembled(path):
    """Of each function all that ever lowers the stack, added up, whom it calls and where it ends."""
    found, below, behind, name = {}, {}, {}, None
    for line in open(path):
        label = LABEL.match(line)
        if label:
            name = label[1]
            found.setdefault(name, 0)  # two that are static may have one name
            below.setdefault(name, set()), behind.setdefault(name, set())
        if name is None:
            continue
        if push := PUSH.search(line):
            found[name] += 4 * registers(push[1])
        if store := STORE.search(line):
            found[name] += int(store[2])
        if lower := LOWER.search(line):
            found[name] += int(lower[1] or lower[2])
        if call := CALL.search(line):
            below[name].add(call[1])
        if (jump := JUMP.search(line)) and jump[1] != name:
            behind[name].add(jump[1])
    return found, below, behind


parser = argparse.ArgumentParser()
parser.add_argument("--path", action="store_true")
parser.add_argument("--code")
parser.add_argument("--free", type=re.compile)
parser.add_argument("functions")
parser.add_argument("helpers", type=re.compile)
parser.add_argument("bytes", type=int)
parser.add_argument("files", nargs="+")
args = parser.parse_args()
frames, calls, known, way = {}, {}, {}, {}
for path in args.files:
    for line in open(path):
        node, edge = NODE.match(line), EDGE.match(line)
        if node and FRAME.search(node[2]):
            size, how = FRAME.search(node[2]).groups()
            if how not in ("static", "dynamic,bounded"):
                sys.exit(f"{node[1]}: its stack is {how}")
            frames[node[1]] = int(size)
        if edge:
            calls.setdefault(edge[1], set()).add(edge[2])
library, library_calls, ends = disassembled(args.code) if args.code else ({}, {}, {})


def callees(name):
    """Whom it calls, and its own bytes."""
    if name in frames:
        return calls.get(name, set()), frames[name]
    if name in library:
        return (library_calls[name] | ends[name]) - {name}, library[name]
    if args.free and args.free.match(name):
        return set(), 0
    if args.helpers.match(name):
        return set(), args.bytes
    sys.exit(f"{name} is called and not in the call graphs")


def plain(name):
    """As a disassembly has it, without the file of one that is static."""
    return name.rpartition(":")[2]


def stays(name, callee):
    """False: the callee is only jumped to, when the caller's bytes are free again."""
    name, callee = plain(name), plain(callee)
    return callee not in ends.get(name, ()) or callee in library_calls[name]


def depth(name, above):
    if name in above:
        sys.exit(f"{name} calls itself")
    if name not in known:
        below, own = callees(name)
        known[name], way[name] = own, None
        for callee in sorted(below):
            down = depth(callee, above | {name}) + (own if stays(name, callee) else 0)
            if down > known[name]:
                known[name], way[name] = down, callee
    return known[name]


name = max(args.functions.split(","), key=lambda function: depth(function, frozenset()))
print(known[name])
while name and args.path:
    left = way[name] and not stays(name, way[name])
    print(name, 0 if left else callees(name)[1])
    name = way[name]
