#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The patches of a release history against Debian's bsdiff run for each pair, and the memory it takes.

usage: bench/matrix.py OTATOOL [DIR] [--versions N] [--size BYTES] [--repeat N] [--no-memory] [--json FILE]

DIR holds the versions, as `matrix plan` takes it; without it a history is invented
(tests/support/history.py), of 12 versions of about 200 KB unless told otherwise.

Time: `matrix run -j2` of all pairs, --format bsdiff, against `bsdiff` for the same pairs one after the
other, N times over in turn (default 3), so that a busy moment of the machine meets both; the medians of
wall and processor time, and their ratios. Memory: peak resident memory of a run for each format at -j1
and -j2, against 16 MB + threads x F x (old + new), F 8 for bsdiff and vcdiff, 45 for otd: exit 1 over
it. -j1 and -j2 must make the same files. Needs bsdiff and a C compiler; Python's standard library only.
"""
import argparse
import filecmp
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HISTORY = os.path.join(HERE, "..", "tests", "support", "history.py")
FACTORS = {"bsdiff": 8, "vcdiff": 8, "otd": 45}
BASE = 16 << 20
MB = 1 << 20


def call(command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as why:
        sys.exit(f"{command[0]}: {why.strerror}")
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


class Bench:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.otatool = os.path.abspath(arguments.otatool)
        self.folder = folder
        self.launch = self.path("launch")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        call(compiler + ["-std=c11", "-D_DEFAULT_SOURCE", "-O2", "-o", self.launch,
                         os.path.join(HERE, "launch.c")])
        self.images = os.path.abspath(arguments.dir) if arguments.dir else self.invent()

    def path(self, name):
        return os.path.join(self.folder, name)

    def invent(self):
        where = self.path("versions")
        call([sys.executable, HISTORY, where, str(self.arguments.versions), "--size", str(self.arguments.size)])
        return where

    def plan(self, kind):
        where = self.path(f"{kind}.json")
        call([self.otatool, "matrix", "plan", self.images, "--pairs", "all", "--format", kind, "-o", where])
        with open(where) as file:
            plan = json.load(file)
        files = [os.path.join(self.folder, version["file"]) for version in plan["versions"]]
        return where, [(files[job["old"]], files[job["new"]]) for job in plan["jobs"]]

    def run(self, plan, threads):
        """Wall seconds, processor seconds, bytes of peak memory; what is made is in `out-THREADS`."""
        out = self.path(f"out-{threads}")
        call(["rm", "-rf", out])
        report = self.path("report")
        began = time.monotonic()
        call([self.launch, report, self.otatool, "matrix", "run", plan, "-o", out, f"-j{threads}", "--quiet"])
        wall = time.monotonic() - began
        with open(report) as file:
            code, spent, rss = (int(word) for word in file.read().split())
        if code != 0:
            sys.exit(f"matrix run: exit {code}")
        return wall, spent / 1e6, rss * 1024

    def bsdiff(self, pairs):
        began = time.monotonic()
        before = os.times()
        for old, new in pairs:
            call(["bsdiff", old, new, self.path("theirs")])
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        return time.monotonic() - began, spent

    def same(self, first, second):
        names = sorted(os.listdir(os.path.join(first, "patches")))
        match, _, _ = filecmp.cmpfiles(os.path.join(first, "patches"), os.path.join(second, "patches"), names,
                                       shallow=False)
        return len(match) == len(names) == len(os.listdir(os.path.join(second, "patches")))


def times(bench):
    plan, pairs = bench.plan("bsdiff")
    ours, theirs = [], []
    for _ in range(bench.arguments.repeat):
        theirs.append(bench.bsdiff(pairs))
        ours.append(bench.run(plan, 2)[:2])
    median = {name: [statistics.median(column) for column in zip(*samples)]
              for name, samples in (("ours", ours), ("theirs", theirs))}
    return {"pairs": len(pairs), "repeat": bench.arguments.repeat,
            "wall_s": {name: value[0] for name, value in median.items()},
            "cpu_s": {name: value[1] for name, value in median.items()},
            "wall_ratio": median["ours"][0] / median["theirs"][0],
            "cpu_ratio": median["ours"][1] / median["theirs"][1]}


def memory(bench):
    for kind, factor in FACTORS.items():
        plan, pairs = bench.plan(kind)
        most = max((os.path.getsize(old) + os.path.getsize(new) for old, new in pairs), default=0)
        for threads in (1, 2):
            rss = bench.run(plan, threads)[2]
            yield {"format": kind, "threads": threads, "rss_bytes": rss,
                   "limit_bytes": BASE + threads * factor * most}
        if not bench.same(bench.path("out-1"), bench.path("out-2")):
            sys.exit(f"{kind}: -j1 and -j2 make different files")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0],
                                     description=__doc__.split("\n\n", 2)[2])
    parser.add_argument("otatool")
    parser.add_argument("dir", nargs="?")
    parser.add_argument("--versions", type=int, default=12)
    parser.add_argument("--size", type=int, default=200000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    if arguments.repeat < 1 or arguments.versions < 2:
        parser.error("--repeat must be at least 1, --versions at least 2")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        report = {"schema": "otatool.bench.matrix/1", "time": times(bench)}
        took = report["time"]
        print(f"{took['pairs']} pairs, bsdiff, medians of {took['repeat']}: ours -j2 / theirs in turn")
        for name, unit in (("wall", "wall time"), ("cpu", "processor time")):
            ours, theirs = took[f"{name}_s"]["ours"], took[f"{name}_s"]["theirs"]
            print(f"  {unit:15} {ours:8.3f} s  {theirs:8.3f} s  {took[f'{name}_ratio']:.3f}")
        sys.stdout.flush()
        report["memory"] = [] if arguments.no_memory else list(memory(bench))
    over = False
    for line in report["memory"]:
        within = line["rss_bytes"] <= line["limit_bytes"]
        over |= not within
        print(f"  {line['format']:6} -j{line['threads']}  peak {line['rss_bytes'] / MB:6.1f} MB of "
              f"{line['limit_bytes'] / MB:6.1f} MB{'' if within else '  OVER'}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            file.write(json.dumps(report, indent=1) + "\n")
    sys.exit(1 if over else 0)


main()
