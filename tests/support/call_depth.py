# SPDX-License-Identifier: Apache-2.0
"""call_depth.py FUNCTION HELPERS BYTES FILE.ci...: longest way down from a function, in bytes of stack, by
the compiler's own call graphs (-fcallgraph-info=su). HELPERS is a pattern of what the compiler calls by
itself; each counts as BYTES."""
import re
import sys

NODE = re.compile(r'node: { title: "(.*?)" label: "(.*?)"')
EDGE = re.compile(r'edge: { sourcename: "(.*?)" targetname: "(.*?)"')
FRAME = re.compile(r"(\d+) bytes \((.*?)\)")

helper = re.compile(sys.argv[2])
frames, calls, known = {}, {}, {}
for path in sys.argv[4:]:
    for line in open(path):
        node, edge = NODE.match(line), EDGE.match(line)
        if node and FRAME.search(node[2]):
            size, how = FRAME.search(node[2]).groups()
            if how not in ("static", "dynamic,bounded"):
                sys.exit(f"{node[1]}: its stack is {how}")
            frames[node[1]] = int(size)
        if edge:
            calls.setdefault(edge[1], set()).add(edge[2])


def depth(name, above):
    if name in above:
        sys.exit(f"{name} calls itself")
    if helper.match(name):
        return int(sys.argv[3])
    if name not in frames:
        sys.exit(f"{name} is called and not among the decoder's files")
    if name not in known:
        known[name] = frames[name] + max(
            (depth(callee, above | {name}) for callee in calls.get(name, ())), default=0)
    return known[name]


print(depth(sys.argv[1], frozenset()))
